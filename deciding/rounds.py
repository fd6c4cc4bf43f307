"""The loop: run a seed of what is open, look, stop what is settled. Nothing is remembered but the results themselves.

A command that was killed is given again: finished runs are found, every look is worked out anew from their scores, and
the same decisions follow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from analysis.margins import usual_margin
from analysis.sequential.design import Design
from analysis.sequential.monitoring import Look, Rule, among, monitor
from deciding.grid import Grid, make_grid, planned_seeds
from deciding.options import DecidingOptions
from deciding.record import Record
from deciding.report import end_lines, look_lines, plan_lines
from deciding.scores import Readings, read_scores
from experiment_config import ExperimentConfig
from experiment_runner import ExperimentRunner, plan_experiments, print_dry_run

__all__ = ["Decisions", "plan_until_decided", "run_until_decided"]

Suite = Callable[[tuple[int, ...]], Sequence[ExperimentConfig]]


class Decisions(NamedTuple):
    """What was decided, and by how many runs."""

    looks: Mapping[str, Sequence[Look]]
    """At each variant but the baseline; the last one has the verdict. None where its runs failed."""
    results: Sequence[Mapping[str, Any]]
    """The content of each experiment's results.json."""


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
    """Print what would be run before the next look, what may follow, and what each look must find.

    Raises:
        AssayError: as :func:`run_until_decided` does.
    """
    rounds = _Rounds(suite, seeds, Path(experiments_dir), options or DecidingOptions(), runner_options)
    print_dry_run(rounds.up_to_the_next_look(), experiments_dir, **runner_options)
    _show(plan_lines(rounds.grid, rounds.design, rounds.options))


class _Round(NamedTuple):
    """The runs of one number of seeds, and what they came to."""

    num_seeds: int
    open_variants: Collection[str]
    """What was run, beside the baseline."""
    readings: Readings | None
    looks: Mapping[str, Sequence[Look]]
    """All of them up to now; none where the baseline has no score."""


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
        self._margin = options.margin
        self._experiments_dir = experiments_dir
        self._runner_options = runner_options
        self._record = Record(experiments_dir, self.grid, len(seeds), options)
        self._record.check()
        self._results: list[Mapping[str, Any]] = []
        self._said: set[str] = set()

    def run(self) -> Decisions:
        """Run round after round."""
        looks: Mapping[str, Sequence[Look]] = {}
        with ExperimentRunner(self._experiments_dir, **self._runner_options) as runner:
            for each in self._rounds(lambda experiments: self._train(runner, experiments)):
                self._tell(each)
                looks = each.looks
        self._say(end_lines(self.grid, looks, len(self._results)))
        return Decisions(looks, self._results)

    def up_to_the_next_look(self) -> list[ExperimentConfig]:
        """Return the experiments of all rounds up to the first that lacks runs, or up to the decision."""
        asked: list[ExperimentConfig] = []

        def are_there(experiments: Sequence[ExperimentConfig]) -> bool:
            asked.extend(experiments)
            return not plan_experiments(experiments, self._experiments_dir, **self._runner_options).unfinished

        for _ in self._rounds(are_there):
            pass
        return asked

    def _rounds(self, train: Callable[[Sequence[ExperimentConfig]], bool]) -> Iterator[_Round]:
        """Return as many rounds as it takes; ``train`` makes the runs of one, and is False where some are missing."""
        folders = _folders(self.grid, self._experiments_dir, self._runner_options)
        open_variants = set(self.grid.treatments)
        for count in self.design.looks:
            new_seeds = self.grid.seeds[0 if count == self.design.first_look else count - 1 : count]
            if not train(self.grid.of({self.grid.baseline, *open_variants}, new_seeds)):
                return
            readings = read_scores(self._experiments_dir, folders, self.options.metric)
            looks = self._looks(readings, count)
            yield _Round(count, frozenset(open_variants), readings, looks)
            open_variants = {name for name in open_variants if readings and _is_open(readings, looks, name)}
            if not open_variants:
                return

    def _train(self, runner: ExperimentRunner, experiments: Sequence[ExperimentConfig]) -> bool:
        """Return whether to go on: False where a failure ends everything."""
        results = runner.run(experiments)
        self._results += results
        return len(results) == len(experiments)

    def _looks(self, readings: Readings | None, count: int) -> dict[str, list[Look]]:
        """Return all looks up to one at so many seeds; none where the baseline has no score."""
        # Runs of a fixed design may be there already; what comes after this look is none of its business.
        seeds = self.grid.seeds[:count]
        scores = {name: each and among(each, seeds) for name, each in readings.scores.items()} if readings else {}
        control = scores.get(self.grid.baseline)
        if readings is None or control is None:
            return {}
        if self._margin is None:
            known = [each for each in scores.values() if each is not None]
            self._margin = usual_margin(known, readings.higher_is_better)
        rule = Rule(self._margin, readings.higher_is_better)
        treatments = {name: scores[name] for name in self.grid.treatments}
        looks = monitor(treatments, control, self.grid.seeds, self.design, rule)
        return looks if count < self.design.max_seeds else {name: _ended(each, count) for name, each in looks.items()}

    def _tell(self, each: _Round) -> None:
        readings, looks = each.readings, each.looks
        if readings is None or not looks:
            self._say([f"no run of {self.grid.baseline} has succeeded, so that there is nothing to compare with"])
            return
        self._record.write(readings.metric, self._margin, looks)
        newest = {name: history for name, history in looks.items() if name in each.open_variants}
        self._say(look_lines(self.grid, newest, readings.metric, self._margin, each.num_seeds))
        self._say([f"note: {note}" for note in readings.notes if note not in self._said])
        self._said.update(readings.notes)

    def _say(self, lines: Sequence[str]) -> None:
        if lines and not self._runner_options.get("quiet"):
            _show(lines)


def _is_open(readings: Readings, looks: Mapping[str, Sequence[Look]], name: str) -> bool:
    """Whether more seeds are wanted; a variant of which no run ever succeeded is not tried again and again."""
    history = looks.get(name)
    return not history[-1].stop if history else name in looks and readings.scores[name] is not None


def _ended(history: Sequence[Look], planned: int) -> list[Look]:
    """Return the looks once every seed was tried: a run that failed leaves the last of them short of seeds."""
    if not history or history[-1].stop:
        return list(history)
    reason = f"{history[-1].num_seeds} of {planned} seeds succeeded and did not decide"
    return [*history[:-1], history[-1]._replace(stop=True, chances=None, reason=reason)]


def _show(lines: Sequence[str]) -> None:
    print("\n".join(lines), flush=True)


def _folders(grid: Grid, experiments_dir: Path, runner_options: Mapping[str, Any]) -> dict[str, str]:
    """Return the variant of each folder name."""
    plan = plan_experiments(grid.of(grid.experiments, grid.seeds), experiments_dir, **runner_options)
    variants = {id(config): name for name, of_seed in grid.experiments.items() for config in of_seed.values()}
    return {node.folder.name: variants[id(node.config)] for node in plan.experiments}
