"""On what runs ran and with which code, reduced to what is worth comparing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from analysis.wording import counted
from tracking.folders.parameters import flatten, tells_groups_apart
from tracking.reading.records import ExperimentDetails

__all__ = ["code_of", "configuration_of", "configuration_without_seed", "environment_of"]

_COMMIT_DIGITS = 12
_SHORTENED = ("dirty", "diff", "untracked", "num_untracked")


def configuration_of(details: ExperimentDetails) -> dict[str, Any]:
    """Return the configuration without its name, which a comparison shows at its head."""
    return {name: value for name, value in details.config.items() if name != "name"}


def configuration_without_seed(details: ExperimentDetails) -> dict[str, Any]:
    """Return a configuration without what runs of one group may differ in."""
    config = configuration_of(details)
    return _pruned(config, {name for name, _ in flatten(config) if not tells_groups_apart(name)})


def _pruned(values: Mapping[str, Any], left_out: set[str], prefix: str = "") -> dict[str, Any]:
    return {
        key: _pruned(value, left_out, f"{prefix}{key}.") if isinstance(value, Mapping) else value
        for key, value in values.items()
        if f"{prefix}{key}" not in left_out
    }


def environment_of(details: ExperimentDetails) -> dict[str, Any]:
    """Return what the newest attempt ran on; packages are one leaf each."""
    return dict(details.environment)


def code_of(code: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of code in short: a commit, and digests in place of long differences.

    Args:
        code: ``commit``, ``branch``, ``dirty``, ``diff``, ``untracked`` and ``num_untracked``, each of which may
            be missing.
    """
    short = {name: value for name, value in code.items() if name not in _SHORTENED}
    if "commit" in code:
        short["commit"] = str(code["commit"])[:_COMMIT_DIGITS]
    if "dirty" in code or "diff" in code:
        short["uncommitted changes"] = _diff_text(str(code.get("diff") or ""), bool(code.get("dirty")))
    if code.get("untracked"):
        count = int(code.get("num_untracked") or len(code["untracked"]))
        short["untracked files"] = _digest_text(counted(count, "file"), "\n".join(code["untracked"]))
    return short


def _diff_text(diff: str, dirty: bool) -> str:
    if not diff:
        return "yes" if dirty else "none"
    changed = sum(line[:1] in ("+", "-") and line[:3] not in ("+++", "---") for line in diff.splitlines())
    return _digest_text(counted(changed, "line"), diff)


def _digest_text(text: str, content: str) -> str:
    return f"{text} (sha256 {hashlib.sha256(content.encode(errors='replace')).hexdigest()[:8]})"
