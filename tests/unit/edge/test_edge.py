"""Cursors, times, states and languages."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from chalicelib.edge import problem
from chalicelib.edge.problem import language
from chalicelib.errors import InvalidRequest, InvalidState, NotFound, RoleNotAllowed
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.query import seal, unseal
from chalicelib.merchants.members import VetoedBefore
from chalicelib.transitions import Step, step

TABLE = (
    Step("placed", "fulfil", "fulfilled", ("institution",)),
    Step("placed", "refund", "refunded", ("institution", "exchange")),
)


def test_a_step_leads_on_where_its_role_asks() -> None:
    assert step(TABLE, "placed", "fulfil", "institution") == "fulfilled"
    assert step(TABLE, "placed", "refund", "exchange") == "refunded"


@pytest.mark.parametrize(("state", "action"), [("fulfilled", "fulfil"), ("placed", "fly"), ("nowhere", "refund")])
def test_what_is_no_step_from_a_state_is_refused_to_every_role(state: str, action: str) -> None:
    with pytest.raises(InvalidState) as caught:
        step(TABLE, state, action, "institution")
    assert {name: caught.value.facts[name] for name in ("state", "action")} == {"state": state, "action": action}


def test_another_roles_step_is_refused() -> None:
    with pytest.raises(RoleNotAllowed) as caught:
        step(TABLE, "placed", "fulfil", "exchange")
    assert caught.value.facts == {"allowed": "institution", "role": "exchange"}


def test_a_sealed_position_opens_for_its_binding_only() -> None:
    sealed = seal({"sk": "entry:x"}, "alice's statement")
    assert unseal(sealed, "alice's statement") == {"sk": "entry:x"}
    for other in ("bob's statement", "", "alice's statement "):
        with pytest.raises(InvalidRequest):
            unseal(sealed, other)


def test_a_cursor_with_any_letter_changed_is_refused() -> None:
    sealed = seal({"sk": "entry:x"}, "b")
    for place in range(len(sealed) - 1):  # the last letter also holds bits that mean nothing
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(InvalidRequest):
            unseal(changed, "b")


def test_stamps_are_utc_to_the_millisecond_rounded_down_and_sort_as_times_do() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert stamp(datetime(2024, 1, 1, 0, 0, 0, 999999, shanghai)) == "2023-12-31T16:00:00.999Z"
    moments = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=37 * number) for number in range(100)]
    assert sorted(map(stamp, moments)) == list(map(stamp, moments))
    assert {len(stamp(moment)) for moment in moments} == {24}


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("zh-TW, en;q=0.9", "zh"),
        ("en;q=0.9, zh-CN", "zh"),
        ("en, zh", "en"),
        ("de", "en"),
        ("zh;q=-1", "en"),
    ],
)
def test_the_heavier_of_the_two_languages_is_chosen(header: str, chosen: str) -> None:
    assert language({"accept-language": header}) == chosen
    assert language({}) == "en"


@pytest.mark.parametrize(("reader", "remedy"), [("en", VetoedBefore.remedy.en), ("zh", VetoedBefore.remedy.zh)])
def test_a_problem_says_what_to_do_about_it_in_the_language_of_its_reader(reader: str, remedy: str) -> None:
    body = json.loads(problem.response(VetoedBefore(state="vetoed", action="admit"), language=reader).body)
    assert body["remedy"] == remedy
    assert "remedy" not in json.loads(problem.response(NotFound(), language=reader).body), "its detail says it"
