"""What officials propose of accounts, and owners of numbers that others have claimed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.simulation.answers import Asked
from tests.world import Answer

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

OWNERS = ("owner-1", "owner-2", "owner-3")  # logins; each may claim any number, as thieves and owners do
OPERATIONS = ("inherit", "free", "claim")


class Kin:
    """A part of a Client."""

    sim: "Simulation"
    party: str
    ask: Callable[..., Answer | None]

    def _idle(self) -> str:
        raise NotImplementedError

    def _propose(self, body: dict[str, Any]) -> None:
        answer = self.ask("/v1/procedures", body | {"reason": "依申请", "evidence_sha256": "0" * 64})
        if answer and answer.status == 201:
            self.sim.city.procedures.append(answer.body["id"])

    def inherit(self, _: int) -> None:
        """A person died. The heir is anybody, at times herself or one who died, too."""
        city = self.sim.city
        heir = city.accounts[self.sim.rng.choice(city.people)]
        self._propose({"kind": "inheritance", "account": city.accounts[self._idle()], "heir": heir})

    def free(self, _: int) -> None:
        self._propose({"kind": "free_identity", "account": self.sim.city.accounts[self._idle()]})

    def claim(self, _: int) -> None:
        """Open an account with a number that was freed, or whose person died; now and then with another's. Two try."""
        sim, city = self.sim, self.sim.city
        free = [sub for sub in city.people if city.accounts[sub] in city.ended]
        if not (free or sim.rng.random() < 0.3):
            return
        number = city.number(sim.rng.choice(free or city.people))
        body = {"kind": "individual", "name": "密小红", "identity_number": number}
        if sim.happens("rival"):
            other = Asked(
                "POST", "/v1/accounts", body, "individual", sim.rng.choice(OWNERS), f"c-{next(sim.key_numbers)}"
            )
            sim.send_again(other, 0)
        self.ask("/v1/accounts", body)
