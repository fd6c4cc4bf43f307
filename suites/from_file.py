"""Your own suite: a Python file with a function ``suite(options)`` or a list ``experiments``."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from errors import AssayError, ConfigError, DataError
from experiment_config import ExperimentConfig
from suites.options import SuiteOptions

__all__ = ["load_suite"]


def load_suite(path: str) -> Callable[[SuiteOptions], list[ExperimentConfig]]:
    """Return the suite that a Python file defines. The file is executed, so name one that you trust.

    Args:
        path: a file with ``def suite(options: SuiteOptions)`` returning experiments, or a list ``experiments``.

    Raises:
        DataError: no such file.
        ConfigError: the file fails, or defines no suite; the message names file and line.
    """
    module = _execute(Path(path))
    function, listed = getattr(module, "suite", None), getattr(module, "experiments", None)
    if callable(function):
        return lambda options: _checked(_call(function, options, path), path)
    if listed is not None:
        return lambda options: _checked(listed, path)
    raise ConfigError(f"{path}: defines neither a function suite(options) nor a list 'experiments'")


def _execute(path: Path) -> ModuleType:
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    spec = importlib.util.spec_from_file_location(f"assay_suite_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name while the file is executed.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except AssayError as error:
        raise ConfigError(f"{path}{_line_in(path, error)}: {error}") from error
    except SyntaxError as error:
        raise ConfigError(f"{path}, line {error.lineno}: {error.msg}") from error
    except Exception as error:
        raise ConfigError(f"{path}{_line_in(path, error)}: {type(error).__name__}: {error}") from error
    return module


def _call(function: Callable[[SuiteOptions], Any], options: SuiteOptions, path: str) -> Any:
    try:
        return function(options)
    except Exception as error:
        kind = "" if isinstance(error, AssayError) else f"{type(error).__name__}: "
        raise ConfigError(f"{path}{_line_in(Path(path), error)}: {kind}{error}") from error


def _line_in(path: Path, error: Exception) -> str:
    """Return ``", line <n>"`` for the deepest frame of the traceback that lies in ``path``."""
    line, frame = None, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == str(path):
            line = frame.tb_lineno
        frame = frame.tb_next
    return f", line {line}" if line else ""


def _checked(experiments: Any, path: str) -> list[ExperimentConfig]:
    if not isinstance(experiments, list | tuple):
        raise ConfigError(f"{path}: expected a list of ExperimentConfig, got {type(experiments).__name__}")
    for position, experiment in enumerate(experiments):
        if not isinstance(experiment, ExperimentConfig):
            raise ConfigError(f"{path}: experiments[{position}] is {experiment!r:.60}, expected an ExperimentConfig")
    if not experiments:
        raise ConfigError(f"{path}: lists no experiment")
    return list(experiments)
