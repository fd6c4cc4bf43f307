"""How often the default verdict errs, and how often it finds what is there: docs/calibration.md keeps what this finds.

Every figure comes from simulated suites that go through ``compare_scores`` and ``judge`` as real ones do.
``python benchmarks/calibration.py`` measures and prints the page's tables, with ``--write`` into the page as well;
``--repeats 100`` makes a short trial of it.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple, TypeVar

# Every core has a process of its own; threads would only get into each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from atomic_files import write_text
from benchmarks.simulation.error_rates import Contest, Rates, contest, habits, rates
from benchmarks.simulation.simulated_scores import Mix, Noise, World

Found = TypeVar("Found")

PAGE = Path(__file__).resolve().parents[1] / "docs" / "calibration.md"
SEEDS = (3, 5, 10)
NOISES: tuple[Noise, ...] = ("normal", "heavy tails", "skewed", "lognormal")
CORRELATIONS = (0.0, 0.3, 0.6)
MIXES = {
    "seeds": Mix(1.0, 0.5, 0.5),
    "both": Mix(0.3, 2.0, 1.0),
    "examples": Mix(0.02, 2.0, 1.0),
    "single scores": Mix(0.02, 0.3, 2.0),
}
"""What most of the chance is."""


def levels(pool: Executor, repeats: int) -> str:
    """Return the table of false claims and coverage where strategies are equal."""
    grid = list(product(SEEDS, NOISES, MIXES, CORRELATIONS))
    worlds = [World(seeds, MIXES[mix], noise, correlation=correlation) for seeds, noise, mix, correlation in grid]
    found = _all(pool, partial(rates, repeats=repeats), worlds)
    rows = []
    for seeds, noise in product(SEEDS, NOISES):
        cells = [each for each, place in zip(found, grid, strict=True) if place[:2] == (seeds, noise)]
        claims, any_claims, coverages = zip(*cells, strict=True)
        rows.append([str(seeds), noise, _mean_and_worst(claims), _mean_and_worst(any_claims), _range(coverages)])
    return _table(["seeds", "noise", "claims, %", "suites of 5 with a claim, %", "intervals that cover, %"], rows)


def _mean_and_worst(values: Sequence[float]) -> str:
    return f"{100 * sum(values) / len(values):.1f} ({100 * max(values):.1f})"


def _range(values: Sequence[float]) -> str:
    return f"{100 * min(values):.1f} to {100 * max(values):.1f}"


def powers(pool: Executor, repeats: int) -> str:
    """Return the table of power beside the best valid test's."""
    grid = list(product(SEEDS, MIXES, CORRELATIONS))
    worlds = [World(seeds, MIXES[mix], correlation=correlation) for seeds, mix, correlation in grid]
    found = dict(zip(grid, _all(pool, partial(contest, repeats=repeats), worlds), strict=True))
    rows = [
        [str(seeds), mix, *(_beside(found[seeds, mix, correlation]) for correlation in CORRELATIONS)]
        for seeds, mix in product(SEEDS, MIXES)
    ]
    titles = [f"correlation {correlation:g}" for correlation in CORRELATIONS]
    return _table(["seeds", "chance is mostly of", *titles], rows)


def _beside(found: Contest) -> str:
    return f"{100 * found.default:.0f} / {100 * found.best:.0f} ({found.name})"


def today(pool: Executor, repeats: int) -> str:
    """Return the table of what people do today, beside the default verdict."""
    worlds = [World(3, mix) for mix in MIXES.values()]
    found = _all(pool, partial(habits, repeats=repeats), worlds)
    rows = [[name, *map(_range, zip(*(each[name] for each in found), strict=True))] for name in found[0]]
    return _table(["who goes by", "calls an equal one better, %", "any of 5 equal, %", "finds a better one, %"], rows)


class Case(NamedTuple):
    """A world that is hard for the default."""

    world: Callable[[int, Mix], World]
    effect: float = 0.0
    """Of every strategy, in standard deviations of single scores."""
    examples: bool = True
    """Whether scores of single examples are known."""


