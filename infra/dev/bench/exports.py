"""A table's export as DynamoDB writes it to S3, of made-up people whose books agree: of any size, in little memory.

Everyone has converted 15 trips and redeemed 5 times at a shop with 64 tills. Records lie as they do in a table, by a
hash: those of a person are far from each other and from her account; her statement lies beside it.
"""

import gzip
import json
from base64 import b32encode
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from chalicelib.table import keys
from chalicelib.table.write import encode

EACH, TRIPS, GRAMS, PRICE, TILLS, FILES = 20, 15, 900, 100, 64, 8
SALES = EACH - TRIPS
_MONTH, _COLOUR = "2026-01", {"month": "2025-12", "scenario": "metro", "methodology": "SHCER-2025-01"}
_PLACE = '"pk":{{"S":"{pk}"}},"sk":{{"S":"{sk}"}},"id":{{"S":"{id}"}},"at":{{"S":"{at}"}}'


def write(folder: Path, records: int, workers: int = 2) -> int:
    """The export, with its manifests; how many Records it holds (whole people)."""
    people = max(1, records // EACH)
    (folder / "data").mkdir(parents=True)
    with ProcessPoolExecutor(workers) as pool:
        counts = list(pool.map(partial(_file, folder, people), range(FILES)))
    names = [f"AWSDynamoDB/01706727600000-a1b2c3d4/data/{number:02d}.json.gz" for number in range(FILES)]
    lines = [json.dumps({"itemCount": n, "dataFileS3Key": name}) for n, name in zip(counts, names, strict=True)]
    (folder / "manifest-files.json").write_text("".join(f"{line}\n" for line in lines))
    summary = {"version": "2020-06-30", "itemCount": sum(counts), "outputFormat": "DYNAMODB_JSON"}
    (folder / "manifest-summary.json").write_text(json.dumps(summary))
    return people * EACH


def _file(folder: Path, people: int, number: int) -> int:
    count = 0
    with gzip.open(folder / "data" / f"{number:02d}.json.gz", "wb", compresslevel=1) as out:
        for line in _lines(people, number):
            out.write(b'{"Item":{' + line.encode() + b"}}\n")
            count += 1
    return count


def _lines(people: int, number: int) -> Iterator[str]:
    """A share of the Records, in another order than that of the people, and every so often a person."""
    for place in range(number, people * EACH, FILES):
        yield _record(place % people, place // people)
    for person in range(number, people, FILES):
        yield from _person(person)
    if not number:
        yield from map(_text, _sums(people))


def _name(kind: str, *parts: int) -> str:
    return b32encode(blake2b(repr((kind, parts)).encode(), digest_size=16).digest())[:26].decode().lower()


_SHOP, _OFFER = _name("shop"), _name("offer")


def _at(person: int, turn: int) -> str:
    day, second = divmod((person * 7919 + turn * 86_399) % 2_400_000, 86_400)
    clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    return f"{_MONTH}-{1 + day:02d}T{clock}.{turn:03d}Z"


def _record(person: int, turn: int) -> str:
    id, account, at = _name("record", person, turn), _name("person", person), _at(person, turn)
    place = _PLACE.format(pk=f"record:{id}", sk="record", id=id, at=at)
    mark = blake2b(id.encode(), digest_size=32).hexdigest()
    made = _trip(account, id, at) if turn < TRIPS else _sale(account, id, at, person)
    return f'{place},{made},"caller":{{"S":"{account}"}},"status":{{"N":"201"}},"fingerprint":{{"S":"{mark}"}}'


def _postings(*postings: tuple[str, str, int, str]) -> str:
    each = (f'{{"L":[{{"S":"{a}"}},{{"S":"{b}"}},{{"N":"{n}"}},{{"S":"{asset}"}}]}}' for a, b, n, asset in postings)
    return f'"postings":{{"L":[{",".join(each)}]}}'


def _trip(account: str, id: str, at: str) -> str:
    moved = _postings(
        ("system:issued", "system:pool", GRAMS, "grams"), ("system:pool", f"account:{account}", GRAMS, "points")
    )
    answer = (
        f'{{\\"id\\":\\"{id}\\",\\"status\\":\\"confirmed\\",\\"record_id\\":\\"trip-{id[:9]}\\",\\"account\\":\\"{account}\\",'
        f'\\"grant\\":null,\\"scenario\\":\\"metro\\",\\"scenario_version\\":1,\\"quantity\\":\\"12.5\\",\\"occurred_at\\":\\"{at}\\",'
        f'\\"grams\\":{GRAMS},\\"points\\":{GRAMS},\\"repaid_points\\":0,\\"reason\\":null,\\"evidence_sha256\\":null}}'
    )
    return (
        f'"movement":{{"S":"conversion"}},{moved},"scenario":{{"S":"metro"}},"scenario_version":{{"N":"1"}},'
        f'"methodology":{{"S":"SHCER-2025-01"}},"month":{{"S":"2025-12"}},"counterparty":{{"S":"metro"}},'
        f'"reference":{{"S":"{id}"}},"kind":{{"S":"reduction_confirmed"}},"role":{{"S":"scenario_operator"}},'
        f'"answer":{{"S":"{answer}"}}'
    )


def _sale(account: str, id: str, at: str, person: int) -> str:
    till = f"offer:{_OFFER}/{person % TILLS}"
    moved = _postings((f"account:{account}", till, PRICE, "points"), (till, "system:delivered", 1, f"units:{_OFFER}"))
    answer = (
        f'{{\\"id\\":\\"{id}\\",\\"status\\":\\"placed\\",\\"at\\":\\"{at}\\",\\"account\\":\\"{account}\\",\\"merchant\\":\\"{_SHOP}\\",'
        f'\\"offer\\":\\"{_OFFER}\\",\\"quantity\\":1,\\"points\\":{PRICE},\\"title\\":\\"地铁单程票\\",\\"unit_points\\":{PRICE},'
        f'\\"fulfilment\\":\\"voucher\\",\\"voucher\\":null,\\"note\\":null,\\"reason\\":null,\\"vouchers\\":[]}}'
    )
    return (
        f'"movement":{{"S":"redemption"}},{moved},"holder":{{"S":"account:{_SHOP}"}},"counted_at":{{"S":"{till}"}},'
        f'"kind":{{"S":"redemption"}},"role":{{"S":"individual"}},"limited":{{"BOOL":false}},"answer":{{"S":"{answer}"}}'
    )


def _person(person: int) -> Iterator[str]:
    name = f"account:{_name('person', person)}"
    for turn in range(EACH):
        id, at = _name("record", person, turn), _at(person, turn)
        points = GRAMS if turn < TRIPS else -PRICE
        yield _entry(name, id, at, points)
        if turn >= TRIPS:
            yield _entry(f"account:{_SHOP}", id, at, PRICE)
    yield _item(name, "account", kind="individual", name="王**", status="active", points=TRIPS * GRAMS - SALES * PRICE,
                grams=0, opened_at="2026-01-01T00:00:00.000Z", identity="0" * 64)  # fmt: skip
    yield _item(name, "earned:2025-12:metro:SHCER-2025-01", grams=TRIPS * GRAMS, **_COLOUR)


def _entry(name: str, id: str, at: str, points: int) -> str:
    place = _PLACE.format(pk=name, sk=f"entry:{at}:{id}", id=id, at=at)
    kind = "conversion" if points > PRICE else "redemption"
    return (
        f'{place},"kind":{{"S":"{kind}"}},"points":{{"N":"{points}"}},"grams":{{"N":"0"}},'
        f'"counterparty":{{"S":"metro"}},"reference":{{"S":"{id}"}},"swept_points":{{"N":"0"}}'
    )


def _item(pk: str, sk: str, **attributes: Any) -> str:
    return _text(encode({"pk": pk, "sk": sk} | attributes))


def _text(item: dict[str, Any]) -> str:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))[1:-1]


