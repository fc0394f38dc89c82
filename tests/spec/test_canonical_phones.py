"""Phone numbers become keys only when every digit given has its place in a valid number (DESIGN 2.7)."""

import pytest

from worker.domain import phones
from worker.domain.identifiers import Canonical, Key, Unusable, canonical


def phone(value: str, region: str | None = None) -> Canonical:
    return canonical("phone", "", value, region)


def key(value: str) -> Key:
    return Key("", value)


def reason(form: Canonical) -> str:
    assert isinstance(form, Unusable)
    return form.reason


@pytest.mark.parametrize(
    ("value", "region", "expected"),
    [
        ("+34612345678", None, "+34612345678"),
        ("+34 612 34 56 78", None, "+34612345678"),
        ("tel:+34612345678", None, "+34612345678"),
        ("(+44) 20 7946 0958", None, "+442079460958"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("0175/91299841", "DE", "+4917591299841"),
        ("0033372010598", "DE", "+33372010598"),
        ("1 (210) 222-5532", "US", "+12102225532"),
        ("\u202a+91\u00a0806\u00a06328130\u202c", None, "+918066328130"),
        ("+34\u2011612\u2013345678", None, "+34612345678"),
        ("\uff0b\uff13\uff14 612345678", None, "+34612345678"),
        ("\u0660\u0662\u0660 7946 0958", "GB", "+442079460958"),
        ("+683 4002", None, "+6834002"),
        ("4002", "NU", "+6834002"),
    ],
)
def test_a_number_is_one_key_however_it_is_written(value: str, region: str | None, expected: str) -> None:
    assert phone(value, region) == key(expected)


def test_a_fictional_number_is_a_number() -> None:
    assert phone("+1 202 555 0123") == key("+12025550123")


class TestExtension:
    """The key is (E.164, extension): two extensions are two lines."""

    def test_two_extensions_are_two_lines(self) -> None:
        assert phone("+12025550123 x12") == key("+12025550123;ext=12")
        assert phone("+12025550123 x34") == key("+12025550123;ext=34")
        assert phone("+12025550123") == key("+12025550123")

    @pytest.mark.parametrize(
        "marker", [";ext=", " x", " ext ", " ext. ", ", Ext: ", " extension ", " #", "x", " доб. "]
    )
    def test_every_marker_means_the_same(self, marker: str) -> None:
        assert phone(f"+12025550123{marker}12") == key("+12025550123;ext=12")

    def test_a_leading_zero_of_an_extension_is_kept(self) -> None:
        assert phone("+12025550123 x012") == key("+12025550123;ext=012")

    @pytest.mark.parametrize("value", ["+12025550123 x", "+12025550123 ext", "x12", "+12025550123 x12 x34"])
    def test_a_marker_needs_a_number_on_both_sides(self, value: str) -> None:
        assert reason(phone(value)) == "has characters that are no part of a phone number"

    def test_an_extension_saves_no_number(self) -> None:
        assert reason(phone("+1111111111 x12")) == "is not a valid phone number"


class TestRegion:
    """The default region comes from the source's settings and is never guessed."""

    def test_the_region_of_the_source_decides(self) -> None:
        assert phone("020 7946 0958", "GB") == key("+442079460958")
        assert phone("2079460958", "US") == key("+12079460958")

    def test_small_letters_name_a_region_too(self) -> None:
        assert phone("020 7946 0958", "gb") == key("+442079460958")

    def test_a_country_code_overrides_the_region(self) -> None:
        assert phone("+34612345678", "US") == key("+34612345678")

    @pytest.mark.parametrize("value", ["020 7946 0958", "34612345678", "0034612345678"])
    def test_without_a_country_code_and_a_region_there_is_no_key(self, value: str) -> None:
        assert reason(phone(value)) == (
            'has no country code and its source has no region; set region = ".." for the source'
        )

    def test_a_region_that_is_no_country_is_named_as_the_fault(self) -> None:
        assert reason(phone("020 7946 0958", "UK")) == (
            'its source has a region that is no country; set region to a code such as "GB"'
        )


class TestItalianZero:
    """An Italian number keeps its leading zero."""

    def test_the_zero_is_kept(self) -> None:
        assert phone("+39 06 1234 5678") == key("+390612345678")
        assert phone("06 1234 5678", "IT") == key("+390612345678")
        assert phone("+39 (0)6 1234 5678") == key("+390612345678")


class TestEveryDigitIsConsumed:
    """All digits given must be consumed, and nothing that is no digit is taken for one."""

    @pytest.mark.parametrize(
        "value",
        [
            "+1650253000O",
            "+1-800-FLOWERS",
            "+34 612 345 678 (mobile)",
            "+34612345678 M",
            "+34 612 345 67\u00b2",
            "+34612345678\n+34612345679",
            "+34612345678, +34612345679",
            "++34612345678",
            "34+612345678",
            "sip:+34612345678@pbx.example",
            "tel:863-1234;phone-context=+1-914",
        ],
    )
    def test_other_characters_refuse_the_value(self, value: str) -> None:
        assert reason(phone(value, "US")) == "has characters that are no part of a phone number"

    @pytest.mark.parametrize("value", ["030 123456/57", "030 12345678/12345679", "030/12345/12345"])
    def test_two_numbers_in_one_field_are_none(self, value: str) -> None:
        assert reason(phone(value, "DE")) == "has characters that are no part of a phone number"

    @pytest.mark.parametrize("value", ["+1 1 650 253 0000", "+7 8 916 123 45 67", "+54 11 15 2345 6789"])
    def test_a_digit_without_a_place_refuses_the_value(self, value: str) -> None:
        assert reason(phone(value)) == "has digits that belong to no part of a phone number"

    @pytest.mark.parametrize("value", ["6.50253E+09", "4,479E+11", "1.2e10"])
    def test_scientific_notation_has_lost_the_digits(self, value: str) -> None:
        assert reason(phone(value, "US")) == (
            "a spreadsheet wrote this number in scientific notation; the digits are lost"
        )

    def test_a_decimal_of_a_spreadsheet_is_refused(self) -> None:
        assert reason(phone("1791568741.0", "DE")) == (
            "a spreadsheet wrote this number as a decimal; format the column as text and export it again"
        )


class TestValidity:
    """Only what `is_valid_number` accepts is a key; short codes are none."""

    @pytest.mark.parametrize(
        "value", ["+10000000000", "+1111111111", "+441153983216", "+999123456", "+22501234567"]
    )
    def test_a_number_that_cannot_exist_is_no_key(self, value: str) -> None:
        assert reason(phone(value)) == "is not a valid phone number"

    def test_a_national_number_that_cannot_exist_is_no_key(self) -> None:
        assert reason(phone("1111111111", "US")) == "is not a valid phone number"
        assert reason(phone("1" * 300, "US")) == "is not a valid phone number"

    @pytest.mark.parametrize(
        ("value", "region"), [("55555", None), ("55555", "US"), ("112", "DE"), ("888", "FR"), ("+112", None)]
    )
    def test_a_short_code_is_no_key(self, value: str, region: str | None) -> None:
        assert reason(phone(value, region)) == "is a short code, not a phone number"

    def test_a_number_that_ends_like_a_short_code_is_another_value(self) -> None:
        assert phone("+33678885678") == key("+33678885678")


class TestWithheld:
    """What a carrier sends for a withheld number is no number, in words or typed on a keypad."""

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "  ",
            "anonymous",
            "Restricted",
            "unknown",
            "PRIVATE",
            "Unavailable",
            "withheld",
            "No Caller ID",
        ],
    )
    def test_words_are_withheld(self, value: str) -> None:
        assert reason(phone(value, "US")) == "withheld"

    @pytest.mark.parametrize(
        "value", ["+266696687", "+266 696 687", "tel:+266696687", "+7378742833", "+86282452253"]
    )
    def test_words_typed_on_a_keypad_are_withheld(self, value: str) -> None:
        assert reason(phone(value)) == "withheld"

    def test_without_its_plus_the_word_is_withheld_where_it_is_no_number(self) -> None:
        assert reason(phone("266696687", "US")) == "withheld"
        assert reason(phone("266696687")) == "withheld"
        assert phone("266696687", "PT") == key("+351266696687")

    @pytest.mark.parametrize("value", ["n/a", "-", "NULL", "0", "0000000000", "[object Object]", '"null"'])
    def test_null_like_values_stand_for_nothing(self, value: str) -> None:
        assert reason(phone(value, "US")) == "stands for no value"


