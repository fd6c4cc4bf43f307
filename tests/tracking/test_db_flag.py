"""How the next command is told of the same store."""

from __future__ import annotations

from tracking.store.db_flag import db_flag


def test_what_was_given_is_told_on() -> None:
    assert db_flag(None) == ""
    assert db_flag("a folder/my.db") == " --db 'a folder/my.db'"
    assert db_flag("postgresql+psycopg://ada@db.example/assay") == " --db postgresql+psycopg://ada@db.example/assay"


def test_a_password_is_not() -> None:
    for url in ("postgresql+psycopg://ada:secret@db/assay", "postgresql://ada@db/assay?password=secret"):
        assert "secret" not in db_flag(url)
        assert "//ada" in db_flag(url)
