"""The demo's last page: what came in, what became of it, and what to try next."""

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from worker.domain.contacts import Contact, Kind
from worker.domain.matching import words
from worker.storage.unit_of_work import Transaction, UnitOfWork

_RULES = {
    "verified-user": "verified",
    "complete-user": "complete details in the books",
}
_SHOWN_SUGGESTIONS = 6
_SHOWN_CONVERSIONS = 6


def show(console: Console, uow: UnitOfWork) -> None:
    """Print the tables."""
    with uow.begin() as tx:
        console.print()
        console.print(_by_source(tx))
        contacts = [each.contact for each in tx.contacts.counted()]
        console.print(_users(tx, contacts))
        console.print(_conversions(tx))
        console.print(_suggestions(tx))


def _by_source(tx: Transaction) -> Table:
    table = Table(title="What came in", title_justify="left")
    for heading in ("source", "kind", "pages", "pulled", "new or changed", "rejected"):
        table.add_column(heading, justify="left" if heading in {"source", "kind"} else "right")
    kinds = {source.name: source.kind for source in tx.sources.all()}
    for row in tx.work.run_totals():
        counts = (row.pages, row.pulled, row.changed, row.rejected)
        table.add_row(row.source, kinds[row.source], *map(str, counts))
    return table


def _users(tx: Transaction, contacts: Iterable[Contact]) -> Table:
    """Show the users by what made them one."""
    counts = tx.contacts.counts()
    table = Table(title=f"{counts.get('lead', 0)} leads, {counts.get('user', 0)} users", title_justify="left")
    table.add_column("users by proof")
    table.add_column("how many", justify="right")
    by_proof = Counter(_proof(contact) for contact in contacts if contact.kind is Kind.USER)
    for what, number in sorted(by_proof.items()):
        table.add_row(what, str(number))
    return table


def _conversions(tx: Transaction) -> Table:
    table = Table(title="Leads that became users", title_justify="left")
    for heading in ("contact", "proof", "records that belong to it"):
        table.add_column(heading)
    for contact in tx.contacts.get_all(tx.changes.converted(_SHOWN_CONVERSIONS)):
        joined = ", ".join(f"{len(proof.evidence)} by {proof.rule}" for proof in contact.proofs[1:])
        table.add_row(_named(contact), _proof(contact), joined or "its own")
    return table


def _proof(contact: Contact) -> str:
    proof = contact.proofs[0]
    return " ".join((_RULES.get(proof.rule, proof.rule), *(key[0] for key in proof.keys)))


def _suggestions(tx: Transaction) -> Table:
    found = tx.suggestions.strongest(_SHOWN_SUGGESTIONS)
    total = tx.suggestions.count()
    table = Table(title=f"{total} suggestions for a person to decide", title_justify="left")
    for heading in ("one", "other", "probable", "both hold the same"):
        table.add_column(heading)
    contacts = {
        each.id: each for each in tx.contacts.get_all([id_ for s in found for id_ in (s.one, s.other)])
    }
    for each in found:
        what = ", ".join(dict.fromkeys(reason.type for reason in each.reasons))
        probable = words.probability(each.score.probability) if each.score.parts else ""
        # Two who hold nothing in common are much alike: by name and company, for one.
        table.add_row(
            _named(contacts[each.one]), _named(contacts[each.other]), probable, what or "much alike"
        )
    if total > len(found):
        table.add_row("…", "", "", f"and {total - len(found)} more")
    return table


def _named(contact: Contact) -> str:
    return f"{contact.kind.value} {contact.name or contact.id}"
