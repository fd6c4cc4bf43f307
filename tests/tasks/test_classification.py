from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from errors import ConfigError, DataError
from tasks.base import FeatureOptions
from tasks.classification import Classification, NaturalLanguageInference
from tasks.demo_model import build_tokenizer
from tests.tasks.builders import demo_rows, demo_run, load

TASK = NaturalLanguageInference()
TOKENIZER = build_tokenizer()


@pytest.mark.parametrize(("ablation", "parts"), [("none", (0, 1)), ("q_only", (1,)), ("p_only", (0,))])
def test_ablations_leave_one_text_of_a_pair(ablation: str, parts: tuple[int, ...]) -> None:
    rows = demo_rows(TASK, 5)
    features = TASK.featurise(rows, TOKENIZER, FeatureOptions(128, ablation=ablation))
    for feature, row in zip(features, rows.table, strict=True):
        texts = (row["text"], row["text_pair"])
        assert feature["input_ids"] == TOKENIZER(*(texts[part] for part in parts))["input_ids"]
        assert feature["labels"] == row["label"]


def test_an_ablation_of_single_texts_is_an_error(tmp_path: Path) -> None:
    rows = load(Classification(), tmp_path, [{"text": "a", "label": 0}, {"text": "b", "label": 1}])
    with pytest.raises(ConfigError, match=r"ablation 'p_only' .* has single texts"):
        Classification().featurise(rows, TOKENIZER, FeatureOptions(64, ablation="p_only"))


def test_the_model_learns_the_label_names(tmp_path: Path) -> None:
    rows = load(Classification(), tmp_path, [{"text": "a", "label": "no"}, {"text": "b", "label": "yes"}])
    assert Classification().model_config(rows) == {
        "num_labels": 2,
        "id2label": {0: "no", 1: "yes"},
        "label2id": {"no": 0, "yes": 1},
        "problem_type": "single_label_classification",
    }


def test_gold_as_prediction_scores_full_marks_and_predictions_say_why() -> None:
    rows = demo_rows(TASK, 30)
    features, records = demo_run(TASK, rows)
    records["predicted"] = np.asarray(rows.labels)
    evaluation = TASK.evaluate(records, features, rows)
    assert (evaluation.metrics["accuracy"], evaluation.metrics["macro_f1"]) == (100, 100)
    first = evaluation.predictions[0]
    assert first["prediction"] == first["gold"] == rows.label_names[rows.table[0]["label"]]
    assert first["confidence"] == first["probabilities"][first["prediction"]]
    assert sum(first["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert TASK.examples(records, features, rows)["correct"].all()


def test_a_row_without_prediction_is_an_error() -> None:
    rows = demo_rows(TASK, 4)
    features, records = demo_run(TASK, rows)
    records["log_p"][1] = np.nan
    examples = TASK.examples(records, features, rows)
    assert np.isnan(examples["gold_prob"]).tolist() == [False, True, False, False] and not examples["correct"][1]
    with pytest.raises(DataError, match="1 of 4 rows have no prediction"):
        TASK.evaluate(records, features, rows)


def test_texts_are_readable(tmp_path: Path) -> None:
    row = {"premise": "It rains.", "hypothesis": "It is wet.", "label": "yes"}
    rows = load(TASK, tmp_path, [row, {**row, "label": "no"}])
    assert TASK.texts(rows, [1]) == ["Text: It rains.\nSecond text: It is wet.\nLabel: no"]
