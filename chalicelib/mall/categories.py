"""What kinds of offers there are: a code, and a label in both languages."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib.errors import Text
from chalicelib.kernel.fields import Answer

CATEGORIES = {
    "transport": Text("Transport", "交通出行"),
    "food": Text("Food and drink", "美食"),
    "culture": Text("Culture and leisure", "文化休闲"),
    "sports": Text("Sports", "体育健身"),
    "goods": Text("Goods", "商品"),
    "services": Text("Services", "生活服务"),
    "travel": Text("Travel", "旅游"),
    "public_good": Text("Public good", "公益"),
}


class Label(Answer):
    """A name in both languages."""

    en: str
    zh: str


class Category(Answer):
    """A category of offers: ``code`` in requests and answers, ``label`` for people."""

    code: str
    label: Label


class Categories(Answer):
    """The whole register."""

    items: list[Category]


_OTHER = "other"  # categories from before there was a register


def lane(name: str, category: str) -> str:
    """The list ``name`` of offers, of one category."""
    return f"{name}/{category if category in CATEGORIES else _OTHER}"


def lanes(name: str, category: str | None = None) -> list[str]:
    """The lists that together are the list ``name`` of offers, of a category or of all. Offers from before 2026-11-27
    stand in the list ``name`` itself until they change their state, or the schedule comes by.
    """
    return [name, *([lane(name, category)] if category else (lane(name, each) for each in (*CATEGORIES, _OTHER)))]


def register() -> Categories:
    """All categories, in the order in which a mall shows them."""
    return Categories(items=[Category(code=code, label=Label(**text._asdict())) for code, text in CATEGORIES.items()])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


_CODES = {_plain(name): code for code, label in CATEGORIES.items() for name in (code, *label)}


def code_of(text: str) -> str | None:
    """The code of a category that is named by its code or a label, in any case; None where it is none."""
    return _CODES.get(_plain(text))


def _known(text: str) -> str:
    code = code_of(text)
    if code is None:
        allowed = ", ".join(f"{each} ({label.zh})" for each, label in CATEGORIES.items())
        raise PydanticCustomError("category", "Must be one of {allowed}", {"allowed": allowed})
    return code


CategoryCode = Annotated[
    str,
    Field(
        max_length=40,
        description="A code of GET /v1/categories. Its labels are understood too, and any case. Answers give the code",
        examples=["transport"],
        json_schema_extra={"enum": list(CATEGORIES)},
    ),
    AfterValidator(_known),
]
