from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from numpy.typing import NDArray

from errors import DataError
from tasks.base import FeatureOptions, Rows
from tasks.demo_model import build_tokenizer
from tasks.losses import smoothed_span_losses
from tasks.qa import QuestionAnswering
from tests.tasks.builders import CONTEXT, demo_rows, demo_run, load, padded_batch, question_row

TASK = QuestionAnswering()


def _gold_records(rows: Rows, max_length: int = 128, sure: float = 9.0) -> tuple[Dataset, dict[str, NDArray[Any]]]:
    """Features, and records of a model that is sure of every window's target."""
    features = TASK.featurise(rows, build_tokenizer(), FeatureOptions(max_length, 8))
    parts = []
    for feature in range(len(features)):
        batch, inputs = padded_batch(TASK, features[feature : feature + 1])
        logits = [torch.zeros(inputs["input_ids"].shape) for _ in range(2)]
        for scores, name in zip(logits, ("start_positions", "end_positions"), strict=True):
            scores[0, batch[name]] = sure
        parts.append(TASK.observe(SimpleNamespace(start_logits=logits[0], end_logits=logits[1]), batch))
    return features, {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}


def test_gold_as_prediction_scores_full_marks(tmp_path: Path) -> None:
    rows = load(TASK, tmp_path, [question_row(word, context=CONTEXT * 3) for word in ("flute", "Hugo", "Santa Cruz")])
    features, records = _gold_records(rows, 48)
    assert len(features) > len(rows)
    evaluation = TASK.evaluate(records, features, rows)
    assert (evaluation.metrics["exact_match"], evaluation.metrics["f1"]) == (100, 100)
    examples = TASK.examples(records, features, rows)
    assert examples["correct"].all() and (examples["gold_prob"] > 0.9).all()


def test_unanswerable_rows_get_the_metrics_of_v2(tmp_path: Path) -> None:
    rows = load(TASK, tmp_path, [question_row(), question_row(""), question_row("Hugo")])
    features, records = _gold_records(rows)
    records["null_score"][0] = 99  # refuses to answer the first
    evaluation = TASK.evaluate(records, features, rows)
    metrics = {name: round(value, 3) for name, value in evaluation.metrics.items() if "thresh" not in name}
    assert metrics.pop("loss") < 0.1
    assert metrics == {"exact_match": 66.667, "f1": 66.667, "HasAns_exact": 50, "HasAns_f1": 50, "NoAns_exact": 100,
                       "NoAns_f1": 100, "best_exact": 66.667, "best_f1": 66.667}  # fmt: skip
    assert [row["prediction"] for row in evaluation.predictions] == ["", "", "Hugo"]
    assert TASK.examples(records, features, rows)["correct"].tolist() == [False, True, True]


def test_predictions_carry_their_own_scores_and_what_was_planted() -> None:
    rows = demo_rows(TASK, 12)
    features, records = demo_run(TASK, rows)
    evaluation = TASK.evaluate(records, features, rows)
    assert [row["id"] for row in evaluation.predictions] == rows.ids.tolist()
    first = evaluation.predictions[0]
    assert set(first) == {"id", "prediction", "gold", "exact_match", "f1", "score", "confidence", "planted"}
    assert first["prediction"] in rows.table[0]["context"] and 0 < first["confidence"] < 1
    assert evaluation.metrics["f1"] == pytest.approx(100 * np.mean([row["f1"] for row in evaluation.predictions]))


def test_smoothing_goes_to_context_tokens_and_never_to_null_windows(tmp_path: Path) -> None:
    rows = load(TASK, tmp_path, [question_row(), question_row("")])
    features = TASK.featurise(rows, build_tokenizer(), FeatureOptions(128))
    batch, inputs = padded_batch(TASK, features[:])
    torch.manual_seed(0)
    start, end = torch.randn(2, *inputs["input_ids"].shape)
    outputs = SimpleNamespace(start_logits=start, end_logits=end)
    hard = TASK.losses(outputs, batch, None)
    smooth = TASK.losses(outputs, batch, torch.tensor([0.3, 0.3]))
    assert smooth[1] == hard[1] and smooth[0] != hard[0]
    spread = torch.zeros_like(start, dtype=torch.bool)
    spread[0, batch["context_first"][0] : batch["context_last"][0] + 1] = True
    spread[0, 0] = True  # no answer is legal in this data set
    gold = (batch["start_positions"], batch["end_positions"])
    expected = smoothed_span_losses((start, end), gold, spread, torch.tensor([0.3, 0.0]))
    torch.testing.assert_close(smooth, expected)


def test_cls_gets_no_smoothing_mass_where_every_row_has_an_answer(tmp_path: Path) -> None:
    features = TASK.featurise(load(TASK, tmp_path, [question_row()]), build_tokenizer(), FeatureOptions(128))
    batch, inputs = padded_batch(TASK, features[:])
    start = torch.zeros(inputs["input_ids"].shape, requires_grad=True)
    loss = TASK.losses(SimpleNamespace(start_logits=start, end_logits=start), batch, torch.tensor([0.5]))
    uniform = 1 / start.shape[1]
    (gradient,) = torch.autograd.grad(loss.sum(), start)
    assert gradient[0, 0].item() == pytest.approx(uniform, abs=1e-6)  # pushed down like any illegal position


def test_a_row_without_prediction_is_an_error() -> None:
    rows = demo_rows(TASK, 4)
    features, records = demo_run(TASK, rows)
    records = {name: values.astype(float) for name, values in records.items()}
    for values in records.values():
        values[2] = np.nan
    examples = TASK.examples(records, features, rows)
    assert np.isnan(examples["gold_prob"]).tolist() == [False, False, True, False]
    with pytest.raises(DataError, match=f"demo: 1 of 4 rows have no prediction, the first is id '{rows.ids[2]}'"):
        TASK.evaluate(records, features, rows)


def test_texts_are_readable(tmp_path: Path) -> None:
    rows = load(TASK, tmp_path, [question_row(), question_row("")])
    first, second = TASK.texts(rows, [0, 1])
    assert first == f"Question: Where is flute?\nContext: {CONTEXT}\nAnswer: flute" and second.endswith("(none)")
