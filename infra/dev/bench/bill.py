"""What a month costs, computed from measured request units."""

import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.reconciliation.export.choice import FOUNDED_DAYS
from infra.dev.bench import prices, trips, units
from infra.dev.bench.platform import Platform
from infra.dev.bench.prices import DAY, DAYS, PRICES, Volume
from infra.dev.bench.setting import Setting, sub
from infra.dev.bench.trips import LINE, TRIP
from infra.dev.local.settings import WAKING
from infra.dev.local.stack import LocalStack
from infra.ops.refile import change

CHUNK = 16  # Records that the consumer projects in one transaction


class Kind(NamedTuple):
    """A movement, measured: its write units, the consumers' for it, strongly consistent reads, bytes that stay."""

    write: float
    projected: float
    reads: float
    bytes: float


class Measured(NamedTuple):
    """Each movement, and of a trip what each item costs, by the way in which it is reported."""

    kinds: dict[str, Kind]
    tables: dict[str, trips.Table]


def measure() -> Measured:
    """A hundred trips of each way, and sixteen of each other movement; then what the consumers do about them."""
    with tempfile.TemporaryDirectory() as folder, LocalStack(Path(folder)) as stack:
        platform = Platform(stack)
        setting = Setting.make(platform)
        setting.grow(100)
        stack.freeze(*WAKING)  # what the stream brings is measured here, not done there
        tables = trips.tables(platform, setting)
        run = str(time.time_ns())
        setting.redeem(99)  # terms are read once a process
        _, reads = platform.units(lambda: setting.report(99, run))
        kinds = {way: _of_trips(table, reads if way != LINE else 1) for way, table in tables.items()}
        return Measured(kinds | {name: _kind(platform, act) for name, act in _acts(platform, setting).items()}, tables)


def _of_trips(table: trips.Table, reads: float) -> Kind:
    """``reads``: before each trip."""
    whole = trips.total(table)
    return Kind(whole.request, whole.consumers, reads, whole.bytes)


def _acts(platform: Platform, setting: Setting) -> dict[str, Any]:
    orders: list[str] = []
    cancellation = {"points": 10, "purpose": "抵消我的一次航班"}
    voucher = {"voucher": "SH-1", "note": None}
    return {
        "redemption": lambda n: orders.append(setting.redeem(n)["id"]),
        "fulfilment": lambda n: platform.call(
            "POST", "/v1/redemptions/{id}/fulfil", voucher, "institution", "bench-shop", id=orders[n]
        ),
        "cancellation": lambda n: platform.call("POST", "/v1/cancellations", cancellation, "individual", sub(n)),
    }


def _kind(platform: Platform, act: Any) -> Kind:
    import app

    spent, reads = 0, 0
    with platform.watching() as requests:
        for number in range(CHUNK):
            costs, read = platform.units(lambda number=number: act(number))  # type: ignore[misc]
            spent, reads = spent + sum(each for _, each in costs), reads + read
    puts = _puts(requests)
    records = [item for item in puts if item["sk"] == {"S": "record"} and "movement" in item]
    event = {"Records": [change(item) for item in records]}
    with platform.watching() as followed:
        costs, _ = platform.units(lambda: (app.project(event, None), app.react(event, None))) if records else ([], 0)
    kept = sum(units.growth(None, item) for item in [*puts, *_puts(followed)])
    return Kind(spent / CHUNK, sum(each for _, each in costs) / CHUNK, reads / CHUNK, kept / CHUNK)


def _puts(requests: list[Any]) -> list[Any]:
    return [
        item["Put"]["Item"]
        for each in requests
        if each["operation"] == "TransactWriteItems"
        for item in each["params"]["TransactItems"]
        if "Put" in item
    ]


class Month(NamedTuple):
    """Dollars by what they are paid for."""

    rows: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.rows.values())


