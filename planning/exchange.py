"""A node as JSON knows it: what is written down for somebody else to make it, in another process or later."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from errors import ConfigError
from experiment_config import ExperimentConfig
from planning.nodes import Kind, Node

__all__ = ["node_from_mapping", "node_to_mapping"]

_TEXTS = ("kind", "name", "key")
_FOLDERS = ("data_map", "validation_data_map", "clusters", "records_to", "recorded_by")
_LISTS = ("needs", "supplied")
_REQUIRED = (*_TEXTS, "folder", "config")


def node_to_mapping(node: Node) -> dict[str, Any]:
    """Return a node as plain JSON types; paths stay as they are, relative or absolute."""
    values: dict[str, Any] = {name: getattr(node, name) for name in _TEXTS}
    values["folder"] = str(node.folder)
    values["config"] = node.config.to_mapping()
    for name in _LISTS:
        values[name] = [str(folder) for folder in getattr(node, name)]
    for name in _FOLDERS:
        folder = getattr(node, name)
        values[name] = None if folder is None else str(folder)
    return values


def node_from_mapping(values: Mapping[str, Any]) -> Node:
    """Return the node that :func:`node_to_mapping` wrote.

    Raises:
        ConfigError: something else: a field is missing, unknown or of the wrong kind, or the configuration is not
            one that this version knows.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"a node must be a mapping of fields, got {values!r}")
    _check_names(values)
    if values["kind"] not in get_args(Kind):
        raise ConfigError(f"node.kind: must be one of {', '.join(get_args(Kind))}, got {values['kind']!r}")
    texts: dict[str, Any] = {name: _text(name, values[name]) for name in _TEXTS}
    folders: dict[str, Any] = {name: _folders(name, values.get(name) or []) for name in _LISTS}
    folders |= {name: _folder(name, values[name]) for name in _FOLDERS if values.get(name) is not None}
    return Node(
        **texts,
        folder=_folder("folder", values["folder"]),
        config=ExperimentConfig.from_mapping(values["config"]),
        **folders,
    )


def _check_names(values: Mapping[str, Any]) -> None:
    missing = [name for name in _REQUIRED if values.get(name) is None]
    if missing:
        raise ConfigError(f"node: lacks {', '.join(missing)}")
    unknown = sorted(set(values) - {*_REQUIRED, *_LISTS, *_FOLDERS})
    if unknown:
        raise ConfigError(f"node: no such field as {', '.join(unknown)}; another version may have written it")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"node.{name}: must be text, got {value!r}")
    return value


def _folder(name: str, value: Any) -> Path:
    return Path(_text(name, value))


def _folders(name: str, values: Any) -> tuple[Path, ...]:
    if not isinstance(values, list | tuple):
        raise ConfigError(f"node.{name}: must be a list of folders, got {values!r}")
    return tuple(_folder(name, value) for value in values)
