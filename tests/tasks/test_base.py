from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from datasets import Dataset, concatenate_datasets

from tasks.base import DataSource, Rows

SOURCE = DataSource("data")
ROWS = [{"id": str(number), "text": f"text {number}", "label": number % 3} for number in range(9)]


def _rows(table: Dataset, label_names: tuple[str, ...] = ()) -> Rows:
    return Rows(table, SOURCE, label_names)


def test_the_fingerprint_knows_content_and_order_only() -> None:
    table = Dataset.from_list(ROWS)
    expected = _rows(table).fingerprint
    chunks = concatenate_datasets([Dataset.from_list(ROWS[:2]), Dataset.from_list(ROWS[2:])])
    assert _rows(chunks).fingerprint == expected
    assert _rows(table.select_columns(["text", "label", "id"])).fingerprint == expected
    assert _rows(Dataset.from_list([*ROWS, ROWS[0]]).select(range(9))).fingerprint == expected
    assert _rows(table.select(list(reversed(range(9))))).fingerprint != expected
    assert _rows(Dataset.from_list([{**ROWS[0], "text": "other"}, *ROWS[1:]])).fingerprint != expected
    assert _rows(table, ("a", "b", "c")).fingerprint != expected


@pytest.mark.parametrize("name", ["demo", "demo-nli"])
def test_another_process_computes_the_same_fingerprint_and_ids(root: Path, name: str) -> None:
    code = (
        "from tasks import create_task; from tasks.base import DataSource;"
        f"rows = create_task('qa' if {name!r} == 'demo' else 'nli').load(DataSource({name!r}, 'ood', max_samples=50));"
        "print(rows.fingerprint, rows.ids[0])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
