"""A day's trips of sixteen channels, as the files that their operators send: what is wrong, doubled or late, too."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from stdnum.cn import ric

METHODOLOGY = "DEMO-2026"
# code, unit, grams a unit, parts of all trips, parts of the trips that come late
CHANNELS = (
    ("metro-line", "km", "71", 5600, 0.02),
    ("bus-line", "km", "52", 2200, 0.05),
    ("bicycle-east", "km", "97", 700, 0.10),
    ("bicycle-west", "km", "97", 500, 0.0),
    ("battery-taxi", "km", "88", 250, 0.0),
    ("charging-pile", "kWh", "420", 180, 0.0),
    ("maglev", "km", "60", 120, 0.0),
    ("river-ferry", "km", "45", 100, 0.30),
    ("walking", "km", "110", 80, 0.0),
    ("park-and-ride", "件", "900", 70, 0.0),
    ("green-parcel", "件", "40", 60, 0.0),
    ("paperless-bill", "件", "5", 50, 0.0),
    ("own-cup", "件", "21", 40, 0.0),
    ("cans-and-card", "kg", "1100", 30, 0.0),
    ("rooftop-home", "kWh", "570", 15, 0.0),
    ("old-appliance", "件", "15000", 5, 0.0),
)
DAY = "2026-01-30"
_HOURS = (0, 0, 0, 0, 0, 1, 4, 12, 16, 8, 4, 4, 4, 4, 4, 5, 8, 14, 13, 6, 4, 3, 2, 1)  # when people are on their way
_WRONG_SHARE, _DOUBLED_SHARE = 0.01, 0.002
_ZIPF = 0.4  # some ride often, most do not
_AT_ONCE = 10_000


@dataclass
class Sent:
    """A file, and what must become of it. ``doubles`` are those of the refused that were reported before."""

    channel: str
    name: str
    lines: int = 0
    refused: int = 0
    doubles: int = 0
    content: bytearray = field(default_factory=bytearray)

    def add(self, line: bytes, *, wrong: bool, doubled: bool) -> None:
        self.content += line
        self.lines += 1
        self.refused += wrong or doubled
        self.doubles += doubled


def operator(channel: str) -> str:
    return f"{channel}-operator"


def scenario(place: int) -> dict[str, Any]:
    """The body that publishes a channel's scenario."""
    code, unit, grams, *_ = CHANNELS[place]
    return {
        "code": code,
        "name": code,
        "methodology": METHODOLOGY,
        "operator": operator(code),
        "unit": unit,
        "grams_per_unit": grams,
        "confirmation": "automatic",
        "daily_cap_grams": None,
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_until": None,
    }


def rider(number: int) -> dict[str, Any]:
    """The body that opens a rider's account. Each has an identity number of her own."""
    days = 20_000
    born = date(1950, 1, 1) + timedelta(number % days)
    first = f"310101{born:%Y%m%d}{number // days:03d}"
    return {"kind": "individual", "name": "李四", "identity_number": first + ric.calc_check_digit(first + "0")}


def files(trips: int, riders: Sequence[str], draw: Random, count: int = len(CHANNELS)) -> tuple[list[Sent], list[Sent]]:
    """Those of the first ``count`` channels' day, and those that come late: some of their lines are in the first ones,
    too.
    """
    channels = CHANNELS[:count]
    parts = sum(each[3] for each in channels)
    day, late = [], []
    weights = list(accumulate((place + 1) ** -_ZIPF for place in range(len(riders))))
    for code, _, _, part, later in channels:
        lines = max(10, trips * part // parts)
        behind = int(lines * later)
        first = _file(code, "day", lines - behind, riders, weights, draw)
        day.append(first)
        if behind:
            late.append(_late(first, behind, riders, weights, draw))
    return day, late


def _file(code: str, name: str, count: int, riders: Sequence[str], weights: list[float], draw: Random) -> Sent:
    """``count`` lines; of a hundred one is wrong, and some say what an earlier one says."""
    sent, good = Sent(code, name), b""
    for start in range(0, count, _AT_ONCE):
        some = min(_AT_ONCE, count - start)
        for number, rider in enumerate(draw.choices(riders, cum_weights=weights, k=some), start):
            trip, lot = _trip(f"{code}-{name}-{number}", rider, draw), draw.random()
            wrong, doubled = lot < _WRONG_SHARE, good and _WRONG_SHARE <= lot < _WRONG_SHARE + _DOUBLED_SHARE
            if not (wrong or doubled):
                good = _written(trip)
            sent.add(draw.choice(WRONG)(trip) if wrong else good, wrong=wrong, doubled=bool(doubled))
    return sent


def _late(first: Sent, count: int, riders: Sequence[str], weights: list[float], draw: Random) -> Sent:
    """``count`` lines more, and the head of the first file once more: its operator was not sure."""
    sent = _file(first.channel, "late", count, riders, weights, draw)
    for line, refused in _head(first, max(1, count // 20)):
        sent.add(line, wrong=refused, doubled=not refused)
    return sent


def _head(sent: Sent, count: int) -> Iterator[tuple[bytes, bool]]:
    """The first lines, and whether each is one that is wrong."""
    for line in sent.content.split(b"\n", count)[:count]:
        yield bytes(line) + b"\n", is_wrong(line)


def is_wrong(line: bytes | bytearray) -> bool:
    """Whether a line was made to be refused: it says so itself, and the platform does not look at that."""
    return b"wrong" in line


def _trip(record: str, rider: str, draw: Random) -> dict[str, Any]:
    hour = draw.choices(range(24), _HOURS)[0]
    return {
        "record_id": record,
        "account": rider,
        "quantity": f"{draw.randint(5, 240) / 10}",
        "occurred_at": f"{DAY}T{hour:02d}:{draw.randrange(60):02d}:00+08:00",
    }


def _written(line: Any) -> bytes:
    return json.dumps(line).encode() + b"\n"


Ride = dict[str, Any]


def _with(**changed: Any) -> Callable[[Ride], bytes]:
    return lambda line: _written(_marked(line) | changed)


def _without(name: str) -> Callable[[Ride], bytes]:
    return lambda line: _written({key: value for key, value in _marked(line).items() if key != name})


def _marked(line: Ride) -> Ride:
    return line | {"record_id": f"wrong-{line['record_id']}"}


WRONG: tuple[Callable[[Ride], bytes], ...] = (
    lambda line: _written(_marked(line))[:-9] + b"\n",  # cut
    lambda line: _written(["wrong", line]),
    _without("quantity"),
    _without("account"),
    _with(quantity="-1"),
    _with(quantity=12.5),  # a number, not a decimal in a string
    _with(account="0" * 32),  # nobody's
    _with(scenario="another"),
    _with(occurred_at="2999-01-01T00:00:00Z"),
    _with(note="x" * 5000),  # too long
)