def month(kinds: dict[str, Kind], way: str = TRIP, day: Volume = DAY) -> Month:
    """The first month's bill, all trips reported in one ``way``. Storage grows by its row each month: Records stay."""
    amounts = a_day(kinds, day, way)
    requests = sum(count for name, count in amounts.items() if name != LINE) + day.reads
    hot, consumed, read, _ = (sum(count * kinds[name][at] for name, count in amounts.items()) for at in range(4))
    moved = sum(count for name, count in amounts.items() if kinds[name].projected)
    seconds = _seconds(requests, moved, lines=amounts.get(LINE, 0))
    held, more = day.accounts * 600 / 1e9, grown(kinds, way, day)
    stored = more + held
    return Month(
        {
            "DynamoDB writes, by requests and lines": hot * DAYS * PRICES["write unit"],
            "DynamoDB writes, by the consumers": consumed * DAYS * PRICES["write unit"],
            "DynamoDB reads": (read + 2 * day.reads) * DAYS * PRICES["read unit"],
            f"DynamoDB storage, {stored:,.0f} GB more each month": stored * PRICES["table GB-month"],
            "point-in-time recovery of it": stored * PRICES["backup GB-month"],
            **reconciled(held + more / 2, changed(kinds, way, day), day.accounts).rows,
            "stream (read by Lambda: free)": 0.0,
            "Lambda": DAYS
            * (seconds * PRICES["Lambda GB-second"] + (requests + 2 * moved / 100) * PRICES["Lambda request"]),
            "Lambda's initialisation": DAYS * initialised(requests, 2 * moved / 100) * PRICES["Lambda GB-second"],
            "API Gateway": requests * DAYS * PRICES["API request"],
            "S3": amounts.get(LINE, 0) * 150 * DAYS / 1e9 * PRICES["S3 GB-month"] + 100 * DAYS * PRICES["S3 put"],
            "SQS": day.redemptions * DAYS * PRICES["SQS request"],
            "logs": requests * DAYS * prices.LOG_BYTES / 1e9 * PRICES["log GB"] + prices.METRICS * PRICES["metric"],
            "KMS and secrets": day.certificates * DAYS * PRICES["KMS signature"]
            + 3 * PRICES["KMS key"]
            + PRICES["secret"],
        }
    )


def a_million(kinds: dict[str, Kind], way: str, day: Volume) -> float:
    """The first month's bill, by a million trips."""
    return month(kinds, way, day).total / (day.trips * DAYS / 1e6)


def kept(kinds: dict[str, Kind], way: str) -> float:
    """What a million trips cost in each further month, because their items stay."""
    gigabytes = kinds[way].bytes * 1e6 / 1e9
    stored = gigabytes * (PRICES["table GB-month"] + PRICES["backup GB-month"])
    return stored + reconciled(gigabytes).total


def _seconds(requests: float, moved: float, *, lines: float) -> float:
    """GB-seconds of a day's functions."""
    consumed = moved / CHUNK * prices.CHUNK_SECONDS * prices.CONSUMER_GB
    each = requests * prices.REQUEST_SECONDS + lines * prices.BATCH_LINE_SECONDS
    return each * prices.REQUEST_GB + consumed


def grown(kinds: dict[str, Kind], way: str = TRIP, day: Volume = DAY) -> float:
    """Gigabytes that a month adds to the table."""
    return sum(count * kinds[name].bytes for name, count in a_day(kinds, day, way).items()) * DAYS / 1e9


def changed(kinds: dict[str, Kind], way: str = TRIP, day: Volume = DAY) -> float:
    """Gigabytes that DynamoDB reads for a day's export of changes: at most, for an item is written many times."""
    counts = a_day(kinds, day, way).items()
    units = sum(count * (kinds[name].write + kinds[name].projected) for name, count in counts)
    return units * prices.UNIT_BYTES / 1e9


def reconciled(gigabytes: float, changed: float = 0, accounts: int = 0) -> Month:
    """A month of reconciliations of a table with so many gigabytes on the average, and as many ``changed`` a day.

    One day in ``FOUNDED_DAYS`` begins with the whole table; the others have their ``accounts`` from the day before.
    """
    whole, rest = DAYS / FOUNDED_DAYS, DAYS - DAYS / FOUNDED_DAYS
    exported = whole * gigabytes + rest * changed
    carried = accounts * prices.ACCOUNT_PACKED_BYTES / 1e9
    kept = (exported / DAYS * prices.PACKED_SHARE + carried) * prices.EXPORTS_KEPT
    seconds = exported * 1e9 / prices.ITEM_BYTES * prices.ITEM_SECONDS + DAYS * accounts * prices.ACCOUNT_SECONDS
    return Month(
        {
            f"weekly export of the table, {gigabytes:,.0f} GB on the average": whole * gigabytes * PRICES["export GB"],
            f"daily export of what changed, {changed:,.0f} GB": rest * changed * PRICES["export GB"],
            "a week of exports in S3": kept * PRICES["S3 GB-month"],
            "Lambda that counts them": seconds * prices.REQUEST_GB * PRICES["Lambda GB-second"],
        }
    )


def initialised(requests: float, batches: float) -> float:
    """GB-seconds of cold starts among so many ``requests`` to the API and ``batches`` of the consumers."""
    return (requests * prices.REQUEST_GB + batches * prices.CONSUMER_GB) * prices.COLD_SHARE * prices.INIT_SECONDS


def a_day(kinds: dict[str, Kind], day: Volume, way: str = TRIP) -> dict[str, int]:
    """How often each movement happens, as far as it was measured."""
    amounts = {way: day.trips, "redemption": day.redemptions, "fulfilment": day.redemptions}
    amounts["cancellation"] = day.certificates
    return {name: count for name, count in amounts.items() if name in kinds}