def _sums(people: int) -> Iterator[dict[str, Any]]:
    """What the stream would have made of all of them, and the shop with its tills."""
    grams, shop, offer = people * TRIPS * GRAMS, keys.holder(_SHOP), f"offer:{_OFFER}"
    stock = {"id": _OFFER, "stock": people * SALES + TILLS}
    made = {"id": "made", "at": f"{_MONTH}-01T00:00:00.000Z", "kind": "offer_made", "answer": json.dumps(stock)}
    yield encode({"pk": "record:made", "sk": "record"} | made)
    yield encode({"pk": shop, "sk": "account", "kind": "institution", "points": 0, "grams": 0})
    yield encode({"pk": offer, "sk": "offer", "merchant": _SHOP})
    for till in range(TILLS):
        sold = SALES * len(range(till, people, TILLS))
        held = {"points": sold * PRICE, "units": 1}  # what was dealt to it is of no matter
        yield encode({"pk": f"{offer}/{till}", "sk": "account"} | held)
    backing = {"grams_confirmed": grams, "grams_backing": grams, "points_circulating": grams}
    yield encode({"pk": "supply", "sk": "sums:0"} | backing)
    counted = {"month": _MONTH, "records": people * EACH, "orders": people * SALES, "issued_grams": grams}
    yield encode({"pk": "statistics", "sk": f"{_MONTH}:00"} | counted)
    yield encode({"pk": f"colours:{_MONTH}:00", "sk": "2025-12:metro:", "issued": grams} | _COLOUR)
