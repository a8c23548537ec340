"""Merchants. Pure."""

from typing import Literal

from chalicelib.edge.fields import Answer, Body, Id, Line, Paged, Time, example

Mode = Literal["third_party_mall", "sub_platform", "event", "other"]


class Admission(Body):
    """A merchant that was approved outside the platform."""

    model_config = example(account="k3v5zq6x7n4m2p8r9s0t1u2w3y", mode="other", reason="Approved by letter 2026-17")

    account: Id
    mode: Mode
    reason: Line


class MerchantParams(Paged):
    """Pages of merchants."""


class Merchant(Answer):
    """A merchant (碳普惠权益方); its id is its institution's account id."""

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        name="上海示例商贸有限公司",
        mode="other",
        status="active",
        sub_platform=None,
        since="2026-01-31T08:00:00.000Z",
    )

    id: str
    name: str
    mode: Mode
    status: Literal["active", "suspended"]
    sub_platform: str | None
    since: Time
