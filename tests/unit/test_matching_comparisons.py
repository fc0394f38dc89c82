"""How alike two contacts are: each level is a sentence that somebody would say of the two."""

import pytest

from worker.domain.matching.comparisons import (
    LEVELS,
    Compared,
    Known,
    compare,
    email_level,
    name_level,
    phone_level,
    spells,
)
from worker.domain.matching.model import default
from worker.domain.matching.pairs import known
from worker.domain.matching.portraits import Portrait
from worker.domain.matching.scoring import score

MOBILE, OTHER_MOBILE = "+34612345678", "+34698765432"
LANDLINE = "+442079460958"
AMERICAN = "+12025550123"
NOTHING = Known()


def who(name: str = "", phone: str = "", email: str = "", company: str = "") -> Portrait:
    return Portrait(*(tuple(filter(None, (each,))) for each in (name, phone, email, company)))


def compared(one: Portrait, other: Portrait, beyond: Known = NOTHING) -> Compared:
    return compare(one, other, beyond)


def weight(one: Portrait, other: Portrait, beyond: Known = NOTHING) -> float:
    return score(one, other, beyond, default()).weight


class TestNames:
    """Two names are one person's, of one family, or nothing to each other."""

    @pytest.mark.parametrize(
        ("one", "other", "level"),
        [
            ("robert smith", "robert smith", "equal"),
            ("robert smith", "bob smith", "variant"),
            ("robert smith", "r smith", "part"),
            ("robert smith", "smith robert", "variant"),
            ("ana maria ruiz", "ana ruiz", "variant"),
            ("robert smith", "robert smiht", "typo"),
            ("robert smith", "robrt smith", "typo"),
            ("bob smiht", "robert smith", "typo"),
            ("robert smith", "bob", "part"),
            ("robert smith", "smith", "surname"),
            ("robert smith", "robet", "part_typo"),
            ("robert smith", "robert jones", "given"),
            ("robert smith", "rita smith", "family"),
            ("robert smith", "rita jones", "different"),
            ("robert smith", "rita", "different"),
            ("juan de la vega", "ana de la cruz", "different"),
            ("ana ruiz", "анна руис", "missing"),
        ],
    )
    def test_a_level_says_what_two_names_have_in_common(self, one: str, other: str, level: str) -> None:
        assert name_level(one, other) == level

    def test_bob_is_short_for_robert(self) -> None:
        assert name_level("bob smith", "robert smith") == "variant"
        assert weight(who("bob smith"), who("robert smith")) > weight(who("bob smith"), who("rita smith"))

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("al day sr", "al day jr"),
            ("al day", "al day jr"),
            ("al day ii", "al day iii"),
            ("day jr", "al day sr"),
        ],
    )
    def test_father_and_son_are_told_apart(self, one: str, other: str) -> None:
        assert name_level(one, other) == "suffix"

    def test_a_son_who_gives_his_first_name_only_may_be_either(self) -> None:
        assert name_level("al", "al day jr") == "part"

    def test_father_and_son_at_one_telephone_are_not_put_before_anybody_as_probable(self) -> None:
        father, son = who("al day sr", LANDLINE), who("al day jr", LANDLINE)

        assert compared(father, son).name.name == "suffix by phone"
        assert weight(father, son, known([father, son])) < 0

    @pytest.mark.parametrize(
        ("one", "other", "level"),
        [
            ("ana ruiz", "ane ruiz", "family"),  # In three letters, another one makes another name.
            ("marta ruiz", "marya ruiz", "typo"),
            ("fernando ruiz", "fermendo ruiz", "typo"),
            ("fernando ruiz", "permendo ruiz", "family"),
            ("marta ruiz", "marat ruiz", "typo"),  # Two letters that changed places are one slip.
        ],
    )
    def test_a_word_bears_one_slip_from_four_letters_on_and_two_from_seven(
        self, one: str, other: str, level: str
    ) -> None:
        assert name_level(one, other) == level

    def test_a_name_at_a_number_in_common_has_levels_of_its_own(self) -> None:
        one, other = who("ana ruiz", MOBILE), who("luis ruiz", MOBILE)

        assert compared(one, other).name.name == "family by phone"

    def test_a_name_at_a_mailbox_in_common_has_others(self) -> None:
        one, other = who("ana ruiz", MOBILE, "a@example.com"), who("ana ruiz", MOBILE, "a@example.com")

        assert compared(one, other).name.name == "equal by email"

    def test_of_several_names_the_two_that_are_most_alike_count(self) -> None:
        one, other = Portrait(names=("ana lopez", "ana ruiz")), Portrait(names=("ana ruiz", "luis diaz"))

        assert compared(one, other).name == ("equal", "ana ruiz", "ana ruiz")


