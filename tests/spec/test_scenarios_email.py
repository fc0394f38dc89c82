"""Scenarios: e-mail."""

from pathlib import Path

import pytest

from integrations.contract import Level
from tests.builders import (
    LANDED,
    a_chat,
    a_login,
    a_record,
    a_row,
    account,
    at,
    email,
    kinds,
    suggested,
    told,
    version,
)
from tests.orders import in_every_order, suggested_in_every_order, told_in_every_order
from tests.scenes import Scene, a_file, delivered, delivered_login
from worker.domain import emails
from worker.domain.contacts import Kind
from worker.jobs.people import People
from worker.storage.unit_of_work import UnitOfWork

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED
E, F = "ana@x.es", "ana@y.es"


@pytest.mark.scenario(24)
@pytest.mark.servers
class TestCapitals:
    """`Bob@Example.COM` in an import and `bob@example.com` in a chat are one value."""

    def test_the_row_and_the_login_are_one_user(self, uow: UnitOfWork, tmp_path: Path) -> None:
        scene = Scene(uow)
        books = a_file(tmp_path, "books.csv", ["id,email", "row,Bob@Example.COM"])

        scene.imported(books)
        scene.see("chat", delivered_login("login", "bob", email("bob@example.com", VERIFIED)))

        assert scene.told() == {"user: login, row"}


@pytest.mark.scenario(25)
class TestTagsAndDots:
    """`bob+vip@gmail.com`, `b.o.b@gmail.com` and `bob@googlemail.com` are three values, with suggestions."""

    def test_three_rows_are_three_contacts(self) -> None:
        values = {"tag": "bob+vip@gmail.com", "dots": "b.o.b@gmail.com", "other": "bob@googlemail.com"}
        rows = [a_row(mail=value, key=key) for key, value in values.items()]

        contacts = told_in_every_order(*rows)
        suggestions = suggested_in_every_order(*rows)

        assert contacts == {"lead: tag", "lead: dots", "lead: other"}
        assert suggestions == {"dots ~ tag", "dots ~ other", "other ~ tag"}


@pytest.mark.scenario(26)
class TestARoleAddress:
    """`info@` on 12 rows makes 12 contacts: a role address is no key."""

    def test_twelve_rows_are_twelve_contacts_without_suggestions(self) -> None:
        people = (
            "Ana Ruiz", "Luis Gil", "Eva Sanz", "Hugo Prats", "Nora Vidal", "Leo Costa",
            "Rita Mora", "Ivan Font", "Olga Roig", "Pau Marin", "Sara Vila", "Marta Soler",
        )  # fmt: skip
        rows = [a_row(mail="info@x.es", name=name, key=f"row-{name}") for name in people]

        contacts = in_every_order(rows)

        assert len(contacts.contacts) == 12
        assert set(kinds(contacts).values()) == {Kind.LEAD}
        assert suggested(contacts, rows) == set()


@pytest.mark.scenario(27)
class TestLookAlikes:
    """An address in a chat that only looks like an ASCII one, such as with a dotless i, is not equal to it."""

    @pytest.mark.parametrize(
        ("typed", "plain"),
        [
            ("m\u0131ke@x.es", "mike@x.es"),
            ("\u017fam@x.es", "sam@x.es"),
            ("\u212aim@x.es", "kim@x.es"),
            ("\u0430na@x.es", "ana@x.es"),
        ],
        ids=["dotless i", "long s", "Kelvin sign", "Cyrillic a"],
    )
    def test_it_does_not_join_the_owner_of_the_plain_address(self, typed: str, plain: str) -> None:
        owner = a_login("owner", email(plain, VERIFIED), key="owner")
        chat = a_chat(email(typed, VERIFIED), key="chat")

        contacts = in_every_order([owner, chat])

        assert len(contacts.contacts) == 2
        assert suggested_in_every_order(owner, chat) == set()

    @pytest.mark.parametrize("typed", ["m\u0131ke@x.es", "\u017fam@x.es", "\u0430na@x.es"])
    def test_an_agent_is_warned_of_it(self, typed: str) -> None:
        chat = a_chat(email(typed, VERIFIED), key="chat")
        (held,) = in_every_order([chat]).contacts[0].identifiers

        warning = emails.warning(held.value)

        assert warning == "has letters outside plain ASCII: it is not the address it may look like"


