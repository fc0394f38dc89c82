"""The registry says of each connector what a source needs, without loading it."""

import subprocess
import sys
from importlib import import_module

import msgspec
import pytest

from integrations import connectors, registry
from integrations.chat.chatwoot import ChatwootSettings
from integrations.chat.intercom import IntercomSettings
from integrations.chat.matrix import MatrixSettings
from integrations.chat.zendesk import ZendeskSettings
from integrations.contract import HasParts, Level
from integrations.errors import AccessError
from integrations.imports.carddav import CardDavOptions
from integrations.imports.files.sheet import CsvOptions
from integrations.imports.google_people import GooglePeopleSettings
from integrations.imports.hubspot import HubSpotSettings
from integrations.imports.jsonl import JsonlOptions
from integrations.imports.pipedrive import PipedriveSettings
from integrations.imports.stripe import StripeSettings
from integrations.imports.vcard import VCardOptions
from integrations.imports.xlsx_file import XlsxOptions
from integrations.phone.aircall import AircallSettings
from integrations.phone.call_records import CallTableSettings
from integrations.phone.ringcentral import RingCentralSettings
from integrations.phone.twilio import TwilioSettings
from integrations.phone.twilio_verify import TwilioVerifySettings
from integrations.source import Source


def a_source(**fields: object) -> Source:
    stated = {
        "name": "phone-main",
        "connector": "twilio",
        "settings": {"account_sid": f"AC{1:032x}"},
        "secrets": {"auth_token": "made-up"},
    }
    return msgspec.convert({**stated, **fields}, type=Source)


def test_a_connector_is_built_by_its_name() -> None:
    built = registry.connector(a_source())

    assert isinstance(built, HasParts)
    assert [part.name for part in built.parts()] == ["calls", "messages"]


def test_an_unknown_connector_is_answered_with_a_close_name() -> None:
    with pytest.raises(AccessError) as caught:
        registry.entry("twillio")

    assert str(caught.value) == (
        f"No connector is called twillio. Did you mean twilio? There are: {', '.join(registry.NAMES)}"
    )


def test_a_name_like_no_other_is_answered_with_all_names() -> None:
    with pytest.raises(AccessError, match=r"^No connector is called fax\. There are: twilio"):
        registry.entry("fax")


@pytest.mark.parametrize(
    ("fields", "lacks"),
    [
        ({"settings": {}}, ("the setting account_sid",)),
        ({"secrets": {}}, ("the secret auth_token, or api_key_sid and api_key_secret",)),
        ({"secrets": {"auth_token": ""}}, ("the secret auth_token, or api_key_sid and api_key_secret",)),
        ({"secrets": {"api_key_sid": "SK1"}}, ("the secret auth_token, or api_key_sid and api_key_secret",)),
        ({"secrets": {"api_key_sid": "SK1", "api_key_secret": "made-up"}}, ()),
        ({"connector": "jsonl", "settings": {"path": "people.jsonl"}, "secrets": {}}, ()),
    ],
)
def test_what_a_source_lacks_is_said_in_words(fields: dict[str, object], lacks: tuple[str, ...]) -> None:
    assert registry.missing(a_source(**fields)) == lacks


def test_a_source_that_lacks_something_is_not_built() -> None:
    with pytest.raises(AccessError, match=r"^phone-main: a twilio source needs the setting account_sid"):
        registry.connector(a_source(settings={}))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("twilio", TwilioSettings),
        ("ringcentral", RingCentralSettings),
        ("aircall", AircallSettings),
        ("twilio-verify", TwilioVerifySettings),
        ("intercom", IntercomSettings),
        ("zendesk", ZendeskSettings),
        ("chatwoot", ChatwootSettings),
        ("matrix", MatrixSettings),
        ("csv", CsvOptions),
        ("xlsx", XlsxOptions),
        ("sql-calls", CallTableSettings),
        ("vcard", VCardOptions),
        ("carddav", CardDavOptions),
        ("pipedrive", PipedriveSettings),
        ("stripe", StripeSettings),
        ("hubspot", HubSpotSettings),
        ("google-people", GooglePeopleSettings),
        ("jsonl", JsonlOptions),
    ],
)
def test_the_registry_lists_the_settings_that_the_connector_reads(
    name: str, settings: type[msgspec.Struct]
) -> None:
    fields = msgspec.structs.fields(settings)
    entry = connectors.CONNECTORS[name]

    assert entry.keys >= {field.name for field in fields}
    assert set(entry.required) == {field.name for field in fields if field.required}
    assert set(entry.optional) == {field.name for field in fields if not field.required}


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_line_leads_to_what_builds_it(name: str) -> None:
    module, _, built = connectors.CONNECTORS[name].loads.partition(":")

    assert callable(getattr(import_module(module), built))


def test_files_are_the_books_and_our_own_format_states_its_levels() -> None:
    trust = {name: connectors.CONNECTORS[name].trust for name in ("csv", "xlsx", "vcard", "jsonl")}

    assert trust == {
        "csv": Level.STORED,
        "xlsx": Level.STORED,
        "vcard": Level.STORED,
        "jsonl": Level.VERIFIED,
    }


def test_the_registry_loads_no_connector() -> None:
    program = "import sys, integrations.registry; print([m for m in sys.modules if m == 'requests'])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


class TestSource:
    """A source hands out its options and secrets, and shows neither."""

    def test_its_repr_shows_its_names_only(self) -> None:
        source = a_source()

        assert repr(source) == "Source(name='phone-main', connector='twilio')"
        assert source.__rich_repr__() == [("name", "phone-main"), ("connector", "twilio")]

    @pytest.mark.parametrize("secrets", [{}, {"auth_token": ""}])
    def test_a_secret_that_is_not_set_is_named(self, secrets: dict[str, str]) -> None:
        with pytest.raises(AccessError, match="phone-main: the secret auth_token is not set"):
            a_source(secrets=secrets).secret("auth_token")
