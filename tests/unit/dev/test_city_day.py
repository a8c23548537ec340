"""What `make load TRIPS=` sends is what it says: each line that counts can be read, each other one cannot."""

import json
from collections import Counter
from random import Random

from chalicelib.batches.lines import NumberedLine, parse
from infra.dev.load import channels
from infra.dev.load.channels import CHANNELS, WRONG, Sent
from infra.dev.load.merchants import Paid

RIDERS = [f"{number:032x}" for number in range(50)]
TRIPS = 20_000


def lines(sent: Sent) -> list[bytes]:
    return bytes(sent.content).splitlines()


def test_a_file_has_as_many_wrong_and_doubled_lines_as_it_says() -> None:
    day, late = channels.files(TRIPS, RIDERS, Random(1))
    seen: dict[str, set[str]] = {}
    for sent in (*day, *late):
        before, refused, doubles = seen.setdefault(sent.channel, set()), 0, 0
        for number, line in enumerate(lines(sent), 1):
            found = parse(sent.channel, number, line)
            trip = found.trip.record_id if isinstance(found, NumberedLine) and b"wrong" not in line else None
            doubled = trip in before
            refused += trip is None or doubled
            doubles += doubled
            before |= {trip} if trip else set()
        assert (len(lines(sent)), refused, doubles) == (sent.lines, sent.refused, sent.doubles), sent.channel


def test_every_channel_sends_and_some_send_late_with_doubles() -> None:
    day, late = channels.files(TRIPS, RIDERS, Random(1))
    assert [each.channel for each in day] == [code for code, *_ in CHANNELS]
    assert len(CHANNELS) == 16
    assert late
    assert all(each.doubles for each in late)
    trips = sum(each.lines for each in day)
    assert 0.005 < sum(each.refused - each.doubles for each in day) / trips < 0.02
    ridden = Counter(json.loads(line)["account"] for line in lines(day[0]) if b"wrong" not in line)
    assert ridden[RIDERS[0]] > 2 * ridden[RIDERS[-1]]


def test_each_kind_of_wrong_line_is_refused_by_its_text_but_the_one_of_nobody() -> None:
    """There are ten. Only the store knows that an account is nobody's."""
    trip = {"record_id": "r", "account": RIDERS[0], "quantity": "1.5", "occurred_at": "2026-01-30T08:00:00+08:00"}
    readable = [isinstance(parse("metro-line", 1, make(trip)), NumberedLine) for make in WRONG]
    assert len(WRONG) == 10
    assert sum(readable) <= 2  # nobody's, and a trip in the future
    assert all(channels.is_wrong(make(trip)) for make in WRONG)


def test_a_run_that_paid_less_than_everybody_ends_the_load_in_failure() -> None:
    assert Paid(300, lots=300, tonnes=300, seconds=8.0).found == {}
    assert Paid(300, lots=299, tonnes=299, seconds=8.0).found == {"buy-back": {"merchants unpaid": 1, "tonnes": 299}}
    assert Paid(300, lots=300, tonnes=301, seconds=8.0).found == {"buy-back": {"merchants unpaid": 0, "tonnes": 301}}
    assert Paid().table == []
