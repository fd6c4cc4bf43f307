from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from datasets import Dataset, concatenate_datasets

from tasks.base import DataSource, Rows
from tasks.qa_rows import load_questions

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


def test_another_process_computes_the_same_fingerprint_and_ids(root: Path) -> None:
    # Without the tasks themselves, which would load torch in the other process.
    code = (
        "from tasks.base import DataSource; from tasks.qa_rows import load_questions;"
        "rows = load_questions(DataSource('demo', 'ood')); print(rows.fingerprint, rows.ids[0])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env={"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True
    )
    rows = load_questions(DataSource("demo", "ood"))
    assert ran.stdout.split() == [rows.fingerprint, str(rows.ids[0])]
