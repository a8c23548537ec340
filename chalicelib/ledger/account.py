"""What the items of Accounts hold. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.errors import NotFound
from chalicelib.table import keys


@dataclass(frozen=True, kw_only=True)
class AnyAccount:
    """What the ledger sees of any Account: a holder's, a till's, a campaign's.

    ``kind`` is empty for a till and a campaign. ``status`` is the holder's, or the sale's or campaign's. ``unfiled``:
    ids of Records whose entries are not filed yet. ``debt_…``: what a holder owes (debts.py).
    """

    kind: str = ""
    status: str = "active"
    points: int = 0
    grams: int = 0
    unfiled: frozenset[str] = frozenset()
    debt_points: int = 0
    debt_grams: int = 0


@dataclass(frozen=True)
class EventTerms:
    """The terms of an event, within which its merchant's offers must stay. ``quantity``: None for earlier events.

    ``draws_at``: when its goods are drawn; None where they go to whom comes first.
    """

    starts_at: str
    ends_at: str
    per_account_limit: int
    quantity: int | None = None
    draws_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class Merchant:
    """What an institution's account keeps of it as a merchant. ``turn`` names the latest change of this state.

    ``sub_platform``: the institution it sells under. ``application``: the one it was admitted by, None where it was
    approved outside the platform. ``completed``: when its event was over, or it was vetoed, and nothing was left to
    serve. ``suspended_by``: who suspended it ("exchange", "operator"); each lifts its own. ``planned_merchants``: the
    most members that a sub-platform may have, None where its plan has no number. ``counted``: it is one of them.
    ``left_at``: it has left the mall, so nothing more comes to it. ``veto``: why the exchange ended it.
    ``events_until``: when the last of the events ends that it runs beside its mode.
    """

    mode: str
    status: str
    since: str
    turn: str | None = None
    sub_platform: str | None = None
    application: str | None = None
    event: EventTerms | None = None
    completed: str | None = None
    suspended_by: tuple[str, ...] = ()
    planned_merchants: int | None = None
    counted: bool | None = None
    left_at: str | None = None
    veto: str | None = None
    events_until: str | None = None

    @property
    def promised_until(self) -> str:
        """When the last of its events ends, its own or one beside its mode; empty where it has none."""
        return max(self.event.ends_at if self.event else "", self.events_until or "")

    def over(self, at: str) -> bool:
        """Whether its time is over at ``at``: one of the mode ``event`` is a merchant until the last of its events."""
        return self.event is not None and self.promised_until <= at


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Sums of an account's movements, projected from the stream (see ``projection.TOTALS``), all of them or a lane's.

    ``gathered``: what an institution's tills earned, in its account by now (``swept``) or not. ``returned``: points of
    ``donated`` that came back; certificates are found by what was given, so that sum stays.
    """

    earned: int = 0
    recorded: int = 0
    redeemed: int = 0
    cancelled: int = 0
    donated: int = 0
    bought_back: int = 0
    retired: int = 0
    gathered: int = 0
    returned: int = 0


@dataclass(frozen=True, kw_only=True)
class Account(AnyAccount, Sums):
    """The account of a person or an institution (a holder).

    ``name`` is masked for a person. ``identity`` is the keyed hash of the number it was opened with. ``person``: the id
    by which its person is counted, None where that is its own. ``pending``: orders and reductions that wait.
    ``campaigns``: those a person gave to; ``campaigns_live``: how many an institution has to see through, and
    ``proposals`` those of them that wait for the exchange. ``swept``: points that came from its tills.
    ``held``: points of a person's that holds reserve. ``guardian``: the consent by which a child opened it.
    ``successor``: the account that came after it, for the same person under another login; ``heir``: the one of the
    person who inherited from it; ``formerly``: those that procedures closed in its favour, of the same person;
    ``earlier``: those that she had closed herself before.
    ``colours``: grams by colour (a part of keys.earned) that stand on the account itself; ``credits`` counts the
    credits that moved them, ``folded`` is that number when the last page of them was written (docs/adr/0062).
    ``members``: merchants beneath the institution's sub-platform. ``owners``: ids of the logins that may do everything
    in its name; empty while that is only the one that opened it. ``late``: how many lines were filed late (projection).
    """

    id: str
    name: str
    opened_at: str
    identity: str
    closed_at: str | None = None
    person: str | None = None
    merchant: Merchant | None = None
    pending: int = 0
    campaigns: frozenset[str] = frozenset()
    campaigns_live: int = 0
    proposals: frozenset[str] = frozenset()
    swept: int = 0
    held: int = 0
    guardian: str | None = None
    successor: str | None = None
    heir: str | None = None
    formerly: frozenset[str] = frozenset()
    earlier: frozenset[str] = frozenset()
    members: int = 0
    owners: tuple[str, ...] = ()
    late: int = 0
    colours: Mapping[str, int] = field(default_factory=dict)
    credits: int = 0
    folded: int = 0

    @staticmethod
    def in_full(item: Mapping[str, Any]) -> Mapping[str, Any]:
        """``item`` with its ``colours`` together: each is an attribute of its own, to which a credit adds."""
        return {**item, "colours": {name: grams for name, grams in item.items() if name.startswith(keys.EARNED)}}

    @property
    def holder(self) -> str:
        """Its name in the ledger."""
        return keys.holder(self.id)

    @property
    def lineage(self) -> frozenset[str]:
        """The ids of all accounts whose debts are its own by now: its own, and those that came before it."""
        return self.formerly | self.earlier | {self.id}

    @property
    def key(self) -> keys.Key:
        """Where its item is."""
        return keys.account(self.holder)

    @property
    def ids(self) -> list[str]:
        """The ids of all accounts that its holder ever had, its own first."""
        return [self.id, *sorted(self.lineage - {self.id})]

    @property
    def holders(self) -> list[str]:
        """The names of the same, its own last."""
        return [keys.holder(id) for id in reversed(self.ids)]

    @property
    def rebound(self) -> bool:
        """Whether another login has taken the place of the one that opened it: a procedure took its number, too. One
        that its person closed herself keeps the number, whichever account comes after it.
        """
        return bool(self.successor) and not self.identity

    @property
    def counted_as(self) -> str:
        """The id by which limits and caps count its person, whichever account comes later."""
        return self.person or self.id

    @property
    def as_merchant(self) -> Merchant:
        """Its state as a merchant. Raises NotFound where it is none."""
        if self.merchant is None:
            raise NotFound()
        return self.merchant
