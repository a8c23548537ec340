"""What an applicant plans, by mode, and the application that holds it. Pure."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, ValidationInfo, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from chalicelib.kernel.fields import Body, Choice, Id, LongText, ShortText, example, stamp
from chalicelib.kernel.text import STORED, TextType
from chalicelib.onboarding.forms.event_plan import EventPlan

_PLEDGE_MAX = 10**9
_WORDS = TextType(4000, lines=True)


def _number_or_words(value: Any, info: ValidationInfo) -> int | str:
    if isinstance(value, str):
        return value if info.context is STORED else _WORDS.read(value)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _PLEDGE_MAX:
        return value
    raise PydanticCustomError("number_or_words", "Must be a positive whole number, or words")


# A pledge is a number, or in words ("one unit for each hundred accounts").
Pledge = Annotated[
    Any,
    AfterValidator(_number_or_words),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": _PLEDGE_MAX}, _WORDS.json_schema()]}),
]
Categories = Annotated[list[ShortText], Field(min_length=1, max_length=50, examples=[["food", "culture"]])]
Address = Annotated[str, Field(pattern=r"^https?://[\x21-\x7e]{1,500}$", examples=["https://mall.example.com"])]


class MallPlan(Body):
    """A third-party mall: where it is, what it will keep in stock, and who answers for the data exchange."""

    mall_url: Address
    categories: Categories
    stock_commitment: Pledge
    service_hours: ShortText
    data_contact: ShortText


class SubPlatformPlan(Body):
    """A sub-platform: the region or sector that it gathers merchants of, and who runs it."""

    region_or_sector: ShortText
    operator_name: ShortText
    planned_merchants: Pledge
    categories: Categories


class OtherPlan(Body):
    """Another way of taking part, to be confirmed by the bureau."""

    description: LongText


Plan = MallPlan | SubPlatformPlan | EventPlan | OtherPlan


class _Application(Body):
    title: ShortText
    sub_platform: Annotated[Id | None, Field(description="The merchant whose sub-platform it would sell in")] = None


class MallApplication(_Application):
    """To join with a mall of one's own (第三方积分商城入驻模式)."""

    model_config = example(
        mode="third_party_mall",
        title="豫园商城入驻碳积分商城",
        plan={
            "mall_url": "https://mall.example.com",
            "categories": ["food", "culture"],
            "stock_commitment": 20000,
            "service_hours": "09:00-21:00",
            "data_contact": "data@mall.example.com",
        },
    )

    mode: Literal["third_party_mall"]
    plan: MallPlan


class SubPlatformApplication(_Application):
    """To run a sub-platform for merchants of a region or sector (分平台入驻模式)."""

    model_config = example(
        mode="sub_platform",
        title="浦东新区碳普惠分平台",
        plan={
            "region_or_sector": "浦东新区",
            "operator_name": "浦东绿色服务（示例）",
            "planned_merchants": 30,
            "categories": ["transport", "goods"],
        },
    )

    mode: Literal["sub_platform"]
    plan: SubPlatformPlan


class EventApplication(_Application):
    """To offer certain goods for a certain time (特定活动模式)."""

    model_config = example(
        mode="event",
        title="世界环境日兑换活动",
        plan={
            "starts_at": "2097-06-01T00:00:00Z",
            "ends_at": "2097-06-30T16:00:00Z",
            "opens_at": "2097-06-05T02:00:00Z",
            "goods": "植物园门票",
            "quantity": 5000,
            "per_account_limit": 2,
            "rules": "每个账户限兑两张，先到先得",
        },
    )

    mode: Literal["event"]
    plan: EventPlan


class OtherApplication(_Application):
    """To join in another way that the bureau confirms (其他方式)."""

    model_config = example(mode="other", title="公益兑换点", plan={"description": "在社区设置公益兑换点"})

    mode: Literal["other"]
    plan: OtherPlan


PLANS: dict[str, type[Body]] = {
    "third_party_mall": MallPlan,
    "sub_platform": SubPlatformPlan,
    "event": EventPlan,
    "other": OtherPlan,
}


class _AsPlan:
    """An object that OpenAPI shows as a plan: which one it is, the application's mode decides."""

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(core_schema.union_schema([each.__pydantic_core_schema__ for each in PLANS.values()]))


class ApplicationChange(Body):
    """A new title, or a new plan of the same mode. What is left out stays."""

    model_config = example({"minProperties": 1}, title="豫园商城入驻碳积分商城（修订）")

    title: ShortText | None = None
    plan: Annotated[
        Annotated[dict[str, Any], _AsPlan()] | None,
        Field(description="The whole plan, with the fields of the application's mode"),
    ] = None


Applying = MallApplication | SubPlatformApplication | EventApplication | OtherApplication


class NewApplication(Choice[Annotated[Applying, Field(discriminator="mode")]]):
    """An institution applies to join the mall, in one of four modes."""


def as_stored(plan: Plan) -> dict[str, Any]:
    """A plan as it is stored: times as texts that sort."""
    fields = plan.model_dump(exclude_none=True)
    return {name: stamp(value) if isinstance(value, datetime) else value for name, value in fields.items()}
