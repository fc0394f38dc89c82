"""The shortlist: which suggestions a person is asked about, and how many are left out of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

MOST_A_CONTACT = 10
"""Suggestions of one contact that are listed: the most probable ones. The rest is counted."""

_CERTAIN_TYPES = ("account", "device", "handle")
_MORE_THAN_LIKENESS = " OR ".join(
    f"""s.reasons @> '[{each}]'::jsonb"""
    for each in (
        '{"kind": "about"}',
        '{"kind": "conflict"}',
        *(f'{{"kind": "equal", "type": "{type_}"}}' for type_ in _CERTAIN_TYPES),
    )
)
"""What is asked however improbable it is: such a reason is no likeness of two people."""

_IN_COMMON = "p->>0 IN ('phone', 'email') AND p->>1 NOT IN ('missing', 'different', 'extension', 'local')"
_SHARED = "(p->>1 LIKE 'shared%' OR p->>1 = 'crowd')"
_NAME = "s.score #>> '{1,0,1}'"
_MAYBE_HOUSEHOLD = f"""
    {_NAME} ~ '^(suffix|family|given|different|missing)' AND NOT EXISTS (
        SELECT 1 FROM jsonb_array_elements(s.score->1) p WHERE {_IN_COMMON} AND NOT {_SHARED})
"""  # noqa: S608 - own texts
_HOUSEHOLDS = """
    called AS (
        SELECT i.value, count(DISTINCT lower(split_part(c.name, ' ', 1))) AS names
        FROM identifiers i JOIN members m USING (record_id) JOIN contacts c ON c.id = m.contact_id
        WHERE i.value IN (SELECT unnest(shares) FROM wanted) AND c.name <> '' GROUP BY 1
    ), households AS (
        SELECT one, other FROM wanted, unnest(shares) AS value JOIN called USING (value)
        WHERE is_told_apart OR names >= 2 + (
            SELECT count(DISTINCT lower(split_part(c.name, ' ', 1))) FROM contacts c
            WHERE c.id IN (one, other) AND c.name <> '')
        GROUP BY one, other
    )
"""
"""Two of a household or an office: their names contradict each other, or one has none, and what they share is shared
by people of two more first names. Or one is called junior or senior. Any two of them are as likely as the next two, so
that six people would be fifteen questions that nobody can answer. The price: who gave four names at one mailbox."""

_FILTERS = {
    "contact": "(s.one = :contact OR s.other = :contact)",
    "above": "s.weight >= :above",
    "below": "s.weight < :below",
    "source": "EXISTS (SELECT 1 FROM members m JOIN records r ON r.id = m.record_id"
    " WHERE m.contact_id IN (s.one, s.other) AND r.source = :source)",
    "kind": "(EXISTS (SELECT 1 FROM jsonb_array_elements(s.score->1) p"
    " WHERE p->>0 = :kind AND (p->>2)::float8 > 0)"
    " OR s.reasons @> jsonb_build_array(jsonb_build_object('type', CAST(:kind AS text))))",
}
"""By the field of `Wanted`."""


Pair = tuple[str, str]
"""Two contacts, smaller id first."""


class Wanted(NamedTuple):
    """Which suggestions somebody wants to see. What is None does not matter."""

    contact: str | None = None
    """Those that name it."""
    above: float | None = None
    """With at least this weight."""
    below: float | None = None
    """With less than this weight."""
    source: str | None = None
    """Those of which a contact has records of this source."""
    kind: str | None = None
    """What speaks for them: name, phone, email or company."""
    least: float | None = None
    """The weight below which likeness alone is not listed, and neither are households. None: all are."""
    most: int | None = None
    """Suggestions of one contact that are listed."""
    put_off: bool = False
    """Those that were put off instead of the others."""


class Shortlist(NamedTuple):
    """What is listed, and how many are not."""

    pairs: list[Pair]
    """Most probable first."""
    listed: int
    """How many there are to list."""
    improbable: int
    households: int
    over_most: int
    put_off: int


class ShortlistStore:
    """Says what to ask inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def find(self, wanted: Wanted, now: datetime, limit: int) -> Shortlist:
        """Return the suggestions that are wanted, at most `limit`.

        Looks at each that there is.
        """
        rows = self._connection.execute(
            text(_query(wanted)),
            {**wanted._asdict(), "now": now, "limit": limit},
        ).all()
        counts = rows[0]
        pairs = [(row.one, row.other) for row in rows if row.one is not None]
        return Shortlist(
            pairs,
            counts.listed,
            counts.improbable,
            counts.households,
            counts.due - counts.listed,
            counts.put_off,
        )

    def held(self, values: Iterable[str]) -> dict[str, int]:
        """Return how many contacts hold each value."""
        rows = self._connection.execute(
            text(
                "SELECT i.value, count(DISTINCT m.contact_id) AS holders FROM identifiers i"
                " JOIN members m USING (record_id) WHERE i.value = ANY(:values) GROUP BY 1"
            ),
            {"values": sorted(values)},
        )
        return {row.value: row.holders for row in rows}


