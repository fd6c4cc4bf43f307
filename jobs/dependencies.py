"""The order in which jobs can be done that need one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from errors import ConfigError

__all__ = ["topological_sorter"]


def topological_sorter(needs: Mapping[str, Iterable[str]], names: Mapping[str, str]) -> TopologicalSorter[str]:
    """Return a sorter that is prepared to give out the ids of jobs.

    Args:
        needs: what each job needs, by ids.
        names: what people call them; where one is missing its id is said.

    Raises:
        ConfigError: jobs need one another in a cycle.
    """
    sorter = TopologicalSorter(needs)
    try:
        sorter.prepare()
    except CycleError as error:
        cycle = " -> ".join(names.get(id_, id_) for id_ in reversed(error.args[1]))
        raise ConfigError(f"jobs need one another in a cycle: {cycle}") from None
    return sorter
