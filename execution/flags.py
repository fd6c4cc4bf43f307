"""From flags of a command line to how jobs are executed, for every command that has such flags."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from errors import ConfigError
from execution.executors import EXECUTORS, check_options, options_class_of
from execution.options import ExecutorOptions
from execution.own_options import from_words
from jobs import Resources
from validated import from_flags

__all__ = [
    "EXECUTOR_FLAGS",
    "NUMBERS",
    "OWN_FLAGS",
    "RESOURCE_FLAGS",
    "can_be_left",
    "check_possible",
    "commands_when_left",
    "executor_options",
    "read_as",
    "resources_of",
]

EXECUTOR_FLAGS: Mapping[str, str] = {
    "executor": "--executor",
    "workers": "--workers",
    "gpu_ids": "--gpus",
    "threads_per_job": "--threads-per-run",
    "memory_gb": "--memory",
    "hang_minutes": "--hang-minutes",
    "own": "--executor-option",
}
"""By field of :class:`execution.options.ExecutorOptions`."""

OWN_FLAGS: Mapping[str, str] = {"address": "--ray-address"}
"""Shorter ways to give some options that one executor alone has, by their names."""

NUMBERS: Mapping[str, str] = {"GB": "a number of GB, such as 16", "M": "a number of minutes, such as 90"}
"""What is expected behind a flag, by what --help calls its value; no unit is written behind the number."""

RESOURCE_FLAGS: Mapping[str, str] = {
    "cpus": "--cpus-per-run",
    "gpus": "--gpus-per-run",
    "memory_gb": "--memory-per-run",
    "minutes": "--minutes-per-run",
    "cost": "--cost-per-run",
    "calls": "--calls-per-run",
}
"""By field of :class:`jobs.Resources`."""

_ALLOWED: Mapping[str, str] = {"gpus": "gpu_ids", "memory_gb": "memory_gb"}
"""By field of :class:`jobs.Resources`: the field of :class:`ExecutorOptions` that says how much there is of it."""

_SHARES = "workers"
"""The executor that is meant where only a number of them is given."""


def read_as(kind: Callable[[str], float], expected: str) -> Callable[[str], float]:
    """Return what turns the text behind a flag into a number, for ``type`` of an :mod:`argparse` flag.

    Args:
        kind: ``int``, ``float``, or what else raises ValueError at a text that stands for none.
        expected: in words, for the error.
    """

    def read(text: str) -> float:
        try:
            return kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}") from None

    return read


def executor_options(values: Mapping[str, Any], flags: Mapping[str, str] = EXECUTOR_FLAGS) -> ExecutorOptions:
    """Return the options that flags give, checked against the executor that they name.

    Args:
        values: by field of :class:`ExecutorOptions`; None stands for a flag that was not given. ``own`` holds words
            ``NAME=VALUE``, ``gpu_ids`` words with commas within or not.
        flags: how the fields are called on the command line.

    Raises:
        ConfigError: no such executor, an impossible value, or a flag that says nothing to the executor.
    """
    given = {name: value for name, value in values.items() if value is not None}
    if "workers" in given:
        given.setdefault("executor", _SHARES)
    if "gpu_ids" in given:
        given["gpu_ids"] = _ids(given["gpu_ids"], flags["gpu_ids"])
    if "own" in given:
        own = options_class_of(given.get("executor", ExecutorOptions().executor))
        given["own"] = from_words(given["own"], own, flags["own"])
    options = from_flags(ExecutorOptions, given, flags)
    try:
        check_options(options)
    except ConfigError as error:
        is_named = values.get("executor") is not None or "workers" in given
        remedy = "leave out one of the two" if is_named else f"add {flags['workers']} N, or leave it out"
        raise ConfigError(_as_flags(str(error), flags).replace("leave it out", remedy)) from None
    return options


def resources_of(
    values: Mapping[str, Any], executor: str | None, flags: Mapping[str, str] = RESOURCE_FLAGS
) -> Resources:
    """Return what each run takes.

    Args:
        values: by field of :class:`jobs.Resources`; None stands for a flag that was not given.
        executor: who executes them; None where it is not known yet.
        flags: how the fields are called on the command line.

    Raises:
        ConfigError: an impossible value, or an executor that does not heed one of them.
    """
    given = {name: value for name, value in values.items() if value is not None}
    heeded = None if executor is None else getattr(EXECUTORS.get(executor), "reads_resources", None)
    if heeded is not None and (idle := [name for name in given if name not in heeded]):
        said = f"{flags[idle[0]]} says nothing to the executor {executor}"
        raise ConfigError(f"{said}; add --workers N, or another --executor")
    try:
        return from_flags(Resources, given, flags)
    except ConfigError as error:
        raise ConfigError(re.sub(r"^Resources: (\w+):", lambda found: f"{flags[found[1]]}:", str(error))) from None


def check_possible(options: ExecutorOptions, resources: Resources) -> None:
    """Refuse runs for which there can never be room, as far as that is known without starting anything.

    Raises:
        ConfigError: they take more than there is, or a GPU was named that is not there.
    """
    capacity_of = getattr(EXECUTORS.get(options.executor), "capacity_of", lambda options: None)
    try:
        capacity = capacity_of(options)
    except ConfigError as error:
        raise ConfigError(str(error).replace("gpu_ids: ", f"{EXECUTOR_FLAGS['gpu_ids']}: ")) from None
    if missing := resources.missing(capacity):
        raise ConfigError(
            f"no run could ever begin here: each needs {'; '.join(missing.values())}; {_remedy(missing, options)}"
        )


def _remedy(missing: Collection[str], options: ExecutorOptions) -> str:
    lower = f"lower {' and '.join(RESOURCE_FLAGS[name] for name in missing)}"
    allowed = [_ALLOWED[name] for name in missing if name in _ALLOWED and getattr(options, _ALLOWED[name]) is not None]
    more = "".join(f", or allow more by {EXECUTOR_FLAGS[name]}" for name in allowed)
    return f"{lower}{more}, or run them elsewhere by {EXECUTOR_FLAGS['executor']} or --enqueue"


def can_be_left(executor: str) -> bool:
    """Whether jobs go on without the command that submitted them.

    Raises:
        ConfigError: no such executor.
    """
    return bool(getattr(EXECUTORS.get(executor), "can_be_left", False))


def commands_when_left(executor: str) -> tuple[str, ...]:
    """Return lines for people on what to do with jobs that were submitted and left.

    Raises:
        ConfigError: no such executor.
    """
    return tuple(getattr(EXECUTORS.get(executor), "commands_when_left", ()))


def _as_flags(text: str, flags: Mapping[str, str]) -> str:
    text = re.sub(r"\bExecutorOptions\.own\.(\w+)", lambda found: _own_flag(found[1], flags), text)
    return re.sub(r"\bExecutorOptions\.(\w+)", lambda found: flags.get(found[1], found[1]), text)


def _own_flag(name: str, flags: Mapping[str, str]) -> str:
    return OWN_FLAGS.get(name, f"{flags['own']} {name}")


def _ids(words: Sequence[str], flag: str) -> tuple[str, ...]:
    ids = tuple(part.strip() for word in words for part in word.split(","))
    if not all(ids):
        raise ConfigError(f"{flag} {' '.join(words)}: expected numbers or UUIDs, with commas between them")
    return ids
