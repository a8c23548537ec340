"""What must hold of numbers and of accounts that ended: one live holder of a number, and nothing opens again."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.simulation.books import Violation, amount
from tests.simulation.life.clients import OWNERS
from tests.simulation.table import Change, Place

if TYPE_CHECKING:
    from tests.simulation.run import Simulation


class Life:
    """A part of Lives."""

    sim: "Simulation"

    def __init__(self) -> None:
        super().__init__()
        self.holders: dict[str, set[str]] = defaultdict(set)  # open accounts by the hash of their number
        self.barred: set[str] = set()  # numbers of persons who have died

    def _only(self, what: str, thing: str) -> None:
        raise NotImplementedError

    def numbered(self, changes: dict[Place, Change]) -> None:
        """One transaction: who has which number after it."""
        touched = set()
        for (pk, sk), (old, new) in changes.items():
            if sk == "account" and pk.startswith("account:") and new is not None:
                touched |= self._moved(pk, old or {}, new)
            elif sk == "identity":
                touched.add(pk.removeprefix("identity:"))
        for number in touched:
            self._one(number)

    def _moved(self, pk: str, old: Any, new: Any) -> set[str]:
        before, after = (each.get("identity", {}).get("S", "") for each in (old, new))
        was, is_ = (each.get("status", {}).get("S") in ("active", "frozen") for each in (old, new))
        if pk.removeprefix("account:") in self.sim.city.ended and is_:
            raise Violation("an account that ended stays closed", f"{pk} is open again")
        if (before, was) == (after, is_):
            return set()
        self.holders[before].discard(pk)
        if is_:
            self.holders[after].add(pk)
        return {each for each in (before, after) if each}

    def _one(self, number: str) -> None:
        claim = self.sim.table.items.get((f"identity:{number}", "identity"))
        holders = self.holders[number]
        if len(holders) > 1:
            raise Violation("one live holder of a number", f"{sorted(holders)} have the same")
        if claim is None or claim["open"]["BOOL"] != bool(holders):
            raise Violation("one live holder of a number", f"{claim} says another than {sorted(holders)}")
        if holders and holders != {f"account:{claim['account']['S']}"}:
            raise Violation("one live holder of a number", f"{claim} is of another than {sorted(holders)}")
        if holders and number in self.barred:
            raise Violation("who died opens nothing", f"{sorted(holders)} has a number that ended")

    def _account_opened(self, record: dict[str, Any], account: dict[str, Any]) -> None:
        city, sub = self.sim.city, record["caller"]
        if sub in OWNERS and sub not in city.people:
            number = self.sim.table.items[f"account:{account['id']}", "account"]["identity"]["S"]
            first = next(each for each in city.people if city.hashes[each] == number)
            person = self.sim.table.items[f"account:{account['id']}", "account"].get("person", {}).get("S")
            city.people.append(sub)
            city.accounts[sub], city.names[account["id"]], city.serials[sub] = account["id"], sub, city.serial(first)
            city.hashes[sub], city.persons[account["id"]] = number, person or account["id"]
            if person is None:
                self.sim.seen["an owner got her number back"] += 1

    def _ended_by_two(self, record: dict[str, Any], step: dict[str, Any]) -> Any:
        """The procedure, which two officials decided."""
        procedure = self.sim.table.items[f"procedure:{step['id']}", "procedure"]
        if record["caller"] == procedure["proposed_by"]["S"]:
            raise Violation("two officials decide", f"{record['caller']} decided alone of {procedure['account']}")
        return procedure

    def _left(self, account: str) -> None:
        """Nothing stays in an account that ended, and a debt only where there was nothing to repay it with."""
        item = self.sim.table.items[f"account:{account}", "account"]
        for asset in ("points", "grams"):
            if left := amount(item, asset):
                raise Violation("who ended keeps nothing", f"{left} {asset} stay in {account}")
        self._only("end of account", account)
        self.sim.city.ended.add(account)

    def _account_inherited(self, record: dict[str, Any], step: dict[str, Any]) -> None:
        procedure = self._ended_by_two(record, step)
        old, heir = procedure["account"]["S"], procedure["other"]["S"]
        postings = record.get("postings", ())
        self._left(old)
        owed = amount(self.sim.table.items[f"account:{old}", "account"], "debt_points")
        given = sum(each[2] for each in postings if each[1] == f"account:{heir}" and each[3] == "points")
        others = [
            each for each in postings if each[1] not in (f"account:{heir}",) and not each[1].startswith("system:")
        ]
        if others or (owed and given):
            raise Violation("an heir gets what is left", f"{postings} of {old}, which owes {owed}")
        city = self.sim.city
        self.barred.update(city.hashes[sub] for sub in city.people if city.accounts[sub] == old)
        city.heirs[city.persons[old]] = city.persons[heir]
        self.sim.seen["an account was inherited" + (" with a debt" if owed else "")] += 1

    def _identity_freed(self, record: dict[str, Any], step: dict[str, Any]) -> None:
        wrong = self._ended_by_two(record, step)["account"]["S"]
        if any(not each[1].startswith("system:") for each in record.get("postings", ())):
            raise Violation("what a wrong account held is given up", f"{record['postings']} of {wrong}")
        self._left(wrong)
        self.sim.city.freed.add(wrong)
        self.sim.seen["a number was freed"] += 1
