"""A statement as spreadsheets open it: CSV (RFC 4180) with a byte order mark, without which Excel reads no UTF-8."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.accounts.statements.entries import EntryAnswer, to_entry
from chalicelib.labels import beijing
from chalicelib.ledger.model import Entry

BYTE_ORDER_MARK = "\ufeff"
BEIJING, WORDS = "at_beijing", ("text", "text_zh")  # the last columns, so that no other one moves
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


def written(entries: Iterable[Entry]) -> str:
    """The lines under a header; ``at`` is UTC, ``at_beijing`` the same moment in Beijing time."""
    rows = (to_entry(entry).model_dump() | {BEIJING: beijing(entry.at)} for entry in entries)
    return table([*(name for name in EntryAnswer.model_fields if name not in WORDS), BEIJING, *WORDS], rows)


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows under a header; a cell that a row does not name is empty."""
    file = io.StringIO()
    file.write(BYTE_ORDER_MARK)
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return file.getvalue()


def _cell(value: Any) -> Any:
    """Text stays text; numbers stay numbers, negative ones too."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
