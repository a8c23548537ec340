"""A statement as spreadsheets open it: CSV (RFC 4180) with a byte order mark, without which Excel reads no UTF-8."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from chalicelib.accounts.model import EntryAnswer, to_entry
from chalicelib.labels import beijing
from chalicelib.ledger.model import Entry

BYTE_ORDER_MARK = "\ufeff"
BEIJING = "at_beijing"  # the last column, so that no other one moves
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


def written(entries: Iterable[Entry]) -> str:
    """The lines under a header; ``at`` is UTC, the last column the same moment in Beijing time."""
    file = io.StringIO()
    file.write(BYTE_ORDER_MARK)
    table = csv.DictWriter(file, [*EntryAnswer.model_fields, BEIJING])
    table.writeheader()
    for entry in entries:
        cells = {name: _cell(value) for name, value in to_entry(entry).model_dump().items()}
        table.writerow(cells | {BEIJING: beijing(entry.at)})
    return file.getvalue()


def _cell(value: Any) -> Any:
    """Text stays text; numbers stay numbers, negative ones too."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
