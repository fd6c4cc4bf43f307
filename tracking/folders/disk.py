"""What lies in an experiment's folder, how much room it takes, and how it is removed. Links are never followed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from atomic_files import explain_os_error

__all__ = ["checkpoints_in", "disk_usage", "models_in", "outside_of", "remove", "removed_with"]

_CHECKPOINT = re.compile(r"checkpoint-\d+")
_WEIGHTS = re.compile(r".+\.(safetensors|ckpt|pt|pth)|pytorch_model.*\.bin")
_BLOCK = 512


def checkpoints_in(folder: Path, recorded: Iterable[str] = ()) -> list[Path]:
    """Return the checkpoints in a folder, the oldest first: what was recorded as one, and folders named checkpoint-<n>.

    Args:
        folder: an experiment's folder.
        recorded: paths that the experiment named, relative to the folder; what lies outside of it is left out.
    """
    found = [Path(parent) / name for parent, names, _ in os.walk(folder) for name in names if _is_checkpoint(name)]
    found = [path for path in found if not path.is_symlink()]
    found += [path for path in _inside(folder, recorded) if path not in found]
    return sorted(_outermost(found), key=lambda path: path.stat().st_mtime)


def models_in(folder: Path, recorded: Iterable[str] = ()) -> list[Path]:
    """Return what holds trained weights: recorded paths, folders with weights in them, and weights beside these.

    The folder around weights counts as a whole, because weights are of no use without the files beside them.
    """
    found = list(_inside(folder, recorded))
    for parent, _, files in os.walk(folder):
        weights = [Path(parent) / name for name in files if _WEIGHTS.fullmatch(name)]
        if weights:
            found += weights if Path(parent) == folder else [Path(parent)]
    return sorted(_outermost(found))


def outside_of(folder: Path, recorded: Iterable[str]) -> list[Path]:
    """Return what an experiment recorded that lies outside of its folder, also behind a link in it."""
    root = folder.resolve()
    found = {path.resolve() for path in (folder / text for text in recorded) if path.exists()}
    return sorted(path for path in found if not path.is_relative_to(root))


def _is_checkpoint(name: str) -> bool:
    return _CHECKPOINT.fullmatch(name) is not None


def _inside(folder: Path, recorded: Iterable[str]) -> Iterator[Path]:
    root = folder.resolve()
    for text in recorded:
        path = Path(os.path.normpath(folder / text))
        # Neither a link nor below one: what is behind it belongs to somebody else.
        if path.exists() and path != folder and path.resolve() == root / os.path.relpath(path, folder):
            yield path


def _outermost(paths: Iterable[Path]) -> list[Path]:
    chosen = set(paths)
    return [path for path in chosen if not chosen.intersection(path.parents)]


def disk_usage(paths: Iterable[Path]) -> int:
    """Return the bytes on disk that removing ``paths`` would free: a file that has a name elsewhere too frees none."""
    links: dict[tuple[int, int], int] = {}
    total = 0
    for path in paths:
        for file in _files(path):
            status = file.lstat()
            inode = (status.st_dev, status.st_ino)
            links[inode] = links.get(inode, 0) + 1
            if links[inode] == status.st_nlink:
                total += status.st_blocks * _BLOCK
    return total


def _files(path: Path) -> Iterator[Path]:
    if path.is_symlink() or not path.is_dir():
        yield path
        return
    for parent, folders, files in os.walk(path):
        yield from (Path(parent) / name for name in files)
        yield from (Path(parent) / name for name in folders if (Path(parent) / name).is_symlink())


def removed_with(folder: Path, keep: Collection[Path] = ()) -> Iterator[Path]:
    """Yield the outermost paths that go when ``folder`` is removed except for ``keep``."""
    if folder in keep:
        return
    if not any(folder in kept.parents for kept in keep):
        yield folder
        return
    for entry in sorted(folder.iterdir()):
        yield from removed_with(entry, keep)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it.

    Raises:
        ResourceError: something cannot be removed.
    """
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(error, Path(error.filename or path)) from error
