"""The demo's story, act by act: what happens outside, and what Avouch makes of it through Celery."""

import hashlib
import time
from collections.abc import Callable
from datetime import timedelta

from rich.console import Console

from worker.demo.stage import KIOSK, NEWCOMER, SHOP_USER, Stage
from worker.domain.contacts import Contact, Kind
from worker.jobs import clock, convert, decide, export, people, settle
from worker.storage.unit_of_work import Transaction, UnitOfWork
from worker.tasks.convert import convert_lead
from worker.tasks.reconcile import reconcile_leads
from worker.tasks.sync import sync_source

_PATIENCE = timedelta(seconds=60)


class StoryError(Exception):
    """Raised when the workers did not do in a minute what takes them a second; their log says why."""


class Story:
    """Plays the acts on a stage, with workers running."""

    def __init__(self, built: Stage, uow: UnitOfWork, console: Console) -> None:
        """Tell the story on `console`."""
        self._stage = built
        self._uow = uow
        self._people = people.People(uow)
        self._console = console

    def tell(self) -> str:
        """Play all acts; return the first id of the caller who becomes a user.

        Raises:
            StoryError: the workers did not follow.
        """
        self._what_was_before()
        newcomer = self._an_unknown_caller()
        self._calls_again(newcomer)
        self._one_time_code(newcomer)
        self._a_users_number()
        self._kiosk()
        self._a_wrong_merge(newcomer)
        self._reconcile()
        return newcomer

    def _act(self, title: str) -> None:
        self._console.print(f"\n[bold]{title}[/bold]")

    def _say(self, text: str) -> None:
        self._console.print(f"  {text}")

    def _what_was_before(self) -> None:
        self._act("1. Phone, chat and imports come in")
        self._stage.simulator.throttle()
        for source in ("phone-main", "chat", "website", "google-contacts", "crm"):
            sync_source.delay(source)
        self._wait("every source is pulled once", _all_synced)
        with self._uow.begin() as tx:
            counts = tx.contacts.counts()
        self._say(f"One vendor answered 429 and was asked again when it said. {_counted(counts)}.")

    def _an_unknown_caller(self) -> str:
        self._act("2. Somebody calls; only the number is known")
        self._stage.simulator.twilio.add_call(NEWCOMER.replace(" ", ""), clock.now(), seconds=130)
        sync_source.delay("phone-main")
        lead = self._wait_for(NEWCOMER, lambda _: True)
        self._people.note(
            lead.id, "Wants a quote for 40 chairs. Call back on Thursday.", "agent-3", clock.now()
        )
        self._say(f"A {lead.kind.value}: {lead.id}. The agent leaves a note.")
        return lead.id

    def _calls_again(self, newcomer: str) -> None:
        self._act("3. The same number calls again")
        self._stage.simulator.twilio.add_call(NEWCOMER.replace(" ", ""), clock.now(), seconds=75)
        sync_source.delay("phone-main")
        self._wait_for(NEWCOMER, lambda contact: len(contact.records) > 1)
        profile = self._people.profile(newcomer)
        self._say(
            f"The same {profile.contact.kind.value}: {len(profile.interactions)} calls,"
            f" and the note is still there: “{profile.notes[0].body}”"
        )

    def _one_time_code(self, newcomer: str) -> None:
        self._act("4. The caller confirms a one-time code")
        proof = convert.ProofGiven("email", "lena.moreau@example.com", "otp", author="agent-3")
        evidence = convert.take_proof(self._uow, newcomer, proof, clock.now())
        convert_lead.delay(*evidence)
        user = self._wait_for(NEWCOMER, lambda contact: contact.kind is Kind.USER)
        profile = self._people.profile(newcomer)
        self._say(
            f"Now a {user.kind.value}. Both calls and the note came along"
            f" ({len(profile.interactions)} interactions, {len(profile.notes)} note), and the old id still finds them."
        )

    def _a_users_number(self) -> None:
        self._act("5. A call comes from a number that a user's profile holds")
        self._stage.simulator.twilio.add_call(SHOP_USER.replace(" ", ""), clock.now(), seconds=20)
        sync_source.delay("phone-main")
        lead = self._wait_for(SHOP_USER, lambda contact: contact.kind is Kind.LEAD)
        self._wait("the suggestion is there", lambda tx: bool(tx.suggestions.of([lead.id])))
        self._say("It stays a lead, with a suggestion: the number is not the person.")

    def _kiosk(self) -> None:
        self._act("6. Two people log in on one kiosk, and a third just looks")
        with self._uow.begin() as tx:
            holders = {row.contact_id for row in tx.people.holders([KIOSK])}
            found = tx.contacts.get_all(sorted(holders))
            cases = tx.cases.of([record for contact in found for record in contact.record_ids])
        users = sum(contact.kind is Kind.USER for contact in found)
        self._say(
            f"The cookie joins nobody: {users} users and {len(found) - users} lead hold it,"
            f" and {len(cases)} conflict case waits for a person."
        )

    def _a_wrong_merge(self, newcomer: str) -> None:
        self._act("7. An agent takes two callers for one person, and takes it back")
        before = self._digest()
        lead = self._wait_for(SHOP_USER, lambda contact: contact.kind is Kind.LEAD)
        decide.merge(
            self._uow, newcomer, lead.id, decide.Said("agent-3", "sounded like the same voice", clock.now())
        )
        settle.run(self._uow)
        joined = self._people.profile(newcomer).contact
        with self._uow.begin() as tx:
            change = next(row for row in tx.changes.latest(20) if row.change.kind == "joined")
        decide.undo(self._uow, change.number, decide.Said("agent-3", "two people", clock.now()))
        settle.run(self._uow)
        if self._digest() != before:
            raise StoryError("undoing a merge gives back what was there before")
        self._say(
            f"For a moment {len(joined.records)} records were one contact. Now the export is, to the byte, what it"
            " was before."
        )

    def _digest(self) -> str:
        """Return the digest of the export, once nothing waits."""
        settle.run(self._uow)
        digest = hashlib.sha256()
        export.run(self._uow, lambda line: digest.update(line.encode()))
        return digest.hexdigest()

    def _reconcile(self) -> None:
        self._act("8. The periodic job reconciles leads")
        reconcile_leads.delay()
        self._wait("nothing waits to be resolved", lambda tx: not tx.to_resolve.any())
        self._say("Every lead that gained proof has been judged; nothing waits.")

    def _wait_for(self, number: str, enough: Callable[[Contact], bool]) -> Contact:
        """Wait until a contact that is on this line, or became it, is as the story needs it."""
        found: list[Contact] = []

        def there(_: Transaction) -> bool:
            panel = self._people.lookup("phone", number, region=None, now=clock.now())
            found[:] = [match.profile.contact for match in panel.matches if enough(match.profile.contact)]
            return bool(found)

        self._wait("the call is there", there)
        return found[0]

    def _wait(self, what: str, done: Callable[[Transaction], bool]) -> None:
        deadline = clock.now() + _PATIENCE
        with self._console.status(f"waiting until {what}"):
            while True:
                with self._uow.begin() as tx:
                    if done(tx):
                        return
                if clock.now() > deadline:
                    raise StoryError(f"a minute is over and it is not so that {what}")
                time.sleep(0.05)


def _all_synced(tx: Transaction) -> bool:
    configured = [source for source in tx.sources.all() if source.configured]
    return all(source.synced_at for source in configured) and not tx.to_resolve.any()


def _counted(counts: dict[str, int]) -> str:
    return f"{counts.get('lead', 0)} leads and {counts.get('user', 0)} users so far"
