"""Names corroborate or contradict; they are never a key by themselves (DESIGN 2.2, 2.7)."""

import pytest

from worker.domain import names


class TestCanonical:
    """Names are compared without case, accents, punctuation, titles and the order of a comma."""

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("  Ana   RUIZ ", "ana ruiz"),
            ("José Ruiz", "jose ruiz"),
            ("Jose\u0301 Ruiz", "jose ruiz"),
            ("Søren Kjær Łukasz", "soren kjaer lukasz"),
            ("Hans-Peter Weiß", "hans peter weiss"),
            ("Sean O\u2019Brien", "sean obrien"),
            ("ＡＮＡ Ｒｕｉｚ", "ana ruiz"),
            ("Ruiz, Ana", "ana ruiz"),
            ("Ruiz Gómez, Ana María", "ana maria ruiz gomez"),
            ("Dr. Berger, Slavko", "slavko berger"),
            ("Mrs Hamilton, Rosemarie", "rosemarie hamilton"),
            ("Albertsen, Mr Gary", "gary albertsen"),
            ("Herr Prof. Dr. Georg Koch", "georg koch"),
            ("Ana Ruiz, Ph.D.", "ana ruiz"),
            ("Ana Ruiz MBA", "ana ruiz"),
            ("✨ debra bennett", "debra bennett"),
            ("Ana\u200b Ruiz", "ana ruiz"),
            ("Ana Ruiz,", "ana ruiz"),
            ("Ruiz, Ana, Madrid", "ruiz ana madrid"),
            ("Γιώργος", "γιωργοσ"),
            ("Андрей", "андрей"),
            ("मोहन", "मोहन"),
            ("が", "が"),
            ("☁\ufe0f Ana", "ana"),
        ],
    )
    def test_a_name_has_one_form(self, name: str, expected: str) -> None:
        assert names.canonical(name) == expected

    @pytest.mark.parametrize(
        "name", ["Gary Albertsen Jr.", "Albertsen, Gary Jr", "Albertsen Jr., Gary", "Gary Albertsen, Junior"]
    )
    def test_a_suffix_stands_last(self, name: str) -> None:
        assert names.canonical(name) == "gary albertsen jr"

    def test_a_gentleman_is_not_a_father(self) -> None:
        assert names.canonical("Sr. Vito Castro") == "vito castro"
        assert names.canonical("Vito Castro Sr.") == "vito castro sr"

    @pytest.mark.parametrize(
        "name", ["", " ", "Wireless Caller", "UNKNOWN", "n/a", "Mr", "🔥", "null null", "Guest,"]
    )
    def test_what_names_nobody_is_empty(self, name: str) -> None:
        assert names.canonical(name) == ""


class TestFullName:
    """A full name has a given and a family part; an initial is neither."""

    @pytest.mark.parametrize(
        "name",
        ["Ana Ruiz", "Ruiz, Ana", "John A. Smith", "Al Jones", "Minh Do", "王 小明", "王小明", "김민수"],
    )
    def test_two_parts_are_full(self, name: str) -> None:
        assert names.is_full(name)

    @pytest.mark.parametrize(
        "name",
        [
            "", "Ana", "A. Ruiz", "J. R.", "Ruiz, A.", "Mr Murphy", "Sr. da Mota", "de la Cruz", "Ana Jr",
            "hello 904",
            "the_real_ 🔥", "the_real ana", "Ana & Luis", "Ana and Luis Ruiz", "Unknown Caller", "王伟",
            "Ямада",
        ],
    )  # fmt: skip
    def test_less_is_not(self, name: str) -> None:
        assert not names.is_full(name)


class TestCompatible:
    """Nothing in two compatible names speaks against one person."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Bob Smith", "Robert Smith"),
            ("Bob Smith", "Rob Smith"),
            ("Paco Ruiz", "Francisco Ruiz"),
            ("Willi Koch", "Wilhelm Koch"),
            ("J. Smith", "John Smith"),
            ("John S.", "J. Smith"),
            ("Smith J", "John Smith"),
            ("Ana", "A. Ruiz"),
            ("Ruiz, Ana", "Ana Ruiz"),
            ("RUIZ ANA", "Ana Ruiz"),
            ("Ruiz Gómez Ana", "Ana Ruiz"),
            ("Ana", "Ana Ruiz"),
            ("Ruiz", "Ana Ruiz"),
            ("Ana Ruiz", "Ana Ruiz Gómez"),
            ("Ana Ruiz", "Ana María Ruiz"),
            ("John Smith", "John A. Smith"),
            ("Maria Ana Ruiz", "Ana Maria Ruiz"),
            ("Jürgen Müller", "Juergen Mueller"),
            ("Karl-Heinz Koch", "Karlheinz Koch"),
            ("Sean O'Brien", "Sean Obrien"),
            ("Ana de la Cruz", "Ana Cruz"),
            ("Тереза Харченко", "Tereza Kharchenko"),
            ("", "Ana Ruiz"),
            ("Wireless Caller", "Ana Ruiz"),
            ("Al", "Al Day Jr"),
            ("Gary Albertsen Jr", "Gary Albertsen Junior"),
        ],
    )
    def test_these_may_be_one_person(self, one: str, other: str) -> None:
        assert names.compatible(one, other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Ana Ruiz", "Luis Ruiz"),
            ("Ana Ruiz", "Ana Gómez"),
            ("J. Smith", "Mary Smith"),
            ("J. Smith", "S. Jones"),
            ("John A. Smith", "John B. Smith"),
            ("Alexander Koch", "Alexandra Koch"),
            ("Ivan Koch", "Ivana Koch"),
            ("Gary Albertsen Sr", "Gary Albertsen Jr"),
            ("Hella Koch II", "Hella Koch III"),
            ("Gary Albertsen", "Gary Albertsen Jr"),
            ("G. Albertsen Sr", "Gary Albertsen"),
            ("Андрей Иванов", "Ольга Иванова"),
            ("Ana", "Luis"),
            (" ".join("abcdefghijklmnopq"), " ".join("abcdefghijklmnopr")),
        ],
    )
    def test_these_are_two_people(self, one: str, other: str) -> None:
        assert not names.compatible(one, other)


class TestAgree:
    """A full name agrees when it is equal in canonical form."""

    def test_equal_full_names_agree(self) -> None:
        assert names.agree("Ruiz, Ana", "ana RUIZ")
        assert names.agree("José Ruiz", "Jose Ruiz")

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Ana", "Ana"),
            ("A. Ruiz", "A. Ruiz"),
            ("Bob Smith", "Robert Smith"),
            ("Al Day", "Al Day Jr"),
            ("", ""),
        ],
    )
    def test_less_than_that_does_not(self, one: str, other: str) -> None:
        assert not names.agree(one, other)
