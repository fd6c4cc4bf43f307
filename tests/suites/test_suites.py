"""The named suites hold what their pages promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import ConfigError
from suites import SUITES, SuiteOptions, create_suite

ONE_SEED = SuiteOptions(seeds=(42,))


def _variants(suite: str) -> set[str]:
    return {config.name.removesuffix("_seed42") for config in create_suite(suite, ONE_SEED)}


def test_minimal_compares_the_filter_with_the_baseline() -> None:
    assert _variants("minimal") == {"baseline", "cartography_filter_0.33"}


def test_sample_holds_a_few_settings_of_each_strategy() -> None:
    assert _variants("sample") == {
        "baseline",
        *(f"cartography_filter_{fraction}" for fraction in ("0.25", "0.33", "0.50")),
        "random_filter_as_0.33",
        "cluster_filter",
        *(f"label_smoothing_{factor}" for factor in ("0.4", "0.6", "0.8")),
        "soft_weighting",
    }


@pytest.mark.parametrize(
    ("suite", "controls"), [("filtering", {"random_filter", "placebo"}), ("sample", {"random_filter"})]
)
def test_filters_come_with_their_controls(suite: str, controls: set[str]) -> None:
    assert controls <= {config.strategy_name for config in create_suite(suite, ONE_SEED)}


def test_weighting_holds_uniform_and_placebo_controls() -> None:
    made = {config.strategy_name for config in create_suite("weighting", ONE_SEED)}
    assert made == {"baseline", "label_smoothing", "uniform_smoothing", "soft_weighting", "placebo"}


@pytest.mark.parametrize("suite", ["minimal", "sample", "filtering", "weighting"])
def test_every_experiment_is_another_one_and_survives_a_file(suite: str, tmp_path: Path) -> None:
    made = create_suite(suite, SuiteOptions(seeds=(1, 2)))
    assert len({config.identity() for config in made}) == len({config.folder_name for config in made}) == len(made)
    for config in made:
        config.save(tmp_path / "config.json")
        assert type(config).load(tmp_path / "config.json") == config


def test_an_unknown_suite_is_named() -> None:
    assert set(SUITES) >= {"minimal", "sample", "filtering", "weighting"}
    with pytest.raises(ConfigError, match="did you mean 'minimal'"):
        create_suite("minimall", ONE_SEED)
