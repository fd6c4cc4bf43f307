"""Suites whose runs are finished already, with scores that are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from experiment_config import ExperimentConfig
from experiment_results.grouping import label_of
from experiment_runner import plan_experiments
from planning import Node
from strategies.random_filter import RandomFilterConfig
from suites import SuiteOptions
from tests.planning.folders import finish_experiment

__all__ = ["SEEDS", "Scored", "drawn", "finish", "finish_one", "suite_of"]

SEEDS = tuple(range(42, 54))
Scored = Mapping[str, Mapping[int, float | None]]


def suite_of(*variants: str) -> Callable[[tuple[int, ...]], list[ExperimentConfig]]:
    """Return a suite of a baseline and filters, none of which needs a signal."""
    strategies = {name: (RandomFilterConfig(keep_fraction=0.5, draw=draw),) for draw, name in enumerate(variants)}
    return lambda seeds: SuiteOptions(seeds=seeds).across_seeds({"baseline": (), **strategies})


def drawn(std: float, **means: float) -> dict[str, dict[int, float | None]]:
    """Return normal scores of a baseline at 80 and of variants so much above it."""
    rng = np.random.default_rng(1)
    return {
        name: dict(zip(SEEDS, (80 + mean + std * rng.normal(size=len(SEEDS))).tolist(), strict=True))
        for name, mean in {"baseline": 0.0, **means}.items()
    }


def finish(folder: Path, scores: Scored) -> None:
    """Leave finished runs with these scores; one without a score has no metrics."""
    variants = [name for name in scores if name != "baseline"]
    for node in plan_experiments(suite_of(*variants)(SEEDS), folder).experiments:
        finish_one(node, scores)


def finish_one(node: Node, scores: Scored) -> None:
    """Leave one of these runs finished."""
    config, seed = node.config, node.config.training.seed
    score = scores[label_of(config.name)][seed]
    metrics = {} if score is None else {"eval_f1": score, "eval_loss": 100 - score}
    described = {"name": config.name, "strategy": config.strategy_name, "seed": seed, "dataset": "demo"}
    found = {"metrics": metrics, "primary_metric": "eval_f1", "task": "qa", "model": "demo", "error": None}
    finish_experiment(node, **described, **found)
