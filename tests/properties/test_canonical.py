"""Laws of canonical identifiers and names, over any text and over texts that nearly are one."""

import phonenumbers
from email_validator import validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from worker.domain import blocklist, emails, names, phones
from worker.domain.identifiers import Key, canonical

TYPES = ("account", "device", "email", "handle", "phone")
REGIONS = st.sampled_from([None, "AR", "BR", "DE", "ES", "FR", "GB", "IT", "MX", "RU", "US", "nowhere"])

nearly_phones = st.text(alphabet="+0123456789 ()-./xO;ext=#\u202a\u0663", max_size=24)
international = st.builds(
    lambda code, digits: f"+{code}{digits}",
    st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)),
    st.text(alphabet="0123456789", min_size=1, max_size=12),
)
examples = st.sampled_from(
    [
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in range(11)
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
    ]
)
nearly_emails = st.builds(
    lambda *parts: "".join(parts),
    st.text(alphabet="aKk\u0131\u212a\u0430e\u0301.+-_'\"<\u200b\u00ad ", max_size=12),
    st.sampled_from(["@", "@", "@", "", "@@"]),
    st.text(alphabet="abX\u00fc\u212a\uff41-.\u3002", max_size=10),
    st.sampled_from([".com", ".example", "", ".test", ".xn--p1ai", ".c", ".\u0440\u0444"]),
)
WORDS = (
    "Ana", "ANA", "José", "Jose", "Bob", "Robert", "Alex", "Alexandra", "Müller", "Mueller", "Ruiz", "Smith",
    "J.", "S",    "de", "la", "Jr", "Sr.", "III", "Dr.", "Mr", "PhD", ",", "&", "王小明", "Ольга",
    "O'Brien", "Karl-Heinz", "unknown",
)  # fmt: skip
nearly_names = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
texts = st.one_of(st.text(), nearly_phones, international, examples, nearly_emails, nearly_names)
some_names = st.one_of(nearly_names, st.text(max_size=30))


class TestIdentifiers:
    """A canonical value is its own canonical value, and no text is too strange to be looked at."""

    @given(kind=st.sampled_from(TYPES), namespace=st.text(max_size=5), value=texts, region=REGIONS)
    @example(kind="account", namespace="", value="\u0958" * 300, region=None)
    def test_a_canonical_value_is_its_own_canonical_value(
        self, kind: str, namespace: str, value: str, region: str | None
    ) -> None:
        form = canonical(kind, namespace, value, region)

        if isinstance(form, Key):
            assert canonical(kind, form.namespace, form.value, region) == form
            assert canonical(kind, form.namespace, form.value, None) == form

    @given(kind=st.sampled_from(TYPES), value=texts)
    def test_every_text_has_variants_and_reasons_or_none(self, kind: str, value: str) -> None:
        blocklist.why_common(kind, value, frozenset(), frozenset())
        blocklist.is_role(kind, value, frozenset())
        emails.warning(value)

        assert value not in phones.variants(value)
        assert value not in emails.variants(value)


class TestPhones:
    """A key is a number in E.164 that the library holds for valid."""

    @given(value=st.one_of(nearly_phones, international, examples), region=REGIONS)
    def test_a_key_is_a_valid_number_in_e164(self, value: str, region: str | None) -> None:
        form = canonical("phone", "", value, region)

        if isinstance(form, Key):
            assert phones.E164.fullmatch(form.value.partition(";")[0])
            assert phonenumbers.is_valid_number(phonenumbers.parse(form.value))

    @given(value=st.one_of(international, examples))
    def test_our_reading_of_a_number_as_written_is_the_librarys(self, value: str) -> None:
        if canonical("phone", "", value, None) == Key("", value):
            number = phonenumbers.parse(value)
            assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == value
            assert phones.kind(value) == phonenumbers.number_type(number)

    @given(value=examples)
    def test_every_example_of_the_library_is_a_key(self, value: str) -> None:
        assert canonical("phone", "", value, None) == Key("", value)

    @given(value=examples)
    def test_a_number_and_its_other_spellings_suggest_each_other(self, value: str) -> None:
        assert all(value in phones.variants(other) for other in phones.variants(value))


class TestEmails:
    """The short way accepts nothing that email-validator refuses, and folds nothing but ASCII case."""

    @given(
        value=st.one_of(
            nearly_emails, st.from_regex(r"\A[a-zA-Z0-9._+-]{1,9}@[a-zA-Z0-9.-]{1,9}\.[a-zA-Z]{2,3}\Z")
        )
    )
    def test_a_key_is_an_address_to_email_validator(self, value: str) -> None:
        form = canonical("email", "", value, None)

        if isinstance(form, Key):
            read = validate_email(form.value, check_deliverability=False)
            assert f"{read.local_part}@{read.ascii_domain}" == form.value

    @given(value=st.one_of(nearly_emails, st.emails()))
    def test_an_address_with_other_letters_never_equals_a_plain_one(self, value: str) -> None:
        form = canonical("email", "", value, None)

        if isinstance(form, Key) and not value.strip().isascii():
            assert emails.warning(form.value) is not None


class TestNames:
    """Comparing names has no direction, and any text can be compared."""

    @given(name=some_names)
    def test_a_canonical_name_is_its_own_canonical_name(self, name: str) -> None:
        form = names.canonical(name)

        assert names.canonical(form) == form
        assert names.is_full(form) == names.is_full(name)

    @given(one=some_names, other=some_names)
    def test_compatible_has_no_direction(self, one: str, other: str) -> None:
        assert names.compatible(one, other) == names.compatible(other, one)
        assert names.agree(one, other) == names.agree(other, one)

    @given(one=some_names, other=some_names)
    def test_raw_and_canonical_names_compare_alike(self, one: str, other: str) -> None:
        assert names.compatible(one, other) == names.compatible(names.canonical(one), names.canonical(other))

    @given(name=some_names)
    def test_a_name_is_compatible_with_itself(self, name: str) -> None:
        assert names.compatible(name, name)

    @given(one=some_names, other=some_names)
    def test_names_that_agree_are_compatible(self, one: str, other: str) -> None:
        assert names.compatible(one, other) or not names.agree(one, other)
