"""Rows counted from the file equal the rows that are loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from errors import DataError
from planning import row_counts
from planning.row_counts import RowCount, count_rows
from tasks.base import DataSource
from tasks.readers import read_split

SQUAD = {
    "data": [
        {
            "title": "t",
            "paragraphs": [{"context": "c", "qas": [{"id": str(n), "question": "q", "answers": []} for n in range(3)]}],
        }
    ]
}
FILES = {
    "train.json": json.dumps(SQUAD),
    "rows.json": json.dumps([{"text": "a"}, {"text": "b"}]),
    "one.json": '{"text": "a"}\n{"text": "b"}\n',
    "train.jsonl": '{"text": "a"}\n\n{"text": "b"}\n',
    "header.csv": 'text,label\n"two\nlines",1\nb,0\n',
    "plain.tsv": "a film\t1\nanother\t0\nthird\t1\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_counted_as_it_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(FILES[name])
    counted = count_rows(str(path), "train")
    assert counted == RowCount(read_split(DataSource(str(path), "train")).table.num_rows)


def test_real_files_are_counted_as_they_are_read(shared_data: Path) -> None:
    assert count_rows(str(shared_data / "sst2"), "train").rows == 6920
    assert count_rows(str(shared_data / "policyqa"), "validation").rows == 4152


def test_parquet_is_counted_from_its_footer(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": ["a", "b", "c"]}), tmp_path / "train.parquet")
    assert count_rows(str(tmp_path), "train") == RowCount(3)


def test_embedded_and_hub_data() -> None:
    assert str(count_rows("demo", "train")) == "4,000"
    assert str(count_rows("owner/name", "train")) == "?"


def test_a_large_file_is_estimated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"text": "abc"}\n' * 1000)
    monkeypatch.setattr(row_counts, "_READ_WHOLE", 1600)
    counted = count_rows(str(path), "train")
    assert counted.rows == pytest.approx(1000, rel=0.02) and not counted.sure


@pytest.mark.parametrize("text", ['{"data": [', "17"])
def test_broken_files_are_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "train.json").write_text(text)
    with pytest.raises(DataError, match=r"train\.json"):
        count_rows(str(tmp_path), "train")
