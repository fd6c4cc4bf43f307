"""Seeds added until every comparison is decided, beside a fixed number of them: runs, verdicts and false claims.

Scores are simulated: five strategies and a baseline, every seed with luck of its own and every example with a
difficulty of its own for each strategy. The same scores are judged by four designs: all seeds for all; seeds added
until decided; as many seeds for all as adding took on average; and looking after every seed at p-values that know
nothing of the other looks, as people do.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

from analysis.crossed import compare_scores
from analysis.scores import Scores
from analysis.sequential.design import Design
from analysis.sequential.monitoring import Rule, monitor
from analysis.verdicts import Claim, Word, judge
from benchmarks.simulation.simulated_scores import Mix, Noise, World, draw

DESIGN = Design()
SEEDS = tuple(range(DESIGN.max_seeds))
MARGIN = 0.5
NUM_EXAMPLES = 60
NOISES: tuple[Noise, ...] = ("normal", "skewed", "heavy tails")


class Scenario(NamedTuple):
    """What is true, in points of F1."""

    name: str
    differences: tuple[float, ...]
    """True differences of the strategies to the baseline."""
    mix: Mix
    """What chance adds."""


SCENARIOS = (
    Scenario("none differs", (0, 0, 0, 0, 0), Mix(0.5, 0.5, 0.3)),
    Scenario("some differ", (0, 0, 1, 2, -1.5), Mix(0.5, 0.5, 0.3)),
    Scenario("some differ a lot", (0, 0, 0, 5, 15), Mix(0.5, 0.5, 0.3)),
    Scenario("some differ, noisy seeds", (0, 0, 1, 2, -1.5), Mix(1.0, 0.5, 0.5)),
    Scenario("some differ, few examples", (0, 0, 1, 3, -6), Mix(0.3, 2.0, 1.0)),
    Scenario("some differ, quiet seeds", (0, 0, 0.2, 1, -1), Mix(0.3, 0.2, 0.3)),
)


class Outcome(NamedTuple):
    """What a design came to in one simulated suite."""

    words: tuple[Word, ...]
    runs: int


class Rates(NamedTuple):
    """Means over simulated suites."""

    runs: float
    false_claims: float
    """Share of suites with at least one strategy called better or worse that is not."""
    false_equivalents: float
    """Share of strategies beyond the margin that are called equivalent."""
    found: float
    """Share of the strategies that differ which are called so."""
    equivalents: float
    """Share of the strategies that do not differ which are called equivalent."""
    agreement: float
    """Share of words equal to those of the fixed design."""
    opposed: float
    """Share of words better where the fixed design says worse, or the reverse."""


def simulate(scenario: Scenario, noise: Noise, rng: np.random.Generator) -> list[Scores]:
    """Return the scores of the baseline and of each strategy."""
    world = World(len(SEEDS), scenario.mix, noise, NUM_EXAMPLES)
    (tables,) = draw(world, 0.0, 1, len(scenario.differences), rng)
    return world.scores(80 + np.array([0.0, *scenario.differences])[:, None, None] + tables)


def fixed(scores: Sequence[Scores], num_seeds: int) -> Outcome:
    """Judge all strategies by so many seeds each."""
    control, *treatments = [each.of(SEEDS[:num_seeds]) for each in scores]
    verdicts = judge([Claim(compare_scores(each, control), MARGIN) for each in treatments], alpha=DESIGN.alpha)
    return Outcome(tuple(verdict.word for verdict in verdicts), num_seeds * len(scores))


def adaptive(scores: Sequence[Scores]) -> Outcome:
    """Add seeds until each strategy is decided or given up."""
    control, *treatments = scores
    named = {str(position): each for position, each in enumerate(treatments)}
    looks = monitor(named, control, SEEDS, DESIGN, Rule(MARGIN))
    used = [history[-1].num_seeds for history in looks.values()]
    return Outcome(tuple(history[-1].word for history in looks.values()), sum(used) + max(used))


def peeking(scores: Sequence[Scores]) -> Outcome:
    """Look after every seed at plain verdicts, and stop each strategy at its first word."""
    words: dict[int, Word] = {}
    used = dict.fromkeys(range(len(scores) - 1), DESIGN.max_seeds)
    for count in DESIGN.looks:
        for position, word in enumerate(fixed(scores, count).words):
            if word != "undecided" and position not in words:
                words[position], used[position] = word, count
    found = tuple(words.get(position, "undecided") for position in used)
    return Outcome(found, sum(used.values()) + max(used.values()))


def measure(scenario: Scenario, noise: Noise, num_suites: int, seed: int) -> dict[str, Rates]:
    """Return the rates of each design."""
    rng = np.random.default_rng([seed, NOISES.index(noise), SCENARIOS.index(scenario)])
    suites = [simulate(scenario, noise, rng) for _ in range(num_suites)]
    added = [adaptive(suite) for suite in suites]
    affordable = round(np.mean([outcome.runs for outcome in added]) / (len(scenario.differences) + 1))
    designs = {
        "fixed": [fixed(suite, DESIGN.max_seeds) for suite in suites],
        "until decided": added,
        "fixed, as many runs": [fixed(suite, max(3, affordable)) for suite in suites],
        "peeking": [peeking(suite) for suite in suites],
    }
    truth = scenario.differences
    return {name: _rates(outcomes, designs["fixed"], truth) for name, outcomes in designs.items()}


def _rates(outcomes: Sequence[Outcome], reference: Sequence[Outcome], truth: Sequence[float]) -> Rates:
    words = np.array([outcome.words for outcome in outcomes])
    other = np.array([outcome.words for outcome in reference])
    differences = np.asarray(truth)
    claims = (words == "better").astype(int) - (words == "worse").astype(int)
    wrong = (claims != 0) & (claims != np.sign(differences))
    opposite = claims * ((other == "better").astype(int) - (other == "worse").astype(int)) < 0
    beyond, none = np.abs(differences) >= MARGIN, differences == 0
    right = (claims == np.sign(differences)) & ~none
    return Rates(
        runs=float(np.mean([outcome.runs for outcome in outcomes])),
        false_claims=float(wrong.any(axis=1).mean()),
        false_equivalents=_share(words == "equivalent", beyond),
        found=_share(right, ~none),
        equivalents=_share(words == "equivalent", none),
        agreement=float((words == other).mean()),
        opposed=float(opposite.mean()),
    )


def _share(events: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    return float(events[:, of].mean()) if of.any() else float("nan")


def _table(heading: str, rows: Sequence[tuple[str, Mapping[str, Rates]]]) -> list[str]:
    lines = [
        f"| {heading} | design | runs | saved | false claims | false equivalents | found | equivalents | same word |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for title, designs in rows:
        for name, rates in designs.items():
            saved = 1 - rates.runs / designs["fixed"].runs
            shares = (saved, rates.false_claims, rates.false_equivalents, rates.found, rates.equivalents)
            cells = [_percent(share) for share in (*shares, rates.agreement)]
            lines.append(f"| {title} | {name} | {rates.runs:.1f} | {' | '.join(cells)} |")
    return lines


def _percent(share: float) -> str:
    return "" if np.isnan(share) else f"{100 * share:.1f} %"


def _mean(rates: Sequence[Mapping[str, Rates]]) -> dict[str, Rates]:
    tables = {name: np.ma.masked_invalid([each[name] for each in rates]) for name in rates[0]}
    return {name: Rates(*table.mean(axis=0).filled(np.nan).tolist()) for name, table in tables.items()}


def main() -> None:
    """Simulate every scenario under every noise, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suites", type=int, default=200, help="simulated suites for each scenario and noise")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    flags = parser.parse_args()
    with ProcessPoolExecutor(flags.processes) as pool:
        futures = {
            (scenario.name, noise): pool.submit(measure, scenario, noise, flags.suites, flags.seed)
            for scenario in SCENARIOS
            for noise in NOISES
        }
        found = {key: future.result() for key, future in futures.items()}
    rows = [(scenario.name, _mean([found[scenario.name, noise] for noise in NOISES])) for scenario in SCENARIOS]
    print("\n".join(_table("scenario", rows)), "\n")
    rows = [(noise, _mean([found[scenario.name, noise] for scenario in SCENARIOS])) for noise in NOISES]
    print("\n".join(_table("noise", [*rows, ("all", _mean(list(found.values())))])))
    opposed = _mean(list(found.values()))["until decided"].opposed
    print(f"\nopposite words of 'until decided' and 'fixed': {_percent(opposed)}")


if __name__ == "__main__":
    main()
