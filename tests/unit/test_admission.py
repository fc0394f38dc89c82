"""Admission of tokens: one that cannot be told from another is refused, and its times are in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from integrations.contract import ContactRecord, Identifier, Token
from worker.domain.admission import MOST_KEY_CHARACTERS, admitted
from worker.domain.records import content_digest

AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
MADRID = timezone(timedelta(hours=1))


def a_login(token: Token | None) -> ContactRecord:
    plain = Identifier(type="email", value="ana@example.com")
    return ContactRecord(
        id="login", occurred_at=AT, identifiers=(plain, Identifier(type="account", value="u-17", token=token))
    )


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (Token(id=""), "identifiers.token.id: is empty"),
        (Token(id=" "), "identifiers.token.id: is empty"),
        (
            Token(id="x" * (MOST_KEY_CHARACTERS + 1)),
            "identifiers.token.id: 513 characters, at most 512 are kept",
        ),
        (
            Token(id="a", expires_at=datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-10)))),
            "a time is out of range in UTC",
        ),
    ],
)
def test_a_token_that_cannot_be_kept_refuses_its_record(token: Token, why: str) -> None:
    assert admitted(a_login(token)) == why


@pytest.mark.parametrize("token", [None, Token(id="a"), Token(id="a", expires_at=AT)])
def test_one_that_can_be_kept_is_left_as_it_is(token: Token | None) -> None:
    record = a_login(token)

    assert admitted(record) is record


def test_one_expiry_in_two_zones_is_one_content() -> None:
    records = [admitted(a_login(Token(id="a", expires_at=AT.astimezone(zone)))) for zone in (UTC, MADRID)]

    one, other = (each for each in records if isinstance(each, ContactRecord))
    assert content_digest(one) == content_digest(other)
    assert msgspec.structs.replace(one) == other
