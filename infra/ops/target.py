"""Which table a command works on, and with whose settings: STAGE, TABLE_NAME, or the local stack that runs in DATA."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import here

_CONSUMER = "Project"  # the stream's consumer in a stage's stack


def named_stage() -> str:
    """The deployed stage that STAGE names, "" for none: this machine is none."""
    named = os.environ.get("STAGE", "")
    return "" if named == "local" else named


def table_name() -> str:
    """TABLE_NAME, else that of the stage, else the running local stack's, with its whole environment.

    Raises SystemExit with one line where there is none of them.
    """
    if "TABLE_NAME" in os.environ:
        return os.environ["TABLE_NAME"]
    if stage := named_stage():
        take_settings(stage)
        return os.environ["TABLE_NAME"]
    try:
        os.environ.update(here.running())
    except FileNotFoundError as error:
        raise SystemExit("Name the table in TABLE_NAME, or start the local stack: make run") from error
    return os.environ["TABLE_NAME"]


def take_settings(stage: str, session: Any = boto3) -> None:
    """Let this process run as the stream's consumer of ``stage``; a TABLE_NAME of its own stays.

    Raises SystemExit with one line where the stage cannot be asked.
    """
    stack = f"carbon-points-{stage}"
    with in_one_line(f"The stack {stack}"):
        found = session.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=_CONSUMER)
        name = found["StackResourceDetail"]["PhysicalResourceId"]
        function = session.client("lambda").get_function_configuration(FunctionName=name)
    own = {name: os.environ[name] for name in ("TABLE_NAME",) if name in os.environ}
    os.environ.update(function["Environment"]["Variables"] | own)


@contextmanager
def in_one_line(what: str) -> Iterator[None]:
    """Where AWS says no, or cannot be asked: SystemExit with a line about ``what``, for it is a matter of settings."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        region = boto3.session.Session().region_name or "no region"
        raise SystemExit(f"{what} in {region} cannot be read: {' '.join(str(error).split())}") from error