def _query(wanted: Wanted) -> str:
    """Return a query whose first row has the counts, and each row a pair; of no pair, one row without."""
    filters = [said for field, said in _FILTERS.items() if getattr(wanted, field) is not None]
    hides = f"NOT ({_MORE_THAN_LIKENESS})" if wanted.least is not None else "false"
    due = "is_put_off" if wanted.put_off else "NOT (is_put_off OR is_improbable OR is_household)"
    return f"""
        WITH wanted AS MATERIALIZED (
            SELECT s.one, s.other, s.weight, s.count, p.until IS NOT NULL AS is_put_off,
                {hides} AND s.weight < CAST(:least AS float8) AS is_improbable, {_NAME} LIKE 'suffix%' AS is_told_apart,
                CASE WHEN {hides} AND s.weight >= CAST(:least AS float8) AND {_MAYBE_HOUSEHOLD} THEN ARRAY(
                    SELECT p->>3 FROM jsonb_array_elements(s.score->1) p WHERE {_IN_COMMON}) END AS shares
            FROM suggestions s LEFT JOIN put_off p
              ON p.one = s.one AND p.other = s.other AND p.basis = s.basis AND p.until > :now
            WHERE {" AND ".join(filters) or "true"}
        ), {_HOUSEHOLDS}, judged AS (
            SELECT w.*, h.one IS NOT NULL AS is_household FROM wanted w LEFT JOIN households h USING (one, other)
        ), due AS (
            SELECT * FROM judged WHERE {due}
        ), placed AS (
            SELECT one, other, max(place) AS place FROM (
                SELECT one, other, row_number() OVER (PARTITION BY contact ORDER BY weight DESC, one, other) AS place
                FROM due, LATERAL (VALUES (one), (other)) AS of_pair (contact)
            ) by_contact GROUP BY one, other
        ), listed AS (
            SELECT due.* FROM due JOIN placed USING (one, other) WHERE place <= coalesce(CAST(:most AS int), place)
        ), counts AS (
            SELECT (SELECT count(*) FROM listed) AS listed, (SELECT count(*) FROM due) AS due,
                count(*) FILTER (WHERE is_improbable AND NOT is_put_off) AS improbable,
                count(*) FILTER (WHERE is_household AND NOT is_put_off) AS households,
                count(*) FILTER (WHERE is_put_off) AS put_off FROM judged
        )
        SELECT counts.*, top.one, top.other FROM counts LEFT JOIN (
            SELECT one, other, weight, count FROM listed ORDER BY weight DESC, count DESC, one, other LIMIT :limit
        ) top ON true ORDER BY top.weight DESC, top.count DESC, top.one, top.other
    """  # noqa: S608 - own texts
