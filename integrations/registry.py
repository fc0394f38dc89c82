"""Every connector there is, by the name that avouch.toml uses. A new vendor is one line here.

A connector's module is imported when a source needs it: a worker without Intercom never loads it.
"""

import difflib
from collections.abc import Mapping
from importlib import import_module
from typing import cast

from msgspec import Struct

from integrations.contract import Connector, Level, SourceKind
from integrations.errors import AccessError
from integrations.source import Source


class Entry(Struct, frozen=True, kw_only=True):
    """What is known of a connector without loading it."""

    title: str
    kind: SourceKind
    loads: str
    """The class, built from a `Source`, as "module:Class"."""
    trust: Level
    """Caps the levels where avouch.toml states no trust. Verified leaves them as the connector's own table
    has them: most say on their own that they prove nothing."""
    required: tuple[str, ...] = ()
    """Settings that a source must have."""
    optional: tuple[str, ...] = ()
    """Settings that a source may have."""
    secrets: tuple[tuple[str, ...], ...] = ()
    """Sets of secrets, of which a source needs one. Empty: it needs none."""

    @property
    def keys(self) -> frozenset[str]:
        """Every setting and secret that a source of this connector takes."""
        return frozenset(
            (*self.required, *self.optional, *(name for names in self.secrets for name in names))
        )


FILE = ("path",)

CONNECTORS: Mapping[str, Entry] = {
    "twilio": Entry(
        title="Twilio calls and messages",
        kind="phone",
        loads="integrations.phone.twilio:Twilio",
        trust=Level.VERIFIED,
        required=("account_sid",),
        optional=("base_url", "dialled_legs"),
        secrets=(("auth_token",), ("api_key_sid", "api_key_secret")),
    ),
    "intercom": Entry(
        title="Intercom contacts and conversations",
        kind="chat",
        loads="integrations.chat.intercom:Intercom",
        trust=Level.VERIFIED,
        optional=("base_url", "data_region", "identity_verification", "account_namespace"),
        secrets=(("access_token",),),
    ),
    "csv": Entry(
        title="CSV file",
        kind="import",
        loads="integrations.imports.csv_file:CsvFile",
        trust=Level.STORED,
        required=FILE,
        optional=(
            "columns",
            "header",
            "delimiter",
            "encoding",
            "timezone",
            "date_format",
            "as_of",
            "clear_marker",
        ),
    ),
    "vcard": Entry(
        title="vCard file",
        kind="import",
        loads="integrations.imports.vcard:VCardFile",
        trust=Level.STORED,
        required=FILE,
        optional=("encoding", "timezone", "as_of"),
    ),
    "jsonl": Entry(
        title="Records in the canonical form, a line each",
        kind="import",
        loads="integrations.imports.jsonl:JsonlFile",
        trust=Level.VERIFIED,
        required=FILE,
    ),
}

NAMES = tuple(CONNECTORS)


def entry(name: str) -> Entry:
    """Return the entry of the connector `name`; raises `AccessError`, with a close one, if there is none."""
    if name in CONNECTORS:
        return CONNECTORS[name]
    close = difflib.get_close_matches(name, NAMES, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise AccessError(f"No connector is called {name}.{hint} There are: {', '.join(NAMES)}")


def missing(source: Source) -> tuple[str, ...]:
    """Return in words what `source` still needs: "the setting account_sid"."""
    known = entry(source.connector)
    lacks = [f"the setting {name}" for name in known.required if name not in source.settings]
    if known.secrets and not any(all(map(source.secrets.get, names)) for names in known.secrets):
        lacks.append("the secret " + ", or ".join(" and ".join(names) for names in known.secrets))
    return tuple(lacks)


def connector(source: Source) -> Connector:
    """Return the connector that reads `source`; raises `AccessError` when its configuration has gaps."""
    lacks = missing(source)
    if lacks:
        raise AccessError(
            f"{source.name}: a {source.connector} source needs {'; '.join(lacks)}.\n"
            f"    Set it in avouch.toml, then run: avouch sources test {source.name}"
        )
    module, _, name = entry(source.connector).loads.partition(":")
    build = getattr(import_module(module), name)
    return cast("Connector", build(source))
