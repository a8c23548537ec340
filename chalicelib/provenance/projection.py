"""What the stream makes of Records: grams by colour, for each account and for the scheme, and their uses."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress

from chalicelib import lanes
from chalicelib.errors import Contended
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive
from chalicelib.ledger.account import Account
from chalicelib.provenance.model import Colour, ColoursPage, coloured, credited, flows, month_of, used
from chalicelib.table import keys, read
from chalicelib.table.write import Attr, Write, put, update

# Colours on an account's own item: some 40 bytes each, of the 1 KB that its writes have for two units.
COLOURS_MAX = 8
_SAMPLED = frozenset("abcd")  # beginnings of ids: one Record in eight


def colours(records: Sequence[Record]) -> list[Write]:
    """One Write for each account and colour, unless the account moved its own sums itself, and one for each colour of a
    month, in this consumer's lane.
    """
    accounts: Counter[tuple[str, Colour]] = Counter()
    scheme: dict[tuple[str, Colour], Counter[str]] = defaultdict(Counter)
    for record in records:
        if (came := credited(record)) and not record.summed:
            accounts[came.account, came.colour] += came.grams
        for colour, grams in flows(record):
            scheme[month_of(record), colour]["issued" if grams > 0 else "reversed"] += abs(grams)
    lane = lanes.mine()
    own = [_add(keys.earned(name, *colour), colour, grams=grams) for (name, colour), grams in accounts.items() if grams]
    return own + [_add(keys.colour(month, colour, lane), colour, **sums) for (month, colour), sums in scheme.items()]


def _add(key: keys.Key, colour: Colour, **amounts: int) -> Write:
    return update(key, assign=colour._asdict(), add=amounts)


def fold_colours(records: Sequence[Record]) -> None:
    """Of one Record in eight that moved its account's own sums: where the item holds too many, they become a page."""
    sampled = (each for each in records if each.summed and each.id[0] in _SAMPLED)
    names = {came.account for record in sampled if (came := credited(record))}
    accounts = read.many([keys.account(name) for name in sorted(names)], Account) if names else {}
    for account in accounts.values():
        if len(account.colours) >= COLOURS_MAX:
            with suppress(Contended):  # a later Record comes by; nobody's batch waits for it
                derive(*_folded(account))


def _folded(account: Account) -> tuple[Write, Write]:
    """The page, and the account (as read) without what is on it. Where it was credited since, neither."""
    newest = max(each.month for each in coloured(account.colours))
    page = ColoursPage(account.credits, account.colours)
    rest = update(
        account.key,
        assign={"folded": account.credits},
        remove=tuple(account.colours),
        require=Attr("credits").eq(account.credits),
    )
    return put(keys.earned_page(account.holder, newest, account.credits), page), rest


def uses(records: Sequence[Record]) -> list[Write]:
    """For each Record that uses grams one Write, and one for the sum of those whose ids begin alike.

    The sums tell how many grams were used before a Record's without reading all of them (queries.place).
    """
    found = [each for each in map(used, records) if each]
    sums: Counter[keys.Key] = Counter()
    for each in found:
        sums[keys.used_sum(each.of, each.record)] += each.grams
    own = [update(keys.used(each.of, each.record), assign={"grams": each.grams}) for each in found]
    return own + [update(key, add={"grams": grams}) for key, grams in sums.items()]
