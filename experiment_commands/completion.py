"""What the shell proposes when somebody presses Tab."""

from __future__ import annotations

import typer

from errors import AssayError

__all__ = ["complete_experiment", "complete_status"]

_MAX_PROPOSED = 50


def complete_experiment(context: typer.Context, incomplete: str) -> list[str]:
    """Return names and ids that begin so, of the newest experiments."""
    # On use: commands load this to be told of it, and hardly ever run it.
    from tracking.reading.local_backend import LocalBackend
    from tracking.reading.where import quoted

    try:
        backend = LocalBackend(context.params.get("db"))
        wanted = quoted(incomplete)
        found = backend.get_all_experiments(
            f"name ~ {wanted} or id ~ {wanted}", limit=_MAX_PROPOSED, params=(), metrics=()
        )
    except AssayError:
        return []
    texts = [text for record in found for text in (record.name, record.id)]
    return [text for text in dict.fromkeys(texts) if text.startswith(incomplete)]


def complete_status(incomplete: str) -> list[str]:
    """Return the statuses that begin so."""
    from tracking.statuses import Status

    return [status.value for status in Status if status.value.startswith(incomplete)]
