"""What is asked and answered about procedures. Pure."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.kernel.fields import Answer, Body, Choice, Id, Paged, Sha256, ShortText, Time, example
from chalicelib.procedures.items import Kind, Procedure, Status

_ID = "k3v5zq6x7n4m2p8r9s0t1u2w3y"
_GROUNDS = {"account": _ID, "reason": "Application 2026-17", "evidence_sha256": "0" * 64}

Sub = Annotated[
    str,
    Field(
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="The `sub` of the new login. Officials see it until the decision, nobody else does",
        examples=["alice-2"],
    ),
]


class Proposal(Body):
    """What every procedure needs. ``evidence_sha256`` is the hash of the documents, which the exchange keeps."""

    account: Annotated[Id, Field(description="The account that this is about")]
    reason: Annotated[ShortText, Field(description="The holder's export shows it")]
    evidence_sha256: Sha256


class Rebinding(Proposal):
    """A person or an institution lost its login: everything moves to an account of its new one."""

    model_config = example(kind="rebind", new_sub="alice-2", **_GROUNDS)

    kind: Literal["rebind"]
    new_sub: Sub


class Freeing(Proposal):
    """Somebody else opened this account with a number that is not hers: it is closed, and the number is free."""

    model_config = example(kind="free_identity", **_GROUNDS)

    kind: Literal["free_identity"]


class Inheritance(Proposal):
    """The holder has died: what the account holds goes to the heir's, and it is closed for good."""

    model_config = example(kind="inheritance", heir="q7w2e9r4t6y1u3i5o8p0a2s4d6", **_GROUNDS)

    kind: Literal["inheritance"]
    heir: Annotated[Id, Field(description="The account of the heir")]


class Renaming(Proposal):
    """An institution has a new name."""

    model_config = example(kind="rename", name="上海新示例商贸有限公司", **_GROUNDS)

    kind: Literal["rename"]
    name: ShortText


class NewProcedure(Choice[Annotated[Rebinding | Freeing | Inheritance | Renaming, Field(discriminator="kind")]]):
    """A procedure is proposed."""


class Rejection(Body):
    """Why a procedure is rejected. The holder's export shows it."""

    model_config = example(reason="The document does not name the account")

    reason: ShortText


class ProcedureParams(Paged):
    """Filters of procedures."""

    status: Status | None = None


class ProcedureStepAnswer(Answer):
    """How a procedure stands after a step. Officials read the rest at `GET /v1/procedures/{id}`. ``name`` is the new
    name, of a renaming.
    """

    model_config = example(id=_ID, kind="rename", status="proposed", name="上海新示例商贸有限公司")

    id: str
    kind: Kind
    status: Status
    name: str | None


class ProcedureAnswer(ProcedureStepAnswer):
    """A procedure as officials see it.

    ``other`` is the account that gets what ``account`` holds: the heir's, or that of ``new_sub``, which is null once
    the procedure is decided. ``rejection`` says why it was rejected.
    """

    model_config = example(
        id=_ID,
        kind="rebind",
        status="proposed",
        account="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        other="q7w2e9r4t6y1u3i5o8p0a2s4d6",
        new_sub="alice-2",
        name=None,
        reason="Application 2026-17",
        evidence_sha256="0" * 64,
        proposed_by="official-1",
        proposed_role="exchange",
        proposed_at="2026-01-31T08:00:00.000Z",
        decided_by=None,
        decided_role=None,
        decided_at=None,
        rejection=None,
    )

    account: str
    other: str | None
    new_sub: str | None
    reason: str
    evidence_sha256: str
    proposed_by: str
    proposed_role: str
    proposed_at: Time
    decided_by: str | None
    decided_role: str | None
    decided_at: Time | None
    rejection: str | None


def to_step(procedure: Procedure) -> ProcedureStepAnswer:
    """What a step answers: it stands on the Record, which holders see, so it names no login."""
    name, status = procedure.name, procedure.status
    return ProcedureStepAnswer(id=procedure.id, kind=procedure.kind, status=status, name=name)


def to_answer(procedure: Procedure) -> ProcedureAnswer:
    """What officials read."""
    return ProcedureAnswer.model_validate(vars(procedure))
