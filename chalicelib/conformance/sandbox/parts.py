"""What every Decision of a sandbox is made of."""

from dataclasses import replace
from typing import Any

from chalicelib.conformance.actions import verdict
from chalicelib.conformance.sandbox.items import Sandbox
from chalicelib.errors import Refusal, Text, in_words
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.table import keys
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, Write, update

WORDS_MAX = 500
CAME = Text("It came as expected.", "符合要求。")


def passed(kind: str, command: Command[Any], at: Sandbox, step: str, answer: Any, *writes: Write) -> Decision:
    """The Decision that a step has passed. ``writes`` are the sandbox's own."""
    came = verdict(at.run, step, CAME, command.now, passed=True)
    return Decision(kind, answer, (*writes, came), facts_of(at), publish=True)


def facts_of(at: Sandbox, hold: str | None = None) -> Facts:
    """What every Record of a sandbox keeps; of a new hold its id too."""
    return Facts(merchant=at.run.merchant, conformance=at.run.id, hold=hold)


def with_grant(at: Sandbox, **changes: Any) -> Write:
    """The consent changes, as read."""
    assert at.grant
    unchanged = Attr("grant.status").eq(at.grant.status) & Attr("grant.used_points").eq(at.grant.used_points)
    after = replace(at.grant, **changes)
    return update(keys.sandbox_grant(at.run.id), assign={"grant": dump(after)}, require=unchanged)


def refused(command: Command[Any], at: Sandbox, step: str, refusal: Refusal) -> Write:
    """The step fails, unless it has passed before."""
    came = Text(_words(refusal, "en"), _words(refusal, "zh"))
    return verdict(at.run, step, came, command.now, passed=False)


def _words(refusal: Refusal, language: str) -> str:
    """The refusal as it was answered, with the faults of a body."""
    faults = (f"{each['pointer']}: {in_words(each['detail'], language)}" for each in refusal.facts.get("errors", ()))
    return " ".join((f"{refusal.code}:", refusal.text(language), *faults))[:WORDS_MAX]
