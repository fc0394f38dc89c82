"""E-mail addresses and the identifiers kept as given: what is equal, what is no key (DESIGN 2.7)."""

import pytest

from worker.domain import emails
from worker.domain.identifiers import Canonical, Key, Unusable, canonical


def email(value: str) -> Canonical:
    return canonical("email", "", value, None)


def key(value: str) -> Key:
    return Key("", value)


def reason(form: Canonical) -> str:
    assert isinstance(form, Unusable)
    return form.reason


class TestEmail:
    """An address differs from another in nothing but ASCII case and the spelling of its domain."""

    def test_case_does_not_matter(self) -> None:
        assert email("Bob@Example.COM") == email("bob@example.com") == key("bob@example.com")

    @pytest.mark.parametrize(
        "value", [" ana@x.es\n", "<ana@x.es>", "mailto:ana@x.es", "MAILTO:Ana@x.es", "< ana@x.es >"]
    )
    def test_what_a_mail_program_puts_around_it_does_not_matter(self, value: str) -> None:
        assert email(value) == key("ana@x.es")

    @pytest.mark.parametrize(
        "value", ["o'neil+shop@sub.x-y.co.uk", "a_b-c.d@x.es", "1@x.es", "a@b.c", "a--b@x.es"]
    )
    def test_unusual_addresses_are_addresses(self, value: str) -> None:
        assert email(value) == key(value)

    def test_the_domain_is_an_a_label(self) -> None:
        assert (
            email("ana@Bücher.example")
            == email("ana@xn--bcher-kva.example")
            == key("ana@xn--bcher-kva.example")
        )

    def test_composed_and_decomposed_letters_are_one(self) -> None:
        assert email("jose\u0301@x.es") == email("jos\u00e9@x.es") == key("jos\u00e9@x.es")

    def test_only_ascii_letters_lose_their_case(self) -> None:
        assert email("JOSÉ@x.es") == key("josÉ@x.es")

    def test_tags_and_dots_make_three_values(self) -> None:
        values = ("bob+vip@gmail.com", "b.o.b@gmail.com", "bob@googlemail.com")

        assert [email(value) for value in values] == [key(value) for value in values]


class TestLookAlikes:
    """A non-ASCII local part never equals an ASCII one."""

    @pytest.mark.parametrize(
        ("value", "plain"),
        [("m\u0131ke@x.es", "mike@x.es"), ("\u017fam@x.es", "sam@x.es"), ("\u0430na@x.es", "ana@x.es")],
    )
    def test_another_letter_is_another_address_and_flagged(self, value: str, plain: str) -> None:
        form = email(value)

        assert isinstance(form, Key)
        assert form != email(plain)
        assert emails.warning(form.value) == (
            "has letters outside plain ASCII: it is not the address it may look like"
        )

    @pytest.mark.parametrize(
        "value", ["\u212aim@x.es", "kim@\u212a.example", "kim@\uff58.example", "kim@x\u3002example"]
    )
    def test_a_character_that_normalising_would_make_plain_is_refused(self, value: str) -> None:
        assert reason(email(value)) == "has a character that only looks like a plain one"

    def test_a_domain_in_other_letters_is_flagged(self) -> None:
        assert emails.warning("ana@xn--bcher-kva.example") is not None
        assert emails.warning("ana@mail.xn--bcher-kva.example") is not None
        assert emails.warning("ana@example.com") is None


