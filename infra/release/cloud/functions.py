"""The functions of Chalice's template and what each gets: runtime, the code's place, a log group, the queues' names."""

from dataclasses import dataclass
from typing import Any

from chalicelib.settings import settings
from infra.release.runtime import RUNTIME

Template = dict[str, Any]


@dataclass(frozen=True)
class Function:
    """``logical`` is its name in the template, ``name`` that in app.py (``api_handler`` for the routes)."""

    logical: str
    name: str
    timeout_seconds: int
    events: dict[str, dict[str, Any]]

    @property
    def authorizes(self) -> bool:
        """Whether it judges tokens: nothing else wakes it, and it serves no routes."""
        return not self.events and self.name != "api_handler"

    def of_kind(self, *kinds: str) -> dict[str, dict[str, Any]]:
        """The triggers of these SAM types."""
        return {key: event for key, event in self.events.items() if event["Type"] in kinds}


def functions(template: Template) -> list[Function]:
    """All functions of the template that Chalice made."""
    found = []
    for logical, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            handler = properties["Handler"].removeprefix("app.")
            name = "api_handler" if handler == "app" else handler
            found.append(Function(logical, name, properties["Timeout"], properties.get("Events", {})))
    return found


def queues() -> dict[str, str]:
    """Queue by the prefix of its settings: ``{"BUY_BACK_QUEUE": "buy-back"}``. A queue is a setting ``…_queue_arn``."""
    arns = {name: arn for name, arn in settings()._asdict().items() if name.endswith("_queue_arn")}
    return {name.removesuffix("_arn").upper(): arn.rpartition(":")[2] for name, arn in arns.items()}


def logical(queue: str) -> str:
    """``buy-back`` is ``BuyBackQueue`` in the template."""
    return "".join(part.capitalize() for part in queue.split("-")) + "Queue"


def woken(every: list[Function]) -> list[str]:
    """The queues that wake a function."""
    events = [event for function in every for event in function.of_kind("SQS").values()]
    return [str(event["Properties"]["Queue"]).rpartition(":")[2] for event in events]


def common(function: Function) -> Template:
    """Resources that every function has beside itself."""
    log_group = f"{function.logical}Logs"
    return {
        function.logical: {
            "Properties": {
                "Runtime": RUNTIME,  # chalice names that of whoever runs it
                "CodeUri": {"Bucket": {"Ref": "CodeBucket"}, "Key": {"Ref": "CodeKey"}},
                "Tracing": {"Fn::If": ["Traced", "Active", "PassThrough"]},
                "LoggingConfig": {"LogGroup": {"Ref": log_group}},
            }
        },
        log_group: {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {
                "LogGroupName": {"Fn::Sub": f"/carbon-points/${{Stage}}/{function.name}"},
                "RetentionInDays": {"Ref": "LogDays"},
            },
        },
    }


def environment(woken: list[str]) -> Template:
    """Where the queues ``woken`` are, for all functions. A queue that wakes nobody is not made."""
    variables: Template = {}
    for prefix, queue in queues().items():
        if queue in woken:
            one = logical(queue)
            variables |= {f"{prefix}_URL": {"Ref": one}, f"{prefix}_ARN": {"Fn::GetAtt": [one, "Arn"]}}
    return {"Globals": {"Function": {"Environment": {"Variables": variables}}}}
