"""A statement as spreadsheets open it: CSV (RFC 4180) with a byte order mark, without which Excel reads no UTF-8."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from chalicelib.accounts.model import Entry

BYTE_ORDER_MARK = "\ufeff"
BEIJING = "at_beijing"  # the last column, so that no other one moves
_ZONE = timezone(timedelta(hours=8))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


def written(lines: Iterable[Mapping[str, Any]]) -> str:
    """The lines under a header; ``at`` is UTC, the last column the same moment in Beijing time."""
    file = io.StringIO()
    file.write(BYTE_ORDER_MARK)
    table = csv.DictWriter(file, [*Entry.model_fields, BEIJING], restval=0, extrasaction="ignore")
    table.writeheader()
    for line in lines:
        at = datetime.fromisoformat(line["at"]).astimezone(_ZONE)
        cells = {name: _cell(value) for name, value in line.items()}
        table.writerow(cells | {BEIJING: f"{at:%Y-%m-%d %H:%M:%S}"})
    return file.getvalue()


def _cell(value: Any) -> Any:
    """Text stays text; numbers stay numbers, negative ones too."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
