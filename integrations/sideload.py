"""What some vendors put beside the entries of an answer, given back to the entry it belongs to.

Zendesk calls it side-loading, JSON:API a compound document: one list of entries, and another of what they refer to.
"""

from collections import defaultdict
from typing import Any

import msgspec
from msgspec import Raw, Struct

from integrations.answer import Answer


class SideLoad(Struct, frozen=True):
    """One list beside the entries."""

    at: str
    """Where in the answer it is ("identities")."""
    key: str
    """The field of its items that says whose they are ("user_id")."""
    into: str
    """The field that an entry gets them in, as a list."""
    of: str = "id"
    """The field of an entry that `key` repeats."""

    def joined(self, answer: Answer) -> list[Raw]:
        """Return the entries, each with its items; one that is no object, or has none, is left as it came.

        Raises `ValueError` where the list is there and is none.
        """
        items: defaultdict[str, list[Any]] = defaultdict(list)
        beside = answer.at(self.at) or []
        if not isinstance(beside, list):
            raise ValueError(f"Expected a list - at `$.{self.at}`")  # noqa: TRY004 - what is wrong is the answer
        for item in beside:
            if isinstance(item, dict):
                items[str(item.get(self.key))].append(item)
        return [self._with(entry, items) for entry in answer.entries]

    def _with(self, entry: Raw, items: dict[str, list[Any]]) -> Raw:
        fields = msgspec.json.decode(entry)
        found = items.get(str(fields.get(self.of))) if isinstance(fields, dict) else None
        if found is None:
            return entry
        return Raw(msgspec.json.encode({**fields, self.into: found}))
