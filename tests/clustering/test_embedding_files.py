from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from clustering.embedding_files import load_embeddings, vectors_file
from errors import ResourceError, SignalError
from tests.clustering.conftest import MakeEmbeddings


def test_vectors_come_back_memory_mapped(make_embeddings: MakeEmbeddings) -> None:
    vectors = np.arange(12, dtype=np.float32).reshape(4, 3)
    found = load_embeddings(make_embeddings(vectors))
    assert isinstance(found.vectors, np.memmap)
    assert (found.vectors == vectors).all()
    assert found.ids.tolist() == ["row-0", "row-1", "row-2", "row-3"]


def test_an_interrupted_rewrite_leaves_the_former_embeddings(make_embeddings: MakeEmbeddings) -> None:
    folder = make_embeddings(np.zeros((4, 3), dtype=np.float32))
    with pytest.raises(KeyboardInterrupt), vectors_file(folder, (5, 3)):
        raise KeyboardInterrupt
    assert load_embeddings(folder).vectors.shape == (4, 3)
    assert not list(folder.glob(".*")), "no temporary file stays"


def test_new_vectors_alone_are_not_complete(make_embeddings: MakeEmbeddings) -> None:
    folder = make_embeddings(np.zeros((4, 3), dtype=np.float32))
    with vectors_file(folder, (4, 3)) as vectors:
        vectors[:] = 1
    with pytest.raises(SignalError, match="Embeddings not found"):
        load_embeddings(folder)


def test_a_full_disk_is_noticed_before_anything_is_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", refuse)
    with pytest.raises(ResourceError, match="the disk is full"), vectors_file(tmp_path, (5, 3)):
        pytest.fail("reached the embedding")
    assert not list(tmp_path.iterdir())


def test_missing_embeddings_name_the_command(tmp_path: Path) -> None:
    with pytest.raises(SignalError, match=r"Embeddings not found.*extract_embeddings\.py"):
        load_embeddings(tmp_path / "embeddings")


def test_truncated_vectors_are_refused(make_embeddings: MakeEmbeddings) -> None:
    folder = make_embeddings(np.zeros((4, 3), dtype=np.float32))
    content = (folder / "embeddings.npy").read_bytes()
    (folder / "embeddings.npy").write_bytes(content[:-8])
    with pytest.raises(SignalError, match="cannot be read"):
        load_embeddings(folder)


def test_vectors_of_other_rows_are_refused(make_embeddings: MakeEmbeddings) -> None:
    folder = make_embeddings(np.zeros((4, 3), dtype=np.float32))
    np.save(folder / "embeddings.npy", np.zeros((3, 3), dtype=np.float32))
    with pytest.raises(SignalError, match="does not go with 4 rows"):
        load_embeddings(folder)