class TestRefusals:
    """What is no address says why, and never quotes itself."""

    @pytest.mark.parametrize(
        ("value", "named"),
        [
            ("an\u200ba@x.es", "ZERO WIDTH SPACE (U+200B)"),
            ("an\u00ada@x.es", "SOFT HYPHEN (U+00AD)"),
            ("ana@x\u00ad.es", "SOFT HYPHEN (U+00AD)"),
            ("\ufeffana@x.es", "ZERO WIDTH NO-BREAK SPACE (U+FEFF)"),
            ("an\ufe0fa@x.es", "VARIATION SELECTOR-16 (U+FE0F)"),
            ("an\u3164a@x.es", "HANGUL FILLER (U+3164)"),
            ("an\u00a0a@x.es", "NO-BREAK SPACE (U+00A0)"),
            ("an\x07a@x.es", "control character (U+0007)"),
            ("an\ud800a@x.es", "control character (U+D800)"),
        ],
    )
    def test_an_invisible_character_inside_is_named(self, value: str, named: str) -> None:
        assert reason(email(value)) == f"has an invisible character inside: {named}"

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("ana", "has no @, so it is not an e-mail address"),
            ("ana@x.es; luis@x.es", "has more than one @; one e-mail address belongs in one field"),
            ("Ana <ana@x.es>", "is not a valid e-mail address"),
            ('"ana ruiz"@x.es', "is not a valid e-mail address"),
            ("ana ruiz@x.es", "is not a valid e-mail address"),
            ("ana@x", "is not a valid e-mail address"),
            ("ana@-x.es", "is not a valid e-mail address"),
            ("ana@xn--a.es", "is not a valid e-mail address"),
            (".ana@x.es", "is not a valid e-mail address"),
            ("ana@[127.0.0.1]", "is not a valid e-mail address"),
            ("mailto:ana%2Bvip@x.es", "is not a valid e-mail address"),
            ("ana@printer.local", "has a domain that is reserved and receives no mail"),
            ("ana@nowhere.invalid", "has a domain that is reserved and receives no mail"),
            (f"{'a' * 65}@x.es", "is too long for an identifier"),
            (f"ana@{'a.' * 126}es", "is too long for an identifier"),
            (f"ana@{'ü.' * 60}es", "is not a valid e-mail address"),
            (f"{'é' * 33}@x.es", "is too long for an identifier"),
        ],
    )
    def test_what_is_no_address_says_why(self, value: str, expected: str) -> None:
        assert reason(email(value)) == expected

    @pytest.mark.parametrize("value", ["", "unknown", "n/a", "none", "-", "NULL", "<null>", "sin datos"])
    def test_null_like_values_stand_for_nothing(self, value: str) -> None:
        assert reason(email(value)) == "stands for no value"


class TestOtherSpellings:
    """Plus tags, Gmail dots and googlemail are suggestion keys only."""

    def test_one_mailbox_has_one_suggestion_key(self) -> None:
        values = ("bob+vip@gmail.com", "b.o.b@gmail.com", "bob@googlemail.com")

        assert {emails.variants(value) for value in values} == {("bob@gmail.com",)}

    def test_a_tag_is_one_everywhere_and_dots_only_at_gmail(self) -> None:
        assert emails.variants("a.ruiz+shop@x.es") == ("a.ruiz@x.es",)
        assert emails.variants("a.ruiz@x.es") == ()

    @pytest.mark.parametrize("value", ["bob@gmail.com", "+tag@x.es", "...@gmail.com", "no address", ""])
    def test_a_plain_address_has_none(self, value: str) -> None:
        assert emails.variants(value) == ()


@pytest.mark.parametrize("kind", ["account", "device", "handle"])
class TestAsGiven:
    """Accounts, devices and handles stay as their platform wrote them."""

    def test_case_matters_and_space_around_does_not(self, kind: str) -> None:
        assert canonical(kind, " app ", " U-17\t", None) == Key("app", "U-17")
        assert canonical(kind, "app", "u-17", None) != canonical(kind, "app", "U-17", None)

    def test_the_namespace_tells_two_apart(self, kind: str) -> None:
        assert canonical(kind, "app", "17", None) != canonical(kind, "shop", "17", None)

    def test_composed_and_decomposed_letters_are_one(self, kind: str) -> None:
        assert canonical(kind, "app", "jose\u0301", None) == Key("app", "jos\u00e9")

    @pytest.mark.parametrize(
        "value",
        [
            "unknown", "n/a", "none", "-", "NULL", "0", "test", "[object Object]", '"null"', "undefined",
            "NaN", "", "  ", "(null)",
            "00000000-0000-0000-0000-000000000000", "not_set", "Not  Available", "???",
        ],
    )  # fmt: skip
    def test_null_like_values_stand_for_nothing(self, kind: str, value: str) -> None:
        assert reason(canonical(kind, "app", value, None)) == "stands for no value"

    def test_a_control_character_is_refused(self, kind: str) -> None:
        assert reason(canonical(kind, "app", "u\x0017", None)) == (
            "has a control character inside: control character (U+0000)"
        )

    def test_a_character_that_normalising_would_make_plain_is_refused(self, kind: str) -> None:
        assert (
            reason(canonical(kind, "app", "\u212aim", None))
            == "has a character that only looks like a plain one"
        )

    @pytest.mark.parametrize("value", ["u" * 513, "\u0958" * 512])
    def test_a_text_of_more_than_512_characters_is_refused(self, kind: str, value: str) -> None:
        assert reason(canonical(kind, "app", value, None)) == "is too long for an identifier"

    def test_512_characters_are_an_identifier(self, kind: str) -> None:
        assert canonical(kind, "app", "u" * 512, None) == Key("app", "u" * 512)


def test_an_e_mail_and_a_phone_have_no_namespace() -> None:
    assert canonical("email", "shop", "ana@x.es", None) == Key("", "ana@x.es")
    assert canonical("phone", "whatsapp", "+34612345678", None) == Key("", "+34612345678")


def test_a_type_that_does_not_exist_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        canonical("fax", "", "+34612345678", None)
