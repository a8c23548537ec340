"""``python -m infra.dev.bench.cost`` (``make cost``): writes docs/cost.md from request units measured locally."""

from infra.dev.bench import prices
from infra.dev.bench.bill import Kind, grown, measure, month, quotas, reconciled
from infra.dev.bench.prices import DAYS, PEAK
from infra.here import ROOT


def page(kinds: dict[str, Kind]) -> str:
    """docs/cost.md."""
    sections = (_assumptions(), _units(kinds), _month(kinds), _quotas(kinds))
    return "\n".join(["# Cost and capacity", *(line for section in sections for line in ("", *section)), ""])


def _assumptions() -> list[str]:
    return [
        "Written by `make cost` from request units measured on the local stack's real requests.",
        f"**Prices are assumptions** ({prices.SOURCE}): replace them, the",
        "mix and the quotas in [`infra/dev/bench/prices.py`](../infra/dev/bench/prices.py), then run it again.",
        "",
        f"{prices.ACCOUNTS:,} accounts; a day: {prices.TRIPS_A_DAY:,} trips,"
        f" {prices.REDEMPTIONS_A_DAY:,} redemptions and as many deliveries,",
        f"{prices.CERTIFICATES_A_DAY:,} cancellations, {prices.READS_A_DAY:,} reads.",
    ]


def _units(kinds: dict[str, Kind]) -> list[str]:
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
        "A line of a batch is a trip: the same transaction without API Gateway."
        " Its scenario and accounts are read once a slice.",
    ]


def _month(kinds: dict[str, Kind]) -> list[str]:
    single, batched = month(kinds, batched=False), month(kinds, batched=True)
    rows = zip(single.rows.items(), batched.rows.values(), strict=True)
    return [
        f"## A month ({DAYS} days), in US dollars",
        "",
        "| paid for | trips reported singly | in batches |",
        "|---|---:|---:|",
        *(f"| {name} | {one:,.0f} | {other:,.0f} |" for (name, one), other in rows),
        f"| **together** | **{single.total:,.0f}** | **{batched.total:,.0f}** |",
        "",
        "Storage is the first month's; each month adds as much, because Records are never deleted. After a year",
        "it is twelve times this row. Point-in-time recovery and the daily export are priced by the whole table, too:",
        f"after a year the reconciliation costs {reconciled(12 * grown(kinds)).total:,.0f} a month"
        " ([ADR 44](adr/0044-reconciliation-at-volume.md) says what to do then).",
        f"An account costs {single.total / prices.ACCOUNTS * 100:.2f} cents a month.",
        f"Initialisation: {prices.COLD_SHARE:.0%} of invocations are assumed to be cold, for"
        f" {prices.INIT_SECONDS * 1000:.0f} ms at the function's memory.",
        "Not counted: the authorizer, refused and repeated requests, the table's encryption key, webhooks, messages,",
        "pages, buy-back runs (6 units a merchant and night), data transfer out, WAF, support, taxes, free tiers,",
        "reserved capacity.",
    ]


def _quotas(kinds: dict[str, Kind]) -> list[str]:
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
        f" ({prices.TRIPS_A_DAY * fullest.most / used / 1e6:,.0f} million trips a day). Callers do not notice it:",
        "the stream lags, balances stay exact. One item takes about ten transactions a second (assumed): a",
        "busy offer is striped ([ADR 4](adr/0004-tills-and-stripes.md)), a person is not.",
    ]


def main() -> None:
    """Measure, compute, write."""
    (ROOT / "docs" / "cost.md").write_text(page(measure()))
    print("docs/cost.md is written")


if __name__ == "__main__":
    main()
