"""Effects outside the table run once, before the decision: neither its repetition nor a replay causes others."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.errors import Contended, Unavailable
from chalicelib.files import store
from chalicelib.kernel import settle
from chalicelib.onboarding import prepare
from chalicelib.partners.handshake import HandshakeFailed
from chalicelib.table.commit import commit
from tests.desk import PARTNER_SYSTEM, Desk, institution
from tests.world import World

SHOP = institution("shop")


@pytest.fixture
def desk(world: World) -> Desk:
    world.institution()
    return Desk(world)


@pytest.fixture
def handshakes(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Those that are made from now on; all succeed."""
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(prepare, "handshake", lambda **asked: made.append(asked))
    return made


def contended(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next ``times`` commits find others in the way."""
    left = iter(range(times))

    def late(writes: Any) -> None:
        if next(left, None) is not None:
            raise Contended()
        commit(writes)

    monkeypatch.setattr(settle, "commit", late)
    monkeypatch.setattr(settle, "pause", lambda _: None)


def test_a_repeated_decision_makes_one_handshake(
    desk: Desk, handshakes: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    application = desk.bring("third_party_mall", "agreement_signed")
    contended(3, monkeypatch)
    assert desk.step(application, "integration", PARTNER_SYSTEM, **SHOP).body["status"] == "active"
    assert len(handshakes) == 1


def test_a_repeated_decision_copies_each_document_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    application = desk.bring("event", "draft")
    copied: list[str] = []

    def copy(source: str, *_: str, **__: Any) -> bool:
        copied.append(source)
        return True

    monkeypatch.setattr(store, "copy", copy)
    contended(3, monkeypatch)
    assert desk.step(application, "submit", **SHOP).status == 200
    assert len(copied) == len(set(copied)) == 4


def test_a_replay_causes_no_effects(desk: Desk, handshakes: list[Any]) -> None:
    application = desk.bring("third_party_mall", "agreement_signed")
    path = f"/v1/applications/{application}/integration"
    answers = [desk.world.post(path, PARTNER_SYSTEM, key="k", **SHOP) for _ in range(3)]
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, "true", "true"]
    assert len({str(answer.body) for answer in answers}) == 1
    assert len(handshakes) == 1


def test_what_cannot_be_done_causes_no_effects(desk: Desk, handshakes: list[Any]) -> None:
    application = desk.bring("third_party_mall", "acknowledged")
    assert desk.step(application, "integration", PARTNER_SYSTEM, **SHOP).refused == (409, "invalid_state")
    assert desk.step(application, "integration", PARTNER_SYSTEM, **institution("rival")).refused == (404, "not_found")
    assert handshakes == []


def test_effects_that_fail_change_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise HandshakeFailed(reason="late")

    application = desk.bring("third_party_mall", "agreement_signed")
    monkeypatch.setattr(prepare, "handshake", fail)
    before = desk.world.items()
    refused = desk.step(application, "integration", PARTNER_SYSTEM, **SHOP)
    assert (refused.refused, refused.body["reason"]) == ((409, "handshake_failed"), "late")
    made = [item for item in desk.world.items() if item not in before]
    assert [(item["sk"]["S"].partition(":")[0], item["answers"]) for item in made] == [("integrations", {"N": "1"})]
    assert [item for item in desk.world.items() if item not in made] == before


def meanwhile(do: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, *, then: Exception | None = None) -> None:
    """During the next handshake ``do`` happens; then it fails with ``then``, if that is given."""

    def late(**_: Any) -> None:
        monkeypatch.setattr(prepare, "handshake", lambda **_: None)
        do()
        if then:
            raise then

    monkeypatch.setattr(prepare, "handshake", late)


@pytest.mark.parametrize("failure", [None, HandshakeFailed(reason="late")])
def test_of_the_same_request_twice_at_once_both_get_one_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, failure: Exception | None
) -> None:
    application = desk.bring("third_party_mall", "agreement_signed")
    path = f"/v1/applications/{application}/integration"
    answers: list[Any] = []
    meanwhile(lambda: answers.append(desk.world.post(path, PARTNER_SYSTEM, key="k", **SHOP)), monkeypatch, then=failure)
    answers.append(desk.world.post(path, PARTNER_SYSTEM, key="k", **SHOP))
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].body == answers[1].body
    assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_a_document_that_arrives_during_the_submission_is_not_passed_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = desk.bring("event", "draft")
    copy, newer = store.copy, iter([b"%PDF-2 newer %%EOF"])

    def late(*places: str, **wanted: Any) -> Any:
        for content in newer:
            desk.send(application, "credit_report", content)
        return copy(*places, **wanted)

    monkeypatch.setattr(store, "copy", late)
    path = f"/v1/applications/{application}/submit"
    refused = desk.world.post(path, key="k", **SHOP)
    assert (refused.refused, refused.headers["Retry-After"]) == ((409, "contended"), "1")
    assert desk.world.post(path, key="k", **SHOP).body["status"] == "submitted"
    counting = {each["kind"]: each for each in desk.get(application)["documents"] if each["counts"]}
    assert counting["credit_report"]["bytes"] == len(b"%PDF-2 newer %%EOF")


def test_where_s3_is_away_nothing_is_submitted_and_the_same_request_is_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = desk.bring("event", "draft")
    with monkeypatch.context() as away:
        away.setattr(store, "client", lambda: _Away())
        answer = desk.step(application, "submit", {}, **SHOP, key="once")
    assert answer.refused == (Unavailable.status, Unavailable.code)
    assert desk.get(application)["status"] == "draft"
    assert desk.step(application, "submit", {}, **SHOP, key="once").body["status"] == "submitted"


class _Away:
    """S3 that nobody reaches."""

    def __getattr__(self, _: str) -> Any:
        raise EndpointConnectionError(endpoint_url="s3")
