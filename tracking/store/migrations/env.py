"""Alembic's entry: runs migrations on the connection that :mod:`tracking.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from tracking.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
