"""A metric's name says which way it is better."""

from __future__ import annotations

import pytest

from analysis.metric_directions import direction_of
from errors import ConfigError
from experiment_commands.comparing.directions import check_directions


@pytest.mark.parametrize(
    "name",
    (
        *("train/loss", "eval_loss", "val.loss", "error", "word_error_rate", "perplexity", "runtime", "RMSE"),
        *("train/runtime", "time_per_step", "gsm8k/brier", "eval_demo@ood_loss"),
    ),
)
def test_smaller_is_better(name: str) -> None:
    assert direction_of(name) == "lower"


@pytest.mark.parametrize(
    "name",
    (
        *("eval_f1", "accuracy", "gsm8k/exact_match", "bleu", "train/samples_per_second", "lossless_share", "timely"),
        *("eval_time_series_f1", "eval_error_set_exact_match"),
    ),
)
def test_larger_is_better(name: str) -> None:
    assert direction_of(name) == "higher"


@pytest.mark.parametrize("name", ["epoch", "train/learning_rate", "train/grad_norm", "eval/rows", "num_samples"])
def test_some_numbers_are_no_quality(name: str) -> None:
    assert direction_of(name) is None


def test_the_user_overrules_the_name() -> None:
    assert direction_of("eval_f1", lower=["eval_f1"]) == "lower"
    assert direction_of("loss", higher=["loss"]) == "higher"


def test_a_direction_of_no_metric_is_refused() -> None:
    with pytest.raises(ConfigError, match="'eval_f2'; did you mean 'eval_f1'"):
        check_directions(["eval_f2"], [], {"eval_f1", "loss"})
    with pytest.raises(ConfigError, match="both"):
        check_directions(["loss"], ["loss"], {"loss"})
