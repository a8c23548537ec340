"""Publishing credit rules."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from chalicelib.credit.model import CreditLevel, CreditRule, NewCreditRule
from chalicelib.errors import InvalidRequest, InvalidState, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.table import keys
from chalicelib.table.write import put


class SameRule(InvalidState):
    detail = Text(
        "Version {state} says the same already, and it counts.", "第 {state} 版的内容与之相同，且为现行规则。"
    )
    remedy = Text("Nothing to fix: read it with GET /v1/credit-rules.", "无需处理：请通过 GET /v1/credit-rules 查询。")


def publish(command: Command[NewCreditRule], newest: CreditRule | None, unknown: Sequence[str]) -> Decision:
    """A new version of the rule: it counts from now on, for everyone. Two at once: the later one comes after the other.

    ``unknown`` are scenarios of the body that were never published. Raises InvalidRequest where there are any, and
    SameRule where it would change nothing: a version says that something did.
    """
    if unknown:
        names = ", ".join(unknown)
        raise InvalidRequest.at("/weights", f"No scenario was published as: {names}", f"以下场景未发布：{names}")
    body = command.body
    rule = CreditRule(
        version=newest.version + 1 if newest else 1,
        window_months=body.window_months,
        weights=dict(body.weights),
        levels=tuple(CreditLevel(name=each.name, score_min=each.score_min) for each in body.levels),
        published_at=command.at,
    )
    if newest and _terms(newest) == _terms(rule):
        raise SameRule(state=str(newest.version), action="publish")
    return Decision("credit_rule_published", rule.to_answer(), (put(keys.credit_rule(rule.version), rule),))


def _terms(rule: CreditRule) -> tuple[Any, ...]:
    """What makes a score, however its weights are written."""
    return rule.window_months, {code: Decimal(each) for code, each in rule.weights.items()}, rule.levels