def _with_other_seeds(num_seeds: int, mix: Mix) -> World:
    return World(num_seeds + 1, mix, num_missing=1)


HARD = {
    "the metric of each seed alone is known": Case(World, examples=False),
    "20 examples": Case(partial(World, num_examples=20)),
    "20 examples, lognormal noise": Case(partial(World, noise="lognormal", num_examples=20)),
    "right or wrong, 50 % right": Case(partial(World, threshold=0.0)),
    "right or wrong, 50 % right, 20 examples": Case(partial(World, threshold=0.0, num_examples=20)),
    "right or wrong, 84 % right": Case(partial(World, threshold=-1.0)),
    "right or wrong, 84 %, strategies 93 %": Case(partial(World, threshold=-1.0), effect=0.5),
    "right or wrong, 98 % right": Case(partial(World, threshold=-2.0)),
    "one seed of each side is not the other's": Case(_with_other_seeds),
    "seeds of strategies spread twice as far": Case(partial(World, spread=2.0)),
    "seeds of strategies spread four times as far": Case(partial(World, spread=4.0)),
    "skewed noise, the control's seeds normal": Case(partial(World, noise="skewed", control_noise="normal")),
    "seeds' luck correlates by 0.6, single scores by 0": Case(partial(World, correlation=0.6, rest_correlation=0.0)),
    "seeds' luck correlates by 0, single scores by 0.6": Case(partial(World, rest_correlation=0.6)),
}
"""Worlds beyond those of the first table."""


def hard(pool: Executor, repeats: int) -> str:
    """Return the table of worlds that are hard for the default: claims and coverage, by seeds."""
    grid = list(product(HARD, SEEDS, ("seeds", "both")))
    cases = [HARD[name] for name, _, _ in grid]
    worlds = [case.world(seeds, MIXES[mix]) for case, (_, seeds, mix) in zip(cases, grid, strict=True)]
    found = dict(zip(grid, _all(pool, partial(_rates_of_case, repeats=repeats), cases, worlds), strict=True))
    rows = [
        [name, *(_pair(found[name, seeds, "seeds"], found[name, seeds, "both"]) for seeds in SEEDS)] for name in HARD
    ]
    return _table(["", *(f"{seeds} seeds" for seeds in SEEDS)], rows)


def _rates_of_case(case: Case, world: World, seed: int, repeats: int) -> Rates:
    return rates(world, seed, repeats, case.effect * world.std, examples=case.examples)


def _pair(first: Rates, second: Rates) -> str:
    return "; ".join(f"{100 * each.claims:.1f}, {100 * each.coverage:.1f}" for each in (first, second))


def _all(pool: Executor, measure: Callable[..., Found], *arguments: Sequence[object]) -> list[Found]:
    """Return what is measured for each, with a seed of its own, so that the order of work says nothing."""
    return list(pool.map(measure, *arguments, range(len(arguments[0]))))


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TABLES = {"levels": levels, "powers": powers, "today": today, "hard": hard}
"""By the name that the page marks their place with."""


def written(page: str, name: str, table: str) -> str:
    """Return the page with a table between its marks, ``<!-- name -->`` and ``<!-- end -->``."""
    place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    return place.sub(lambda marks: f"{marks[1]}\n{table}\n\n{marks[2]}", page)


def main() -> None:
    """Measure every table and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=2000, help="simulated suites a world (default: %(default)s)")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES), help="which (default: all)")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at once (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="write each table into the page when it is done")
    arguments = parser.parse_args()
    with ProcessPoolExecutor(max_workers=arguments.processes) as pool:
        for name in arguments.tables:
            started = time.perf_counter()
            table = f"{TABLES[name](pool, arguments.repeats)}\n\nFrom {arguments.repeats:,} suites a world."
            print(
                f"{table}\n{name}: {arguments.repeats} suites a world, {time.perf_counter() - started:.0f} s\n",
                flush=True,
            )
            if arguments.write:
                write_text(PAGE, written(PAGE.read_text(encoding="utf-8"), name, table))


if __name__ == "__main__":
    main()
