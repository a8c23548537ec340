"""``python -m infra.dev.bench.cost`` (``make cost``): writes docs/cost.md from request units measured locally."""

from chalicelib.provenance.projection import COLOURS_MAX
from infra.dev.bench import prices
from infra.dev.bench.bill import Kind, Measured, a_million, changed, grown, kept, measure, month, reconciled
from infra.dev.bench.prices import DAY, DAYS, MILLIONS, PEAK
from infra.dev.bench.quotas import quotas
from infra.dev.bench.trips import ALONE, EVENT, FEW, LINE, SHARES, TRIP, Share, Table, total
from infra.here import ROOT

Kinds = dict[str, Kind]


def page(found: Measured) -> str:
    """docs/cost.md."""
    kinds = found.kinds
    sections = (
        _assumptions(),
        _million(kinds),
        _items(found.tables),
        _units(kinds),
        _month(kinds),
        _quotas(kinds),
    )
    return "\n".join(["# Cost and capacity", *(line for section in sections for line in ("", *section)), ""])


def _assumptions() -> list[str]:
    return [
        "Written by `make cost` from request units measured on the local stack's real requests.",
        f"**Prices are assumptions** ({prices.SOURCE}): replace them, the",
        "mix and the quotas in [`infra/dev/bench/prices.py`](../infra/dev/bench/prices.py), then run it again.",
        "",
        f"{DAY.accounts:,} accounts; a day: {DAY.trips:,} trips,"
        f" {DAY.redemptions:,} redemptions and as many deliveries,",
        f"{DAY.certificates:,} cancellations, {DAY.reads:,} reads.",
    ]


WAYS = {LINE: "in batches", TRIP: "singly, many at once", FEW: "singly, six at once", ALONE: "singly, one at a time"}


def _million(kinds: Kinds) -> list[str]:
    rows = [
        f"| {name} | {words} |" + "".join(f" {a_million(kinds, way, day.times(number)):.2f} |" for number in MILLIONS)
        for name, day in (("trips alone", DAY.alone), ("with redemptions, cancellations and reads", DAY))
        for way, words in WAYS.items()
    ]
    batched, single = kept(kinds, LINE), kept(kinds, TRIP)
    heads = "".join(f" {number} million a day |" for number in MILLIONS)
    return [
        "## A million trips, all in, in US dollars",
        "",
        f"| what | reported |{heads}",
        "|---|---|" + "---:|" * len(MILLIONS),
        *rows,
        "",
        "The first month's bill (below) by its trips: with storage, recovery and exports of what came till then.",
        "Volumes grow together; what little does not grow makes the columns differ. What a million trips leave costs",
        f"{batched:.2f} more in each further month ({single:.2f} of single reports): storage, recovery, and a share of",
        "the weekly export of the whole table ([ADR 60](adr/0060-books-from-changes.md)). What comes at once",
        "shares its sums: a million a day on the four shards of a new table are six at once in two seconds, which the",
        "consumer waits. Each 10 GB are a shard more, and fewer at once ([ADR 61](adr/0061-batches-of-the-stream.md)).",
    ]


def _items(tables: dict[str, Table]) -> list[str]:
    single, line = tables[TRIP], tables[LINE]
    names = dict.fromkeys([*line, *single])
    rows = [(name, line.get(name, Share()), single.get(name, Share())) for name in names]
    rows.append(("**together**", total(line), total(single)))
    return [
        "## A trip, item by item",
        "",
        "| item | its transaction: units | the consumers: units | bytes that stay, of a line | of a single report |",
        "|---|---:|---:|---:|---:|",
        *(f"| {name} | {a.request:.2f} | {a.consumers:.2f} | {a.bytes:.0f} | {b.bytes:.0f} |" for name, a, b in rows),
        "",
        f"Of {EVENT} trips of as many people that the stream brings at once, under {len(SHARES)} scenarios;",
        f"the busiest has {SHARES[0]} %. A write in a transaction is two units for each KB and item, and one for a",
        "place in the index. The consumer's at the account is outside of any: one unit",
        "([ADR 62](adr/0062-sums-that-move-with-the-balance.md)). Bytes include 100 for each item and each place.",
        "Units of both ways are alike. Accounts and sums do not grow with trips: no bytes there. A daily cap of a",
        "scenario adds 2 units, comparing its trips with others of the day 2 or 4",
        "([access patterns](access-patterns.md)).",
        f"Not in it: a page of grams by colour, 4 units for each {COLOURS_MAX} scenarios and months of a person.",
    ]


def _units(kinds: Kinds) -> list[str]:
    return [
        "## Measured, one of each",
        "",
        "| movement | write units | the consumers' write units | reads before | bytes stored |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {each.write:.1f} | {each.projected:.1f} | {each.reads:.1f} | {each.bytes:,.0f} |"
            for name, each in kinds.items()
        ),
        "",
        "A line of a batch is a trip: the same transaction without API Gateway. Its scenario is read once a slice, its",
        "account once a line.",
    ]


def _month(kinds: Kinds) -> list[str]:
    single, batched = month(kinds), month(kinds, LINE)
    after = reconciled(12 * grown(kinds), changed(kinds), DAY.accounts).total
    names = [(one, other) if one != other else (one,) for one, other in zip(single.rows, batched.rows, strict=True)]
    rows = zip((" or ".join(each) for each in names), single.rows.values(), batched.rows.values(), strict=True)
    return [
        f"## A month ({DAYS} days), in US dollars",
        "",
        "| paid for | trips reported singly | in batches |",
        "|---|---:|---:|",
        *(f"| {name} | {one:,.0f} | {other:,.0f} |" for name, one, other in rows),
        f"| **together** | **{single.total:,.0f}** | **{batched.total:,.0f}** |",
        "",
        "Storage is the first month's; each month adds as much, because Records are never deleted. After a year",
        "it is twelve times this row. Point-in-time recovery and the weekly export are priced by the whole table, too:",
        f"after a year the reconciliation costs {after:,.0f} a month ([ADR 60](adr/0060-books-from-changes.md)).",
        f"An account costs {single.total / DAY.accounts * 100:.2f} cents a month.",
        f"Initialisation: {prices.COLD_SHARE:.0%} of invocations are assumed to be cold, for"
        f" {prices.INIT_SECONDS * 1000:.0f} ms at the function's memory.",
        "Not counted: the authorizer, refused and repeated requests, the table's encryption key, webhooks, messages,",
        "pages, buy-back runs (6 units a merchant and night), data transfer out, WAF, support, taxes, free tiers,",
        "reserved capacity.",
    ]


def _quotas(kinds: Kinds) -> list[str]:
    fullest, used = quotas(kinds)[0]
    return [
        f"## Which quota is reached first (the busiest second is {PEAK} times the mean)",
        "",
        "| quota (default, assumed) | limit | used | reached at | what to do |",
        "|---|---:|---:|---:|---|",
        *(
            f"| {quota.name} | {quota.most:,.0f} | {taken:,.1f} | {quota.most / taken:,.0f} times | {quota.remedy} |"
            for quota, taken in quotas(kinds)
        ),
        "",
        f"First reached: {fullest.name},",
        f"at {fullest.most / used:,.0f} times this volume"
        f" ({DAY.trips * fullest.most / used / 1e6:,.0f} million trips a day). One item takes about ten",
        "transactions a second (assumed): a busy offer is striped ([ADR 4](adr/0004-tills-and-stripes.md)),",
        "a person is not.",
    ]


def main() -> None:
    """Measure, compute, write."""
    (ROOT / "docs" / "cost.md").write_text(page(measure()))
    print("docs/cost.md is written")


if __name__ == "__main__":
    main()
