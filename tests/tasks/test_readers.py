from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from errors import DataError, ResourceError
from tasks.base import DataSource
from tasks.readers import read_file, read_hub, read_split
from tests.tasks.builders import CONTEXT, json_file, squad_file

ROWS = [{"text": "good", "label": "yes"}, {"text": "bad", "label": "no"}]


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps(ROWS)),
        ("a.json", json.dumps({"data": ROWS})),
        ("a.json", "\n".join(map(json.dumps, ROWS))),
        ("a.jsonl", "\n".join(map(json.dumps, ROWS)) + "\n\n"),
        ("a.csv", '\ufefftext,label\n"good",yes\nbad,no\n'),
        ("a.csv", "text,label\r\ngood,yes\r\nbad,no"),
        ("a.tsv", "text\tlabel\ngood\tyes\nbad\tno\n"),
    ],
)
def test_every_text_format_gives_the_same_rows(tmp_path: Path, name: str, text: str) -> None:
    assert read_file(_write(tmp_path / name, text)).table.to_pylist() == ROWS


def test_parquet_keeps_the_class_names_that_datasets_writes(tmp_path: Path) -> None:
    from datasets import ClassLabel, Dataset, Features, Value

    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "yes"])})
    Dataset.from_dict({"text": ["a", "b"], "label": [1, 0]}, features=features).to_parquet(str(tmp_path / "a.parquet"))
    raw = read_file(tmp_path / "a.parquet")
    assert raw.table.to_pydict() == {"text": ["a", "b"], "label": [1, 0]}
    assert raw.class_names == {"label": ("no", "yes")}


def test_shards_are_read_in_order(tmp_path: Path) -> None:
    for shard in (1, 0):
        parquet.write_table(pa.table({"text": [f"t{shard}"]}), tmp_path / f"train-{shard:05d}-of-00002.parquet")
    assert read_split(DataSource(str(tmp_path))).table["text"].to_pylist() == ["t0", "t1"]


def test_a_quote_in_tsv_is_text_and_a_header_is_told_from_data(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.tsv", 'an "odd one\t0\nhe said "no"\t1\n')
    assert read_file(path).table.to_pydict() == {"0": ['an "odd one', 'he said "no"'], "1": ["0", "1"]}
    headed = read_file(_write(tmp_path / "b.tsv", "x\ty\na\tb\n"))
    assert headed.table.to_pydict() == {"x": ["a"], "y": ["b"]}
    assert read_file(tmp_path / "b.tsv", by_position=True).table.to_pydict() == {"0": ["x", "a"], "1": ["y", "b"]}


def test_squad_files_of_both_versions(tmp_path: Path) -> None:
    path = squad_file(
        tmp_path / "train.json",
        [
            {"id": "1", "question": "What?", "answers": [{"text": "flute", "answer_start": 11}]},
            {"id": "2", "question": "Who?", "answers": [], "is_impossible": True, "plausible_answers": [{"text": "x"}]},
        ],
    )
    table = read_file(path).table
    assert table["context"].to_pylist() == [CONTEXT] * 2
    assert table["answers"].to_pylist() == [
        {"text": ["flute"], "answer_start": [11]},
        {"text": [], "answer_start": []},
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", '[{"text": "go', r"a.json: not valid JSON at line 1.*truncated"),
        ("a.json", "3", "expected a SQuAD file or a list of rows"),
        ("a.json", "[1, 2]", "row 0 is 1, expected a mapping"),
        ("a.json", '{"data": 5}', "field 'data' is int"),
        ("a.json", '[{"a": {"x": 1}}, {"a": "t"}]', "column 'a' mixes types"),
        ("a.jsonl", '{"a": 1}\n{"a": ', r"a.jsonl: line 2 is not valid JSON.*truncated"),
        ("a.csv", "a,b\n1x,2\n3,4,5\n", r"a.csv: .*Expected 2 columns, got 3"),
        ("a.csv", "a,a\nx,y\n", "names 'a' twice"),
        ("a.parquet", "PAR1", "not a readable Parquet file"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as error:
        read_file(_write(tmp_path / name, text))
    assert str(tmp_path / name) in str(error.value)


def test_a_damaged_squad_file_names_the_place(tmp_path: Path) -> None:
    path = squad_file(tmp_path / "train.json", [{"id": "1", "question": "What?", "answers": [{"text": "flute"}]}])
    with pytest.raises(DataError, match=r"data\[0\].paragraphs\[0\].qas\[0\].*no field 'answer_start'"):
        read_file(path)


@pytest.mark.parametrize(("name", "text"), [("train.json", "[]"), ("train.csv", "a,b\n"), ("train.tsv", "")])
def test_a_split_without_rows_is_an_error(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(DataError, match="split 'train' holds no rows"):
        read_split(DataSource(str(_write(tmp_path / name, text))))


@pytest.mark.parametrize("name", ["train.jsonl", "train.csv", "train.tsv"])
@pytest.mark.parametrize("rows_before", [0, 40_000])
def test_text_that_is_not_utf8_names_the_line(tmp_path: Path, name: str, rows_before: int) -> None:
    row = b'{"text": "x"}\n' if name == "train.jsonl" else b"x,y\n" if name == "train.csv" else b"x\ty\n"
    (tmp_path / name).write_bytes(row * (1 + rows_before) + row.replace(b"x", b"caf\xe9"))
    with pytest.raises(DataError, match=rf"{name}: line {rows_before + 2} is not UTF-8 .*; save the file as UTF-8"):
        read_file(tmp_path / name)


def test_a_row_with_too_few_cells_is_numbered(tmp_path: Path) -> None:
    path = _write(tmp_path / "train.csv", "text,label\na,1\nb,2\nonly one\n")
    with pytest.raises(DataError, match=r"Row #4: Expected 2 columns, got 1: only one; quote cells"):
        read_file(path)


def test_the_hub_while_offline() -> None:
    with pytest.raises(ResourceError, match=r"nobody/nothing: .*hub cannot be reached.*'demo'"):
        read_split(DataSource("nobody/nothing"))


def test_what_the_hub_library_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The hub's loading code, run on a folder instead of a repository.
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "owner"
    folder.mkdir()
    json_file(folder / "train.json", ROWS)
    json_file(folder / "validation.json", ROWS[:1])
    assert read_hub(str(folder), "dev").table.to_pylist() == ROWS[:1]
    with pytest.raises(DataError, match="no split 'ood'"):
        read_hub(str(folder), "ood")
    with pytest.raises(DataError, match="cannot be loaded"):
        read_hub(f"{folder}:nosubset", "train")


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=12)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(_CELL, _CELL), min_size=1, max_size=5))
def test_any_text_survives_csv_and_json_lines(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    expected: list[dict[str, Any]] = [{"text": first, "label": second} for first, second in rows]
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([("text", "label"), *rows])
    _write(tmp_path / "a.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in expected))
    assert read_file(tmp_path / "a.csv").table.to_pylist() == expected
    assert read_file(tmp_path / "a.jsonl").table.to_pylist() == expected