class TestOtherSpellings:
    """Brazil's ninth digit, Mexico's 1 and Argentina's 9 are suggestion keys, not equality."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("+55 11 98765-4321", "+55 11 8765-4321"),
            ("+52 1 55 1234 5678", "+52 55 1234 5678"),
            ("+54 9 11 2345 6789", "+54 11 2345 6789"),
            ("+229 01 97 12 34 56", "+229 97 12 34 56"),
        ],
    )
    def test_two_spellings_are_never_equal_but_suggest_each_other(self, one: str, other: str) -> None:
        assert phone(one) != phone(other)
        assert set(phones.variants(one)) & {_digits(other), *phones.variants(other)}
        assert set(phones.variants(other)) & {_digits(one), *phones.variants(one)}

    def test_they_are_made_before_the_check_for_validity(self) -> None:
        assert isinstance(phone("+55 11 8765-4321"), Unusable)
        assert phones.variants("+55 11 8765-4321") == ("+5511987654321",)

    def test_a_national_number_has_them_with_its_region(self) -> None:
        assert phones.variants("(11) 8765-4321", "BR") == ("+5511987654321",)
        assert phones.variants("(11) 8765-4321") == ()

    def test_an_extension_stays(self) -> None:
        assert phones.variants("+5511987654321;ext=12") == ("+551187654321;ext=12",)

    @pytest.mark.parametrize(
        "value", ["+34612345678", "+551133334444", "anonymous", "", "not a number", "+0"]
    )
    def test_other_numbers_have_none(self, value: str) -> None:
        assert phones.variants(value) == ()


def _digits(value: str) -> str:
    return "".join(c for c in value if c in "+0123456789")
