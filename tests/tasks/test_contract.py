"""What every task keeps, also one that is registered tomorrow."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tasks import TASKS, Task, create_task
from tasks.base import FeatureOptions
from tasks.demo_model import build_model, build_tokenizer
from tests.tasks.builders import demo_rows, demo_run, padded_batch

COUNT = 24


@pytest.fixture(params=list(TASKS))
def task(request: pytest.FixtureRequest) -> Task:
    return create_task(request.param)


def test_rows_have_unique_ids_and_positions(task: Task) -> None:
    rows = demo_rows(task, COUNT)
    assert len(rows) == len(set(rows.ids)) == COUNT
    assert list(rows.table["row"]) == list(range(COUNT))
    assert len(task.texts(rows, [0, 3])) == 2 and all(task.texts(rows, [0, 3]))
    if rows.labels is not None:
        assert set(rows.labels) <= set(range(len(rows.label_names)))


def test_features_carry_their_row_and_what_a_batch_needs(task: Task) -> None:
    rows = demo_rows(task, COUNT)
    features = task.featurise(rows, build_tokenizer(), FeatureOptions(task.default_max_length))
    assert {"input_ids", "attention_mask", "row", *task.batch_columns} <= set(features.column_names)
    assert set(features["row"]) == set(range(COUNT))


@pytest.mark.parametrize("smoothing", [None, 0.0])
def test_the_hard_loss_and_its_gradient_are_those_of_transformers(task: Task, smoothing: float | None) -> None:
    rows = demo_rows(task, 7)
    features = task.featurise(rows, build_tokenizer(), FeatureOptions(128))
    batch, inputs = padded_batch(task, features[:])
    torch.manual_seed(0)
    model = build_model(task.auto_model, task.model_config(rows))
    targets = {name: batch[name] for name in ("labels", "start_positions", "end_positions") if name in batch}
    torch.autograd.backward(model(**inputs, **targets).loss)
    theirs = [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]
    model.zero_grad()
    eps = None if smoothing is None else torch.full((len(features),), smoothing)
    losses = task.losses(model(**inputs), batch, eps)
    assert losses.shape == (len(features),)
    torch.autograd.backward(losses.sum() / len(losses))
    ours = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert len(ours) == len(theirs) and all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_smoothing_raises_the_loss_of_a_sure_model_only_where_it_is_asked_for(task: Task) -> None:
    rows = demo_rows(task, 4)
    features = task.featurise(rows, build_tokenizer(), FeatureOptions(128))
    batch, inputs = padded_batch(task, features[:])
    model = build_model(task.auto_model, task.model_config(rows))
    with torch.no_grad():
        outputs = model(**inputs)
    for scores in outputs.values():
        scores *= 50
    hard, smooth = (task.losses(outputs, batch, eps) for eps in (None, torch.tensor([0.0, 0.4, 0.0, 0.4])))
    assert (hard == smooth).tolist() == [True, False, True, False]


def test_observations_are_one_value_a_feature_without_gradient(task: Task) -> None:
    rows = demo_rows(task, 5)
    features = task.featurise(rows, build_tokenizer(), FeatureOptions(128))
    batch, inputs = padded_batch(task, features[:])
    outputs = build_model(task.auto_model, task.model_config(rows))(**inputs)
    for name, values in task.observe(outputs, batch).items():
        assert values.shape[0] == len(features), name
        assert not values.requires_grad and torch.isfinite(values.float()).all(), name


def test_padding_changes_nothing_that_is_recorded(task: Task) -> None:
    rows = demo_rows(task, COUNT)
    _, tight = demo_run(task, rows, batch_size=5)
    _, wide = demo_run(task, rows, batch_size=COUNT, pad_to=120)
    for name, values in tight.items():
        np.testing.assert_allclose(wide[name], values, atol=2e-5, err_msg=name)


def test_windows_collapse_into_one_row_an_example(task: Task) -> None:
    rows = demo_rows(task, COUNT)
    features, records = demo_run(task, rows, max_length=24)
    examples = task.examples(records, features, rows)
    assert {"gold_prob", "margin", "el2n", "loss", "correct"} <= set(examples)
    assert all(values.shape == (COUNT,) for values in examples.values())
    assert ((examples["gold_prob"] > 0) & (examples["gold_prob"] <= 1)).all()
    if task.name == "qa":
        assert len(features) > COUNT


def test_examples_that_were_not_observed_are_nan(task: Task) -> None:
    rows = demo_rows(task, COUNT)
    features, records = demo_run(task, rows)
    owner = np.asarray(features["row"])
    for values in records.values():
        if np.issubdtype(values.dtype, np.floating):
            values[owner == 3] = np.nan
    examples = task.examples(records, features, rows)
    assert np.flatnonzero(np.isnan(examples["gold_prob"])).tolist() == [3]


def test_evaluation_covers_every_example(task: Task) -> None:
    rows = demo_rows(task, COUNT)
    features, records = demo_run(task, rows)
    evaluation = task.evaluate(records, features, rows)
    assert {task.primary_metric, "loss"} <= set(evaluation.metrics)
    assert all(isinstance(value, float) for value in evaluation.metrics.values())
    assert [prediction["id"] for prediction in evaluation.predictions] == rows.ids.tolist()
    assert all({"prediction", "gold"} <= set(prediction) for prediction in evaluation.predictions)


def test_the_order_of_features_changes_nothing(task: Task) -> None:
    rows = demo_rows(task, COUNT)
    features, records = demo_run(task, rows, max_length=32)
    order = np.random.default_rng(0).permutation(len(features))
    shuffled = {name: values[order] for name, values in records.items()}
    one, other = task.examples(records, features, rows), task.examples(shuffled, features.select(order), rows)
    for name, values in one.items():
        np.testing.assert_array_equal(other[name], values, err_msg=name)
    assert task.evaluate(shuffled, features.select(order), rows).predictions == (
        task.evaluate(records, features, rows).predictions
    )
