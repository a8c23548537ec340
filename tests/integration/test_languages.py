"""Refusals speak English and Chinese."""

import pytest

from chalicelib.errors import Refusal
from tests.chinese import CHINESE
from tests.world import Answer, World


def refused(world: World, language: str) -> Answer:
    body = {"offer": "nothing", "quantity": 1, "points": 1}
    return world.post("/v1/redemptions", body, role="individual", sub="a", headers={"Accept-Language": language})


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("ZH-hans-CN", "zh-CN"),
        ("zh_CN", "zh-CN"),
        ("zh_Hans_CN;q=0.9, en_US;q=0.8", "zh-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("fr, zh;q=0.1", "zh-CN"),
        ("en;q=0.5, zh;q=0.6", "zh-CN"),
        ("en, zh", "en"),
        ("en-GB", "en"),
        ("zh;q=0", "en"),
        ("zh;q=0.3, en;q=0.4", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        (";;;,q=,zh;q=x,\x7f", "en"),
        ("zh;q=nan", "en"),
    ],
)
def test_the_language_is_the_one_that_the_caller_prefers(world: World, header: str, language: str) -> None:
    problem = refused(world, header)
    assert problem.headers["Content-Language"] == language
    for text in (problem.body["title"], problem.body["detail"]):
        assert bool(CHINESE.search(text)) == (language == "zh-CN")


def test_a_problem_has_the_members_of_rfc_9457_and_what_helps(world: World) -> None:
    problem = refused(world, "en")
    assert problem.status == 404
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.body.keys() >= {"type", "title", "status", "detail", "instance", "code"}
    assert problem.body["type"] == "/problems/not_found"
    assert (problem.body["status"], problem.body["instance"]) == (404, "/v1/redemptions")


def test_faults_of_fields_are_told_in_chinese_too(world: World) -> None:
    headers = {"Accept-Language": "zh-CN"}
    sent = {"kind": "individual", "identity_number": "1", "name": "", "x": 1}
    problem = world.post("/v1/accounts", sent, role="individual", sub="a", headers=headers)
    assert sorted(problem.pointers) == ["/identity_number", "/name", "/x"]
    assert all(CHINESE.search(fault["detail"]) for fault in problem.body["errors"])


@pytest.mark.parametrize("kind", Refusal.registry.values(), ids=Refusal.registry)
def test_a_text_never_fails_for_want_of_a_fact(kind: type[Refusal]) -> None:
    assert kind.title.en
    assert CHINESE.search(kind.title.zh)
    assert CHINESE.search(kind().text("zh"))
    assert kind().text("en")
    assert str(kind()).startswith(kind.code)
