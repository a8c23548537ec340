"""The auditor finds whatever does not agree, and nothing where all does."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from chalicelib.table import keys
from chalicelib.table.write import decode, encode
from infra.ops import audit
from tests.books import audited, differing
from tests.world import World
from tests.worlds import stubber

Items = list[dict[str, Any]]


def lively(world: World) -> None:
    """Something of each kind of movement that a person and a merchant make."""
    world.merchant()
    world.rich(points=9000)
    offer = world.offer(stock=20)
    orders = [world.redeem(offer).body["id"] for _ in range(3)]
    world.refund(orders[0])
    world.patch(f"/v1/offers/{offer}", {"stock_added": 5}, role="institution", sub="shop")
    assert (
        world.post("/v1/cancellations", {"points": 500, "purpose": "x"}, role="individual", sub="alice").status == 201
    )
    world.sweep()
    world.redeem(offer)


def found(items: Items) -> list[str]:
    return differing(map(encode, items))


def plain(world: World) -> Items:
    return [decode(item) or {} for item in world.items()]


@pytest.mark.engine
def test_sound_books_agree_before_the_stream_and_after(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    lively(world)
    assert found(plain(world)) == []
    found_early = audited(world.items())
    assert found_early.books.waiting
    assert audit.report(found_early) == 0
    printed = capsys.readouterr().out.splitlines()[-2:]
    assert printed == [
        f"{len(found_early.books.waiting)} Records wait for the stream: statements and supply were not looked at",
        "Every balance and stock agree.",
    ]
    world.stream()
    found_late = audited(world.items())
    assert (found_late.findings.count, found_late.books.waiting) == (0, {})
    assert audit.report(found_late) == 0
    assert capsys.readouterr().out.endswith("Every balance, stock, statement and the supply agree.\n")


def change(items: Items, sk: str, name: str, by: int, pk: str = "") -> None:
    item = next(each for each in items if each["sk"].startswith(sk) and each["pk"].startswith(pk) and name in each)
    item[name] += by


FAULTS: dict[str, Callable[[Items], None]] = {
    "a point too many": lambda items: change(items, "account", "points", 1, "account:"),
    "a gram too many": lambda items: change(items, "account", "grams", 1, "account:"),
    "a unit too few": lambda items: change(items, "account", "units", -1, "offer:"),
    "a till that lost points": lambda items: change(items, "account", "points", -1, "offer:"),
    "a wrong line": lambda items: change(items, "entry:", "points", 7),
    "a wrong supply": lambda items: change(items, "sums:", "grams_confirmed", 1, "supply"),
    "a lost Record": lambda items: items.remove(next(each for each in items if "postings" in each)),
    "a lost account": lambda items: items.remove(next(each for each in items if each["sk"] == "account")),
    "a Record that moves nothing": lambda items: next(each for each in items if "postings" in each)["postings"].append(
        ["system:pool", "system:retired", 0, "grams"]
    ),
}


@pytest.mark.parametrize("spoil", FAULTS.values(), ids=FAULTS)
def test_no_fault_is_missed(world: World, spoil: Callable[[Items], None], capsys: pytest.CaptureFixture[str]) -> None:
    lively(world)
    world.stream()
    items = plain(world)
    spoil(items)
    assert found(items)
    assert audit.report(audited(map(encode, items))) == 1
    assert "DIFFERENCE" in capsys.readouterr().out


@pytest.mark.engine
def test_an_export_and_a_scan_come_to_the_same(store: str, world: World, tmp_path: Path) -> None:
    lively(world)
    world.stream()
    lines = "".join(json.dumps({"Item": item}) + "\n" for item in world.items())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.json.gz").write_bytes(gzip.compress(lines.encode()))
    books = audit.exported_to(tmp_path)
    assert (books.findings.count, books.books.records) == (0, len(world.records()))
    if store == "engine":
        assert audit.scanned(audit.Table("carbon-points-local", boto3.client("dynamodb"), segments=2)) == books


def test_an_empty_table_is_no_sound_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert audit.report(audited([])) == 1
    assert "nothing here" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        audit.exported_to(tmp_path)


def test_an_export_of_changes_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b'{"Keys":{}}\n'))
    (tmp_path / "manifest-summary.json").write_text('{"exportType":"INCREMENTAL_EXPORT","itemCount":1}')
    with pytest.raises(SystemExit, match="from books/<day>/full"):
        audit.exported_to(tmp_path)


def test_a_wrong_balance_is_told_with_the_time_of_its_last_record(world: World) -> None:
    lively(world)
    items, alice = plain(world), "account:" + keys.account_id("alice")
    last = max(item["at"] for item in items if alice in str(item.get("postings")))
    change(items, "account", "points", 1, alice)
    [finding] = found(items)
    assert finding.endswith(f" (its last Record: {last})")


def test_an_account_that_no_record_touched_has_no_time(world: World) -> None:
    account = world.person()
    items = plain(world)
    change(items, "account", "points", 1)
    assert found(items)[0] == f"account:{account}: points should be 0, is 1"


NO_CREDENTIALS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
NOWHERE = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), "/nowhere")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"TABLE_NAME": "mistaken"}, "mistaken in us-east-1 cannot be read: An error.*ResourceNotFoundException"),
        ({"AWS_DEFAULT_REGION": None}, "carbon-points-local in no region cannot be read: You must specify a region"),
        (NO_CREDENTIALS, "carbon-points-local in us-east-1 cannot be read: Unable to locate credentials"),
    ],
)
def test_what_keeps_it_from_reading_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str | None], message: str
) -> None:
    for name, value in (NOWHERE | {"AWS_EC2_METADATA_DISABLED": "true"} | settings).items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    fake = mock_aws(config={"core": {"mock_credentials": False}})  # or it would bring some
    answering = patch.object(stubber, "enabled", True)  # moto may have been started before, and answers in Worlds only
    with fake, answering, pytest.raises(SystemExit, match=f"^{message}[^\n]*$"):
        audit.main([])
