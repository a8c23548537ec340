"""What an institution asks and is answered about its new name. Pure."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from chalicelib.errors import InvalidState, Text
from chalicelib.kernel.fields import Answer, Body, Paged, Sha256, ShortText, Time, example
from chalicelib.procedures.items import Procedure, Status

_NAME = "上海新示例商贸有限公司"


class RenamingOpen(InvalidState):
    detail = Text(
        "Another request of yours for a new name waits for the exchange.", "您的另一更名申请正待上海环交所办理。"
    )
    remedy = Text(
        "GET /v1/institutions/me/renamings shows it. Ask again once it is decided.",
        "请通过 GET /v1/institutions/me/renamings 查询，待其办结后再申请。",
    )


@dataclass(frozen=True)
class OpenRenaming:
    """An institution has asked for a new name by this procedure, and it is not decided."""

    procedure: str


class NewName(Body):
    """The new name of the caller's institution, as in its business licence, and why it has it."""

    model_config = example(name=_NAME, reason="Renamed by the registration authority", evidence_sha256="0" * 64)

    name: ShortText
    reason: ShortText
    evidence_sha256: Annotated[
        Sha256, Field(description="Of the document that proves it, hexadecimal. The exchange asks for the document")
    ]


class RenamingParams(Paged):
    """Pages of the institution's renamings."""


class RenamingAnswer(Answer):
    """A new name that was asked for. Until it is ``approved`` everybody sees the present one. ``rejection`` says why it
    was rejected. ``requested_by`` is `institution` where the institution asked itself.
    """

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        status="proposed",
        name=_NAME,
        reason="Renamed by the registration authority",
        requested_by="institution",
        requested_at="2026-01-31T08:00:00.000Z",
        decided_at=None,
        rejection=None,
    )

    id: str
    status: Status
    name: str
    reason: str
    requested_by: str
    requested_at: Time
    decided_at: Time | None
    rejection: str | None


def to_answer(procedure: Procedure) -> RenamingAnswer:
    """As the institution sees it: without the logins of officials."""
    return RenamingAnswer(
        id=procedure.id,
        status=procedure.status,
        name=str(procedure.name),
        reason=procedure.reason,
        requested_by=procedure.proposed_role,
        requested_at=procedure.proposed_at,
        decided_at=procedure.decided_at,
        rejection=procedure.rejection,
    )
