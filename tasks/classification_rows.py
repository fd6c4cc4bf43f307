"""Rows of classification, single texts or pairs, read and checked."""

from __future__ import annotations

import logging

import numpy as np
import pyarrow as pa

from tasks.base import DataSource, Rows
from tasks.checks import number_labels
from tasks.columns import classification_columns, missing_column
from tasks.readers import read_split
from tasks.rows import make_ids, make_rows, text_column

__all__ = ["load_labelled"]

_log = logging.getLogger(__name__)


def load_labelled(source: DataSource, pairs: bool = False) -> Rows:
    """Read one split and check it.

    Columns are recognised by common names: text, sentence, premise and hypothesis, sentence1 and sentence2, question1
    and question2 ...; label, gold_label ... A file of two columns without a header holds text and label. Labels become
    numbers as :func:`tasks.checks.number_labels` says. Rows without a label (-1 or ``-``, as in SNLI) are left out with
    a warning.

    Args:
        source: where the rows are. Its label_names, those of training, make other labels an error.
        pairs: refuse single texts.

    Raises:
        DataError: unreadable files, a missing column, no rows, repeated ids, or labels that are no classes.
    """
    raw = read_split(source)
    own = classification_columns(raw, source.columns)
    if "label" not in own:
        raise missing_column(raw, "label")
    names = ["text", "text_pair"] if pairs or "text_pair" in own else ["text"]
    columns = {name: text_column(raw, own, name) for name in names}
    values = raw.table[own["label"]].to_pylist()
    labels, classes = number_labels(values, raw.class_names.get(own["label"], ()), source.label_names, raw.where)
    label_names = [classes[label] if label >= 0 else None for label in labels]
    ids = make_ids(raw, own, {**columns, "label": label_names})
    extra = {"planted": raw.table[own["planted"]]} if "planted" in own else {}
    table = pa.table({"id": ids, **columns, "label": labels, **extra})
    labelled = np.flatnonzero(labels >= 0)
    if len(labelled) < len(labels):
        _log.warning(
            "%s: left out %d of %d rows, which have no label", raw.where, len(labels) - len(labelled), len(labels)
        )
        table = table.take(pa.array(labelled))
    return make_rows(dict(zip(table.column_names, table.columns, strict=True)), source, classes)
