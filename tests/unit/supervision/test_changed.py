"""Lines of an export of changes, as the manual of DynamoDB shows them, and what takes an account's sums away."""

import gzip
import io
import json
from collections import defaultdict
from typing import Any

from chalicelib.supervision.audit.accounts import Account
from chalicelib.supervision.audit.books import Books
from chalicelib.supervision.audit.spread import Spreading, changed

KEYS = {"pk": {"S": "account:a"}, "sk": {"S": "account"}}
META = {"WriteTimestampMicros": {"N": "1769799599000000"}}


def image(points: int) -> dict[str, Any]:
    return KEYS | {"points": {"N": str(points)}, "kind": {"S": "individual"}}


def file(*lines: dict[str, Any]) -> io.BytesIO:
    return io.BytesIO(gzip.compress("".join(f"{json.dumps({'Metadata': META} | each)}\n" for each in lines).encode()))


def test_an_item_that_is_new_that_changed_or_that_is_gone() -> None:
    lines = file(
        {"Keys": KEYS, "NewImage": image(1)},
        {"Keys": KEYS, "OldImage": image(1), "NewImage": image(2)},
        {"Keys": KEYS, "OldImage": image(2)},
    )
    assert list(changed(lines)) == [(None, image(1)), (image(1), image(2)), (image(2), None)]
    assert list(changed(file())) == []


def folded(*days: tuple[Any, Any]) -> Account:
    """What is known of the account after so many days, each of which changed it."""
    lines: list[bytes] = []
    for old, new in days:
        spreading = Spreading(1, lambda _, line: lines.append(line))
        spreading.change(old, new)
        spreading.flush()
    accounts: defaultdict[str, Account] = defaultdict(Account)
    for name, row in (each for line in lines for each in json.loads(line)):
        accounts[name].absorb(row)
    return accounts["account:a"]


def test_an_account_is_what_it_became() -> None:
    assert folded((None, image(1)), (image(1), image(2))).held == {"points": 2}
    gone = folded((None, image(1)), (image(1), None))
    assert (gone.held, gone.kind) == (None, "")
    bare = {name: value for name, value in image(1).items() if name != "kind"}
    assert folded((None, image(1)), (image(1), bare)).kind == ""


def test_an_offer_that_is_gone_has_no_keeper() -> None:
    account = Account(keeper="account:shop", stock=3, moved={"points": 5})
    account.absorb(account.gone())
    assert (account.keeper, account.stock, account.moved) == ("", 0, {"points": 0})


def test_a_record_that_lost_its_mark_is_one_without_and_the_other_way_round() -> None:
    mark = {"pk": {"S": "record:a"}, "sk": {"S": "filed"}}
    books, gone = Books(), Books()
    books.quiet["b"] = "2026-01-31T00:00:00.000Z"
    gone.add(mark)
    gone.quiet |= {"b": "", "c": ""}
    books.lose(json.loads(json.dumps(gone.rest())))
    assert (books.quiet, books.marks) == ({"a": ""}, {"c"})
