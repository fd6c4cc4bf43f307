"""What is asked of SLURM for a job."""

from __future__ import annotations

from typing import Any

import pytest

from errors import ConfigError
from execution.slurm.resources import SlurmResources
from jobs import Resources
from validated import from_mapping


def _asked(needs: Resources, **options: Any) -> dict[str, Any]:
    return from_mapping(SlurmResources, options).parameters(needs, "name")


def test_an_unknown_option_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"SlurmResources.partion: no such field; did you mean 'partition'\?"):
        from_mapping(SlurmResources, {"partion": "gpu"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("time_minutes", 0), ("signal_delay_seconds", 5), ("cluster", "pbs"), ("nodes", 2), ("mem_gb", "16GB")],
)
def test_an_impossible_value_is_an_error_that_names_it(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name):
        from_mapping(SlurmResources, {name: value})


@pytest.mark.parametrize(
    ("needs", "options", "name", "value"),
    [
        (Resources(cpus=2.5), {}, "cpus_per_task", 3),
        (Resources(cpus=2), {"cpus_per_task": 8}, "cpus_per_task", 8),
        (Resources(cpus=12), {"cpus_per_task": 8}, "cpus_per_task", 12),
        (Resources(memory_gb=1.5), {}, "mem", "1536M"),
        (Resources(memory_gb=0.0001), {}, "mem", "1M"),
        (Resources(memory_gb=2), {"mem_gb": 16}, "mem", "16384M"),
        (Resources(), {}, "mem", None),
        (Resources(gpus=0.5), {}, "gres", "gpu:1"),
        (Resources(gpus=2), {"gpu_type": "a100"}, "gres", "gpu:a100:2"),
        (Resources(), {"gpus": 4}, "gres", "gpu:4"),
        (Resources(), {"gpu_type": "a100"}, "gres", None),
        (Resources(gpus=0), {"gpus": 4}, "gres", None),
        (Resources(), {}, "time", 60),
        (Resources(minutes=90.5), {}, "time", 96),
        (Resources(minutes=90.5), {"time_minutes": 30}, "time", 30),
    ],
)
def test_the_larger_of_what_job_and_options_ask_for_counts(
    needs: Resources, options: dict[str, Any], name: str, value: object
) -> None:
    assert _asked(needs, **options).get(name) == value


def test_dependencies_end_with_what_they_depend_on() -> None:
    asked = SlurmResources(additional={"mail-type": "FAIL"}).parameters(Resources(), "name", ("12_3", "14"))
    assert asked["dependency"] == "afterok:12_3:14"
    assert asked["additional_parameters"] == {"kill-on-invalid-dep": "yes", "requeue": True, "mail-type": "FAIL"}
    assert "dependency" not in _asked(Resources())


def test_a_job_asks_to_be_requeued_unless_somebody_does_not_want_that() -> None:
    assert _asked(Resources())["additional_parameters"] == {"requeue": True}
    refused = {"no-requeue": True}
    assert _asked(Resources(), additional=refused)["additional_parameters"] == refused
