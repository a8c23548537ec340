"""What is kept when a Record is read, a report is made and a day is reconciled: each once."""

import pytest

from chalicelib.accounts.model import Reasoned
from chalicelib.kernel.record import Posting
from chalicelib.reconciliation import actions as reconciliation
from chalicelib.reconciliation.model import Reconciliation, SchemeSums
from chalicelib.reports import actions as reports
from chalicelib.reports import model, queries
from chalicelib.reports.model import MerchantSums
from chalicelib.reports.times import Stay, stays, times
from chalicelib.signing.jws import payload
from chalicelib.supervision import records
from chalicelib.table import keys
from tests.unit.decisions import AT, ID, after, command, holds, record, refusal, touched, write_to

WHY = "complaint 2026-17"


def test_each_account_that_a_record_concerns_gets_a_line() -> None:
    decision = records.reading(command(Reasoned(reason=WHY), role="bureau"), "sale", ["alice", "shop"])
    lines = [keys.reading(account, AT, ID) for account in ("alice", "shop")]
    assert touched(decision) == lines
    assert after(write_to(decision, lines[0])) == {"at": AT, "kind": "record_read", "role": "bureau", "reason": WHY}
    assert (decision.facts.reference, decision.facts.reason) == ("sale", WHY)


@pytest.mark.parametrize(("role", "own"), [("individual", ["caller"]), ("institution", ["caller"]), ("exchange", [])])
def test_a_record_concerns_whom_it_moves_names_and_who_asked(role: str, own: list[str]) -> None:
    sale = record(
        "redemption", role=role, holder="account:shop", postings=(Posting("account:a", "offer:x/0", 5, "points"),)
    )
    assert records.concerned(sale, "caller") == sorted(["a", "shop", *own])
    assert records.concerned(record("account_read", role="bureau", account="alice"), "caller") == ["alice"]


@pytest.mark.parametrize(("kind", "withheld"), [("grant_offered", ["code"]), ("scenario_published", [])])
def test_only_what_is_a_secret_of_its_kind_is_withheld(kind: str, withheld: list[str]) -> None:
    seen = records.to_answer(record(kind, answer='{"code":"metro","id":"x"}'), b"key")
    assert seen.withheld == withheld
    assert ("code" in seen.answer) == (not withheld)


def test_a_caller_cannot_be_found_without_the_key() -> None:
    callers = {
        records.to_answer(record(role=role), key).caller for role in ("individual", "bureau") for key in (b"a", b"b")
    }
    assert len(callers) == 4


def test_a_report_is_kept_in_parts_with_its_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PART_CHARACTERS", 4)
    decision = reports.keep(command(), "2026-01", "jws", "123456789")
    assert touched(decision) == [keys.report_part("2026-01", number) for number in range(3)]
    assert [after(write)["text"] for write in decision.writes] == ["1234", "5678", "9"]
    assert not holds(decision.writes[0], {"text": "another"})
    with pytest.raises(ValueError, match="too long"):
        reports.keep(command(), "2026-01", "jws", "x" * 100)


def test_what_is_packed_is_unpacked_to_the_byte() -> None:
    signed = "eyJhIjoxfQ." + "eyJtb250aCI6IjIwMjYtMDEifQ" + ".c2ln"
    assert queries.unpacked(queries.packed(signed)) == signed
    assert payload(signed) == b'{"month":"2026-01"}'


def test_a_day_is_kept_once_and_listed() -> None:
    sums = dict.fromkeys(SchemeSums.model_fields, 0)
    made = Reconciliation(
        id="2026-01-31",
        at=AT,
        began_at=AT,
        records=1,
        accounts=1,
        sums=sums,
        differences=0,
        set_aside=0,
        sums_judged=True,
    )
    [write] = reconciliation.keep(command(role="system"), made).writes
    assert write.key == keys.reconciliation("2026-01-31")
    assert after(write)["list"] == "reconciliations"
    assert refusal(write, made).code == "contended"


def test_stays_are_counted_from_state_to_state() -> None:
    lines = [
        Stay("2026-01-01T00:00:00.000Z", "draft"),
        Stay("2026-01-01T00:00:10.000Z", "draft"),
        Stay("2026-01-01T00:01:00.000Z", "submitted"),
        Stay("2026-01-01T00:03:00.000Z", "active"),
    ]
    assert stays(lines) == [("draft", 60), ("submitted", 120)]
    [taken] = times([("submitted", 1), ("submitted", 9), ("submitted", 5), ("submitted", 7)], 20)
    assert (taken.stays, taken.median_seconds, taken.longest_seconds) == (4, 5, 9)


def test_merchants_add_up_to_their_sub_platform() -> None:
    def sums(merchant: str, above: str | None) -> MerchantSums:
        return MerchantSums(
            merchant=merchant, name=None, sub_platform=above, orders=1, redeemed_points=5, refunded_points=2, lots=0,
            bought_back_points=0,
        )  # fmt: skip

    [district] = model.by_sub_platform([sums("a", "district"), sums("b", "district"), sums("c", None)])
    assert (district.sub_platform, district.merchants, district.orders, district.redeemed_points) == (
        "district",
        2,
        2,
        10,
    )
