"""What the runs so far scored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from analysis.scores import Scores

__all__ = ["Readings", "read_scores"]


class Readings(NamedTuple):
    """Scores of each variant by one metric."""

    metric: str
    higher_is_better: bool
    scores: Mapping[str, Scores | None]
    """By variant; None where no run has the metric yet."""
    notes: tuple[str, ...]
    """Why scores of single examples are missing, and whatever else is to be said."""


def read_scores(experiments_dir: Path, folders: Mapping[str, str], metric: str | None) -> Readings | None:
    """Read the scores of the runs that are finished.

    Args:
        experiments_dir: where they lie.
        folders: variant of each folder name; other folders are passed over.
        metric: None means the one that most runs name as their primary.

    Returns:
        None where no run has finished.

    Raises:
        ConfigError: no run has the metric.
        DataError: no such folder.
    """
    from experiment_results.example_scores import scores_of
    from experiment_results.frame import build_frame
    from experiment_results.metrics import check_metric, ordered_metrics, primary_metric
    from experiment_results.reading import read_experiments
    from experiment_results.variants import variants_of

    frame = build_frame(read_experiments(experiments_dir))
    frame = frame[frame["folder"].isin(list(folders))]
    primary = primary_metric(frame)
    if primary is None:
        return None
    chosen = check_metric(frame, metric or primary)
    name = next(each for each in ordered_metrics(frame) if each.name == chosen)
    # The plan says which runs are seeds of one variant: names alone would part what was run with several data maps.
    variants = variants_of(frame.assign(group=frame["folder"].map(folders)))
    found = {variant.group: scores_of(variant, name, experiments_dir) for variant in variants}
    notes = [f"{group}: {note}" for group, each in found.items() for note in (*each.notes, each.problem) if note]
    usable = {group: each.scores for group, each in found.items() if not each.problem}
    scores = {group: usable.get(group) for group in dict.fromkeys(folders.values())}
    return Readings(chosen, name.higher_is_better, scores, tuple(notes))
