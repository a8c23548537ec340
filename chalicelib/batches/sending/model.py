"""What is asked and answered about the parts of a batch's file. Pure."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib.batches.model import FILE_BYTES_MAX
from chalicelib.files.multipart import PART_BYTES_MIN, PARTS_MAX
from chalicelib.kernel.fields import Answer, Body, Sha256, Time, example

TOGETHER_MAX = 20  # addresses in an answer, of up to 2 KB each: it stands on its Record
_BYTES = f"Exactly so many are taken. At least {PART_BYTES_MIN}, but of the last part"
_SHA256 = "a" * 64


class NewPart(Body):
    """A part of the file: parts are joined by their numbers."""

    number: Annotated[int, Field(ge=1, le=PARTS_MAX)]
    bytes: Annotated[int, Field(ge=1, le=FILE_BYTES_MAX, description=_BYTES)]
    sha256: Annotated[Sha256, Field(description="Of the part's bytes, hexadecimal")]


def _each_once(parts: list[NewPart]) -> list[NewPart]:
    numbers = [each.number for each in parts]
    if twice := next((each for at, each in enumerate(numbers) if each in numbers[:at]), None):
        raise PydanticCustomError("part_twice", "Part {number} stands here twice: send one", {"number": twice})
    return parts


class NewParts(Body):
    """Parts that the operator is about to send: each number once. A part that is sent again replaces the one before."""

    model_config = example(parts=[{"number": 1, "bytes": 67_108_864, "sha256": _SHA256}])

    parts: Annotated[
        list[NewPart],
        Field(min_length=1, max_length=TOGETHER_MAX, description="Each number once"),
        AfterValidator(_each_once),
    ]


class PartAddress(Answer):
    """Send the part's bytes to ``url`` by PUT, with these ``headers``."""

    number: int
    url: str
    headers: dict[str, str]


class PartsOpened(Answer):
    """Where the parts may be sent. After ``expires_at`` ask again, with a new Idempotency-Key."""

    id: str
    parts: list[PartAddress]
    expires_at: Time


class ArrivedPart(Answer):
    """A part that has arrived."""

    number: int
    bytes: int
    sha256: str


class ArrivedParts(Answer):
    """The parts that have arrived, by number. Once the file is put together (``complete``), none is listed."""

    id: str
    complete: bool
    parts: list[ArrivedPart]


class AllParts(Body):
    """How many parts the file has: with fewer it is not put together."""

    model_config = example(parts=12)

    parts: Annotated[int, Field(ge=1, le=PARTS_MAX)]