@pytest.mark.scenario(28)
@pytest.mark.servers
class TestInvisibleCharacters:
    """An imported address with a zero-width space or a soft hyphen inside is no key; the raw value is kept."""

    @pytest.mark.parametrize(
        ("value", "name"),
        [("an\u200ba@x.es", "ZERO WIDTH SPACE (U+200B)"), ("an\u00ada@x.es", "SOFT HYPHEN (U+00AD)")],
        ids=["zero-width space", "soft hyphen"],
    )
    def test_it_is_kept_with_the_reason(self, uow: UnitOfWork, tmp_path: Path, value: str, name: str) -> None:
        scene = Scene(uow)
        scene.see("chat", delivered_login("login", "ana", email(E, VERIFIED)))

        scene.imported(a_file(tmp_path, "books.csv", ["id,name,email", f"row,Ana Ruiz,{value}"]))

        assert scene.told() == {"user: login", "lead: row"}
        (record,) = scene.profile("books", "row").records
        (kept,) = record.unusable
        assert (kept.value, kept.reason) == (value, f"has an invisible character inside: {name}")


@pytest.mark.scenario(29)
class TestATypedAddress:
    """A visitor who types A's e-mail before a chat is never joined to A; agents see an unproven claim of A."""

    def test_the_visitor_stays_a_lead_beside_a_suggestion(self) -> None:
        visitor = a_chat(email(E, CLAIMED), key="visitor")
        ana = a_login("ana", email(E, VERIFIED), on=1, key="ana")
        row = a_row(mail=E, name="Ana Ruiz", key="row")

        contacts = told_in_every_order(visitor, ana, row)
        suggestions = suggested_in_every_order(visitor, ana, row)

        assert contacts == {"lead: visitor", "user: ana, row"}
        assert suggestions == {"ana ~ visitor"}

    @pytest.mark.servers
    def test_the_panel_says_that_the_visitor_claims_it_and_ana_proved_it(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        scene.see(
            "chat",
            delivered_login("login", "ana", email(E, VERIFIED)),
            delivered("visitor", email(E, CLAIMED)),
        )

        panel = People(uow).lookup("email", E, region=None, now=LANDED)

        assert [(match.how, match.profile.contact.id) for match in panel.matches] == [
            ("proved it", scene.contact("chat", "login").id),
            ("claims it", scene.contact("chat", "visitor").id),
        ]
        assert scene.suggested() == {"login ~ visitor"}


@pytest.mark.scenario(30)
class TestAnAddressThatMoved:
    """When A changes her e-mail from a to b and C later registers a, C is not A, and a is contested."""

    BEFORE = version("ana", account("ana"), email(E, VERIFIED), updated_at=at(1))
    AFTER = version("ana", account("ana"), email(F, VERIFIED), updated_at=at(2))

    @pytest.mark.parametrize("arrival", [(BEFORE, AFTER), (AFTER, BEFORE)], ids=["as it was", "reversed"])
    def test_the_old_address_joins_nobody(self, arrival: tuple[object, object]) -> None:
        ana = a_record("chat", *arrival)  # type: ignore[arg-type] # versions
        clara = a_login("clara", email(E, VERIFIED), on=9, key="clara")
        code = a_chat(email(E, VERIFIED), on=10, key="code")

        resolution = in_every_order([ana, clara, code])

        assert told(resolution) == {"user: ana", "user: clara", "lead: code"}
        assert [(case.kind, case.key) for case in resolution.conflicts] == [("contested", ("email", "", E))]


@pytest.mark.scenario(31)
class TestSingleSignOn:
    """After a single sign-on with `email_verified = false`, the account is verified and the e-mail is claimed."""

    def test_the_account_proves_a_user_and_the_address_joins_nobody(self) -> None:
        login = a_login("ana", email(E, CLAIMED), key="login")
        owner = a_row(mail=E, name="Luis Gomez", key="owner")
        again = a_login("ana", on=1, key="again")

        contacts = told_in_every_order(login, owner, again)

        assert contacts == {"user: again, login", "lead: owner"}
