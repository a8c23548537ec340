"""Slots of an agenda: in order, closed when nobody writes there any more, and days as Shanghai counts them."""

from datetime import UTC, datetime, timedelta

from chalicelib.agenda.model import Agenda, begins
from chalicelib.table import keys

DAYS = Agenda("days", seconds=86_400, lanes=2, late_seconds=0)
QUARTERS = Agenda("quarters", seconds=900, lanes=3, late_seconds=900)
NOON = datetime(2026, 11, 27, 12, 7, 31, tzinfo=UTC)


def test_a_day_turns_at_midnight_in_shanghai() -> None:
    assert DAYS.slot(datetime(2026, 11, 27, 15, 59, 59, tzinfo=UTC)) == "20261127T0000"
    assert DAYS.slot(datetime(2026, 11, 27, 16, 0, tzinfo=UTC)) == "20261128T0000"


def test_the_same_name_of_one_slot_has_one_note() -> None:
    first, last = NOON.replace(minute=0), NOON.replace(minute=14)
    assert QUARTERS.key(first, "till") == QUARTERS.key(last, "till")
    assert QUARTERS.key(first, "till") != QUARTERS.key(last + timedelta(minutes=1), "till")


def test_a_walk_meets_every_lane_in_the_order_of_time() -> None:
    walked = [pk for pk, _ in QUARTERS.partitions(NOON - timedelta(hours=1), NOON, NOON)]
    assert len(walked) == 5 * 3
    assert walked == sorted(walked)
    assert QUARTERS.key(NOON, "a").pk in walked[-3:]
    assert begins(walked[0]) == datetime(2026, 11, 27, 11, 0, tzinfo=UTC)


def test_a_slot_is_closed_when_the_last_writer_must_have_finished() -> None:
    open_ = {begins(pk) for pk, closed in QUARTERS.partitions(NOON - timedelta(hours=1), NOON, NOON) if not closed}
    assert open_ == {
        NOON.replace(minute=minute, second=0) - timedelta(hours=hour) for hour, minute in [(0, 0), (1, 45)]
    }
    assert not any(closed for _, closed in DAYS.partitions(NOON, NOON, NOON))


def test_names_spread_over_the_lanes() -> None:
    names = [keys.digest("name", str(number)) for number in range(300)]
    assert {QUARTERS.lane(name) for name in names} == {0, 1, 2}
