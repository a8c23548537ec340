"""Grants as their parties see them, and what a report may rely on."""

from datetime import datetime
from typing import Any

from chalicelib.accounts import queries as accounts
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.grants import codes
from chalicelib.grants.items import REPORT, SPEND, Grant, Granted, Version, day
from chalicelib.grants.model import GrantAnswer, GrantParams, to_answer
from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION, Caller
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.model import MerchantAnswer
from chalicelib.partners import queries as partners
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Listing, Place


def versions(scenario: str) -> list[Version]:
    """All versions of a scenario, oldest first, as of now."""
    code = keys.scenario_code(scenario)
    return list(read.query(keys.scenario(code, 0).pk, f"{code}:", f"{code}:~", Version))


def merchant(id: str, now: datetime) -> MerchantAnswer | None:
    """A merchant as anyone may see it; None where there is none."""
    try:
        return merchants.merchant(id, now)
    except NotFound:
        return None


def redirects(merchant: str) -> tuple[str, ...]:
    """Where codes of consent for a merchant may be sent."""
    system = partners.partner(merchant)
    return system.consent_redirects if system else ()


def by_code(code: str, key: bytes) -> Grant | None:
    """The grant that a code names; None where we never made such a code."""
    id = codes.grant_of(code, key)
    return read.get(keys.grant(id), Grant) if id else None


def own(caller: Caller, id: str) -> Grant:
    """A grant that the caller is a party of: the person, or the partner once it has redeemed it. Raises NotFound."""
    grant = read.get(keys.grant(id), Grant)
    if grant is None:
        raise NotFound()
    if (grant.active_from and grant.is_for(caller)) or accounts.is_of(caller, grant.account):
        return grant
    raise NotFound()


def grants(query: Query[GrantParams]) -> Page[GrantAnswer]:
    """The caller's grants, newest first: a person's all, a partner's those that it has redeemed."""
    return _persons(query) if query.asker.role == INDIVIDUAL else _partners(query)


def _persons(query: Query[GrantParams]) -> Page[GrantAnswer]:
    """Those of all accounts of hers: what she gave under a login that she lost stands among them, and has ended."""
    names, limit = [keys.holder(id) for id in accounts.lineage(query.asker)], query.params.limit
    before = query.position["sk"] if query.position else None
    pointers = read.together(names, "grant:", "grant:~", before=before, descending=True, chunk=limit + 1)
    ids = [each.load(Granted).grant for each in read.first(pointers, limit + 1)]
    return query.page(_answers(query, ids), lambda each: {"sk": keys.granted("", each.offered_at, each.id).sk})


def _partners(query: Query[GrantParams]) -> Page[GrantAnswer]:
    caller, limit = query.asker, query.params.limit
    names = [lists.grants(SPEND, each) for each in caller.accounts]
    if caller.role != INSTITUTION:
        names = [lists.grants(REPORT, caller.sub)]
    found = read.first(read.merged(names, after=query.position, chunk=limit + 2), limit + 1)
    answers = _answers(query, [each.listing.rank.rpartition(":")[2] for each in found])
    return query.page(
        answers,
        lambda each: Place(keys.grant(each.id), Listing(names[0], f"{each.active_from}:{each.id}")).position,
    )


def _answers(query: Query[GrantParams], ids: list[str]) -> list[GrantAnswer]:
    found = read.many([keys.grant(id) for id in ids], Grant)
    return [answer(query, found[keys.grant(id)]) for id in ids]


def answer(query: Query[Any], grant: Grant) -> GrantAnswer:
    """A grant as the caller sees it."""
    moved = query.asker.role == INDIVIDUAL and not query.asker.holds(INDIVIDUAL, grant.account)
    return to_answer(grant, at=stamp(query.now), today=day(query.now), moved=moved)


def active_for_report(caller: Caller, grant: str, scenario: str, occurred_at: datetime) -> Grant:
    """The grant under which the caller may report its account's trip: one read, and nothing is written.

    A grant is judged by when the trip occurred, not by when it is reported (docs/adr/0020): a withdrawal stops no
    report of an earlier trip, so none can be lost in a race with it.

    Raises InvalidRequest at ``/grant`` where it is no grant of this operator for this scenario, at ``/occurred_at``
    where the trip lies outside its life.
    """
    found = read.get(keys.grant(grant), Grant)
    if found is None or found.purpose != REPORT or not found.is_for(caller) or found.active_from is None:
        raise InvalidRequest.at("/grant", "Is no grant of this operator", "不是该运营方获得的授权")
    if keys.scenario_code(found.scenario or "") != keys.scenario_code(scenario):
        raise InvalidRequest.at("/grant", "Is a grant for another scenario", "该授权属于其他减排场景")
    at = stamp(occurred_at)
    if at < found.active_from:
        raise InvalidRequest.at("/occurred_at", "Is before the grant", "早于授权生效时间")
    if found.withdrawn_at and at >= found.withdrawn_at:
        raise InvalidRequest.at("/occurred_at", "Is after the grant was withdrawn", "晚于授权撤回时间")
    return found
