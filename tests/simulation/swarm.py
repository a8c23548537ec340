"""What a run tends to: each draws its own weights of operations and faults, so that what is rare in most runs is common
in some (swarm testing). A run with a focus does much of what one part of the platform is for, and some of the rest.
"""

from collections.abc import Iterable
from random import Random

FOCUSES: dict[str, frozenset[str]] = {
    "mall": frozenset({"redeem", "cancel_order", "fulfil", "refund", "order_refund", "change_offer", "report"}),
    "holds": frozenset({"hold", "capture", "release", "refund_hold", "report"}),
    "debts": frozenset({"judge", "reverse", "cancel_points", "rebind", "inherit", "decide"}),
    "buy-back": frozenset({"redeem", "hold", "capture", "start_run", "retire", "report"}),
    "campaigns": frozenset({"donate", "propose", "judge_campaign", "close_campaign", "report", "freeze"}),
    "draws": frozenset({"enter", "report", "dispute"}),
    "files": frozenset({"send_file", "look_file", "judge_file", "judge", "reverse", "freeze"}),
    "onboarding": frozenset({"apply", "complete", "onward", "endorse", "review", "opinion", "acknowledge", "renew"}),
    "life": frozenset(
        {"inherit", "free", "claim", "rebind", "decide", "report", "reverse", "redeem", "fulfil", "refund"}
    ),
    "disputes": frozenset({"redeem", "hold", "report", "dispute", "answer_dispute", "rule"}),
    "departures": frozenset({"redeem", "hold", "leave", "terminate", "new_offer", "admit", "refund"}),
}
ANY = "any"  # no part in particular
_FAULTS = (0.0, 0.3, 1.0, 1.0, 3.0)  # times the usual share
_OPERATIONS = (0.0, 0.3, 1.0)  # times the usual weight, of those that are not in focus
_LEAPS = {  # agreements end by days; a file that nobody continued for two days is left alone
    "onboarding": (3600, 20_000, 90_000, 90_000),
    "files": (60, 120, 900, 3600),
}
_IN_FOCUS = (3.0, 6.0, 6.0, 10.0)


class Swarm:
    """The weights of one run. Without a ``focus`` everything has its usual one."""

    def __init__(self, seed: str, focus: str) -> None:
        self._rng, self.focus = Random(f"{seed} tends to {focus}"), focus
        self._weights: dict[str, float] = {}

    @property
    def leaps(self) -> tuple[int, ...]:
        """Seconds that pass with nothing done."""
        return _LEAPS.get(self.focus, (60, 120, 900, 3600, 20_000, 90_000))

    def operation(self, name: str) -> float:
        """Times its usual weight."""
        if not self.focus:
            return 1.0
        inside = name in FOCUSES.get(self.focus, ())
        return self._drawn(name, _IN_FOCUS if inside else (*_OPERATIONS, 3.0) if self.focus == ANY else _OPERATIONS)

    def pause(self, operations: Iterable[str]) -> float:
        """Seconds, at most, from one operation to the next, of one who does these: who is not in focus does little."""
        if self.focus not in FOCUSES:
            return 20.0
        return 600.0 if FOCUSES[self.focus].isdisjoint(operations) else 8.0

    def fault(self, name: str) -> float:
        """Times its usual share."""
        return self._drawn(name, _FAULTS) if self.focus else 1.0

    def _drawn(self, name: str, factors: tuple[float, ...]) -> float:
        if name not in self._weights:
            self._weights[name] = self._rng.choice(factors)
        return self._weights[name]
