"""What a suite is told becomes fields of its experiments."""

from __future__ import annotations

import pytest

from errors import ConfigError
from experiment_config import CartographyFilterConfig, ClusterFilterConfig, TrainingConfig
from suites import SuiteOptions

FILTER = CartographyFilterConfig()


def test_names_tell_variant_and_seed_and_a_seed_is_finished_before_the_next() -> None:
    made = SuiteOptions(seeds=(1, 2)).across_seeds({"baseline": (), "filter_0.33": (FILTER,)})
    assert [config.name for config in made] == [
        "baseline_seed1",
        "filter_0.33_seed1",
        "baseline_seed2",
        "filter_0.33_seed2",
    ]
    assert [config.training.seed for config in made] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (SuiteOptions(seeds=(5, 6)), (5,)),
        (SuiteOptions(seeds=(5, 6), map_per_seed=True), (6,)),
        (SuiteOptions(seeds=(5, 6), map_seeds=(1, 2, 3)), (1, 2, 3)),
    ],
    ids=["shared", "per seed", "averaged"],
)
def test_which_seeds_the_data_map_has(options: SuiteOptions, expected: tuple[int, ...]) -> None:
    assert options.experiment("filter", 6, FILTER).data_map_seeds == expected


def test_defaults_suit_data_and_model() -> None:
    demo = SuiteOptions().experiment("baseline", 1)
    assert (demo.task, demo.eval_datasets) == ("qa", ("demo@ood",))
    pairs = SuiteOptions(dataset="demo-nli").experiment("baseline", 1)
    assert (pairs.task, pairs.eval_datasets) == ("nli", ("demo-nli@ood",))
    own = SuiteOptions(dataset="x.json", model="bert", training={"num_train_epochs": 1}).experiment("baseline", 1)
    assert own.training == TrainingConfig.for_model("bert", num_train_epochs=1, seed=1)
    assert own.eval_datasets == ()
    assert SuiteOptions(eval_datasets=()).experiment("baseline", 1).eval_datasets == ()


def test_validation_is_filtered_where_a_filter_can() -> None:
    options = SuiteOptions(filter_validation=True)
    assert options.experiment("filter", 1, FILTER).filter_validation
    assert not options.experiment("baseline", 1).filter_validation
    assert not options.experiment("clusters", 1, ClusterFilterConfig()).filter_validation


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seeds": ()}, "at least one seed"),
        ({"seeds": (1, 1)}, "twice"),
        ({"map_seeds": (1, 2), "map_per_seed": True}, "exclude each other"),
        ({"burn_in": -1}, "burn_in"),
    ],
)
def test_mistakes_are_named(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SuiteOptions(**values)  # type: ignore[arg-type]
