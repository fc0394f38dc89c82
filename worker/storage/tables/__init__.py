"""The tables. Evidence is kept for ever; what is derived from it can be made again by `avouch rebuild`.

Ids are compared byte by byte (collation C), so that the database sorts as Python does. The tables that
take a row a record carry the one index that is used and no foreign keys: each further index or key
costs about 10 % of the landing rate, and rows there are only ever written by one transaction's rules.
"""

from worker.storage.tables.base import metadata
from worker.storage.tables.derived import changes, conflicts, contacts, members, suggestions
from worker.storage.tables.evidence import (
    decision_records,
    decisions,
    identifiers,
    interactions,
    notes,
    policies,
    records,
    rejects,
    tombstones,
    versions,
)
from worker.storage.tables.matching import match_keys, models, portraits, put_off, silent_values
from worker.storage.tables.work import (
    dedupe_queue,
    facts,
    rechecks,
    resolve_queue,
    runs,
    schedules,
    sources,
    sweeps,
    swept,
)

__all__ = [
    "changes",
    "conflicts",
    "contacts",
    "decision_records",
    "decisions",
    "dedupe_queue",
    "facts",
    "identifiers",
    "interactions",
    "match_keys",
    "members",
    "metadata",
    "models",
    "notes",
    "policies",
    "portraits",
    "put_off",
    "rechecks",
    "records",
    "rejects",
    "resolve_queue",
    "runs",
    "schedules",
    "silent_values",
    "sources",
    "suggestions",
    "sweeps",
    "swept",
    "tombstones",
    "versions",
]
