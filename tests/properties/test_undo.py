"""Law 4 (DESIGN 2.6): undo is exact. Over random stories, and of each way to become one on a story that is told."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given

from integrations.contract import Level
from tests.builders import P, Q, account, at, cookie, email, id_of, phone, version
from tests.properties.laws_undo import a_merge_and_its_undo_leave_nothing, undo_is_exact
from tests.properties.stories import Arrival, Story, stories
from tests.properties.strategies import Sent, tried
from tests.properties.whole import Whole, wholes
from worker.domain.decisions import Decision
from worker.domain.policy import Policy

ANA, LUIS = email("ana@x.es", Level.STORED), email("luis@x.es", Level.STORED)
ROW_OF_ANA = Sent("crm", version("ana", ANA, phone(P, Level.STORED), name="Ana Ruiz"))
LOGIN_OF_LUIS = Sent("app", version("luis", account("u-2"), LUIS))
CALL = Sent("pbx", version("call", phone(P, Level.OBSERVED)))


@tried()
@given(whole=wholes())
def test_whatever_came_of_one_thing_more_can_be_undone_exactly(whole: Whole) -> None:
    undo_is_exact(whole.story, whole.story.resolved(), whole.arrival)


@tried()
@given(story=stories())
def test_a_merge_and_its_undo_leave_nothing(story: Story) -> None:
    a_merge_and_its_undo_leave_nothing(story, story.resolved())


def undone(
    *history: Sent, arrival: Arrival, decisions: Sequence[Decision] = (), policy: Policy | None = None
) -> Counter[str]:
    """Undo what the arrival did, and say what the law looked at."""
    story = Story([*history], policy or Policy(), [*decisions])
    return +undo_is_exact(story, story.resolved(), arrival)


def comes(source: str, key: str, *held: object, **fields: object) -> Arrival:
    return Arrival(Sent(source, version(key, *held, occurred_at=at(2), **fields)), None)  # type: ignore[arg-type]  # as version takes them


def test_two_users_that_a_session_joined_are_the_two_they_were() -> None:
    session = comes("app", "both", email("ana@x.es", Level.VERIFIED), email("luis@x.es", Level.VERIFIED))

    checked = undone(ROW_OF_ANA, LOGIN_OF_LUIS, arrival=session)

    assert checked == {"undone: joined": 1, "sides again": 2}


def test_a_lead_that_a_login_made_a_user_is_the_lead_it_was() -> None:
    rows = [Sent("crm", version(key, account("c-1", Level.STORED, "crm"), ANA)) for key in ("one", "two")]
    login = comes("app", "login", account("c-1", Level.VERIFIED, "crm"))

    checked = undone(*rows, arrival=login)

    assert checked == {"undone: converted": 1, "sides again": 1}


def test_calls_that_came_along_to_a_user_are_the_lead_they_were() -> None:
    code = comes("app", "code", email("luis@x.es", Level.VERIFIED), phone(P, Level.OBSERVED))

    checked = undone(CALL, LOGIN_OF_LUIS, arrival=code)

    assert checked["undone: joined"] == 1


def test_rows_that_corroborated_each_other_through_a_third_are_what_they_were() -> None:
    other = Sent("crm", version("other", LUIS, phone(Q, Level.STORED), name="Ana Ruiz"))
    third = comes("crm", "third", ANA, LUIS, name="Ana Ruiz")

    checked = undone(ROW_OF_ANA, other, arrival=third)

    assert checked == {"undone: joined": 1, "sides again": 2}


def test_a_conversion_by_a_code_leaves_nothing_when_it_is_undone() -> None:
    proof = Sent(
        "avouch",
        version("proof", email("ana@x.es", Level.VERIFIED), occurred_at=at(2), about=("pbx", "call")),
    )
    decision = Decision(
        id="convert",
        kind="convert",
        at=at(2),
        author="eva",
        sides=((id_of("pbx", "call"),), (id_of("avouch", "proof"),)),
        key=("email", "", "ana@x.es"),
    )

    checked = undone(CALL, ROW_OF_ANA, arrival=Arrival(proof, decision))

    assert checked["withdrawn: convert"] >= 1


def test_two_who_were_split_by_a_decision_are_one_again() -> None:
    rows = [
        ROW_OF_ANA,
        ROW_OF_ANA._replace(version=version("twin", ANA, phone(P, Level.STORED), name="Ana Ruiz")),
    ]
    sides = ((id_of("crm", "ana"),), (id_of("crm", "twin"),))
    decision = Decision(id="split", kind="different", at=at(2), author="eva", sides=sides)

    checked = undone(*rows, arrival=Arrival(None, decision))

    assert checked == {"undone: split": 1, "withdrawn: different": 1}


def test_a_proof_that_counts_once_another_is_false_is_taken_for_false_too() -> None:
    row = Sent("crm", version("row", ANA, name="Ana Ruiz"))
    session = Sent("app", version("session", account("u-1", Level.CLAIMED)))
    user = Sent("app", version("user", account("u-1")))
    # The name that contests the address is believed only as long as the login is.
    login = version(
        "session",
        account("u-1"),
        email("ana@x.es", Level.VERIFIED),
        updated_at=at(2),
        name="Ana Ruiz Jr",
    )

    checked = undone(row, session, user, arrival=Arrival(Sent("app", login), None))

    assert checked["undone: joined"] == 1


def test_a_call_that_came_along_to_a_code_is_a_lead_again() -> None:
    """Also when the code proves nobody but who has the line: it came with the change, and is told from the call."""
    code = comes("app", "code", phone(P, Level.VERIFIED))

    checked = undone(CALL, arrival=code)

    assert checked == {"undone: converted": 1}


def test_a_lead_that_the_books_know_once_a_wrong_join_is_gone_is_the_lead_of_that_user() -> None:
    one, other = (
        Sent("app", version("one", name="Ana Ruiz")),
        Sent("app", version("other", LUIS, name="Luis Ruiz")),
    )
    # Rows with two names between them corroborate nothing; without the other one, this is Ana's.
    row = version(
        "one", ANA, phone(P, Level.STORED), updated_at=at(2), name="Ana Ruiz", about=("app", "other")
    )

    checked = undone(ROW_OF_ANA, one, other, arrival=Arrival(Sent("app", row), None))

    assert checked == {"undone: joined": 1, "undone: converted": 1}


def test_a_reverted_user_is_no_user_again_by_the_loss_of_its_evidence() -> None:
    # A second name makes the address common, so that its proof counts no more. Without that proof the call would
    # come along to whom the code on its line proves: a user, but another one.
    row = Sent("crm", version("row", ANA, phone(P, Level.STORED), name="Luis Ruiz"))
    proof = Sent("avouch", version("proof", email("ana@x.es", Level.VERIFIED), about=("pbx", "call")))
    code = Sent("app", version("code", email("luis@x.es", Level.VERIFIED), phone(Q, Level.OBSERVED)))
    call = Sent("pbx", version("call", phone(Q, Level.OBSERVED)))
    sides = ((id_of("pbx", "call"),), (id_of("avouch", "proof"),))
    convert = Decision(
        id="convert", kind="convert", at=at(0), author="eva", sides=sides, key=("email", "", "ana@x.es")
    )
    named = comes("crm", "third", ANA, name="Ana Ruiz")

    checked = undone(
        row, proof, code, call, decisions=[convert], policy=Policy(common_limit=1), arrival=named
    )

    assert checked == {"no plan: reverted by a record": 1, "undone: split": 1}


# What a new record changes by itself stays when it is told from those that it joined: it is in the books.


def test_a_row_that_is_on_a_line_no_more_may_be_on_its_next() -> None:
    row = Sent("crm", version("row", ANA, LUIS, phone(P, Level.STORED), name="Ana"))
    other = Sent("crm", version("other", LUIS, name="Ana Ruiz"))
    message = Sent("pbx", version("message", email("ana@x.es", Level.OBSERVED)))
    sides = ((id_of("crm", "other"),), (id_of("pbx", "call"),))
    same = Decision(id="same", kind="same", at=at(0), author="eva", sides=sides)
    # The third row is on the line of the call, which is why the first one is not, but on that of the message.
    third = comes("crm", "third", LUIS, phone(P, Level.STORED), name="Ana Ruiz")

    checked = undone(row, other, CALL, message, decisions=[same], arrival=third)

    assert checked == {"undone: joined": 1, "undone: converted": 1}


def test_rows_that_agree_in_what_is_shared_since_are_two() -> None:
    twin = Sent("crm", version("twin", ANA, phone(P, Level.STORED)))
    other = Sent("crm", version("other", LUIS, phone(P, Level.STORED)))
    # It proves the number of all three, and holds the address of two of them under another name.
    code = comes("app", "code", ANA, phone(P, Level.VERIFIED), name="Luis")

    checked = undone(ROW_OF_ANA, twin, other, arrival=code)

    assert checked == {"undone: joined": 1, "undone: converted": 1}


def test_a_chain_between_two_people_may_be_torn_at_another_link() -> None:
    history = [
        Sent("app", version("one", account("u-1"), LUIS)),
        Sent("app", version("link", email("luis@x.es", Level.VERIFIED), about=("app", "other"))),
        Sent("app", version("other", account("u-2"))),
        Sent("app", version("mail", account("u-1"), email("ana@x.es", Level.VERIFIED))),
        Sent("app", version("card", ANA, about=("app", "visit"))),
        Sent("app", version("visit", cookie("ck-1"))),
    ]
    login = comes("app", "login", account("u-2"), cookie("ck-1"))

    # The visit had been torn from the card, for two accounts; told from the second account, it stays with the card.
    checked = undone(*history, arrival=login)

    assert checked == {"undone: joined": 1}
