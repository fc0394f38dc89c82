"""What it means that two records carry an equal identifier."""

from enum import Enum

from integrations.contract import Level


class Tie(Enum):
    """What an equal identifier says of two records."""

    NONE = "none"
    SUGGESTION = "suggestion"
    ONE_LINE = "one line"
    CORROBORATION = "corroboration"
    SAME_PERSON = "same person"

    def __repr__(self) -> str:
        return f"<Tie.{self.name}>"


_CLAIMED, _OBSERVED, _STORED, _VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED

TIES: dict[tuple[Level, Level], Tie] = {
    (_CLAIMED, _CLAIMED): Tie.SUGGESTION,
    (_CLAIMED, _OBSERVED): Tie.SUGGESTION,
    (_CLAIMED, _STORED): Tie.SUGGESTION,
    (_CLAIMED, _VERIFIED): Tie.SUGGESTION,
    (_OBSERVED, _OBSERVED): Tie.ONE_LINE,
    # One line while the row of the books is a lead's; a suggestion when it is a user's (see lines.py).
    (_OBSERVED, _STORED): Tie.ONE_LINE,
    (_OBSERVED, _VERIFIED): Tie.SUGGESTION,
    (_STORED, _STORED): Tie.CORROBORATION,
    (_STORED, _VERIFIED): Tie.SAME_PERSON,
    (_VERIFIED, _VERIFIED): Tie.SAME_PERSON,
}


def tie(one: Level, other: Level) -> Tie:
    """Say what it means that two records carry an equal identifier.

    Only proof on one side and at least the business's own books on the other make two records one
    person. The number a call came from can bring back a lead, never a user: another person may hold
    the phone.

    >>> tie(Level.VERIFIED, Level.STORED)
    <Tie.SAME_PERSON>
    >>> tie(Level.OBSERVED, Level.VERIFIED)
    <Tie.SUGGESTION>
    """
    weaker, stronger = sorted((one, other))
    return TIES[weaker, stronger]
