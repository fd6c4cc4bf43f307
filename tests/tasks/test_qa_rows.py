from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from errors import DataError
from tasks.base import DataSource
from tasks.qa import QuestionAnswering
from tasks.qa_rows import has_unanswerable, load_questions
from tests.tasks.builders import CONTEXT, json_file, load, question_row, squad_file

TASK = QuestionAnswering()
ANSWERS = {"text": ["flute"], "answer_start": [11]}


@pytest.mark.parametrize(
    "fields",
    [
        {"answers": ANSWERS},
        {"answers": [{"text": "flute", "answer_start": 11}]},
        {"answers": json.dumps(ANSWERS)},
        {"answer_text": "flute", "answer_start": "11"},
        {"answer": ["flute"], "answer_start": [11]},
    ],
)
def test_answers_in_every_common_form(tmp_path: Path, fields: dict[str, Any]) -> None:
    rows = load(TASK, tmp_path, [{"question": "What?", "context": CONTEXT, **fields}])
    assert rows.table["answers"][0] == ANSWERS
    assert not has_unanswerable(rows)


@pytest.mark.parametrize(
    ("answered", "unanswered"),
    [
        ({"answers": [{"text": "flute", "answer_start": 11}]}, {"answers": []}),
        ({"answers": ANSWERS}, {"answers": None}),
        ({"answers": ANSWERS}, {"answers": ANSWERS, "is_impossible": True}),
        ({"answer": "flute", "answer_start": 11}, {"answer": "", "answer_start": None}),
    ],
)
def test_no_answer_in_every_common_form(tmp_path: Path, answered: dict[str, Any], unanswered: dict[str, Any]) -> None:
    common = {"question": "What?", "context": CONTEXT}
    rows = load(TASK, tmp_path, [{**common, **answered}, {**common, **unanswered}])
    assert rows.table["answers"][1] == {"text": [], "answer_start": []}
    assert has_unanswerable(rows)


def test_rows_are_numbered_and_keep_ids_titles_and_what_was_planted(tmp_path: Path) -> None:
    rows = load(TASK, tmp_path, [question_row(id=7, planted="easy", title="t", unused=1), question_row("Alma", id=8)])
    assert rows.ids.tolist() == ["7", "8"] and rows.table["row"][:] == [0, 1]
    assert rows.table["planted"][:] == ["easy", None] and "unused" not in rows.table.column_names


def test_rows_without_ids_get_content_ids_that_a_sample_keeps(tmp_path: Path) -> None:
    rows = [question_row(word) for word in ("flute", "Hugo", "Santa Cruz", "handball", "Rosa", "flute")]
    everything, sample = load(TASK, tmp_path, rows), load(TASK, tmp_path, rows, max_samples=3)
    assert len(set(everything.ids)) == 6 and everything.ids[5] == f"{everything.ids[0]}-2"
    assert len(sample) == 3 and sample.table["row"][:] == [0, 1, 2]
    positions = [everything.ids.tolist().index(name) for name in sample.ids]
    assert positions == sorted(positions)


def test_bad_rows_are_named(tmp_path: Path) -> None:
    wrong = {**question_row(id="a"), "answers": {"text": ["flute"], "answer_start": [12]}}
    with pytest.raises(DataError, match=r"train.json: 1 of 2 answers do not stand .* id 'a'.* it stands at 11"):
        load(TASK, tmp_path, [wrong, question_row(id="b")])
    with pytest.raises(DataError, match=r"1 id stand.* 'a' \(2 times\)"):
        load(TASK, tmp_path, [question_row(id="a"), question_row(id="a")])
    with pytest.raises(DataError, match=r"row 0: cannot read answers 'flute' with answer_start None"):
        load(TASK, tmp_path, [{"question": "What?", "context": CONTEXT, "answers": "flute"}])
    with pytest.raises(DataError, match=r"no column for 'context' \(it has: question.*--columns context=NAME"):
        load(TASK, tmp_path, [{"question": "What?", "answers": ANSWERS}])


def test_a_squad_file_with_several_golds(tmp_path: Path) -> None:
    golds = [{"text": "flute", "answer_start": 11}, {"text": "plays flute", "answer_start": 5}]
    path = squad_file(tmp_path / "dev-v1.1.json", [{"id": "x", "question": "What?", "answers": golds}])
    rows = load_questions(DataSource(str(path), "validation"))
    assert rows.table["answers"][0]["text"] == ["flute", "plays flute"] and rows.table["title"][0] == "t"


def test_other_columns_of_a_csv_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text(f'q,c,a,s\nWhat?,"{CONTEXT}",flute,11\nWho?,"{CONTEXT}",,\n')
    columns = {"question": "q", "context": "c", "answers": "a", "answer_start": "s"}
    rows = load_questions(DataSource(str(path), columns=columns))
    assert rows.table["answers"][:] == [ANSWERS, {"text": [], "answer_start": []}]


def test_the_embedded_pairs_are_not_questions(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="demo-nli: no column for 'question'"):
        load_questions(DataSource("demo-nli"))
    with pytest.raises(DataError, match="truncated"):
        (tmp_path / "train.json").write_text(json_file(tmp_path / "x.json", [question_row()]).read_text()[:40])
        load_questions(DataSource(str(tmp_path / "train.json")))
