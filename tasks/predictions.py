"""What predictions of all tasks share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import DataError
from tasks.base import Rows

__all__ = ["refuse_missing", "with_planted"]


def refuse_missing(observed: NDArray[np.bool_], rows: Rows) -> None:
    """Check that every row has a prediction: a mean over fewer rows would look better than it is.

    Raises:
        DataError: some rows have none; counts them and names the first.
    """
    missing = np.flatnonzero(~observed)
    if len(missing):
        raise DataError(
            f"{rows.source.name}: {len(missing)} of {len(rows)} rows have no prediction, the first is id "
            f"{str(rows.ids[missing[0]])!r}; evaluate the features of every row"
        )


def with_planted(predictions: list[dict[str, Any]], rows: Rows) -> list[dict[str, Any]]:
    """Return the predictions with what was planted in each row, where the data set says it."""
    if "planted" not in rows.table.column_names:
        return predictions
    planted = rows.table["planted"][:]
    return [{**prediction, "planted": value} for prediction, value in zip(predictions, planted, strict=True)]