class TestSpelt:
    """Who gives no full name may write it in the address."""

    def test_an_address_spells_the_name_of_the_other(self) -> None:
        found = compared(who("ana ruiz"), who(email="ana.ruiz77@example.com")).name

        assert found == ("spelt", "ana ruiz", "ana.ruiz77@example.com")

    def test_it_may_spell_the_surname_behind_an_initial(self) -> None:
        assert compared(who("ana ruiz"), who("ana", email="aruiz@example.com")).name.name == "spelt_initial"

    def test_who_gives_another_full_name_is_asked_for_no_address(self) -> None:
        assert (
            compared(who("ana ruiz"), who("eva diaz", email="ana.ruiz@example.com")).name.name == "different"
        )

    def test_two_addresses_spell_one_name_at_two_mailboxes(self) -> None:
        one, other = who(email="ana.ruiz@example.com"), who(email="ana_ruiz@example.org")

        assert compared(one, other).name.name == "spelt"

    @pytest.mark.parametrize("address", ["a.ru@example.com", "anita@example.com", "ruiz@example.com"])
    def test_a_short_address_or_one_with_half_a_name_spells_nobody(self, address: str) -> None:
        assert spells(address, "ana", "ru") == ""
        assert compared(who("ana ruiz"), who(email=address)).name.name == "missing"


class TestPhones:
    """A number in common says as much as it is somebody's own."""

    @pytest.mark.parametrize(
        ("one", "other", "level"),
        [
            (MOBILE, MOBILE, "mobile"),
            (AMERICAN, AMERICAN, "any"),
            (LANDLINE, LANDLINE, "fixed"),
            (f"{LANDLINE};ext=7", f"{LANDLINE};ext=8", "extension"),
            (f"{LANDLINE};ext=7", LANDLINE, "extension"),
            ("+551187654321", "+5511987654321", "any"),
            (MOBILE, "+34612345679", "typo"),
            (MOBILE, "+34612345687", "typo"),
            (MOBILE, OTHER_MOBILE, "different"),
        ],
    )
    def test_a_level_says_what_two_numbers_have_in_common(self, one: str, other: str, level: str) -> None:
        assert phone_level(one, other, NOTHING).name == level

    def test_a_number_that_several_people_hold_weighs_less(self) -> None:
        one, other = who("ana ruiz", MOBILE), who("ana", MOBILE)

        assert compared(one, other, Known(shared={MOBILE})).phone.name == "shared_mobile"
        assert weight(one, other, Known(shared={MOBILE})) < weight(one, other)

    def test_a_number_that_a_crowd_holds_weighs_least(self) -> None:
        one, other = who(phone=LANDLINE), who(phone=LANDLINE)
        crowded = Known(shared={LANDLINE}, crowded={LANDLINE})

        assert compared(one, other, crowded).phone.name == "crowd"
        assert weight(one, other, crowded) < weight(one, other)

    def test_of_several_numbers_the_one_in_common_counts(self) -> None:
        one, other = Portrait(phones=(LANDLINE, MOBILE)), Portrait(phones=(OTHER_MOBILE, MOBILE))

        assert compared(one, other).phone == ("mobile", MOBILE, MOBILE)


class TestEmails:
    """Addresses are one, two spellings of one mailbox, slips of each other, or others."""

    @pytest.mark.parametrize(
        ("one", "other", "level"),
        [
            ("ana@example.com", "ana@example.com", "equal"),
            ("a.ruiz+shop@gmail.com", "aruiz@googlemail.com", "variant"),
            ("ana.ruiz@example.com", "ana.ruiz@example.org", "local"),
            ("ana.ruiz@example.com", "ana.riuz@example.com", "typo"),
            ("ana.ruiz@example.com", "ama.riuz@example.com", "typo"),
            ("ana.ruiz@example.com", "ama.rius@exampel.com", "different"),
            ("ana@example.com", "eva@example.com", "different"),
            ("ana@example.com", "ana@example.org", "different"),
        ],
    )
    def test_a_level_says_what_two_addresses_have_in_common(self, one: str, other: str, level: str) -> None:
        assert email_level(one, other, NOTHING).name == level

    def test_an_address_that_several_people_hold_is_shared_and_one_of_many_a_crowds(self) -> None:
        address = "office@example.com"

        assert email_level(address, address, Known(shared={address})).name == "shared"
        assert email_level(address, address, Known(shared={address}, crowded={address})).name == "crowd"

    def test_another_spelling_of_a_mailbox_counts_as_an_address_in_common(self) -> None:
        one, other = who("ana ruiz", email="a.ruiz@gmail.com"), who("ana ruiz", email="aruiz@gmail.com")

        assert compared(one, other).name.name == "equal by email"


class TestCompanies:
    """Companies are equal, nearly so, or others."""

    @pytest.mark.parametrize(
        ("one", "other", "level"),
        [
            ("northwind", "northwind", "equal"),
            ("northwind traders", "northwind trader", "close"),
            ("northwind", "fabrikam", "different"),
            ("northwind", "", "missing"),
        ],
    )
    def test_a_level_says_what_two_companies_have_in_common(self, one: str, other: str, level: str) -> None:
        assert compared(who("ana", company=one), who("ana", company=other)).company.name == level


def test_what_is_missing_on_one_side_is_missing() -> None:
    assert compared(who("ana ruiz"), who(phone=MOBILE)).pattern == (
        "missing",
        "missing",
        "missing",
        "missing",
    )


def test_every_level_found_is_one_that_the_model_knows() -> None:
    found = compared(
        who("ana ruiz", MOBILE, "a@example.com", "x"), who("bob day", LANDLINE, "b@example.com", "y")
    )

    for comparison, level in zip(LEVELS, found.pattern, strict=True):
        assert level in LEVELS[comparison]
