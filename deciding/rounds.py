"""The loop: run a seed of what is open, look, stop what is settled. Nothing is remembered but the results themselves.

A command that was killed is given again: finished runs are found, every look is worked out anew from their scores, and
the same decisions follow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from analysis.margins import usual_margin
from analysis.scores import Scores
from analysis.sequential.design import Design
from analysis.sequential.monitoring import Look, Rule, among, monitor
from deciding.grid import Grid, make_grid, planned_seeds
from deciding.options import DecidingOptions
from deciding.record import Record
from deciding.report import end_lines, look_lines, plan_lines
from deciding.scores import Readings, read_scores
from experiment_config import ExperimentConfig
from experiment_runner import plan_experiments, print_dry_run, run_experiments_from_list

__all__ = ["Decisions", "plan_until_decided", "run_until_decided"]

Suite = Callable[[tuple[int, ...]], Sequence[ExperimentConfig]]


class Decisions(NamedTuple):
    """What was decided, and by how many runs."""

    looks: Mapping[str, Sequence[Look]]
    """At each variant but the baseline; the last one has the verdict. None where its runs failed."""
    results: Sequence[Mapping[str, Any]]
    """The content of each experiment's results.json."""
    num_runs_at_most: int
    """What every variant under every planned seed would have taken."""


def run_until_decided(
    suite: Suite,
    seeds: Sequence[int],
    experiments_dir: str | Path = "experiments",
    options: DecidingOptions | None = None,
    **runner_options: Any,
) -> Decisions:
    """Run a suite until each of its variants is better or worse than the baseline, or equivalent, or hopeless.

    Args:
        suite: lists its experiments for the seeds it is given.
        seeds: of the first look, at least three; the numbers behind the largest follow one by one.
        experiments_dir: where results live. The looks are written there too, as ``decisions_<hash>.json``.
        options: what is decided, and when.
        **runner_options: fields of :class:`running.options.RunnerOptions`.

    Raises:
        AssayError: what is known to be wrong before anything is trained, or a design that was another one before.
    """
    return _Rounds(suite, seeds, Path(experiments_dir), options or DecidingOptions(), runner_options).run()


def plan_until_decided(
    suite: Suite,
    seeds: Sequence[int],
    experiments_dir: str | Path = "experiments",
    options: DecidingOptions | None = None,
    **runner_options: Any,
) -> None:
    """Print what would be run up to the first look, what may follow, and what each look must find.

    Raises:
        AssayError: as :func:`run_until_decided` does.
    """
    rounds = _Rounds(suite, seeds, Path(experiments_dir), options or DecidingOptions(), runner_options)
    print_dry_run(rounds.first_round, experiments_dir, **runner_options)
    _show(plan_lines(rounds.grid, rounds.design, rounds.options))


class _Rounds:
    def __init__(
        self,
        suite: Suite,
        seeds: Sequence[int],
        experiments_dir: Path,
        options: DecidingOptions,
        runner_options: Mapping[str, Any],
    ) -> None:
        self.options = options
        self.grid = make_grid(suite, planned_seeds(seeds, options.max_seeds), options)
        self.design = Design(
            max_seeds=options.max_seeds, first_look=len(seeds), alpha=options.alpha, futility=options.futility
        )
        self._experiments_dir = experiments_dir
        self._runner_options = runner_options
        self._record = Record(experiments_dir, self.grid, options)
        self._record.check()
        self._results: list[Mapping[str, Any]] = []
        self._said: set[str] = set()

    @property
    def first_round(self) -> list[ExperimentConfig]:
        """What is run before the first look."""
        return self.grid.of(self.grid.experiments, self.grid.seeds[: self.design.first_look])

    def run(self) -> Decisions:
        """Run round after round."""
        folders = _folders(self.grid, self._experiments_dir, self._runner_options)
        open_variants, looks = set(self.grid.treatments), dict[str, list[Look]]()
        for count in self.design.looks:
            new_seeds = (
                self.grid.seeds[:count] if count == self.design.first_look else self.grid.seeds[count - 1 : count]
            )
            finished = self._train(self.grid.of({self.grid.baseline, *open_variants}, new_seeds))
            readings = read_scores(self._experiments_dir, folders, self.options.metric)
            looks = self._look(readings, count, open_variants)
            open_variants = {name for name in open_variants if readings and _is_open(readings, looks, name)}
            if not finished or not open_variants:
                break
        self._say(end_lines(self.grid, looks, len(self._results)))
        return Decisions(looks, self._results, len(self.grid.seeds) * len(self.grid.experiments))

    def _train(self, experiments: Sequence[ExperimentConfig]) -> bool:
        """Return whether to go on: False where a failure ends everything."""
        results = run_experiments_from_list(experiments, self._experiments_dir, **self._runner_options)
        self._results += results
        return len(results) == len(experiments)

    def _look(self, readings: Readings | None, count: int, open_variants: Collection[str]) -> dict[str, list[Look]]:
        """Return all looks up to the newest seed, and show the newest at what was open."""
        if readings is None or readings.scores[self.grid.baseline] is None:
            self._say([f"no run of {self.grid.baseline} has succeeded, so that there is nothing to compare with"])
            return {}
        margin = self.options.margin or usual_margin(
            [each for each in readings.scores.values() if each is not None], readings.higher_is_better
        )
        # Runs of a fixed design may be there already; what comes after this look is none of its business.
        so_far = {name: each and among(each, self.grid.seeds[:count]) for name, each in readings.scores.items()}
        looks = self._looks(so_far, Rule(margin, readings.higher_is_better))
        newest = {name: history for name, history in looks.items() if name in open_variants}
        self._record.write(readings.metric, margin, looks)
        self._say(look_lines(self.grid, newest, readings.metric, margin, count))
        self._say([f"note: {note}" for note in readings.notes if note not in self._said])
        self._said.update(readings.notes)
        return looks

    def _looks(self, scores: Mapping[str, Scores | None], rule: Rule) -> dict[str, list[Look]]:
        control = scores[self.grid.baseline]
        treatments = {name: scores[name] for name in self.grid.treatments}
        return monitor(treatments, control, self.grid.seeds, self.design, rule) if control else {}

    def _say(self, lines: Sequence[str]) -> None:
        if lines and not self._runner_options.get("quiet"):
            _show(lines)


def _is_open(readings: Readings, looks: Mapping[str, Sequence[Look]], name: str) -> bool:
    """Whether more seeds are wanted; a variant of which no run ever succeeded is not tried again and again."""
    history = looks.get(name)
    return not history[-1].stop if history else name in looks and readings.scores[name] is not None


def _show(lines: Sequence[str]) -> None:
    print("\n".join(lines), flush=True)


def _folders(grid: Grid, experiments_dir: Path, runner_options: Mapping[str, Any]) -> dict[str, str]:
    """Return the variant of each folder name."""
    plan = plan_experiments(grid.of(grid.experiments, grid.seeds), experiments_dir, **runner_options)
    variants = {id(config): name for name, of_seed in grid.experiments.items() for config in of_seed.values()}
    return {node.folder.name: variants[id(node.config)] for node in plan.experiments}
