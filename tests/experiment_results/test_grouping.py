from __future__ import annotations

from typing import Any

import pytest

from experiment_config import ExperimentConfig, create_cartography_filter_config
from experiment_results.grouping import Seedless, Variant, differing_fields, distinct_labels, group_runs, label_of
from experiment_results.grouping import without_seed as seedless
from tests.experiment_folders import config_mapping

FILTER = ({"name": "cartography_filter", "top_fraction": 0.33},)


def test_seed_name_and_notes_leave_the_group_as_it_is() -> None:
    one = seedless(config_mapping("a_seed1", 1, FILTER, notes="first"))
    other = seedless(config_mapping("b_seed2", 2, FILTER))
    assert one == other
    assert '"seed"' not in one.config


def test_a_config_of_an_older_version_groups_with_todays() -> None:
    today = create_cartography_filter_config(training={"seed": 7}).to_mapping()
    older = {key: today[key] for key in ("name", "strategies")}
    assert seedless(older).group == seedless(today).group


@pytest.mark.parametrize(
    "change",
    [
        {"training": {"learning_rate": 2e-3}},
        {"dataset": "demo-nli"},
        {"cartography_dir": "elsewhere"},
        {"data_map": {"burn_in": 2}},
        {"data_map": {"seeds": [1, 2]}},
    ],
)
def test_what_changes_the_result_makes_another_group(change: dict[str, Any]) -> None:
    base = seedless(config_mapping("a", 1, FILTER))
    assert seedless(config_mapping("a", 1, FILTER, **change)).group != base.group


def test_signals_that_nobody_reads_leave_the_baseline_alone() -> None:
    base = seedless(config_mapping("a", 1))
    assert seedless(config_mapping("a", 1, cartography_dir="map", data_map={"seeds": [1]})) == base


def test_variants_of_one_setting_differ_in_the_strategy_alone() -> None:
    baseline, filtered = seedless(config_mapping("a", 1)), seedless(config_mapping("b", 2, FILTER))
    assert baseline.setting == filtered.setting
    assert baseline.group != filtered.group


def test_a_strategy_unknown_here_keeps_its_setting() -> None:
    strategies = [({"name": "from_elsewhere", "k": k},) for k in (1, 1, 2)]
    unknown = [seedless(config_mapping("a", 1, strategy)) for strategy in strategies]
    assert unknown[0].setting == seedless(config_mapping("b", 1)).setting
    assert unknown[0].group == unknown[1].group != unknown[2].group
    assert seedless(config_mapping("a", 1, strategies[0], cluster_dir="x")).group != unknown[0].group


def test_a_config_that_cannot_be_understood_is_taken_as_it_stands() -> None:
    broken = [seedless({"name": "a", "training": {"seed": 1}, "colour": colour}) for colour in ("red", "red", "blue")]
    assert broken[0].group == broken[1].group != broken[2].group


def test_runs_whose_data_maps_come_from_different_seeds_are_one_variant() -> None:
    runs = [_with_map_of(seed=42, probe=42), _with_map_of(seed=43, probe=42), _with_map_of(seed=44, probe=44)]
    own = seedless(config_mapping("a", 45, FILTER)), 45
    assert len(set(group_runs([*runs, own]))) == 1
    assert '"seeds": [42]' in runs[0][0].config


def test_map_seeds_tell_variants_apart_where_a_training_seed_was_run_with_both() -> None:
    runs = [_with_map_of(seed, probe) for probe in (1, 2) for seed in (42, 43)]
    groups = group_runs(runs)
    assert groups[0] == groups[1] != groups[2] == groups[3]


def _with_map_of(seed: int, probe: int) -> tuple[Seedless, int]:
    return seedless(config_mapping("a", seed, FILTER, data_map={"seeds": [probe]})), seed


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("baseline_seed42", "baseline"),
        ("cartography_filter_0.33_seed7", "cartography_filter_0.33"),
        ("a-seed=3", "a"),
        ("A.SEED_3", "A"),
        ("reseeded_3", "reseeded_3"),
        ("top_33", "top_33"),
        ("seed42", "seed42"),
    ],
)
def test_label_is_the_name_without_its_seed(name: str, label: str) -> None:
    assert label_of(name) == label


def test_differing_fields_are_dotted_names() -> None:
    configs = [{"a": 1, "b": {"c": 1, "d": [1]}}, {"a": 1, "b": {"c": 2, "d": [1]}, "e": None}]
    assert differing_fields(configs) == ["b.c"]


def test_two_variants_of_one_label_are_told_apart_by_what_differs() -> None:
    strategies = [({"name": "cartography_filter", "top_fraction": fraction},) for fraction in (0.25, 0.5)]
    configs = [config_mapping("filter", 1, strategy) for strategy in strategies]
    variants = [Variant(f"g{i}", "filter", ("qa",), config) for i, config in enumerate(configs)]
    assert distinct_labels(variants) == {"g0": "filter (top_fraction=0.25)", "g1": "filter (top_fraction=0.5)"}


def test_equal_labels_on_different_data_stay_as_they_are() -> None:
    variants = [Variant(f"g{name}", "baseline", (name,), {"dataset": name}) for name in ("x", "y")]
    assert set(distinct_labels(variants).values()) == {"baseline"}


def test_where_the_first_differences_do_not_suffice_the_hash_does() -> None:
    configs = [{"a": 1, "b": 1, "c": 1, "d": 1}, {"a": 1, "b": 1, "c": 1, "d": 2}, {"a": 2, "b": 2, "c": 2, "d": 2}]
    labels = distinct_labels([Variant(f"{i}" * 12, "x", (), config) for i, config in enumerate(configs)])
    assert list(labels.values()) == ["x (000000)", "x (111111)", "x (a=2, b=2, c=2)"]


def test_grouping_agrees_with_the_identity() -> None:
    configs = [ExperimentConfig.from_mapping(config_mapping("n", 3, FILTER, notes=str(i))) for i in range(2)]
    assert len({config.identity() for config in configs}) == len({seedless(c.to_mapping()).group for c in configs})
