"""Runs the migrations inside the transaction that `worker.storage.migrate` opened."""

from alembic import context

from worker.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, compare_server_default=True
)
with context.begin_transaction():
    context.run_migrations()
