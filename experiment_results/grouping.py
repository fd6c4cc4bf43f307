"""Which runs are seeds of one variant, which variants may be compared, and what to call them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from errors import AssayError
from experiment_config import ExperimentConfig, content_key

__all__ = [
    "Seedless",
    "Variant",
    "differing_fields",
    "differing_settings",
    "distinct_labels",
    "flat_fields",
    "group_runs",
    "label_of",
    "without_seed",
]

_STRATEGY_FIELDS = ("strategies", "filter_validation")
_FOLDERS = {"data_map": ("cartography_dir", "validation_cartography_dir"), "clusters": ("cluster_dir",)}
_OPTIONS = {"data_map": "data_map", "clusters": "clustering"}
_SEED_MARKER = re.compile(r"[-_.=+]*seed[-_.=]?\d+$", re.IGNORECASE)
_MAX_NAMED_FIELDS = 3


class Seedless(NamedTuple):
    """A configuration without its seed."""

    config: str
    """What is fixed for all seeds, as canonical JSON: no seed, name, notes or field without effect."""
    group: str
    """Hash; equal for runs that differ in the training seed, or in which seeds the data map was probed with."""
    setting: str
    """Hash; equal for variants that differ in nothing but the strategy."""
    map_seeds: str
    """Seeds of the data map's probes as written in the configuration; empty where no data map is read."""


class Variant(NamedTuple):
    """A group of runs before it has its final label."""

    group: str
    label: str
    data: tuple[str, ...]
    """What it is trained and scored on; labels are distinct within one such tuple."""
    config: Mapping[str, Any]


def without_seed(config: Mapping[str, Any]) -> Seedless:
    """Return what ``config`` fixes for all seeds.

    Missing fields take today's defaults. A configuration that today's version cannot read is taken as it stands.

    Args:
        config: content of a config.json.
    """
    values = {key: value for key, value in config.items() if key not in ("name", "notes")}
    if isinstance(values.get("training"), Mapping):
        values["training"] = {key: value for key, value in values["training"].items() if key != "seed"}
    return _without_seed(json.dumps(values, sort_keys=True))


@lru_cache(maxsize=4096)
def _without_seed(raw: str) -> Seedless:
    values = json.loads(raw)
    data_map = values.setdefault("data_map", {})
    probes = data_map.get("seeds", []) if isinstance(data_map, dict) else []
    if isinstance(data_map, dict):
        data_map["seeds"] = list(range(len(probes) or 1))
    known, unknown = _known_part(values)
    setting = _setting(json.dumps({key: value for key, value in values.items() if key not in _STRATEGY_FIELDS}))
    if known is None:
        return Seedless(raw, content_key(json.loads(raw))[:12], setting, "")
    reads_map = "data_map" in known.required_signals
    plain = {**_plain(known), **unknown}
    folders = {field: plain.get(field) for fields in _FOLDERS.values() for field in fields}
    group = content_key({"config": known.identity(), **folders, **unknown})[:12]
    if reads_map:
        plain["data_map"]["seeds"] = probes
    return Seedless(json.dumps(plain, sort_keys=True), group, setting, json.dumps(probes) if reads_map else "")


@lru_cache(maxsize=4096)
def _setting(without_strategies: str) -> str:
    values = json.loads(without_strategies)
    known, _ = _known_part(values)
    return (content_key(values) if known is None else known.identity())[:12]


def _known_part(values: Mapping[str, Any]) -> tuple[ExperimentConfig | None, dict[str, Any]]:
    """Return what this version understands; strategies unknown here, and the signals they may read, come apart."""
    signals = (*_OPTIONS.values(), *(field for fields in _FOLDERS.values() for field in fields))
    for unknown in ({}, {field: values[field] for field in ("strategies", *signals) if field in values}):
        try:
            known = {key: value for key, value in values.items() if key not in unknown}
            return ExperimentConfig.from_mapping({**known, "name": "any"}), unknown
        except AssayError:
            continue
    return None, {}


def _plain(config: ExperimentConfig) -> dict[str, Any]:
    values = config.to_mapping()
    del values["name"], values["notes"], values["training"]["seed"]
    for signal in _OPTIONS.keys() - config.required_signals:
        for field in (_OPTIONS[signal], *_FOLDERS[signal]):
            del values[field]
    return values


def group_runs(runs: Sequence[tuple[Seedless, int | None]]) -> list[str]:
    """Return the group of each run.

    A suite started for one seed and extended by others may probe its data map with another seed each time: still one
    variant. Only where one training seed was run with several maps do the maps' seeds tell variants apart.

    Args:
        runs: configuration and training seed of each run.
    """
    maps = defaultdict(set)
    for seedless, seed in runs:
        maps[seedless.group, seed].add(seedless.map_seeds)
    split = {group for (group, _), seeds in maps.items() if len(seeds) > 1}
    return [
        content_key({"group": each.group, "map_seeds": each.map_seeds})[:12] if each.group in split else each.group
        for each, _ in runs
    ]


def label_of(name: str) -> str:
    """Return an experiment's name without a trailing seed marker: ``baseline_seed42`` becomes ``baseline``."""
    return _SEED_MARKER.sub("", name) or name


def differing_fields(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the dotted names of the fields in which ``configs`` are not all equal, sorted."""
    flat = [flat_fields(config) for config in configs]
    names = sorted(set[str]().union(*flat))
    return [name for name in names if len({json.dumps(each.get(name), sort_keys=True) for each in flat}) > 1]


def differing_settings(first: str, second: str) -> list[str]:
    """Return the fields in which two variants differ beside the strategy, and the signals that one may read.

    Args:
        first: configuration without its seed, as canonical JSON.
        second: of the other variant.
    """
    signals = (*_OPTIONS.values(), *(field for fields in _FOLDERS.values() for field in fields))
    fields = differing_fields([json.loads(first), json.loads(second)])
    return [name for name in fields if name.partition(".")[0] not in (*_STRATEGY_FIELDS, *signals)]


def flat_fields(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of all fields by their dotted names."""
    return dict(_flatten(config))


def _flatten(value: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, item in value.items():
        if key == "strategies" and isinstance(item, list):
            item = {str(position): strategy for position, strategy in enumerate(item)}
        if isinstance(item, Mapping):
            yield from _flatten(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", item


def distinct_labels(variants: Sequence[Variant]) -> dict[str, str]:
    """Return the label of each group; variants of one label on the same data get a suffix that says what differs."""
    namesakes = defaultdict(list)
    for variant in variants:
        namesakes[variant.data, variant.label].append(variant)
    labels = {}
    for same in namesakes.values():
        suffixes = _suffixes([variant.config for variant in same]) if len(same) > 1 else [""]
        for variant, suffix in zip(same, suffixes, strict=True):
            apart = suffixes.count(suffix) == 1
            labels[variant.group] = variant.label + (suffix if apart else f" ({variant.group[:6]})")
    return labels


def _suffixes(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    names = differing_fields(configs)[:_MAX_NAMED_FIELDS]
    flat = [flat_fields(config) for config in configs]
    return [" (" + ", ".join(f"{name.split('.')[-1]}={_show(each.get(name))}" for name in names) + ")" for each in flat]


def _show(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
