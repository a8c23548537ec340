"""Lines of a file: read strictly, ordered, and refused with the reason. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from pydantic_core import from_json

from chalicelib.batches.model import BatchLine
from chalicelib.errors import BodyTooLarge, InvalidRequest, Refusal, Text
from chalicelib.kernel import validation
from chalicelib.kernel.fields import Answer
from chalicelib.reductions.model import Trip
from chalicelib.table.keys import scenario_code

LINE_BYTES_MAX = 4096


class LineTooLong(BodyTooLarge):
    detail = Text("A line holds at most {limit} bytes.", "每行最多 {limit} 字节。")


class NumberedLine(NamedTuple):
    """A readable line; ``number`` counts from 1, as editors do. ``named``: its account or its grant."""

    number: int
    trip: Trip
    named: str


class RefusedLine(Answer):
    """A line that became no reduction, and why; ``record_id`` is null where it cannot be read."""

    line: int
    record_id: str | None
    code: str
    detail: str
    detail_zh: str


def parse(scenario: str, number: int, raw: bytes) -> NumberedLine | RefusedLine:
    """One line of JSON (RFC 8259), its fields as strict as those of a single report. ``scenario`` is the batch's."""
    try:
        if len(raw) > LINE_BYTES_MAX:
            raise LineTooLong(limit=LINE_BYTES_MAX)
        trip = validation.parsed(BatchLine, raw)
        if trip.scenario not in (None, scenario_code(scenario)):
            en, zh = f"The batch is announced for {scenario}", f"该批次登记的场景为 {scenario}"
            raise InvalidRequest.at("/scenario", en, zh)
        return NumberedLine(number, trip, trip.named)
    except LineTooLong as too_long:
        return refused_line(number, None, too_long)
    except Refusal as refusal:
        return refused_line(number, _record_id(raw), refusal)


def _record_id(raw: bytes) -> str | None:
    """What the operator would look the line up by, if it is there at all."""
    try:
        found = from_json(raw)
    except ValueError:
        return None
    named = found.get("record_id") if isinstance(found, dict) else None
    return named if isinstance(named, str) and len(named) <= 64 else None


def refused_line(number: int, record_id: str | None, refusal: Refusal) -> RefusedLine:
    english, chinese = (validation.explained(refusal, language) for language in ("en", "zh"))
    return RefusedLine(line=number, record_id=record_id, code=refusal.code, detail=english, detail_zh=chinese)


def side_by_side(lines: Iterable[NumberedLine]) -> list[list[list[NumberedLine]]]:
    """Waves of groups. Groups of a wave go side by side, a group's lines in order.

    An account's lines stay together: their transactions would only be in each other's way. A record_id that was seen
    before waits for the last wave, alone in file order, so that of two equal lines the first one counts.
    """
    seen: set[str] = set()
    groups: dict[str, list[NumberedLine]] = {}
    repeats: list[NumberedLine] = []
    for line in lines:
        first = line.trip.record_id not in seen
        seen.add(line.trip.record_id)
        (groups.setdefault(line.named, []) if first else repeats).append(line)
    return [list(groups.values()), [repeats]]
