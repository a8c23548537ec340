"""What a newcomer can paste."""

from datetime import UTC, datetime

from chalicelib import shanghai
from infra.dev.demo.api import Api, TokenOf
from infra.dev.demo.ends import certificates


def greeting(url: str, token_of: TokenOf) -> list[str]:
    """Lines to print: where to look, and ``curl`` commands that work as they stand."""
    api = Api(url, token_of, lambda *_: None)
    supply, shelf = api.get("/v1/supply"), api.get("/v1/offers?category=food&limit=1")["items"]
    kept = certificates(api) if shelf else {}
    lines = [
        "",
        *faces(url),
        f"  Read and try the API   {url}/docs",
        f"  Supply                 {supply['points_circulating']:,} points circulate, backed by"
        f" {supply['grams_backing']:,} g CO2e (confirmed {supply['grams_confirmed']:,} g)",
        *(f"  Certificate: {kind:<12}  {address}" for kind, address in kept.items()),
        _mix(api, url),
        "",
        "Paste into another terminal (the tokens are for this machine only, 12 hours):",
        "",
        f"  export ALICE={token_of('individual', 'alice')}",
        f"  curl -s {url}/v1/supply",
        f'  curl -s {url}/v1/accounts/me -H "Authorization: Bearer $ALICE"',
        f'  curl -s "{url}/v1/accounts/me/entries?limit=3" -H "Authorization: Bearer $ALICE"',
    ]
    if shelf:
        body = f'{{"offer": "{shelf[0]["id"]}", "quantity": 1, "points": {shelf[0]["points"]}}}'
        lines += [
            f'  curl -s {url}/v1/redemptions -H "Authorization: Bearer $ALICE" -H "Content-Type: application/json" \\',
            f"       -H \"Idempotency-Key: $(date +%s)\" -d '{body}'",
        ]
    return [*lines, "", "Others: make token ROLE=institution SUB=teahouse (or bureau, exchange, metro-operator …)", ""]


def faces(url: str) -> list[str]:
    """Where people go with a browser."""
    names = {
        "citizen": "Citizens (on a phone)",
        "portal": "Merchants",
        "desk": "Exchange, bureau",
        "transparency": "Everybody",
    }
    return [f"  {name:<21}  {url}/{path}/" for path, name in names.items()]


def _mix(api: Api, url: str) -> str:
    """Where the latest closed month's mix is; of a city that is younger, when its first one can be read."""
    present = shanghai.month(datetime.now(UTC))
    last = shanghai.named(shanghai.number(present) - 1)
    for month in (last, present):
        address, found = f"{url}/v1/mixes/{month}", api.get(f"/v1/mixes/{month}")
        if "mix" in found:
            return f"  Mix of {month}         {address}"
        if "closes_at" in found:
            return f"  Mix of {month}         {address} (from {found['closes_at']} on, once the month is over)"
    return f"  Mixes                  {url}/v1/mixes/{present}"
