"""DESIGN 2.2, "Common identifiers never join people": the block list, and values that too many people hold."""

import pytest

from integrations.contract import Identifier, Level
from tests.builders import (
    P,
    a_call,
    a_chat,
    a_complete_row,
    a_login,
    a_record,
    a_row,
    a_visit,
    account,
    contact_of,
    email,
    kinds,
    phone,
    told,
    version,
)
from worker.domain.contacts import Kind
from worker.domain.policy import Policy
from worker.domain.resolve import resolve

STORED, VERIFIED = Level.STORED, Level.VERIFIED
E = "family@x.es"


class TestCommon:
    """Common identifiers never join people; they are kept and shown."""

    NAMES = ("Ana Ruiz", "Luis Gómez", "Eva Sanz", "Juan Pérez", "Rosa Gil", "Pablo Vega")

    @pytest.mark.parametrize("people", [5, 6])
    def test_a_value_under_more_full_names_than_the_policy_allows(self, people: int) -> None:
        rows = [a_row(name=name, mail=E, number=None, key=name) for name in self.NAMES[:people]]

        conflicts = resolve([*rows, a_chat(email(E, VERIFIED), key="link")]).conflicts

        # Up to the limit it is contested, as a case for a person; above it is common, and no case.
        assert len(conflicts) == (1 if people == 5 else 0)

    def test_the_limit_is_the_policys(self) -> None:
        rows = [a_row(name=name, mail=E, key=name) for name in self.NAMES[:3]]

        assert resolve([*rows, a_chat(email(E, VERIFIED))], Policy(common_limit=2)).conflicts == ()

    def test_the_same_name_on_many_rows_counts_once(self) -> None:
        rows = [a_row(name="Ana Ruiz", mail=E, key=f"row-{each}") for each in range(8)]

        assert len(resolve(rows).contacts) == 1

    def test_an_account_is_not_common_however_many_sessions_it_has(self) -> None:
        logins = [a_login("ana", on=day, name=name) for day, name in enumerate(("Ana Ruiz", "Ana Gómez") * 4)]

        assert len(resolve(logins).contacts) == 1

    def test_calls_do_not_count(self) -> None:
        ana = a_login("ana", phone(P, VERIFIED), key="ana")
        row = a_row(number=P, key="row")
        calls = [a_call(P, on=2, name=name, key=name) for name in self.NAMES]

        assert "user: ana, row" in told(resolve([ana, row, *calls]))

    def test_a_cookie_under_which_many_people_gave_their_names_is_a_kiosks(self) -> None:
        visits = [a_visit("kiosk", name=name, key=name) for name in self.NAMES]

        assert set(kinds(resolve(visits)).values()) == {Kind.LEAD}
        assert len(resolve(visits).contacts) == len(self.NAMES)

    def test_one_persons_accounts_in_many_systems_do_not_count(self) -> None:
        systems = [f"system-{each}" for each in range(8)]
        rows = [
            a_record(system, version(system, email(E, STORED), account("1", STORED, system)))
            for system in systems
        ]
        link = a_chat(email(E, VERIFIED), key="link")

        assert len(resolve([*rows, link]).contacts) == 1

    @pytest.mark.parametrize(
        "common",
        [
            email("info@x.es", STORED),
            email("sales@x.es", STORED),
            phone("+12345678901", STORED),
            phone("+18005550199", STORED),
            phone(P, STORED),
        ],
        ids=["info@", "sales@", "a keyboard walk", "toll-free", "the company's own number"],
    )
    def test_the_block_list_joins_nobody(self, common: Identifier) -> None:
        rows = [
            a_record(
                "crm", version(f"row-{each}", common, account(f"c-{each}", STORED, "crm"), name="Ana Ruiz")
            )
            for each in range(12)
        ]
        proved = Identifier(type=common.type, value=common.value, level=VERIFIED)
        login = a_login("u-1", proved, key="login")

        resolution = resolve([*rows, login], Policy(own_numbers=frozenset({P})))

        assert len(resolution.contacts) == 13
        assert contact_of(resolution, rows[0]).identifiers[-1].value == common.value

    def test_two_complete_people_with_the_switchboards_number_are_two_users(self) -> None:
        rows = [a_complete_row(name=name, mail=f"{name[0]}@x.es", number=P, key=name) for name in self.NAMES]

        assert told(resolve(rows)) == {f"user: {name}" for name in self.NAMES}
