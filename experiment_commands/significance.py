"""``significance``: is one better than another, and how sure is that?"""

from __future__ import annotations

from typing import Annotated, cast

import typer

from analysis.corrections import CORRECTIONS, Correction
from analysis.hypothesis_tests.methods import DEFAULT_METHOD, METHODS
from analysis.outcome import Alternative, Pairing
from errors import ConfigError
from experiment_commands.completion import complete_experiment, complete_metric
from experiment_commands.judging.findings import Questions, find_out
from experiment_commands.judging.measures import chosen_measures
from experiment_commands.judging.report import findings_json
from experiment_commands.judging.sides import confounders, find_sides, remarks_on_sides
from experiment_commands.judging.tables import print_findings, print_refusal, print_sides
from experiment_commands.options import Benchmark, Db, Higher, Json, Lower
from experiment_commands.output import print_json, warn
from tracking.reading.local_backend import LocalBackend

__all__ = ["significance"]

Sides = Annotated[
    list[str],
    typer.Argument(
        metavar="CONTROL TREATMENT...",
        help="Experiments, variants or groups, or filters such as 'strategy=baseline'; list --help says more of them.",
        autocompletion=complete_experiment,
    ),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        "-m",
        metavar="NAME",
        help="May be given several times (default: the primary one).",
        autocompletion=complete_metric,
    ),
]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        metavar="NAME",
        help=f"May be given several times: {', '.join(METHODS)} (default: {DEFAULT_METHOD}).",
        autocompletion=lambda: list(METHODS),
        show_default=False,
    ),
]
Resamples = Annotated[
    int, typer.Option("--n-bootstrap", metavar="N", min=100, max=10_000_000, help="Resamples or permutations.")
]
CorrectionOption = Annotated[
    str,
    typer.Option("--correction", metavar="NAME", help=f"For several p-values: {', '.join(CORRECTIONS)}."),
]
AlternativeOption = Annotated[
    str,
    typer.Option(
        "--alternative", metavar="NAME", help="What counts as evidence: two-sided, or a treatment greater or less."
    ),
]
Margin = Annotated[
    float | None,
    typer.Option(
        "--margin", metavar="X", help="Differences below it do not matter (default: half a point).", show_default=False
    ),
]
Level = Annotated[float, typer.Option(metavar="P", help="Level of the intervals; tests have what is left of 1.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of resampling.")]
PairingOption = Annotated[
    str, typer.Option("--pairing", metavar="NAME", help="Of runs with equal seeds: auto, paired or unpaired.")
]
Allow = Annotated[
    bool, typer.Option("--allow-differences", help="Test runs that differ in more than strategy and seed.")
]


def significance(
    sides: Sides,
    metric: Metrics = None,
    benchmark: Benchmark = None,
    method: Methods = None,
    n_bootstrap: Resamples = 10_000,
    correction: CorrectionOption = "holm",
    alternative: AlternativeOption = "two-sided",
    margin: Margin = None,
    level: Level = 0.95,
    seed: Seed = 0,
    pairing: PairingOption = "auto",
    lower: Lower = None,
    higher: Higher = None,
    allow_differences: Allow = False,
    db: Db = None,
    json: Json = False,
) -> int:
    """Test whether other runs are better or worse than the first ones, equivalent within a margin, or undecided.

    The default method takes both seeds and evaluation examples as chance, from the scores of single examples that runs
    keep; without them seeds alone. P-values of all treatments, metrics and methods are corrected together. Runs that
    differ in more than strategy and seed are refused and the differences listed; a setting that a filter names is what
    is compared. docs/statistics.md says what the numbers mean.

    Exit status: 0 said, be it that nothing can be decided; 1 the runs are refused, or have no values; 2 a mistake.

    \b
    Examples:
      python experiment_cli.py significance baseline label_smoothing
      python experiment_cli.py significance 'strategy=baseline' 'strategy=soft_weighting' --metric eval_f1 --margin 1
      python experiment_cli.py significance baseline_seed42 soft_weighting_seed42 --method mcnemar -m eval_exact_match
      python experiment_cli.py significance 'training.learning_rate = 1e-4' 'training.learning_rate = 5e-5' --json
    """
    if len(sides) < 2:
        raise ConfigError(f"{sides[0]}: name what it is compared with, too; the control comes first")
    questions = Questions(
        methods=tuple(dict.fromkeys(method or [DEFAULT_METHOD])),
        correction=cast("Correction", correction),
        alternative=cast("Alternative", alternative),
        pairing=cast("Pairing", pairing),
        margin=margin,
        level=level,
        num_resamples=n_bootstrap,
        seed=seed,
    )
    backend = LocalBackend(db)
    found_sides = find_sides(backend, sides)
    measures = chosen_measures(found_sides, metric or (), benchmark, lower or (), higher or ())
    differing = confounders(found_sides, sides)
    refused = bool(differing) and not allow_differences
    findings = [] if refused else find_out(backend, found_sides, measures, questions)
    if json:
        print_json(findings_json(found_sides, differing, findings, questions))
    else:
        print_sides(found_sides)
        for each in remarks_on_sides(found_sides):
            warn(each)
        if refused:
            print_refusal(differing)
        else:
            print_findings(findings, differing, questions)
    return 0 if any(finding.evidence is not None for finding in findings) else 1
