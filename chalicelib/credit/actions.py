"""Publishing credit rules."""

from collections.abc import Sequence

from chalicelib.credit.model import CreditLevel, CreditRule, NewCreditRule
from chalicelib.errors import InvalidRequest
from chalicelib.kernel.decision import Command, Decision
from chalicelib.table import keys
from chalicelib.table.write import put


def publish(command: Command[NewCreditRule], newest: CreditRule | None, unknown: Sequence[str]) -> Decision:
    """A new version of the rule: it counts from now on, for everyone. Two at once: the later one comes after the other.

    ``unknown`` are scenarios of the body that were never published. Raises InvalidRequest where there are any.
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
    return Decision("credit_rule_published", rule.to_answer(), (put(keys.credit_rule(rule.version), rule),))
