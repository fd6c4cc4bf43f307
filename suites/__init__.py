"""Suites: named lists of experiments, or your own in a Python file."""

from __future__ import annotations

from collections.abc import Callable

from experiment_config import ExperimentConfig
from registry import Registry
from suites.options import SuiteOptions

__all__ = ["SUITES", "Suite", "SuiteOptions", "create_suite"]

Suite = Callable[[SuiteOptions], list[ExperimentConfig]]
"""A suite is a function from options to experiments."""

SUITES: Registry[Suite] = Registry("suites")
SUITES.register("minimal", "suites.minimal:minimal")
SUITES.register("sample", "suites.sample:sample")
SUITES.register("filtering", "suites.filtering:filtering")
SUITES.register("weighting", "suites.weighting:weighting")


def create_suite(name: str, options: SuiteOptions) -> list[ExperimentConfig]:
    """Return the experiments of a suite.

    Args:
        name: a registered name, or a path ending in ``.py`` (see :mod:`suites.from_file`).
        options: data, model, seeds and training of all its experiments.

    Raises:
        ConfigError: no such suite, or its file or options are wrong.
    """
    if name.endswith(".py"):
        from suites.from_file import load_suite

        return load_suite(name)(options)
    return SUITES.get(name)(options)
