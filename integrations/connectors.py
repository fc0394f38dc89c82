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

    pulls: str = ""
    """What is pulled, where the connector has no streams that say so."""
    levels: str = ""
    """How sure its identifiers are; likewise."""
    changes: str = ""
    """How a later run finds what changed; likewise."""
    gone: str = ""
    """What shows that a record is gone; likewise."""

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
    "ringcentral": Entry(
        title="RingCentral calls, texts and address book",
        kind="phone",
        loads="integrations.phone.ringcentral:ringcentral",
        trust=Level.VERIFIED,
        optional=("base_url", "extension", "history_days"),
        secrets=(("client_id", "client_secret", "jwt"),),
    ),
    "aircall": Entry(
        title="Aircall calls and contacts",
        kind="phone",
        loads="integrations.phone.aircall:aircall",
        trust=Level.VERIFIED,
        optional=("base_url", "reconcile_hours"),
        secrets=(("api_id", "api_token"),),
    ),
    "twilio-verify": Entry(
        title="Twilio Verify: one-time codes that were entered",
        kind="phone",
        loads="integrations.phone.twilio_verify:twilio_verify",
        trust=Level.VERIFIED,
        required=("account_sid",),
        optional=("base_url", "service_sid"),
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
        pulls="calls, in pages by an index",
        levels="phone observed where the call was carried, claimed where it was only dialled",
        changes="rows after the last serial number, or from the last start less the longest call",
        gone="not told: the record stays",
    ),
    "intercom": Entry(
        title="Intercom contacts, conversations and calls",
        kind="chat",
        loads="integrations.chat.intercom:Intercom",
        trust=Level.VERIFIED,
        optional=(
            "base_url",
            "data_region",
            "identity_verification",
            "calls",
            "notes",
            "account_namespace",
            "reconcile_hours",
        ),
        secrets=(("access_token",),),
    ),
    "zendesk": Entry(
        title="Zendesk Support users, tickets and Talk calls",
        kind="chat",
        loads="integrations.chat.zendesk:zendesk",
        trust=Level.VERIFIED,
        required=("subdomain",),
        optional=("user", "base_url", "account_namespace"),
        secrets=(("api_token",), ("access_token",)),
    ),
    "chatwoot": Entry(
        title="Chatwoot contacts, conversations and private notes",
        kind="chat",
        loads="integrations.chat.chatwoot:chatwoot",
        trust=Level.VERIFIED,
        required=("base_url", "account_id"),
        optional=("identity_verification", "account_namespace", "notes", "reconcile_hours"),
        secrets=(("access_token",),),
    ),
    "matrix": Entry(
        title="Matrix accounts and messages (Synapse)",
        kind="chat",
        loads="integrations.chat.matrix:Matrix",
        trust=Level.VERIFIED,
        required=("base_url", "server_name", "staff"),
        optional=("addresses_proved", "providers", "guests", "rooms", "reconcile_hours"),
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
        pulls="rows",
        levels="stored",
        changes="the whole file when its content has changed",
        gone="not told: what is missing stays",
    ),
    "xlsx": Entry(
        title="Workbook (.xlsx)",
        kind="import",
        loads="integrations.imports.xlsx_file:XlsxFile",
        trust=Level.STORED,
        required=FILE,
        optional=("columns", "header", "sheet", "timezone", "date_format", "as_of", "clear_marker"),
        pulls="rows of a sheet",
        levels="stored",
        changes="the whole file when its content has changed",
        gone="not told: what is missing stays",
    ),
    "vcard": Entry(
        title="vCard file",
        kind="import",
        loads="integrations.imports.vcard:VCardFile",
        trust=Level.STORED,
        required=FILE,
        optional=("encoding", "timezone", "as_of"),
        pulls="cards",
        levels="stored",
        changes="the whole file when its content has changed",
        gone="not told: what is missing stays",
    ),
    "carddav": Entry(
        title="CardDAV address books",
        kind="import",
        loads="integrations.imports.carddav:CardDav",
        trust=Level.STORED,
        required=("base_url", "user"),
        optional=("address_books",),
        secrets=(("password",),),
        pulls="cards of every address book",
        levels="email stored; phone stored",
        changes="the server's sync token; whole again when it has expired",
        gone="the server's word; what is missing after a whole reading",
    ),
    "pipedrive": Entry(
        title="Pipedrive persons",
        kind="import",
        loads="integrations.imports.pipedrive:pipedrive",
        trust=Level.STORED,
        optional=("base_url", "reconcile_hours"),
        secrets=(("api_token",),),
    ),
    "stripe": Entry(
        title="Stripe customers",
        kind="import",
        loads="integrations.imports.stripe:stripe",
        trust=Level.STORED,
        optional=("base_url", "account_key", "account_namespace", "people", "reconcile_hours"),
        secrets=(("api_key",),),
    ),
    "hubspot": Entry(
        title="HubSpot contacts",
        kind="import",
        loads="integrations.imports.hubspot:hubspot",
        trust=Level.STORED,
        optional=("base_url", "reconcile_hours"),
        secrets=(("access_token",),),
    ),
    "google-people": Entry(
        title="Google contacts",
        kind="import",
        loads="integrations.imports.google_people:google_people",
        trust=Level.STORED,
        required=("client_id",),
        optional=("base_url", "token_url", "other_contacts"),
        secrets=(("client_secret", "refresh_token"),),
    ),
    "jsonl": Entry(
        title="Records in the canonical form, a line each",
        kind="import",
        loads="integrations.imports.jsonl:JsonlFile",
        trust=Level.VERIFIED,
        required=FILE,
        pulls="records in the canonical form",
        levels="as each line states",
        changes="the whole file when its content has changed",
        gone="the field `deleted`",
    ),
    "declared": Entry(
        title="A vendor that a TOML file declares",
        kind="import",
        loads="integrations.declared:declared",
        trust=Level.STORED,
        required=FILE,
        optional=("base_url",),
        secrets=(("token",), ("user", "password"), ("user",)),
        pulls="what the file declares",
        levels="as the file states, with a reason each; up to stored",
        changes="as the file states",
        gone="as the file states",
    ),
    # The next one goes here.
}
