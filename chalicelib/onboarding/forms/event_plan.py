"""The plan of an event. Pure."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chalicelib.kernel.fields import Body, LongText, Moment, Units


class EventPlan(Body):
    """An event: its period, when redemption opens to all, what there is of what, and the rules for taking part."""

    starts_at: Moment
    ends_at: Annotated[Moment, Field(description="RFC 3339 with its offset; in the future, later than starts_at")]
    opens_at: Annotated[Moment, Field(description="RFC 3339 with its offset; earlier than ends_at")]
    goods: LongText
    quantity: Units
    per_account_limit: Annotated[int, Field(ge=1, le=10**6)]
    rules: LongText
    allocation: Annotated[
        Literal["first_come", "draw"],
        Field(description="How the goods are given out: to whom comes first, or by a draw among all who enter"),
    ] = "first_come"
    draws_at: Annotated[
        Moment | None,
        Field(
            validate_default=True,
            description="Of a draw only: when it closes. Later than starts_at and opens_at, not later than ends_at",
        ),
    ] = None

    @field_validator("draws_at")
    @classmethod
    def _draws_in_time(cls, moment: datetime | None, info: ValidationInfo) -> datetime | None:
        known = info.data
        if "allocation" in known and (known["allocation"] == "draw") != (moment is not None):
            raise PydanticCustomError("draws_at", "A draw names draws_at, and only a draw does")
        if moment and any(moment <= known[name] for name in ("starts_at", "opens_at") if name in known):
            raise PydanticCustomError("draws_begin", "Must be later than starts_at and opens_at")
        if moment and "ends_at" in known and moment > known["ends_at"]:
            raise PydanticCustomError("draws_end", "Must not be later than ends_at")
        return moment

    @field_validator("ends_at", "opens_at")
    @classmethod
    def _in_order(cls, moment: datetime, info: ValidationInfo) -> datetime:
        start, end = info.data.get("starts_at"), info.data.get("ends_at")
        if info.field_name == "ends_at" and start and moment <= start:
            raise PydanticCustomError("period_ends", "Must be later than starts_at")
        if info.field_name == "opens_at" and end and moment >= end:
            raise PydanticCustomError("period_opens", "Must be earlier than ends_at")
        return moment
