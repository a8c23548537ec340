"""The types of request and answer fields. One meaning, one type: the OpenAPI page is generated from them."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    RootModel,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from chalicelib.kernel.text import TextType, none_if_blank

# RFC 3339 within the years that texts of equal length can hold; no leap seconds, which Python does not know
_TIME = (
    "^(197[1-9]|19[89][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
_WRITTEN_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_SPLIT_TIME = re.compile(r"^([0-9-]{10}[Tt][0-9:.]{8,40}) ([0-9]{2}:[0-9]{2})$")  # of which an address lost the +
_FIRST, _END = datetime(1971, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
AMOUNT_MAX = 10**12  # points or grams in one movement: a million tonnes
T = TypeVar("T")


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: texts of equal length, so that they sort as the times do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _rfc_3339(value: Any) -> Any:
    """Only what RFC 3339 writes; pydantic would also take "1767225600" for a time."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("datetime_type", "Input should be a valid datetime")
    if not _WRITTEN_TIME.fullmatch(value):
        raise PydanticCustomError("datetime_parsing", "Must be a time as in RFC 3339, 2026-01-31T08:00:00Z for one")
    return value


def _digits(value: Any) -> Any:
    """A number in an address is written in decimal digits; pydantic would also take "1_0", "+5" and "1.0"."""
    if isinstance(value, str) and not re.fullmatch("[0-9]{1,18}", value):
        raise PydanticCustomError("int_parsing", "Must be a whole number in decimal digits")
    return value


def _in_range(moment: datetime) -> datetime:
    """``moment`` in UTC, where its year may be another one than in its own zone."""
    if _FIRST <= moment < _END:
        return moment.astimezone(UTC)
    raise PydanticCustomError("time_range", "Must lie between the years 1971 and 9998 in UTC")


Id = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,64}$", examples=["k3v5zq6x7n4m2p8r9s0t1u2w3y"])]
ShortText = Annotated[str, TextType(200)]
LongText = Annotated[str, TextType(4000, lines=True)]
RefundReason = Annotated[ShortText | None, BeforeValidator(none_if_blank)]  # the exchange gives one
ScenarioCode = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$",
        description="Compared without case. Answers spell it as it was first published",
        examples=["metro"],
    ),
]
ScenarioRef = Annotated[ScenarioCode, AfterValidator(str.lower)]  # so that a replay may spell it in another case
Sha256 = Annotated[  # PowerShell writes capitals; one form is kept
    str,
    Field(pattern=r"^[0-9A-Fa-f]{64}$", description="Of the file's bytes, hexadecimal"),
    AfterValidator(str.lower),
]
Amount = Annotated[int, Field(ge=1, le=AMOUNT_MAX)]
Units = Annotated[int, Field(ge=1, le=10**9)]
Size = Annotated[int, Field(ge=1, le=100), BeforeValidator(_digits)]  # of a sample, in an address
PageNumber = Annotated[int, Field(ge=1, le=10**6), BeforeValidator(_digits)]  # in an address
Days = Annotated[int, Field(ge=0, le=3650), BeforeValidator(_digits)]  # in an address
Quantity = Annotated[
    str, Field(pattern=r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$", description="Decimal string, at most 6 places")
]
_POSITIVE = r"^(?!0(\.0+)?$)(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$"
PositiveQuantity = Annotated[  # the pattern is for clients: what is zero is refused with a reason of its own
    Quantity,
    Field(description="Decimal string, at most 6 places, more than zero", json_schema_extra={"pattern": _POSITIVE}),
]
Moment = Annotated[
    AwareDatetime,
    Field(strict=False),  # the text is checked first, which makes it no JSON value any more
    BeforeValidator(_rfc_3339),
    AfterValidator(_in_range),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": _TIME,
            "description": "RFC 3339 with its offset, from 1971 to 9998 in UTC; kept in UTC to the millisecond",
        }
    ),
]
Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise PydanticCustomError("day", "Must be a day as in 2030-12-31") from error


Day = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", json_schema_extra={"format": "date"}),
    AfterValidator(_day),
]


class Body(BaseModel):
    """A request body: JSON types as they are (no "5" for 5), unknown fields refused.

    Like all models it is built when first needed: a cold start serves one route.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class Choice(RootModel[T], Generic[T]):
    """A request body that is one of several; a field of theirs tells which."""

    model_config = ConfigDict(hide_input_in_errors=True, defer_build=True)  # its own: the inner ones' does not count


class Params(BaseModel):
    """Query parameters: texts from the address, unknown ones refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _plus(cls, asked: Any) -> Any:
        """A ``+`` in an address is read as a blank. Before an offset it can be nothing else."""
        texts = {name: each for name, each in asked.items() if isinstance(each, str)}
        return asked | {name: _SPLIT_TIME.sub(r"\1+\2", each) for name, each in texts.items()}


class Paged(Params):
    """Parameters of a list."""

    limit: Annotated[int, Field(ge=1, le=100, description="Items a page"), BeforeValidator(_digits)] = 20
    cursor: Annotated[str | None, Field(max_length=2000, description="next_cursor of the page before")] = None


class Answer(BaseModel):
    """What a route answers: every field, every time."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True, defer_build=True)


class Empty(Body):
    """``{}``: a step that needs no words."""


class Whole(Answer):  # all items on one page, with the next_cursor that clients expect of every list
    next_cursor: None = None


class Listed(Answer):
    """What has ``items`` and a ``next_cursor``; ``_cursor`` makes the one behind so many of them (kernel/query.py)."""

    _cursor: Callable[[int], str] | None = PrivateAttr(default=None)


class Page(Listed, Generic[T]):
    """A page of a list; ``next_cursor`` is null on the last. One before it may hold fewer than ``limit``, or none."""

    items: list[T]
    next_cursor: str | None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        return f"{params[0].__name__}Page"  # "OfferPage": what generated clients will call it


def example(rules: JsonDict | None = None, /, **fields: Any) -> ConfigDict:
    """Model configuration that shows one example in the OpenAPI page, and ``rules`` (JSON Schema) that span fields."""
    return ConfigDict(json_schema_extra={"examples": [fields], **(rules or {})})
