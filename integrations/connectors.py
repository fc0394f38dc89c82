"""Every connector there is, by the name that avouch.toml uses. A new vendor is one line here.

Nothing is loaded for it: a worker without Intercom never imports its module.
"""

from collections.abc import Mapping

from msgspec import Struct

from integrations.contract import Level, SourceKind


class Entry(Struct, frozen=True, kw_only=True):
    """What is known of a connector without loading it."""

    title: str
    kind: SourceKind
    loads: str
    """What builds it from a `Source`, as "module:name": a class or a function."""
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
        loads="integrations.phone.twilio:twilio",
        trust=Level.VERIFIED,
        required=("account_sid",),
        optional=("base_url", "dialled_legs"),
        secrets=(("auth_token",), ("api_key_sid", "api_key_secret")),
    ),
    "sql-calls": Entry(
        title="Call records in a SQL table",
        kind="phone",
        loads="integrations.phone.call_records:CallRecords",
        trust=Level.VERIFIED,
        required=("preset",),
        optional=(
            "table",
            "columns",
            "timezone",
            "internal",
            "internal_digits",
            "own_numbers",
            "longest_call_hours",
        ),
        secrets=(("url",),),
    ),
    "intercom": Entry(
        title="Intercom contacts and conversations",
        kind="chat",
        loads="integrations.chat.intercom:Intercom",
        trust=Level.VERIFIED,
        optional=("base_url", "data_region", "identity_verification", "account_namespace", "reconcile_hours"),
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
    "carddav": Entry(
        title="CardDAV address books",
        kind="import",
        loads="integrations.imports.carddav:CardDav",
        trust=Level.STORED,
        required=("base_url", "user"),
        optional=("address_books",),
        secrets=(("password",),),
    ),
    "jsonl": Entry(
        title="Records in the canonical form, a line each",
        kind="import",
        loads="integrations.imports.jsonl:JsonlFile",
        trust=Level.VERIFIED,
        required=FILE,
    ),
    "declared": Entry(
        title="A vendor that a TOML file declares",
        kind="import",
        loads="integrations.declared:declared",
        trust=Level.STORED,
        required=FILE,
        optional=("base_url",),
        secrets=(("token",), ("user", "password"), ("user",)),
    ),
    # The next one goes here.
}
