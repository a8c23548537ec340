"""The rule that counts, and what it makes of an account."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from chalicelib.credit.model import Credit, CreditReasons, CreditRule, CreditRules, credit, parts, window
from chalicelib.errors import NotFound, Text
from chalicelib.kernel.fields import Params, stamp
from chalicelib.kernel.query import Query
from chalicelib.ledger.account import Account
from chalicelib.provenance import queries as provenance
from chalicelib.provenance.model import Colour, Coloured
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


def of(account: Account, now: datetime) -> Credit | None:
    """The score of an account (as read); None where there is no rule."""
    if (rule := newest()) is None:
        return None
    return credit(rule, _earned(account, *window(rule, now)), stamp(now))


def reasons(account: Account, now: datetime) -> CreditReasons:
    """The score of an account and what it is made of. Raises NoCreditRule."""
    if (rule := newest()) is None:
        raise NoCreditRule()
    since, until = window(rule, now)
    earned = _earned(account, since, until)
    found = credit(rule, earned, stamp(now))
    return CreditReasons(window_from=since, parts=parts(rule, earned), **dict(found))


def _earned(account: Account, since: str, until: str) -> list[Coloured]:
    """What an account got, and those of the same person that procedures closed in its favour, the oldest first."""
    sums: Counter[Colour] = Counter()
    formerly = [keys.account(keys.holder(id)) for id in sorted(account.formerly)]
    for of in (account, *read.many(formerly, Account).values()):
        for each in provenance.earned(of, since, until):
            sums[each.colour] += each.grams
    return [Coloured(**colour._asdict(), grams=grams) for colour, grams in sorted(sums.items())]
