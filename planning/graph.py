"""From a list of experiments to a plan: add what they need, share it, order it, see what exists."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from errors import ConfigError, SignalError
from experiment_config import ExperimentConfig
from planning import keys
from planning.commands import how_to_make
from planning.nodes import DONE, NEW, Node, Plan, State
from planning.probes import Probe, Probes
from planning.status import CLUSTERS_TABLE, DATA_MAP_TABLE, read_mark, recorded_to, state_of
from strategies import CLUSTERS, DATA_MAP

__all__ = ["PlanOptions", "make_plan"]


@dataclass(frozen=True)
class PlanOptions:
    """What a plan is told beside the experiments."""

    experiments_dir: Path = Path("experiments")
    auto_prepare: bool = True
    """Plan the signals that nobody supplied; otherwise their absence is an error."""
    force: bool = False
    """Train finished experiments again; signals stay."""

    @property
    def shared(self) -> Path:
        """Folder of the signals that experiments share."""
        return self.experiments_dir / "shared"


def make_plan(experiments: Sequence[ExperimentConfig], options: PlanOptions) -> Plan:
    """Plan a list of experiments without loading a model or a data set.

    Args:
        experiments: in the order in which to run them; equal ones are joined.
        options: where results live, and what may be made.

    Raises:
        ConfigError: no experiments, or a folder would have to hold two different signals.
        SignalError: a signal is missing and ``auto_prepare`` is off; the message says how to make it.
    """
    if not experiments:
        raise ConfigError("there is no experiment to run; a suite must list at least one")
    planner = _Planner(experiments, options)
    for config in experiments:
        planner.add_experiment(config)
    return planner.finish()


@dataclass(frozen=True)
class _Signal:
    """Where a signal is, and the key it adds to its experiment where the user supplied it."""

    folder: Path
    supplied_key: str | None = None


class _Planner:
    """Collects nodes; a node stands behind all that it needs."""

    def __init__(self, experiments: Sequence[ExperimentConfig], options: PlanOptions) -> None:
        self.options = options
        self.nodes: dict[Path, Node] = {}
        self.states: dict[Path, State] = {}
        self.notes: list[str] = []
        self._probes = Probes()
        self._baselines: dict[str, ExperimentConfig] = {}
        for config in experiments:
            if keys.is_baseline(config):
                self._baselines.setdefault(self._probes.of(config, config.training.seed).key, config)

    def finish(self) -> Plan:
        """Return the plan."""
        notes = tuple(dict.fromkeys(self.notes))
        return Plan(tuple(self.nodes.values()), dict(self.states), self.options.experiments_dir, notes)

    def add_experiment(self, config: ExperimentConfig) -> Node:
        """Add an experiment after everything it needs."""
        signals = self._signals(config)
        supplied = {name: signal for name, signal in signals.items() if signal.supplied_key}
        key = keys.experiment_key(config, [f"{name}:{signal.supplied_key}" for name, signal in supplied.items()])
        folder = self.options.experiments_dir / f"{config.name}_{key[:8]}"
        if folder in self.nodes:
            if config != self.nodes[folder].config:
                self.notes.append(f"{config.name}: listed twice, trained once")
            return self.nodes[folder]
        node = Node(
            kind="experiment",
            name=config.name,
            key=key,
            folder=folder,
            config=config,
            needs=tuple(signal.folder for name, signal in signals.items() if name not in supplied),
            supplied=tuple(signal.folder for signal in supplied.values()),
            **{name: signal.folder for name, signal in signals.items()},
        )
        state = state_of(node)
        if self.options.force and state.status != NEW:
            state = State(NEW, "forced")
        return self._put(node, state)

    def _signals(self, config: ExperimentConfig) -> dict[str, _Signal]:
        signals = {}
        if DATA_MAP in config.required_signals:
            signals["data_map"] = self._data_map(config, config.cartography_dir)
            if config.filter_validation:
                signals["validation_data_map"] = self._validation_data_map(config)
        if CLUSTERS in config.required_signals:
            signals["clusters"] = self._clusters(config)
        return signals

    def _data_map(self, config: ExperimentConfig, named: str | None) -> _Signal:
        probes = [self._probes.of(config, seed) for seed in config.data_map_seeds]
        return self._map_of(probes, named)

    def _validation_data_map(self, config: ExperimentConfig) -> _Signal:
        probes = [self._probes.of_validation(config, seed) for seed in config.data_map_seeds]
        return self._map_of(probes, config.validation_cartography_dir)

    def _map_of(self, probes: list[Probe], named: str | None) -> _Signal:
        key = probes[0].key if len(probes) == 1 else keys.average_key([probe.key for probe in probes])
        folder = Path(named) if named else self.options.shared / f"data_map_{key[:8]}"
        supplied = self._supplied(folder, DATA_MAP_TABLE, key)
        if supplied:
            return supplied
        if folder not in self.nodes and len(probes) > 1:
            self._add_average(probes, key, folder)
        elif folder not in self.nodes:
            self._add_data_map(probes[0].config, key, folder)
        self._check_same(folder, key)
        return _Signal(folder)

    def _add_average(self, probes: list[Probe], key: str, folder: Path) -> None:
        name = f"average_map_{key[:8]}"
        state = state_of(Node("average", name, key, folder, probes[0].config))
        parts = [] if state.status == DONE else [self._map_of([probe], None) for probe in probes]
        needs = tuple(part.folder for part in parts if not part.supplied_key)
        supplied = tuple(part.folder for part in parts if part.supplied_key)
        config = probes[0].config
        self._put_signal(Node("average", name, key, folder, config, needs=needs, supplied=supplied), state)

    def _add_data_map(self, probe: ExperimentConfig, key: str, folder: Path) -> None:
        node = Node("data_map", probe.name, key, folder, probe)
        state = state_of(node)
        recorder = None if state.status == DONE else self._recorder(key, folder)
        if recorder:
            node = dataclasses.replace(node, needs=(recorder.folder,), recorded_by=recorder.folder)
            self.nodes[recorder.folder] = dataclasses.replace(recorder, records_to=folder)
            state = state_of(node)
        self._put_signal(node, state)

    def _recorder(self, key: str, folder: Path) -> Node | None:
        """Return the baseline of the list that can record this map while it trains, if there is one.

        One that is finished will not train again, and one that is half-way must have recorded from its first step.
        """
        config = self._baselines.get(key)
        if config is None:
            return None
        node = self.add_experiment(config)
        if node.records_to is not None or self.states[node.folder].status == DONE:
            return None
        if self.states[node.folder].status != NEW and recorded_to(node.folder) != folder:
            return None
        return node

    def _clusters(self, config: ExperimentConfig) -> _Signal:
        key = keys.clusters_key(config)
        folder = Path(config.cluster_dir) if config.cluster_dir else self.options.shared / f"clusters_{key[:8]}"
        supplied = self._supplied(folder, CLUSTERS_TABLE, key)
        if supplied:
            return supplied
        if folder not in self.nodes:
            rows_of = keys.probe_config(config, config.training.seed)
            node = Node("clusters", f"clusters_{key[:8]}", key, folder, rows_of)
            self._put_signal(node, state_of(node))
        self._check_same(folder, key)
        return _Signal(folder)

    def _supplied(self, folder: Path, table: str, key: str) -> _Signal | None:
        """Return the signal in ``folder`` if it is finished and something else than what the plan would make there."""
        # Most experiments ask for a folder that is planned already.
        if folder in self.nodes or not (folder / table).is_file():
            return None
        left = read_mark(folder)
        if left.get("finished") is False or left.get("key") == key:
            return None
        self.notes.append(f"{folder}: used as it is")
        return _Signal(folder, left.get("key") or keys.supplied_key(folder, table))

    def _check_same(self, folder: Path, key: str) -> None:
        if self.nodes[folder].key != key:
            raise ConfigError(
                f"{folder}: two different signals would have to be made there (another seed, model, data set or "
                "training); name a folder for each, or none, so that each gets its own"
            )

    def _put_signal(self, node: Node, state: State) -> Node:
        if state.status != DONE and not self.options.auto_prepare:
            raise SignalError(how_to_make(node))
        return self._put(node, state)

    def _put(self, node: Node, state: State) -> Node:
        self.nodes[node.folder] = node
        self.states[node.folder] = state
        return node
