"""The city before the storm: people with points, merchants with offers, consents, a campaign."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.accounts.numbers import hashed
from chalicelib.draws.opening import opened
from chalicelib.kernel.fields import stamp
from chalicelib.ledger.account import Merchant
from chalicelib.onboarding.items import Application
from chalicelib.settings import secret
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import put, update
from tests import consents
from tests.numbers import credit_code, identity_number
from tests.partner import register
from tests.simulation.onboarding import setting as onboarding

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

MERCHANTS = 3
PRICE = 150_000
CAP = 400_000


@dataclass
class City:
    """Who and what there is, as clients know it."""

    people: list[str] = field(default_factory=list)  # subs
    accounts: dict[str, str] = field(default_factory=dict)  # by sub
    persons: dict[str, str] = field(default_factory=dict)  # by account
    names: dict[str, str] = field(default_factory=dict)  # what stories call an account, an offer, a campaign
    shops: list[str] = field(default_factory=list)
    offers: dict[str, dict[str, Any]] = field(default_factory=dict)
    grants: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # by shop: the person's sub and the grant
    campaigns: list[str] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    holds: list[dict[str, Any]] = field(default_factory=list)
    captured: list[dict[str, Any]] = field(default_factory=list)
    trips: list[dict[str, Any]] = field(default_factory=list)
    stalls: list[str] = field(default_factory=list)  # merchants that leave and come back
    fairs: list[str] = field(default_factory=list)  # merchants of an event that draws
    events: dict[str, list[str]] = field(default_factory=dict)  # the offers of each
    disputes: list[dict[str, Any]] = field(default_factory=list)
    procedures: list[str] = field(default_factory=list)
    logins: dict[str, str] = field(default_factory=dict)  # of persons who have another than at first
    files: dict[str, Any] = field(default_factory=dict)  # of trips, by their SHA-256
    sent: dict[str, bool] = field(default_factory=dict)  # batches whose file came: whether it is what was announced
    applicants: list[str] = field(default_factory=list)  # institutions that are no merchants at first
    applications: list[dict[str, Any]] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)  # accounts that a procedure closed for good
    freed: set[str] = field(default_factory=set)  # those of them whose number was another's
    heirs: dict[str, str] = field(default_factory=dict)  # persons, by whom they inherit from
    hashes: dict[str, str] = field(default_factory=dict)  # of identity numbers, by sub
    serials: dict[str, int] = field(default_factory=dict)  # of those whose number is not that of their sub
    new_logins: dict[str, str] = field(default_factory=dict)  # by the account that each would have

    def rebound(self, old: str, new: str) -> None:
        """The person of the account ``old`` has ``new`` from now on."""
        person = next(sub for sub in self.people if self.accounts[sub] == old)
        self.persons[new] = self.persons[old]
        self.accounts[person], self.logins[person], self.names[new] = new, self.new_logins[new], person

    def number(self, sub: str) -> str:
        return identity_number(self.serial(sub))

    def serial(self, sub: str) -> int:
        return self.serials.get(sub, int(sub.rpartition("-")[2]))


def build(sim: "Simulation") -> None:
    """Through the front door, while nothing goes wrong."""
    world, city = sim.world, sim.city
    world.scenario("walk", grams_per_unit="1", unit="m")
    world.scenario("survey", grams_per_unit="1", unit="m", confirmation="manual")
    world.scenario("bus", grams_per_unit="1", unit="m", daily_cap_grams=CAP)
    sim.caps["bus"] = CAP
    for number in range(sim.config.people):
        _person(sim, f"person-{number}")
    for number in range(MERCHANTS):
        _shop(sim, f"shop-{number}", number)
    for sub in city.people:
        for shop in city.shops:
            _consent(sim, sub, shop)
    _stall(sim)
    for number, hours in enumerate((1, 8)):
        _fair(sim, number, hours)
    _campaign(sim)
    if sim.wants("apply"):
        onboarding.build(sim)


def _person(sim: "Simulation", sub: str) -> None:
    world, city = sim.world, sim.city
    body = {"kind": "individual", "name": "密小明", "identity_number": city.number(sub)}
    account = str(world._made(world.post("/v1/accounts", body, role="individual", sub=sub))["id"])
    city.people.append(sub)
    city.accounts[sub], city.names[account], city.persons[account] = account, sub, account
    city.hashes[sub] = hashed("individual", city.number(sub), secret("identity_key"))
    world._made(world.report(account, str(4 * PRICE), scenario="walk"))


def _shop(sim: "Simulation", sub: str, number: int) -> None:
    world, city = sim.world, sim.city
    account = consents.mall(world, sub, credit_code(number))
    city.shops.append(sub)
    city.accounts[sub], city.names[account] = account, sub
    register(account, "https://shop.example.com/", "whpk_x")
    busy = {"busy": True, "stock": 12 if sim.swarm.focus else 60, "points": PRICE}
    limited = {"stock": 15, "per_account_limit": 2, "cancellable_minutes": 30, "fulfil_within_days": 1, "points": PRICE}
    for changes in (busy, limited, {"stock": 5, "points": PRICE, "fulfilment": "goods"}):
        offer = world.offer(sub, **{"points": PRICE, **changes})
        city.offers[offer] = {"sub": sub, "points": PRICE}
        city.names[offer] = f"offer {len(city.offers)}"


def _stall(sim: "Simulation") -> None:
    """A small merchant that leaves and comes back."""
    world, city = sim.world, sim.city
    account = consents.mall(world, "stall-0", credit_code(MERCHANTS))
    city.stalls.append("stall-0")
    city.accounts["stall-0"], city.names[account] = account, "stall-0"
    register(account, "https://stall.example.com/", "whpk_x")
    offer = world.offer("stall-0", points=PRICE, stock=20, fulfil_within_days=1)
    city.offers[offer] = {"sub": "stall-0", "points": PRICE}
    city.names[offer] = f"offer {len(city.offers)}"
    for sub in city.people[:6]:
        _consent(sim, sub, "stall-0")


def _fair(sim: "Simulation", number: int, hours: int) -> None:
    """An event that draws: as if its application had come to its end."""
    world, city, sub = sim.world, sim.city, f"fair-{number}"
    account = world.institution(sub, credit_code(MERCHANTS + 1 + number))
    city.fairs.append(sub)
    city.accounts[sub], city.names[account] = account, sub
    opens, draws, ends = (stamp(datetime.fromtimestamp(sim.now + 3600 * after, UTC)) for after in (0, hours, 2000))
    plan = {
        "starts_at": opens, "ends_at": ends, "opens_at": opens, "goods": "章", "quantity": 9, "per_account_limit": 2,
        "rules": "抽签", "allocation": "draw", "draws_at": draws,
    }  # fmt: skip
    event = keys.digest("event", sub)
    application = Application(
        id=event, applicant=account, name="示例商贸", mode="event", category="event", title="抽签", plan=plan,
        status="active", created_at=opens, since=opens,
    )  # fmt: skip
    assert application.event is not None
    merchant = Merchant(mode="event", status="active", since=opens, application=event, event=application.event)
    writes = [put(keys.application(event), application)]
    writes += [update(keys.account(keys.holder(account)), assign={"merchant": merchant})]
    commit([*writes, *opened(event, account, application.event, at=opens, draw_key=secret("draw_key"))])
    city.events[event], city.names[event] = [], f"event {number + 1}"
    for stock in (6, 3):
        offer = world.offer(sub, points=20_000, stock=stock, per_account_limit=2, fulfilment="goods")
        city.offers[offer] = {"sub": sub, "points": 20_000, "sold": False}
        city.events[event].append(offer)
        city.names[offer] = f"offer {len(city.offers)}"


def _consent(sim: "Simulation", sub: str, shop: str) -> None:
    world, city = sim.world, sim.city
    body = consents.spend(city.accounts[shop], points_max_order=PRICE, points_max_day=PRICE + 50_000)
    offered = consents.consent(world, body, sub=sub)
    assert offered.status == 201, offered
    code = offered.body["code"]
    active = consents.redeem(world, code, role="institution", sub=shop, reference=f"{sub}-{shop}")
    assert active.status == 200, active
    city.grants.setdefault(shop, []).append((sub, active.body["id"]))


def _campaign(sim: "Simulation") -> None:
    world, city = sim.world, sim.city
    body = {
        "title": "马拉松", "purpose": "event", "description": "赛事", "target_grams": 1000,
        "ends_at": "2026-03-02T00:00:00Z",
    }  # fmt: skip
    campaign = world._made(world.post("/v1/campaigns", body, role="institution", sub=city.shops[0]))["id"]
    assert world.post(f"/v1/campaigns/{campaign}/approve", role="exchange", sub="exchange").status == 200
    city.campaigns.append(campaign)
    city.names[campaign] = "campaign 1"
