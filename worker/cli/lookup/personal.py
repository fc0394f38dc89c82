"""What `avouch export --person` writes: the document of one person, with the proofs in words."""

import json
import sys
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from worker.cli import show
from worker.cli.progress import settling
from worker.cli.sentences import SENTENCES, Teller
from worker.jobs import clock, person
from worker.jobs.people import Explained, People
from worker.jobs.person import Document
from worker.session import session
from worker.storage.unit_of_work import UnitOfWork


def export_person(some_id: str, output: Path | None, *, as_json: bool) -> None:
    """Write everything that is held about the contact that an id leads to."""
    with session() as uow:
        settling(uow)
        written = of(uow, some_id, clock.now())
    if output is None and as_json:
        show.json_line(written)
        return
    # For people to read, and sent to them: indented, in their own letters.
    text = json.dumps(written, ensure_ascii=False, indent=2) + "\n"
    if output is None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()
        return
    draft = output.with_name(f"{output.name}.part")
    draft.write_bytes(text.encode())
    draft.replace(output)
    if as_json:
        show.json_line({"id": written["contact"]["id"], "file": str(output)})


def of(uow: UnitOfWork, some_id: str, now: datetime) -> Document:
    """Return the document, with each proof and its sentence."""
    written = person.document(uow, some_id, now)
    explained = _own_alone(People(uow).why(some_id))
    teller = Teller(explained)
    written["contact"]["proofs"] = [
        {
            "rule": each.rule,
            "records": [one for one in each.evidence if one in explained.around.by_id],
            "words": SENTENCES[each.rule](teller, each),
        }
        for each in explained.profile.contact.proofs
    ]
    return written


def _own_alone(explained: Explained) -> Explained:
    """Leave out the records of others, and who of the team decided what, and why."""
    ids = set(explained.profile.contact.record_ids)
    around = explained.around
    return explained._replace(
        around=around._replace(
            by_id={each: record for each, record in around.by_id.items() if each in ids},
            decisions={
                each: replace(decision, author=person.TEAM, reason="")
                for each, decision in around.decisions.items()
            },
        )
    )
