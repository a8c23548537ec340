"""Which quota is reached first, computed from measured request units."""

from infra.dev.bench import prices
from infra.dev.bench.bill import CHUNK, Kind, a_day
from infra.dev.bench.prices import DAY, PEAK, Quota


def quotas(kinds: dict[str, Kind]) -> list[tuple[Quota, float]]:
    """What the busiest second takes of each, trips reported singly; the fullest first."""
    a_second = {name: count / 86_400 * PEAK for name, count in a_day(kinds, DAY).items()}
    requests = sum(a_second.values()) + DAY.reads / 86_400 * PEAK
    moved = sum(rate for name, rate in a_second.items() if kinds[name].projected)
    used = [
        (prices.TABLE, sum(rate * (kinds[name].write + kinds[name].projected) for name, rate in a_second.items())),
        (prices.GATEWAY, requests),
        (prices.LAMBDA, requests * prices.REQUEST_SECONDS),
        (prices.LANES, moved / CHUNK),
        (prices.SIGNER, a_second["cancellation"]),
    ]
    return sorted(used, key=lambda each: each[1] / each[0].most, reverse=True)
