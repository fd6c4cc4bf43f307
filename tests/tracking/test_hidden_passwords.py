"""A server's password stays out of files, whichever way the URL gives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracking.indexing.behind import clear_mark, marked_folders, set_mark
from tracking.store.database_url import database_url
from tracking.store.faults import without_password

URLS = [
    "postgresql+psycopg://app:hunter2@host/db",
    "postgresql+psycopg://app@host/db?password=hunter2",
    "postgresql+psycopg://app@host/db?sslmode=require&sslpassword=hunter2",
]


@pytest.mark.parametrize("text", URLS)
def test_a_mark_on_a_folder_holds_no_password(tmp_path: Path, text: str) -> None:
    url, folder = database_url(text), tmp_path / "one"
    set_mark(folder, url)
    assert "hunter2" not in (tmp_path / ".behind" / "one").read_text()
    assert marked_folders(tmp_path, url) == [folder]
    clear_mark(folder, url)
    assert marked_folders(tmp_path, url) == []


@pytest.mark.parametrize("text", URLS)
def test_messages_hold_no_password(text: str) -> None:
    assert "hunter2" not in without_password(f"cannot reach {text}")
