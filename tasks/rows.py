"""What rows of all tasks share: texts, ids, numbering, sampling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from tasks.base import DataSource, Rows
from tasks.checks import check_texts, content_ids, given_ids, sample_rows
from tasks.columns import missing_column
from tasks.readers import RawSplit

__all__ = ["make_ids", "make_rows", "text_column"]


def text_column(raw: RawSplit, own: Mapping[str, str], canonical: str) -> list[str]:
    """Return a required column of text.

    Raises:
        DataError: the column was not recognised, or a row has no text there.
    """
    if canonical not in own:
        raise missing_column(raw, canonical)
    return check_texts(raw.table[own[canonical]].to_pylist(), own[canonical], raw.where)


def make_ids(raw: RawSplit, own: Mapping[str, str], content: Mapping[str, list[Any]]) -> list[str]:
    """Return the data set's own ids as strings, else ids made of each row's content.

    Raises:
        DataError: ids are missing in some rows only, or repeated.
    """
    if "id" in own:
        values = raw.table[own["id"]].to_pylist()
        if any(value is not None for value in values):
            return given_ids(values, raw.where)
    return content_ids(content)


def make_rows(columns: Mapping[str, Any], source: DataSource, label_names: tuple[str, ...] = ()) -> Rows:
    """Return rows with their position in the column ``row``, sampled if the source asks for it."""
    from datasets import Dataset
    from datasets.fingerprint import generate_random_fingerprint

    table = pa.table(dict(columns))
    sample = sample_rows(table.num_rows, source.max_samples)
    if sample is not None:
        table = table.take(pa.array(sample))
    table = table.append_column("row", pa.array(np.arange(table.num_rows)))
    # A plain schema: what a source left in its metadata is not part of the rows. The library's own fingerprint would
    # pickle the whole table; Rows.fingerprint is the one that counts.
    plain = table.replace_schema_metadata(None)
    return Rows(Dataset(plain, fingerprint=generate_random_fingerprint()), source, label_names)
