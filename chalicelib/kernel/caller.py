"""Who is calling: the JWT authorizer, and the Caller that every action and query is told of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR = "individual", "institution", "scenario_operator"
EXCHANGE, BUREAU = "exchange", "bureau"
ROLES = (INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR, EXCHANGE, BUREAU)
CLOCK_LEEWAY_SECONDS = 10  # clocks differ: how far another's may be ahead of ours


@dataclass(frozen=True)
class Caller:
    """The proven subject of a token and its one role.

    One ``sub`` may hold tokens of several roles, and neither ``sub`` nor an account id names the role. Every check of
    ownership is therefore one of ``holds``, ``operates`` and ``made``, which compare both; a house rule forbids others.

    ``account`` is the id of this caller's account, open or not: to read or write it, never to compare it (see
    ``holds``). Only the edge knows it, so a Caller made elsewhere has none.
    """

    sub: str
    role: str
    account: str = field(default="", compare=False)

    def holds(self, role: str, account: str | None) -> bool:
        """Whether this caller comes in ``role``, as the holder of ``account``."""
        return self.role == role and self.account == account

    def operates(self, item: Mapping[str, Any]) -> bool:
        """Whether this caller is the scenario operator that a scenario or a batch names."""
        return self == Caller(item["operator"], SCENARIO_OPERATOR)

    def made(self, record: Mapping[str, Any]) -> bool:
        """Whether this caller, in this role, made the request that a Record keeps."""
        return self == Caller(record["caller"], record["role"])
