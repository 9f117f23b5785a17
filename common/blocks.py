"""Files as blocks of bytes: however long a file is, memory holds one block."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from common.cells import safe_cell

BLOCK = 64 * 1024
# Without the byte order mark Excel assumes the country's old encoding.
BYTE_ORDER_MARK = "\ufeff"


def csv_blocks(rows: Iterable[Iterable[object]], *, is_beginning: bool = True) -> Iterator[bytes]:
    """Return the rows as CSV that is safe to open in a spreadsheet; not `is_beginning` where more stands before."""
    block = StringIO(BYTE_ORDER_MARK if is_beginning else "")
    block.seek(0, 2)
    writer = csv.writer(block)
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
        if block.tell() >= BLOCK:
            yield block.getvalue().encode("utf-8", "replace")
            block.seek(0)
            block.truncate()
    yield block.getvalue().encode("utf-8", "replace")


def text_blocks(lines: Iterable[str]) -> Iterator[bytes]:
    """Return the lines, which have their line breaks, in UTF-8."""
    block: list[str] = []
    length = 0
    for line in lines:
        block.append(line)
        length += len(line)
        if length >= BLOCK:
            yield "".join(block).encode()
            block, length = [], 0
    yield "".join(block).encode()
