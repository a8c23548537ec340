"""The models of all request bodies, those within them included."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tests.endpoints import ROUTES


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model that an annotation speaks of, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation)
    for inner in get_args(annotation):
        yield from models(inner)


BODIES = {model.__name__: model for route in ROUTES.values() for model in models(route.takes)}


def nullable(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields that may be null."""
    return {name: field for name, field in model.model_fields.items() if type(None) in get_args(field.annotation)}
