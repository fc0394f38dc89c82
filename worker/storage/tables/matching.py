"""What probable pairs are found by, the models that weigh them, and what a person wants to see later."""

from sqlalchemy import BigInteger, Column, Identity, Table, Text

from worker.storage.tables.base import Id, Moment, metadata

portraits = Table(
    "portraits",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("body", Text, nullable=False),  # What of the contact is compared (domain/matching/portraits.py).
)

match_keys = Table(
    "match_keys",
    metadata,
    # The keys of a portrait follow from it, so that there is no index by contact to pay for.
    Column("key", Id, primary_key=True),
    Column("contact_id", Id, primary_key=True),
)

silent_values = Table(
    "silent_values",
    metadata,
    # Contested or marked as common when the pairs of its holders were made: where that is otherwise now, they are too.
    Column("value", Id, primary_key=True),
)

models = Table(
    "models",
    metadata,
    Column("version", BigInteger, Identity(), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("author", Text, nullable=False),
    Column("origin", Text, nullable=False),  # How it came about: trained, a census, a file.
    Column("body", Text, nullable=False),  # The model as JSON; the newest row is in force.
)

put_off = Table(
    "put_off",
    metadata,
    Column("one", Id, primary_key=True),
    Column("other", Id, primary_key=True),
    Column(
        "basis", Text, nullable=False
    ),  # Put off as it was shown: what says something else is shown at once.
    Column("until", Moment, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
