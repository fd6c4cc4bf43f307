"""What the lines of a journal mean: each changes the record of its experiment."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from tracking.folders.folder import Event
from tracking.folders.parts import Artifact, Evaluation, FolderContents, Run, mapping, numbers
from tracking.statuses import ENDED, Status

__all__ = ["apply_events", "end_with_error"]

logger = logging.getLogger(__name__)


def apply_events(contents: FolderContents) -> None:
    """Let the events of a journal change the record; one that makes no sense is passed over."""
    for event in contents.events:
        apply = _APPLY.get(event.event)
        try:
            if apply is not None:
                apply(contents, event)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            logger.warning("%s: passed over a line of the journal, %r (%s)", contents.folder, event, error)
    if contents.claim is not None:
        contents.runs.append(contents.claim)


def end_with_error(run: Run, error: Mapping[str, Any]) -> None:
    """Write down what ended an attempt; an empty error means none."""
    run.error_type, run.error_message, run.traceback = (error.get(key) for key in ("type", "message", "traceback"))


def _claimed(contents: FolderContents, event: Event) -> None:
    run = _new_run(contents, event)
    run.status_reason = f"claimed by process {run.pid} on {run.host}, which has not begun yet"
    contents.claim = run


def _started(contents: FolderContents, event: Event) -> None:
    contents.claim = None
    before = contents.last_run
    if before is not None and before.status == Status.RUNNING:
        before.status, before.status_reason = Status.LOST, "it had not said how it ended when the next attempt began"
    contents.runs.append(_new_run(contents, event))


def _new_run(contents: FolderContents, event: Event) -> Run:
    known = {name: value for name, value in event.content.items() if name in Run.__dataclass_fields__}
    return Run(**{**known, "attempt": len(contents.runs) + 1, "started_at": event.time})


def _run_of(contents: FolderContents, event: Event) -> Run | None:
    """Return the attempt that an event is about: a supervisor may write of one when the next has begun already."""
    attempt = event.content.get("attempt", len(contents.runs))
    return contents.runs[attempt - 1] if 1 <= attempt <= len(contents.runs) else None


def _finished(contents: FolderContents, event: Event) -> None:
    run = _run_of(contents, event)
    if run is None:
        return
    run.status = Status(event.content["status"])
    run.status_reason = str(event.content.get("reason", ""))
    run.finished_at = event.time
    end_with_error(run, mapping(event.content.get("error")))


def _judged(contents: FolderContents, event: Event) -> None:
    status = Status(event.content["status"])
    claim = contents.claim
    if claim is not None and event.content.get("attempt") == claim.attempt and status == Status.LOST:
        # Nothing had begun: somebody else may claim it.
        contents.claim = None
        return
    run = _run_of(contents, event)
    if run is not None and run.status not in ENDED:
        run.status, run.status_reason = status, str(event.content.get("evidence", ""))
        run.finished_at = event.content.get("finished_at")


def _noted(contents: FolderContents, event: Event) -> None:
    contents.notes = "\n".join(filter(None, [contents.notes, str(event.content.get("text", ""))]))


def _tagged(contents: FolderContents, event: Event) -> None:
    removed, added = (list(map(str, event.content.get(name, ()))) for name in ("remove", "add"))
    kept = [tag for tag in contents.tags if tag not in removed]
    contents.tags = list(dict.fromkeys(kept + added))


def _made(contents: FolderContents, event: Event) -> None:
    values = {name: value for name, value in event.content.items() if name in Artifact.__dataclass_fields__}
    contents.artifacts = [each for each in contents.artifacts if each.path != values["path"]]
    contents.artifacts.append(Artifact(**{**values, "time": event.time}))


def _evaluated(contents: FolderContents, event: Event) -> None:
    values = {name: value for name, value in event.content.items() if name in Evaluation.__dataclass_fields__}
    metrics = numbers(values.get("metrics"))
    contents.evaluations = [each for each in contents.evaluations if each.benchmark != values["benchmark"]]
    contents.evaluations.append(Evaluation(**{**values, "metrics": metrics, "time": event.time}))


def _declared(contents: FolderContents, event: Event) -> None:
    contents.results = {**contents.results, **numbers(event.content.get("metrics"))}
    contents.primary_metric = event.content.get("primary_metric") or contents.primary_metric


def _removed(contents: FolderContents, event: Event) -> None:
    gone = set(event.content["paths"])
    contents.artifacts = [each for each in contents.artifacts if each.path not in gone]


def _cleared(contents: FolderContents, event: Event) -> None:
    """Forget what earlier attempts made: it was removed for a fresh start."""
    contents.artifacts, contents.evaluations = [], []
    contents.results, contents.primary_metric = {}, None


_APPLY = {
    "claimed": _claimed,
    "cleared": _cleared,
    "started": _started,
    "finished": _finished,
    "judged": _judged,
    "note": _noted,
    "tags": _tagged,
    "artifact": _made,
    "evaluation": _evaluated,
    "removed": _removed,
    "results": _declared,
}
