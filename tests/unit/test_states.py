"""Refusals name a state in the reader's language; fields keep its code."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

import app
from chalicelib.errors import InvalidState, RoleNotAllowed
from chalicelib.kernel import caller
from chalicelib.labels import PARTIES
from chalicelib.merchants.model import MALL
from chalicelib.onboarding.steps import APPLICANT
from chalicelib.onboarding.steps import STEPS as APPLICATION_STEPS
from chalicelib.states import ROLES, STATES, STEPS
from chalicelib.transitions import NotAStep, Step, step

CODE = sorted((Path(app.__file__).parent / "chalicelib").glob("**/*.py"))
MODULES = [str(path.relative_to(Path(app.__file__).parent)).removesuffix(".py").replace("/", ".") for path in CODE]
NAMING = ("InvalidState", "MerchantSuspended")
TABLES = [module for module in MODULES if isinstance(getattr(importlib.import_module(module), "STEPS", None), tuple)]


def steps() -> Iterator[Step]:
    for module in TABLES:
        table = importlib.import_module(module).STEPS
        yield from (each for each in table if isinstance(each, Step))


def statuses() -> Iterator[str]:
    """What modules call a status: ``Literal["reported", …]``."""
    for module in map(importlib.import_module, MODULES):
        for name in ("Status", "OrderStatus", "DocumentStatus", "DeliveryStatus", "OnShelf"):
            yield from get_args(getattr(module, name, None))


@cache
def refusals() -> list[ast.Call]:
    """Where code makes a refusal that names a state."""
    trees = [ast.parse(text) for path in CODE if any(name in (text := path.read_text()) for name in NAMING)]
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in calls if ast.unparse(call.func).endswith(NAMING)]


def written(argument: str) -> Iterator[str]:
    """The texts that code writes for ``argument`` of an InvalidState."""
    for call in refusals():
        values = (ast.walk(each.value) for each in call.keywords if each.arg == argument)
        yield from (str(node.value) for each in values for node in each if isinstance(node, ast.Constant))


def test_every_state_has_a_chinese_name() -> None:
    codes = {state for each in steps() for state in (each.source, each.target)}
    codes |= {*statuses(), *written("state")}
    assert len(codes) > 40
    assert codes - STATES.keys() == set()


def named_by_glossary() -> Iterator[tuple[str, str]]:
    """Each state of the glossary's table and its Chinese name there."""
    glossary = (Path(app.__file__).parent / "docs" / "glossary.md").read_text()
    table = glossary.partition("\n## States\n")[2].partition("\n## ")[0]
    for codes, words in re.findall(r"^\|[^|]*\| (`[^|]*) \| ([^|]*) \|$", table, re.MULTILINE):
        yield from zip(re.findall(r"`(\w+)`", codes), words.split("、"), strict=True)


def test_a_state_of_one_meaning_has_the_name_of_the_glossary() -> None:
    named: dict[str, set[str]] = {}
    for code, words in named_by_glossary():
        named.setdefault(code, set()).add(words)
    assert len(named) > 40
    assert {code: STATES[code] for code, words in named.items() if len(words) == 1 and {STATES[code]} != words} == {}


def test_every_step_has_a_chinese_name() -> None:
    codes = {each.action for each in steps()} | set(written("action"))
    assert len(codes) > 30
    assert codes - STEPS.keys() == set()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The state is placed; reverse is not a step from it."),
        ("zh", "当前状态为“待核销”，不能执行“冲正”。"),
    ],
)
def test_a_text_names_the_state_in_words_and_a_field_by_its_code(language: str, text: str) -> None:
    refusal = InvalidState(state="placed", action="reverse")
    assert refusal.text(language) == text
    facts: dict[str, Any] = refusal.in_language(language)
    assert facts == {"state": "placed", "action": "reverse"}


BY_THEMSELVES = {"system", "agreement", "licence", "duty"}  # nobody is asked for their steps


def test_every_party_of_a_step_has_a_name_in_words() -> None:
    assert {who for each in steps() for who in each.roles} - PARTIES.keys() == BY_THEMSELVES


def test_a_role_that_is_refused_reads_as_words_and_stays_a_code_in_its_field() -> None:
    refusal = RoleNotAllowed(allowed="exchange, bureau", role="individual")
    assert refusal.text("zh") == "允许的角色：上海环交所、市生态环境局。当前角色：个人。"
    assert refusal.in_language("zh") == {"allowed": "exchange, bureau", "role": "individual"}
    assert ROLES.keys() >= {*caller.ROLES, *PARTIES}


def refused(state: str, action: str, role: str) -> NotAStep:
    with pytest.raises(NotAStep) as refusal:
        step(APPLICATION_STEPS, state, action, role, (MALL, "direct"))
    return refusal.value


def test_what_is_no_step_says_what_the_caller_can_do_instead() -> None:
    refusal = refused("draft", "agreement", APPLICANT)
    assert refusal.text("en").endswith("agreement is not a step from it. Possible now: submit, withdraw.")
    assert refusal.text("zh").endswith("不能执行“签署合作协议”。目前可以：提交、撤回。")
    assert refusal.facts["next_steps"] == [
        {"action": "submit", "role": "applicant"},
        {"action": "withdraw", "role": "applicant"},
    ]


def test_what_is_no_step_says_whose_turn_it_is() -> None:
    refusal = refused("opinion_filed", "opinion favourable", "exchange")
    assert refusal.text("en").endswith("Possible now: withdraw (the applicant).")
    assert refusal.text("zh").endswith("目前可以：撤回（申请方）。")


def test_what_is_no_step_says_where_nothing_can_be_done_any_more() -> None:
    refusal = refused("withdrawn", "submit", APPLICANT)
    assert refusal.text("en").endswith("Nothing can be done in this state.")
    assert refusal.text("zh").endswith("该状态下没有可执行的操作。")
