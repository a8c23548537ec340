"""Accounts that are spread over parts come to the same, however they were spread, and in little memory."""

import gzip
import json
from pathlib import Path

import pytest

from chalicelib.supervision.audit import spread
from chalicelib.supervision.audit.stored import checked
from chalicelib.supervision.audit.verdict import Part
from infra.dev.bench import exports
from infra.ops import audit

RECORDS = 20 * 30  # of 30 people


@pytest.fixture
def made(tmp_path: Path) -> Path:
    assert exports.write(tmp_path / "made", RECORDS, workers=1) == RECORDS
    return tmp_path / "made"


def differing(folder: Path) -> list[str]:
    return [str(each) for each in audit.exported_to(folder, workers=1).findings.named]


def test_the_made_up_export_agrees(made: Path) -> None:
    found = audit.exported_to(made, workers=1)
    assert (found.findings.named, found.books.records) == ([], RECORDS + 1)
    assert found.whole.accounts == 30 + 1 + exports.TILLS


@pytest.mark.parametrize("in_memory", [1, 7, 1000])
@pytest.mark.parametrize("items_a_part", [10, 300, 10**6])
def test_neither_parts_nor_memory_change_what_is_found(
    made: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int, items_a_part: int
) -> None:
    monkeypatch.setattr(spread, "ACCOUNTS_MAX", in_memory)
    monkeypatch.setattr(spread, "_ITEMS_A_PART", items_a_part)
    assert differing(made) == []
    change(made, '"points":{"N":"13000"}', '"points":{"N":"13001"}')
    assert [each.partition(": ")[2].partition(" should")[0] for each in differing(made)] == [
        "points",
        "points by its statement",
    ]


def change(folder: Path, old: str, new: str) -> None:
    """The first ``old`` of the export becomes ``new``."""
    for path in sorted(folder.glob("data/*.json.gz")):
        text = gzip.decompress(path.read_bytes()).decode()
        if old in text:
            path.write_bytes(gzip.compress(text.replace(old, new, 1).encode()))
            return
    raise AssertionError(f"{old} is not there")


CHANGED = {
    "a till": ('"units":{"N":"1"}', '"units":{"N":"2"}', "units in its tills"),
    "whose a till is": ('"pk":{"S":"offer:', '"pk":{"S":"offer:x', "points by its statement"),
    "a time": ('"at":{"S":"2026-01-01', '"at":{"S":"2026-01-02', "lines with another time"),
    "a posting": ('{"N":"900"},{"S":"points"}', '{"N":"901"},{"S":"points"}', "grams behind the points"),
    "a broken Record": ('"kind":{"S":"reduction_confirmed"},', "", "record that can be read"),
    "a broken line": ('"grams":{"N":"0"},"counterparty"', '"grams":{"N":"x"},"counterparty"', "that can be read"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_in_a_large_export_is_named(made: Path, name: str) -> None:
    old, new, what = CHANGED[name]
    change(made, old, new)
    assert [each for each in differing(made) if what in each]


def test_no_more_than_so_many_accounts_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "ACCOUNTS_MAX", 5)
    lines: list[tuple[int, bytes]] = []
    made = spread.Spreading(3, lambda part, line: lines.append((part, line)))
    for number in range(100):
        made.add({"pk": {"S": f"account:{number}"}, "sk": {"S": "account"}, "points": {"N": "0"}})
        assert len(made.books.accounts) <= 6
    made.flush()
    assert {part for part, _ in lines} == {0, 1, 2}
    assert sum(len(json.loads(line)) for _, line in lines) == 100


def test_an_offer_and_its_tills_are_in_one_part() -> None:
    assert len({spread.part_of(name, 97) for name in ("offer:42", "offer:42/0", "offer:42/15")}) == 1
    assert len({spread.part_of(f"account:{number}", 97) for number in range(2000)}) == 97


def test_checks_are_the_same_in_each_process() -> None:
    assert checked("id", "2026-01-31T00:00:00.000Z") == checked("id", "2026-01-31T00:00:00.000Z")
    assert checked("a", "b") == 41_182_266_643_979_332
    assert spread.part_of("account:k3v5zq6x7n4m2p8r9s0t1u2w3y", 1000) == 807


def test_a_part_that_was_put_away_is_the_same_again(made: Path) -> None:
    whole = audit.exported_to(made, workers=1).whole
    again = Part()
    again.absorb(json.loads(json.dumps(whole.rows())))
    assert again == whole
