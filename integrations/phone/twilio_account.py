"""An account of Twilio's: what each of its products is asked with."""

from typing import Annotated

from msgspec import Meta

from integrations.credentials import Credentials, basic
from integrations.source import Source

AccountSid = Annotated[str, Meta(pattern="^AC[0-9a-fA-F]{32}$")]


def credentials(source: Source, account_sid: str) -> Credentials:
    """Return those of an API key, or those of the account."""
    if "api_key_sid" in source.secrets:
        return basic(source.secret("api_key_sid"), source.secret("api_key_secret"))
    return basic(account_sid, source.secret("auth_token"))
