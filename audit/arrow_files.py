"""Parquet and Arrow files, read in batches at constant memory.

Arrow's own scanner reads ahead of whoever works on its batches, in the end the whole file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

READ_TOGETHER = 1_000_000
"""Rows of a Parquet file that are read in one go, in whole row groups."""


def parquet_batches(path: str, columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
    """Read a Parquet file in batches of at most ``size`` rows, in order.

    Raises
    ------
    pyarrow.ArrowException, OSError
        The file is damaged further on.
    """
    with pq.ParquetFile(path) as file:
        for groups in row_groups(file.metadata):
            for batch in file.iter_batches(size, row_groups=groups, columns=list(columns)):
                yield batch.select(list(columns))


def row_groups(facts: pq.FileMetaData) -> Iterator[list[int]]:
    """Part a file's row groups, in order, into parts of at most a million rows or a single group.

    What Arrow decodes of the groups it is asked for it holds until it has read all of them.
    """
    part: list[int] = []
    rows = 0
    for group in range(facts.num_row_groups):
        held = facts.row_group(group).num_rows
        if part and rows + held > READ_TOGETHER:
            yield part
            part, rows = [], 0
        part.append(group)
        rows += held
    if part:
        yield part


def ipc_batches(path: str, columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
    """Read an Arrow (Feather) file in batches of at most ``size`` rows, in order.

    Raises
    ------
    pyarrow.ArrowException, OSError
        The file is damaged further on.
    """
    with pa.OSFile(path) as source, pa.ipc.open_file(source) as known:
        fields = [known.schema.get_field_index(name) for name in columns]
        options = pa.ipc.IpcReadOptions(included_fields=fields)
    with pa.OSFile(path) as source, pa.ipc.open_file(source, options=options) as file:
        for at in range(file.num_record_batches):
            batch = file.get_batch(at).select(list(columns))
            for start in range(0, batch.num_rows, size):
                yield batch.slice(start, size)
