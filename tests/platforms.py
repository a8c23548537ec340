"""A sub-platform with its members, as tests need it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.desk import EXCHANGE, PLANS, Desk, institution
from tests.numbers import credit_code
from tests.world import Answer, World

AS_OPERATOR = institution("operator")


@dataclass
class Platform:
    """The sub-platform of the login "operator"."""

    world: World
    id: str

    def post(self, path: str, body: Any = None, **who: Any) -> Answer:
        given = {"reason": "why"} if body is None else body
        return self.world.post(f"/v1/sub-platforms/{self.id}/{path}", given, **(who or AS_OPERATOR))

    def get(self, path: str, **asked: Any) -> Answer:
        return self.world.get(f"/v1/sub-platforms/{self.id}/{path}", **({} if "role" in asked else AS_OPERATOR) | asked)

    def admit(self, account: str, **who: Any) -> Answer:
        return self.post("members", {"account": account, "reason": "of our district"}, **who)

    def member(self, sub: str = "shop", number: int = 100) -> str:
        """An institution that opens its account and is admitted."""
        account = self.world.institution(sub, credit_code(number))
        admitted = self.admit(account)
        assert admitted.status == 201, admitted
        return account

    def of_operator(self, action: str) -> None:
        """The exchange suspends the operator, or reinstates it, and the stream comes."""
        done = self.world.post(f"/v1/merchants/{self.id}/{action}", {"reason": "why"}, **EXCHANGE)
        assert done.status == 200, done
        self.world.stream()

    def members(self, **asked: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("members", **asked).body["items"]
        return found

    def on_shelf(self) -> set[str]:
        return {offer["id"] for offer in self._offers()}

    def _offers(self) -> Iterator[dict[str, Any]]:
        cursor: dict[str, Any] = {}
        while True:
            page = self.world.get("/v1/offers", limit=100, **cursor).body
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}


def platform(world: World) -> Platform:
    """One whose operator was approved outside the platform: no plan binds it."""
    account = world.institution("operator", credit_code(99))
    body = {"account": account, "mode": "sub_platform", "reason": "letter"}
    assert world.post("/v1/merchants", body, **EXCHANGE).status == 201
    return Platform(world, account)


def planned(world: World, merchants: Any) -> Platform:
    """One that came through its application, with ``merchants`` in its plan."""
    account = world.institution("operator", credit_code(99))
    Desk(world).bring("sub_platform", sub="operator", plan=PLANS["sub_platform"] | {"planned_merchants": merchants})
    return Platform(world, account)
