"""From Arrow columns to numpy arrays by their buffers.

Arrow's own ``to_numpy`` imports pandas wherever that is installed, which costs more than all the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


def floats(data: pa.ChunkedArray) -> NDArray[np.float64]:
    """Numbers and booleans as floats, NaN where missing or infinite."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_boolean(data.type):
        data = data.cast(pa.uint8())
    whole = _one(data.cast(pa.float64(), safe=False).fill_null(float("nan")))
    values: NDArray[np.float64] = np.frombuffer(
        whole.buffers()[1], dtype=np.float64, count=len(whole), offset=8 * whole.offset
    ).copy()
    values[~np.isfinite(values)] = np.nan
    return values


def integers(data: pa.ChunkedArray | pa.Array) -> NDArray[np.int64]:
    """Whole numbers without missing values."""
    import numpy as np
    import pyarrow as pa

    whole = _one(data.cast(pa.int64(), safe=False))
    return np.frombuffer(whole.buffers()[1], dtype=np.int64, count=len(whole), offset=8 * whole.offset)


def nulls(data: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which cells are missing."""
    import pyarrow as pa

    return integers(data.is_null().cast(pa.uint8())).astype(bool)


def codes(data: pa.ChunkedArray) -> tuple[NDArray[np.int64], pa.Array]:
    """Each cell as a place in the list of different values, -1 where missing, and that list."""
    encoded = _one(data).dictionary_encode()
    return integers(encoded.indices.fill_null(-1)), encoded.dictionary


def _one(data: pa.ChunkedArray | pa.Array) -> pa.Array:
    import pyarrow as pa

    if not isinstance(data, pa.ChunkedArray):
        return data
    return data.combine_chunks() if data.num_chunks else pa.array([], type=data.type)
