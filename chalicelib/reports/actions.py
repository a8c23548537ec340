"""Keeping a report, once."""

import hashlib
from typing import Any

from chalicelib.kernel.decision import Command, Decision
from chalicelib.reports.model import MadeAnswer, ReportPart
from chalicelib.table import keys
from chalicelib.table.write import put

PART_CHARACTERS = 300_000  # an item holds 400 KB
PARTS_MAX = 12  # a transaction holds 4 MB: some ten thousand merchants


def keep(_: Command[Any], month: str, jws: str, packed: str) -> Decision:
    """The signed text of a month. Its Record bears the month's name, so the first that is made stays."""
    parts = [packed[start : start + PART_CHARACTERS] for start in range(0, len(packed), PART_CHARACTERS)]
    if len(parts) > PARTS_MAX:
        raise ValueError("the report is too long for one transaction")
    writes = (put(keys.report_part(month, number), ReportPart(text)) for number, text in enumerate(parts))
    answer = MadeAnswer(month=month, sha256=hashlib.sha256(jws.encode()).hexdigest(), parts=len(parts))
    return Decision("report_made", answer, tuple(writes))
