"""Who is calling, in which role: the Caller that every action and query gets."""

from dataclasses import dataclass, field
from typing import Protocol

INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR = "individual", "institution", "scenario_operator"
EXCHANGE, BUREAU, AUDITOR = "exchange", "bureau", "auditor"
ROLES = (INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR, EXCHANGE, BUREAU, AUDITOR)
OWNER, SHOP_OPERATOR, FINANCE, READ_ONLY = "owner", "operator", "finance", "read_only"  # a login at its institution
NONE = "none"  # what is left of the authority of a login that was removed
CLOCK_LEEWAY_SECONDS = 10  # clocks differ: how far another's may be ahead of ours


def readers(allow: tuple[str, ...]) -> tuple[str, ...]:
    """The roles that may read what ``allow`` may: what exchange or bureau read, the auditor reads."""
    return tuple(dict.fromkeys((*allow, AUDITOR))) if {EXCHANGE, BUREAU} & {*allow} else allow


class Made(Protocol):
    """A Record, as far as ``made`` looks at it."""

    @property
    def caller(self) -> str: ...
    @property
    def role(self) -> str: ...


class Operated(Protocol):
    """A scenario or a batch, as far as ``operates`` looks at it."""

    @property
    def operator(self) -> str: ...


@dataclass(frozen=True)
class Caller:
    """The proven subject of a token and its one role.

    One ``sub`` may hold tokens of several roles, and neither ``sub`` nor an account id names the role. Every check of
    ownership is therefore one of ``holds``, ``operates`` and ``made``, which compare both; a house rule forbids others.

    ``account`` is the id of this caller's account, open or not: to read or write it, never to compare it (see
    ``holds``). Only the edge knows it, so a Caller made elsewhere has none. An institution may have several logins,
    each with an ``authority`` of its own (edge/identity/authorities.py). ``formerly``: accounts of the same institution
    that its own came after; of persons the edge knows none (accounts/queries.py ``is_of``).
    """

    sub: str
    role: str
    account: str = field(default="", compare=False)
    authority: str = field(default=OWNER, compare=False)
    formerly: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def accounts(self) -> list[str]:
        """The ids of all accounts that the caller ``holds``, its own first."""
        return [self.account, *sorted(self.formerly)]

    def holds(self, role: str, account: str | None) -> bool:
        """Whether this caller comes in ``role``, as the holder of ``account``."""
        return self.role == role and (account == self.account or account in self.formerly)

    def reads_as(self, *roles: str) -> bool:
        """Whether this caller sees everything that one of ``roles`` (exchange, bureau) sees: also as the auditor."""
        return self.role in readers(roles)

    def signs_in_as(self, sub: str) -> bool:
        """Whether this caller comes with the login ``sub``, in whichever role: two officials are two logins."""
        return self.sub == sub

    def operates(self, item: Operated) -> bool:
        """Whether this caller is the scenario operator that a scenario or a batch names."""
        return self == Caller(item.operator, SCENARIO_OPERATOR)

    def made(self, record: Made) -> bool:
        """Whether this caller, in this role, made the request that a Record keeps."""
        return self == Caller(record.caller, record.role)
