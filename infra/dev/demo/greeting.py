"""What a newcomer can paste."""

from infra.dev.demo.api import Api, TokenOf
from infra.dev.demo.ends import certificates


def greeting(url: str, token_of: TokenOf) -> list[str]:
    """Lines to print: where to look, and ``curl`` commands that work as they stand."""
    api = Api(url, token_of, lambda *_: None)
    supply, shelf = api.get("/v1/supply"), api.get("/v1/offers?category=food&limit=1")["items"]
    kept = certificates(api) if shelf else {}
    lines = [
        "",
        f"  Read and try the API   {url}/docs",
        f"  Supply                 {supply['points_circulating']:,} points circulate, backed by"
        f" {supply['grams_backing']:,} g CO2e (confirmed {supply['grams_confirmed']:,} g)",
        *(f"  Certificate: {kind:<12}  {address}" for kind, address in kept.items()),
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
