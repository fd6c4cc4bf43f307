"""How a list of experiments is run."""

from __future__ import annotations

from validated import validated_dataclass

__all__ = ["RunnerOptions"]


@validated_dataclass
class RunnerOptions:
    """Options of a run. None of them changes a result."""

    auto_prepare: bool = True
    """Make the signals that nobody supplied; otherwise their absence is an error."""
    force: bool = False
    """Train finished experiments again."""
    stop_on_error: bool = False
    """Stop at the first experiment that fails."""
    quiet: bool = False
    """Print nothing."""
