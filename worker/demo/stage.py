"""The demo's stage: a home of its own, a configuration that reads simulated vendors, and sample files."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

from worker.demo.simulator import Simulator

_CONFIGURATION = """\
# Written by `avouch demo`: two vendors that this machine simulates, and three files.

[sources.phone-main]
connector = "twilio"
account_sid = "{account_sid}"
auth_token = {{ file = "secrets/twilio" }}
base_url = "{url}"
page_limit = 4
every = "5s"
region = "ES"

[sources.chat]
connector = "intercom"
access_token = {{ file = "secrets/intercom" }}
base_url = "{url}"
identity_verification = "jwt"
account_namespace = "shop"
page_limit = 3
every = "5s"

[sources.website]
connector = "jsonl"
path = "website.jsonl"

[sources.google-contacts]
connector = "csv"
path = "google-contacts.csv"
region = "ES"

[sources.crm]
connector = "csv"
path = "crm-export.csv"
region = "DE"
columns = {{ "Kundennummer" = "account:crm" }}

[schedule]
reconcile = "1m"
"""

NEWCOMER = "+34 612 34 56 88"
"""A number that nobody knows when the demo begins."""
SHOP_USER = "+44 20 7946 0311"
"""A number that the profile of a user in the CRM holds."""
KIOSK = "ck-kiosk-1"
"""The cookie of a browser that several people use."""


_THE_BUSINESSS_OWN = ("DATABASE_URL", "BROKER_URL", "AVOUCH_ID_KEY", "AVOUCH_ID_KEY_FILE")
"""Variables that name real servers: the demo empties its database, so it plays on servers of its own."""


@dataclass(frozen=True)
class Stage:
    """Where the demo plays."""

    home: Path
    simulator: Simulator
    now: datetime

    def ago(self, **length: float) -> datetime:
        """Return a time before the demo began."""
        return self.now - timedelta(**length)


@contextmanager
def stage(home: Path, now: datetime) -> Iterator[Stage]:
    """Build the stage in `home` and make this process use it while the block runs."""
    home.mkdir(parents=True, exist_ok=True)
    with Simulator() as simulator:
        built = Stage(home, simulator, now)
        _write_files(built)
        _before_the_story(built)
        before = dict(os.environ)
        for variable in _THE_BUSINESSS_OWN:
            os.environ.pop(variable, None)
        os.environ.update(AVOUCH_HOME=str(home), AVOUCH_CONFIG=str(home / "avouch.toml"))
        try:
            yield built
        finally:
            os.environ.clear()
            os.environ.update(before)


def _write_files(built: Stage) -> None:
    secrets = built.home / "secrets"
    secrets.mkdir(mode=0o700, exist_ok=True)
    (secrets / "twilio").write_text(built.simulator.twilio.secrets["auth_token"], encoding="utf-8")
    (secrets / "intercom").write_text(built.simulator.intercom.secrets["access_token"], encoding="utf-8")
    for name in ("google-contacts.csv", "crm-export.csv"):
        shutil.copyfile(str(files("worker.demo") / "files" / name), built.home / name)
    lines = "".join(json.dumps(visit) + "\n" for visit in _visits(built))
    (built.home / "website.jsonl").write_text(lines, encoding="utf-8")
    settings = {"url": built.simulator.url, "account_sid": built.simulator.twilio.account_sid}
    (built.home / "avouch.toml").write_text(_CONFIGURATION.format(**settings), encoding="utf-8")


def _visits(built: Stage) -> list[dict[str, object]]:
    """Return visits to the website: one visitor's own browser, and a kiosk that three people used."""

    def visit(key: str, hours: float, *identifiers: tuple[str, str, str, str]) -> dict[str, object]:
        return {
            "id": key,
            "occurred_at": built.ago(hours=hours).isoformat(),
            "identifiers": [
                {"type": type_, "namespace": namespace, "value": value, "level": "verified", "method": method}
                for type_, namespace, value, method in identifiers
            ],
            "interactions": [
                {"id": key, "kind": "visit", "at": built.ago(hours=hours).isoformat(), "direction": "inbound"}
            ],
        }

    kiosk = ("device", "site", KIOSK, "cookie")
    own = ("device", "site", "ck-at-home", "cookie")
    return [
        visit("visit-1", 30, own),
        visit("visit-2", 29, own, ("account", "shop", "u-100", "session")),
        visit("visit-3", 28, kiosk, ("account", "shop", "u-201", "session")),
        visit("visit-4", 27, kiosk),
        visit("visit-5", 26, kiosk, ("account", "shop", "u-202", "session")),
    ]


def _before_the_story(built: Stage) -> None:
    """Fill the simulated vendors with what happened in the days before."""
    phone, chat = built.simulator.twilio, built.simulator.intercom
    for number, hours in (
        ("+12025550123", 50),
        ("+34612345605", 48),
        ("+442079460998", 46),
        ("+12025550123", 44),
    ):
        phone.add_call(number, built.ago(hours=hours), seconds=95)
    for hours in (43, 42, 41):
        phone.add_call("anonymous", built.ago(hours=hours), seconds=40)
    phone.add_call("+34612345699", built.ago(hours=40), sid=None)
    phone.add_message("+34612345698", built.ago(hours=39), "Are you open on Saturday?")
    phone.add_message("whatsapp:+34612345605", built.ago(hours=38), "Is my order on its way?")
    user = chat.add_contact(
        built.ago(hours=60), role="user", external_id="u-100", name="Nadia Haddad", email="nadia@example.com"
    )
    chat.add_conversation([user], built.ago(hours=37), "Where do I find my invoice?")
    for hours, email in ((36, "visitor.one@example.org"), (35, "ana.ruiz@example.com"), (34, "")):
        visitor = chat.add_contact(built.ago(hours=hours), email=email)
        chat.add_conversation([visitor], built.ago(hours=hours), "Do you ship to the islands?")
