"""Which certificates bear a debt: the latest first, never more than they certify, and nothing is lost on the way."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.certificates.items import Certificate
from chalicelib.coverage.model import CERTIFIED, PAGE, Flag, allotted, debtors, pages
from chalicelib.ledger.model import GRAMS, POINTS, Posting
from tests.unit.decisions import AT, record


def certificate(number: int, grams: int, *, flagged: int = 0) -> tuple[str, Certificate]:
    """The holder's certificate with this number, with the place of its line: places are in the order of numbers."""
    facts = Certificate(
        kind="cancellation", holder="王**", grams=grams, points=grams, purpose="x", serial=f"SH26-{number:04d}",
        issuer="https://example.org", issued_at=AT, record=f"r{number}", uncovered_grams=flagged,
    )  # fmt: skip
    return f"entry:{number:06d}", facts


def newest_first(grams: list[int]) -> list[tuple[str, Certificate]]:
    return [certificate(number, each) for number, each in reversed(list(enumerate(grams)))]


AMOUNTS = st.lists(st.integers(1, 10**6), max_size=12)
DEBTS = st.integers(0, 10**7)


def borne(debt: int, grams: list[int], reach: str | None = None) -> dict[str, int]:
    flags = allotted(debt, newest_first(grams), reach)
    return {each.certificate.serial: each.grams for each in flags if each.grams}


@given(DEBTS, AMOUNTS)
def test_flags_add_up_to_the_debt_or_to_all_that_is_certified(debt: int, grams: list[int]) -> None:
    flags = allotted(debt, newest_first(grams), None)
    assert sum(each.grams for each in flags) == min(debt, sum(grams))
    assert all(0 <= each.grams <= each.certificate.grams for each in flags)


@given(DEBTS, AMOUNTS)
def test_an_older_certificate_bears_nothing_while_a_later_one_is_covered(debt: int, grams: list[int]) -> None:
    latest = [each.grams for each in allotted(debt, newest_first(grams), "entry:")]
    later = list(accumulate([0, *grams[::-1]]))[:-1]  # what is certified by all later ones
    whole = [min(each, max(0, debt - before)) for each, before in zip(grams[::-1], later, strict=True)]
    assert latest == whole[: len(latest)]
    assert not any(whole[len(latest) :])


@given(st.lists(st.integers(-1000, 1000), max_size=8), AMOUNTS)
def test_only_the_debt_as_of_now_counts_and_not_the_way_to_it(changes: list[int], grams: list[int]) -> None:
    """Reversals and repayments in any order: after the last of them the flags are those of the debt that is left."""
    kept: dict[str, int] = {}
    reach: str | None = None
    for debt in [max(0, each) for each in accumulate(changes)]:
        kept, reach = _settled(debt, grams, kept, reach)
        assert kept == borne(debt, grams)
        assert reach == (certificate(int(min(kept)[-4:]), 1)[0] if kept else None)


def _settled(debt: int, grams: list[int], kept: dict[str, int], reach: str | None) -> tuple[dict[str, int], str | None]:
    """What is kept once the flags that differ were changed."""
    held = [certificate(number, each, flagged=kept.get(f"SH26-{number:04d}", 0)) for number, each in enumerate(grams)]
    after = dict(kept)
    for page in pages(allotted(debt, held[::-1], reach), reach):
        after |= {each.certificate.serial: each.grams for each in page.changed}
        reach = page.reach
    return {serial: grams for serial, grams in after.items() if grams}, reach


def test_without_a_debt_and_a_flag_no_certificate_is_looked_at() -> None:
    certified = iter(newest_first([10, 20]))
    assert allotted(0, certified, None) == []
    assert len(list(certified)) == 2


def test_many_changes_are_made_in_pages_and_older_flags_are_remembered_until_the_last() -> None:
    flagged = [certificate(number, 10, flagged=10) for number in reversed(range(2 * PAGE + 1))]
    found = list(pages(allotted(5, flagged, flagged[-1][0]), flagged[-1][0]))
    assert [len(page.changed) for page in found] == [PAGE, PAGE, 1]
    assert [page.reach for page in found] == [flagged[-1][0], flagged[-1][0], flagged[0][0]]
    grown = list(pages([Flag(place, each, 10) for place, each in newest_first([10] * (PAGE + 1))], None))
    assert [page.reach for page in grown] == ["entry:000001", "entry:000000"]


def test_what_stands_already_is_not_changed_again() -> None:
    place, kept = certificate(1, 10, flagged=7)
    assert list(pages([Flag(place, kept, 7)], place)) == []


def test_a_record_names_those_whose_debt_it_changes() -> None:
    repaid = (
        Posting("account:a", "system:pool", 5, POINTS),
        Posting("system:pool", "system:issued", 5, GRAMS),
        Posting("account:a", "system:uncovered", 5, "debt_points"),
    )
    assert debtors(record(postings=repaid)) == ["a"]
    assert debtors(record(postings=repaid[:2])) == []
    assert debtors(record(postings=(Posting("account:a", "account:b", 5, "debt_points"),))) == ["a", "b"]


def test_every_movement_that_a_certificate_proves_is_known() -> None:
    assert set(CERTIFIED) == {"cancellation", "donation", "retirement"}
