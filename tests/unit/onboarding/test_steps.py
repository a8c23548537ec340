"""The Step table against the guide, written once more as sentences; and the documentation against the Step table."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import InvalidState, RoleNotAllowed
from chalicelib.onboarding.items import Application, Counting, OpinionNote, ReviewNote
from chalicelib.onboarding.required import KINDS, REQUIRED, missing
from chalicelib.onboarding.steps import OPEN, STEPS, next_actions, traits
from chalicelib.table.row import dump, load
from chalicelib.transitions import step
from tests.diagrams import mermaid
from tests.unit.decisions import AT

MODES = ("third_party_mall", "sub_platform", "event", "other")
PARTIES = ("applicant", "operator", "exchange", "bureau")
STATES = (*OPEN, "active", "rejected", "withdrawn")
ACTIONS = tuple(dict.fromkeys(each.action for each in STEPS))
CONCLUSIONS = (None, "favourable", "unfavourable")
DOCS = Path(__file__).parents[3] / "docs" / "onboarding.md"


def application(mode: Any, beneath: bool, conclusion: str | None, status: Any = "draft") -> Application:
    return Application(
        id="a",
        applicant="shop",
        name="示例商贸",
        mode=mode,
        category=mode,
        title="入驻申请",
        plan={},
        status=status,
        created_at=AT,
        since=AT,
        sub_platform="above" if beneath else None,
        opinion=OpinionNote(at=AT, conclusion=conclusion, text="t") if conclusion else None,
    )


def expected(state: str, action: str, mode: str, beneath: bool, conclusion: str | None) -> tuple[str, str] | None:
    """The party and the state that follows, written without the table; None where there is no such step."""
    two = mode in ("third_party_mall", "sub_platform")
    table: dict[tuple[str, str], tuple[str, str]] = {
        ("with_operator", "endorsement endorse"): ("operator", "submitted"),
        ("with_operator", "endorsement return"): ("operator", "returned"),
        ("submitted", "review pass"): ("exchange", "active" if mode == "event" else "reviewed"),
        ("submitted", "review return"): ("exchange", "returned"),
        ("submitted", "review reject"): ("exchange", "rejected"),
        ("reviewed", "opinion favourable"): ("exchange", "opinion_filed"),
        ("reviewed", "opinion unfavourable"): ("exchange", "opinion_filed"),
        ("acknowledged", "agreement"): ("applicant", "agreement_signed" if two else "active"),
        ("agreement_signed", "integration"): ("applicant", "active"),
    }
    if two:
        table["active", "integration"] = ("applicant", "active")
    if action == "submit" and state in ("draft", "returned"):
        return "applicant", "with_operator" if beneath else "submitted"
    if action == "withdraw" and state not in ("active", "rejected", "withdrawn"):
        return "applicant", "withdrawn"
    if state == "opinion_filed" and action == "acknowledge accept" and conclusion:
        return "bureau", "acknowledged" if conclusion == "favourable" else "rejected"
    if state == "opinion_filed" and action == "acknowledge refuse" and mode == "other":
        return "bureau", "rejected"
    if mode == "event" and (state, action) == ("acknowledged", "agreement"):
        return None
    return table.get((state, action))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("state", STATES)
def test_every_pair_of_state_action_and_party_is_allowed_or_not(state: str, mode: str) -> None:
    for action, beneath, conclusion, party in itertools.product(ACTIONS, (False, True), CONCLUSIONS, PARTIES):
        step_of = expected(state, action, mode, beneath, conclusion)
        of = traits(application(mode, beneath, conclusion))
        if step_of is None:
            with pytest.raises(InvalidState):
                step(STEPS, state, action, party, of)
        elif step_of[0] != party:
            with pytest.raises(RoleNotAllowed):
                step(STEPS, state, action, party, of)
        else:
            assert step(STEPS, state, action, party, of) == step_of[1]


@pytest.mark.parametrize("state", STATES)
def test_next_actions_are_what_the_table_allows(state: str) -> None:
    for mode, beneath, conclusion, party in itertools.product(MODES, (False, True), CONCLUSIONS, PARTIES):
        allowed = {
            action.partition(" ")[0]
            for action in ACTIONS
            if (step_of := expected(state, action, mode, beneath, conclusion)) and step_of[0] == party
        }
        found = next_actions(application(mode, beneath, conclusion, state), party)
        assert set(found) - {"documents"} == allowed
        assert ("documents" in found) == (party == "applicant" and state in ("draft", "returned"))
        assert len(set(found)) == len(found)


def test_final_states_lead_nowhere_and_every_open_state_has_a_way_out() -> None:
    assert set(STATES) - set(OPEN) == {"active", "rejected", "withdrawn"}
    for mode in MODES:
        reached = {"draft"}
        for _ in STATES:
            of = traits(application(mode, True, "favourable"))
            reached |= {
                each.target for each in STEPS if each.source in reached and (not each.only or set(each.only) & set(of))
            }
        assert "active" in reached


@pytest.mark.parametrize("mode", MODES)
def test_a_kind_counts_until_the_day_it_expires_in_shanghai(mode: str) -> None:
    counting = {kind: Counting(id=kind, announced_at=AT) for kind in REQUIRED[mode]}
    complete = replace(application(mode, False, None), documents=counting)
    now = datetime(2030, 12, 31, 15, 59, tzinfo=UTC)
    assert missing(complete, now) == []
    licence = Counting(id="licence", announced_at=AT, expires_on="2030-12-31")
    expiring = replace(complete, documents=counting | {"business_licence": licence})
    assert missing(expiring, now) == []
    assert missing(expiring, now.replace(hour=16)) == ["business_licence"]
    assert missing(replace(complete, documents={}), now) == list(REQUIRED[mode])


def test_the_documentation_shows_the_step_table() -> None:
    assert mermaid(STEPS) in DOCS.read_text(), "run python -m tests.diagrams and put its output into the page"


def test_the_documentation_says_what_each_mode_must_bring() -> None:
    rows = [row for row in DOCS.read_text().splitlines() if row.startswith("| `") and row.count("|") == 6]
    required = {row.split("|")[1].strip(" `"): ["✓" in cell for cell in row.split("|")[2:]] for row in rows}
    for kind in KINDS:
        assert required[kind][: len(MODES)] == [kind in REQUIRED[mode] for mode in MODES], kind


def test_applications_and_documents_of_an_earlier_version_load() -> None:
    """They kept what is not there as null or empty, and counted no links."""
    review: dict[str, Any] = {
        "at": AT,
        "outcome": "return",
        "completeness": False,
        "conformity": True,
        "reliability": True,
    }
    item: dict[str, Any] = {
        "id": "a", "applicant": "shop", "name": "示例商贸", "mode": "other", "category": "other", "title": "入驻申请",
        "plan": {"description": "d"}, "sub_platform": None, "status": "returned", "created_at": AT, "since": AT,
        "documents": {"credit_report": {"id": "d", "announced_at": AT, "expires_on": None}}, "kept": [], "announced": 0,
        "version": 2, "review": review | {"comment": None}, "list": "applications:returned", "rank": "r",
    }  # fmt: skip
    stored = load(Application, item)
    assert (stored.links, stored.kept, stored.sub_platform, stored.integration) == (0, (), None, None)
    assert stored.review == ReviewNote(**review)
    assert stored.documents == {"credit_report": Counting(id="d", announced_at=AT)}
    assert load(Application, dump(stored)) == stored
