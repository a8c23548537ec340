"""The institutions that apply, and the documents that they bring."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from tests.numbers import credit_code

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

APPLICANTS = 4
FORMAL = ("application_form", "business_licence", "legal_person_identity", "credit_report")
REQUIRED = {  # guide §7.3 a, by hand
    "third_party_mall": (*FORMAL, "user_agreement"),
    "sub_platform": (*FORMAL, "user_agreement"),
    "event": FORMAL,
    "other": (*FORMAL, "user_agreement"),
}
MODES = tuple(REQUIRED)
OPERATIONS = ("apply", "complete", "document", "submit", "review")


def build(sim: "Simulation") -> None:
    """Institutions that are nothing yet."""
    for number in range(APPLICANTS):
        sub = f"applicant-{number}"
        account = sim.world.institution(sub, credit_code(900 + number))
        sim.city.applicants.append(sub)
        sim.city.accounts[sub], sim.city.names[account] = account, sub


def scan(rng: Random) -> bytes:
    """A document, unlike any other."""
    return b"%PDF-1.4\n" + str(rng.getrandbits(64)).encode() + b"\n%%EOF\n"


def day(now: float, days: int) -> str:
    """A day in Shanghai, from today on."""
    return (datetime.fromtimestamp(now, UTC) + timedelta(hours=8, days=days)).date().isoformat()


def plan(mode: str, now: float, rng: Random) -> dict[str, Any]:
    """What is applied for."""
    if mode == "third_party_mall":
        return {
            "mall_url": "https://mall.example.com", "categories": ["food"], "stock_commitment": 1000,
            "service_hours": "09:00-21:00", "data_contact": "data@example.com",
        }  # fmt: skip
    if mode == "sub_platform":
        return {"region_or_sector": "浦东", "operator_name": "示例", "planned_merchants": 3, "categories": ["food"]}
    if mode == "other":
        return {"description": "公益兑换点"}
    begins = datetime.fromtimestamp(now, UTC) + timedelta(hours=rng.choice((1, 30)))
    ends = begins + timedelta(hours=rng.choice((2, 100)))
    return {
        "starts_at": begins.isoformat(), "ends_at": ends.isoformat(), "opens_at": begins.isoformat(), "goods": "票",
        "quantity": 9, "per_account_limit": 2, "rules": "先到先得",
    }  # fmt: skip
