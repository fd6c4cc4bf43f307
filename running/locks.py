"""One runner at a time in a folder. The system releases a lock when its process dies, however it dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from atomic_files import explain_os_error
from planning.nodes import Node

__all__ = ["claimed"]


@contextmanager
def claimed(node: Node, experiments_dir: Path) -> Iterator[bool]:
    """Hold a node, and the data map it fills, without waiting; yield whether that succeeded.

    Raises:
        ResourceError: the folder cannot be written.
    """
    paths = [_lock_path(node, experiments_dir)]
    if node.records_to is not None:
        paths.append(node.records_to / ".lock")
    with ExitStack() as held:
        try:
            for path in paths:
                path.parent.mkdir(parents=True, exist_ok=True)
                held.enter_context(FileLock(path, timeout=0))
        except Timeout:
            yield False
            return
        except OSError as error:
            raise explain_os_error(error, paths[0]) from error
        yield True


def _lock_path(node: Node, experiments_dir: Path) -> Path:
    """Experiments are locked outside their folder, as starting afresh removes it."""
    if node.kind == "experiment":
        return experiments_dir / ".locks" / f"{node.folder.name}.lock"
    return node.folder / ".lock"
