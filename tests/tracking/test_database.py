"""Opening, locking and upgrading stores, and what is said when they are broken or out of reach."""

from __future__ import annotations

from sqlalchemy import select

from tracking import schema
from tracking.database import Database


def test_a_new_store_has_tables_and_no_rows(database: Database) -> None:
    with database.read() as connection:
        assert connection.execute(select(schema.experiments.c.id)).all() == []
