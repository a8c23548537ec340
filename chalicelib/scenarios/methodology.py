"""Publishing methodologies, and what is answered about them. Pure."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.kernel.fields import Answer, Body, Moment, Sha256, ShortText, Time, Whole, example
from chalicelib.scenarios.items import Methodology
from chalicelib.scenarios.model import ScenarioAnswer

Code = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="Compared without case. Answers spell it as it was first published",
        examples=["SHCER-2025-01"],
    ),
]


class NewMethodology(Body):
    """A methodology by which reductions are calculated. Posting a code again with other content makes a new version.

    The newest version governs from its ``valid_from`` on. Where it has ended, no older one comes back.
    """

    model_config = example(
        code="SHCER-2025-01",
        title="上海市轨道交通碳普惠方法学",
        kind="scenario",
        document_sha256="9f86d081884c7d65" * 4,
        valid_from="2025-01-01T00:00:00Z",
        valid_until=None,
    )

    code: Code
    title: ShortText
    kind: Annotated[Literal["project", "scenario"], Field(description="Whether it is for projects or for scenarios")]
    document_sha256: Annotated[Sha256, Field(description="Of the published document's bytes, hexadecimal")]
    valid_from: Moment
    valid_until: Annotated[Moment | None, Field(description="Later than valid_from; null: no end")] = None


class MethodologyAnswer(Answer):
    """The newest version of a methodology."""

    code: str
    version: int
    title: str
    kind: Literal["project", "scenario"]
    document_sha256: str
    valid_from: Time
    valid_until: Time | None
    published_at: Time


class MethodologiesAnswer(Whole):
    """Every methodology that was published, by code."""

    items: list[MethodologyAnswer]


class UsedMethodologyAnswer(MethodologyAnswer):
    """A methodology and, of each scenario that names it, the newest version that does, ended ones included."""

    scenarios: list[ScenarioAnswer]


def to_answer(methodology: Methodology) -> MethodologyAnswer:
    return MethodologyAnswer.model_validate(methodology, from_attributes=True)
