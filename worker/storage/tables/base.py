"""What all tables share."""

from sqlalchemy import DateTime, MetaData, Text

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
)

Id = Text(collation="C")
Moment = DateTime(timezone=True)
