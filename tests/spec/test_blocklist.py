"""Common identifiers never join people: what the block list knows about a valid key (DESIGN 2.2)."""

import phonenumbers
import pytest

from worker.domain import blocklist
from worker.domain.identifiers import Key, canonical

NOTHING: frozenset[str] = frozenset()


def why(
    kind: str, value: str, own_numbers: frozenset[str] = NOTHING, roles: frozenset[str] = NOTHING
) -> str | None:
    key = canonical(kind, "", value, None)
    assert isinstance(key, Key)
    return blocklist.why_common(kind, key.value, own_numbers, roles)


@pytest.mark.parametrize(
    "value",
    [
        "info@x.es", "Sales@x.es",
        "support@x.es", "kundenservice@x.de", "atencion-al-cliente@x.es",
        "customer.service+spain@x.es", "info2@x.es", "postmaster@x.es", "hr@x.es", "büro@x.de",
    ],
)  # fmt: skip
def test_a_role_address_is_common(value: str) -> None:
    assert why("email", value) == "is a role address"
    assert blocklist.is_role("email", value.lower(), NOTHING)


def test_a_business_adds_its_own_roles() -> None:
    assert why("email", "taller@x.es") is None
    assert why("email", "taller@x.es", roles=frozenset({"taller"})) == "is a role address"
    assert why("email", "info@x.es", roles=frozenset({"taller"})) == "is a role address"
    assert blocklist.is_role("email", "taller@x.es", frozenset({"taller"}))


@pytest.mark.parametrize(
    "value",
    [
        "test@test.com", "a@a.com", "noemail@x.es", "no-email@x.es",
        "none@none.com", "email@email.com", "no@email.com",
        "na@na.com", "unknown@unknown.com",
        "noreply@example.com", "no-reply-17@x.es", "customer@donotreply.com",
        "ana@noemail.com", "test12@x.es", "asdf@x.es",
    ],
)  # fmt: skip
def test_a_made_up_address_is_common(value: str) -> None:
    assert why("email", value) == "is a made-up address"
    assert not blocklist.is_role("email", value, NOTHING)


@pytest.mark.parametrize(
    "value",
    [
        "ana@example.com", "ana.ruiz@example.com", "h.r@x.es", "stefan@stefan.de", "infante@x.es", "me@x.es",
        "mario.test@x.es", "ana@test.example.com", "user904@gmail.com", "sales.ruiz@x.es",
    ],
)  # fmt: skip
def test_a_persons_address_is_not(value: str) -> None:
    assert why("email", value) is None


@pytest.mark.parametrize(
    "value",
    [
        "+12345678901", "+12345678910", "+441234567890", "+34987654321", "+34666666666", "+34600000000",
        "+447777777777",
        "+34616161616", "+33147258369", "+33789456123",
    ],
)  # fmt: skip
def test_a_pattern_of_digits_is_common(value: str) -> None:
    assert why("phone", value) == "is a pattern of digits, not a number somebody has"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("+18005550123", "is a toll-free number"),
        ("+80012345678", "is a toll-free number"),
        ("+491803123456", "is a shared-cost number"),
        ("+19002345678", "is a premium-rate number"),
    ],
)
def test_a_service_number_is_common(value: str, expected: str) -> None:
    assert why("phone", value) == expected


def test_the_companys_own_number_is_common_with_every_extension() -> None:
    own = frozenset({"+12025550123"})

    assert why("phone", "+12025550123", own) == "is one of the company's own numbers"
    assert why("phone", "+12025550123 x12", own) == "is one of the company's own numbers"
    assert why("phone", "+12025550124", own) is None


@pytest.mark.parametrize(
    "value",
    ["+34612345678", "+12025550123", "+442079460958", "+5511987654321", "+4917591299841", "+33678885678"],
)
def test_a_persons_number_is_not(value: str) -> None:
    assert why("phone", value) is None
    assert not blocklist.is_role("phone", value, NOTHING)


def test_accounts_devices_and_handles_have_no_block_list() -> None:
    assert [why(kind, "info@x.es") for kind in ("account", "device", "handle")] == [None, None, None]


def test_hardly_a_mobile_number_that_the_library_gives_as_an_example_is_a_pattern() -> None:
    mobile = phonenumbers.PhoneNumberType.MOBILE
    examples = [
        phonenumbers.example_number_for_type(region, mobile) for region in phonenumbers.SUPPORTED_REGIONS
    ]

    blocked = [
        e
        for e in examples
        if e and why("phone", phonenumbers.format_number(e, phonenumbers.PhoneNumberFormat.E164))
    ]

    assert len(blocked) < len(examples) / 20
