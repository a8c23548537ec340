"""Refunding the donors of abandoned campaigns, some at a time: any process may die anywhere, and another takes it up.

A donation is found among the uses of its campaign, where the stream files it, and its refund has one name for ever. So
a pass may overlap another, or see what is refunded already. The campaign's accounts say when all is done: they are
empty then, however far behind the stream is.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice, takewhile
from typing import Any

from chalicelib import log
from chalicelib.accounts import queries as accounts
from chalicelib.agenda.attempts import attempt_each
from chalicelib.campaigns import queries
from chalicelib.campaigns.queries import refund_of
from chalicelib.campaigns.refunding import actions
from chalicelib.campaigns.refunding.model import Refunding
from chalicelib.certificates.items import Certificate
from chalicelib.errors import Contended, NotFound
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive, perform
from chalicelib.ledger.actions import AccountClosed
from chalicelib.ledger.model import giver
from chalicelib.provenance.queries import uses
from chalicelib.settings import settings
from chalicelib.table import keys, lists, read

SECONDS_MAX = 60  # a firing; what is left then is for the next
THREADS_MAX = 8  # as many as a campaign has accounts
_TOGETHER = 50  # donations between two notes of how far this pass is


def refund_due(now: datetime) -> int:
    """What the schedule does: how many donations this call refunded."""
    until = time.monotonic() + SECONDS_MAX
    listed = read.places(lists.CAMPAIGNS_ABANDONED, descending=False)
    due = takewhile(lambda place: place.listing.rank <= stamp(now) + "~", listed)
    refund = partial(refund_donors, now=now, until=until)
    return sum(attempt_each(map(_campaign, due), refund, what="campaign", name=str, until=until))


def _campaign(place: lists.Place) -> str:
    return place.listing.rank.rpartition(":")[2]


def refund_donors(campaign: str, now: datetime, until: float) -> int:
    """One pass over the donations of an abandoned campaign, until the moment ``until``; how many it refunded."""
    refunding = read.get(keys.campaign_refunds(campaign), Refunding)
    if refunding is None:
        return 0
    refunded = 0
    ids = uses(keys.campaign(campaign).pk, behind=refunding.behind)
    while some := list(islice(ids, _TOGETHER)):
        if time.monotonic() > until:
            return refunded
        refunded += _refund_each(some, refunding)
        derive(actions.looked_at(refunding, some[-1]))
    left = sum(account.points for account in queries.campaign_accounts(campaign).values())
    after = replace(refunding, behind="", passes=refunding.passes + 1) if left else None
    listed = {"listed": refunding.next_at(now)} if left else {}
    derive(actions.passed(refunding, after, **listed))
    return refunded


def _refund_each(donations: Sequence[str], refunding: Refunding) -> int:
    done = read.many([keys.record(refund_of(id)) for id in donations])
    left = [keys.record(id) for id in donations if keys.record(refund_of(id)) not in done]
    records = list(read.many(left, Record).values()) if left else []
    threads = min(THREADS_MAX, settings().batch_threads)
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(lambda each: _refund(each, refunding), records))


def _refund(donation: Record, refunding: Refunding) -> bool:
    """Whether this call refunded it. Not while its person has no open account, or others are in the way: a later pass
    tries again. A failure is logged, and keeps no other from its points.
    """

    def decide(command: Command[Any]) -> Decision:
        payee = accounts.payee(accounts.item(giver(donation)))
        proof = read.get(keys.certificate(str(donation.certificate)), Certificate)
        if proof is None:
            raise NotFound()
        return actions.give_back(command, donation, payee=payee, proof=proof, reason=refunding.reason)

    try:
        return not perform(refund_of(donation.id), decide).replayed
    except (Contended, AccountClosed):
        return False
    except Exception:  # noqa: BLE001 - logged; a later pass tries again
        log.emit(log.FAILED, logging.ERROR, what="donation", name=donation.id)
        return False
