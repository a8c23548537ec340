"""The rule that counts, and what it makes of an account."""

from collections.abc import Iterable
from datetime import datetime

from chalicelib.credit.model import Credit, CreditReasons, CreditRule, CreditRules, credit, parts, window
from chalicelib.errors import NotFound, Text
from chalicelib.kernel.fields import Params, stamp
from chalicelib.kernel.query import Query
from chalicelib.provenance import queries as provenance
from chalicelib.table import keys, read


class NoCreditRule(NotFound):
    detail = Text("The bureau has not published a credit rule yet.", "市生态环境局尚未发布碳普惠信用规则。")


def newest() -> CreditRule | None:
    """The rule that counts."""
    found = read.query(*keys.CREDIT_RULES, CreditRule, descending=True, chunk=1)
    return next(found, None)


def published(_: Query[Params]) -> CreditRules:
    """Every version."""
    found = read.query(*keys.CREDIT_RULES, CreditRule, descending=True)
    return CreditRules(items=[each.to_answer() for each in found])


def unknown(scenarios: Iterable[str]) -> list[str]:
    """Those of ``scenarios`` that were never published."""
    return [each for each in scenarios if not any(read.first(read.query(*keys.scenario_versions(each), chunk=1), 1))]


def of(account: str, now: datetime) -> Credit | None:
    """The score of an account (its id); None where there is no rule."""
    if (rule := newest()) is None:
        return None
    return credit(rule, provenance.earned(account, *window(rule, now)), stamp(now))


def reasons(account: str, now: datetime) -> CreditReasons:
    """The score of an account and what it is made of. Raises NoCreditRule."""
    if (rule := newest()) is None:
        raise NoCreditRule()
    since, until = window(rule, now)
    earned = provenance.earned(account, since, until)
    found = credit(rule, earned, stamp(now))
    return CreditReasons(window_from=since, parts=parts(rule, earned), **dict(found))
