"""Who lives in the demo. Numbers are well-formed and invented: births of the 1900s, credit codes of no register."""

from typing import Any, NamedTuple

from stdnum.cn import ric, uscc

SURNAMES, GIVEN = (
    "王李张刘陈杨赵黄周吴徐孙",
    ("小明", "晓红", "建国", "思远", "雨桐", "子涵", "嘉怡", "志强", "佳慧", "文博"),
)
PEOPLE = 120
BOB = PEOPLE  # the next number: one of his trips is reversed


class Merchant(NamedTuple):
    """An institution that sells: its login, name, mode of joining, offers (title, category, points, stock, limit)."""

    sub: str
    name: str
    mode: str
    offers: tuple[tuple[str, str, int, int, int | None], ...]


MERCHANTS = (
    Merchant(
        "metro-shop",
        "申城地铁文创（示例）",
        "third_party_mall",
        (("地铁单程票", "transport", 3000, 500, 4), ("地铁一日票", "transport", 9000, 200, 2)),
    ),
    Merchant(
        "teahouse",
        "豫园茶馆（示例）",
        "sub_platform",
        (("龙井茶一杯", "food", 2500, 300, None), ("点心套餐", "food", 6000, 120, 3)),
    ),
    Merchant(
        "cinema",
        "外滩影院（示例）",
        "event",
        (("电影票", "culture", 8000, 150, 2), ("爆米花", "food", 1800, 400, None)),
    ),
    Merchant(
        "bookshop",
        "福州路书店（示例）",
        "other",
        (("图书抵扣券", "culture", 5000, 200, 2), ("帆布袋", "goods", 4000, 100, 1)),
    ),
    Merchant(
        "bicycle-club",
        "滨江骑行社（示例）",
        "other",
        (("骑行月卡", "transport", 7000, 250, 1), ("电动自行车", "goods", 200_000, 20, 1)),
    ),
    Merchant(
        "garden",
        "植物园（示例）",
        "other",
        (("门票", "culture", 4500, 300, 4), ("多肉一盆", "goods", 2200, 180, None)),
    ),
)

LATER = (  # who joins beneath the sub-platform, and who gives its goods by a draw
    Merchant("noodle-house", "城隍庙面馆（示例）", "other", (("葱油拌面", "food", 1800, 80, None),)),
    Merchant("theatre", "逸夫舞台（示例）", "event", (("昆曲门票", "culture", 2600, 5, 1),)),
)
NEUTRAL = Merchant("marathon", "马拉松组委会（示例）", "", ())  # an institution that sells nothing
INSTITUTIONS = (*MERCHANTS, NEUTRAL, *LATER)

METHODOLOGY = {
    "code": "DEMO-2026",
    "title": "碳普惠减排场景方法学（示例）",
    "kind": "scenario",
    "document_sha256": "d3b07384d113edec49eaa6238ad5ff00" * 2,
    "valid_from": "2026-01-01T00:00:00Z",
    "valid_until": None,
}

# code, name, unit, grams a unit, operator, confirmation: factors to start from, to be replaced by the bureau's own
SCENARIOS = (
    ("bus", "公交出行", "km", "52", "bus-operator", "automatic"),
    ("metro", "轨道交通出行", "km", "71", "metro-operator", "automatic"),
    ("shared-bicycle", "共享单车骑行", "km", "97", "bicycle-operator", "automatic"),
    ("battery-car", "新能源汽车出行", "km", "125", "car-operator", "automatic"),
    ("rooftop-solar", "分布式光伏发电", "kWh", "570", "solar-operator", "automatic"),
    ("old-for-new", "家电以旧换新", "件", "15000", "recycling-operator", "manual"),
    ("ferry", "轮渡出行", "km", "45", "ferry-operator", "automatic"),
)
QUANTITY_MAX = {  # the most that one record can plausibly hold, in the scenario's unit
    "bus": "150",
    "metro": "200",
    "shared-bicycle": "60",
    "battery-car": "1500",
    "rooftop-solar": "1000",
    "old-for-new": "20",
    "ferry": "40",
}


def sub(number: int) -> str:
    """The login of a person; the first is alice, the last bob."""
    return {0: "alice", BOB: "bob"}.get(number, f"person-{number:03d}")


def person(number: int) -> dict[str, Any]:
    """The body that opens a person's account."""
    born = f"{1901 + number % 9}{1 + number % 12:02d}{1 + number % 28:02d}"
    first = f"310101{born}{number:03d}"
    name = SURNAMES[number % len(SURNAMES)] + GIVEN[number % len(GIVEN)]
    return {"kind": "individual", "name": name, "identity_number": first + ric.calc_check_digit(first + "0")}


def institution(number: int) -> dict[str, Any]:
    """The body that opens an institution's account, by its place in ``INSTITUTIONS``."""
    first = f"91310000MADEM{number:04d}"
    code = first + uscc.calc_check_digit(first)
    return {"kind": "institution", "name": INSTITUTIONS[number].name, "credit_code": code}


def scenario(number: int) -> dict[str, Any]:
    """The body that publishes a scenario."""
    code, name, unit, grams, operator, confirmation = SCENARIOS[number]
    return {
        "code": code,
        "name": name,
        "methodology": METHODOLOGY["code"],
        "operator": operator,
        "unit": unit,
        "grams_per_unit": grams,
        "confirmation": confirmation,
        "daily_cap_grams": 20_000 if code == "battery-car" else None,
        "quantity_max": QUANTITY_MAX[code],
        "requires_grant": code == "ferry",
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_until": None,
    }


def offer(title: str, category: str, points: int, stock: int, limit: int | None) -> dict[str, Any]:
    """The body that puts an offer on the shelf."""
    return {
        "title": title,
        "description": f"{title}，演示数据。",
        "category": category,
        "points": points,
        "stock": stock,
        "per_account_limit": limit,
        "starts_at": None,
        "ends_at": None,
        "fulfilment": "goods" if category == "goods" else "voucher",
    }
