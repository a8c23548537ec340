"""Alarms that follow from what there is: each function, each way it is woken, each queue, the API.

Each names its section of docs/operations.md: what it means, what to look at, what to do.
"""

from dataclasses import dataclass
from typing import Any

from chalicelib.log import NAMESPACE
from infra.release.cloud.functions import Function, Template, logical

_MINUTE, _FIVE_MINUTES = 60, 300
_QUARTER_MILLISECONDS, _HALF_AN_HOUR_SECONDS = 900_000, 1800


@dataclass(frozen=True)
class Alarm:
    """``metric`` of ``namespace`` for ``dimensions`` over ``bound`` in ``periods`` periods running.

    ``section`` of the operations page is its name, unless several share one.
    """

    name: str
    means: str
    namespace: str
    metric: str
    dimensions: dict[str, Any]
    statistic: str
    bound: Any
    seconds: int = _FIVE_MINUTES
    periods: int = 1
    section: str = ""

    @property
    def logical(self) -> str:
        return "".join(part.capitalize() for part in self.name.replace("_", "-").split("-")) + "Alarm"

    def resource(self) -> Template:
        topic = [{"Ref": "AlarmTopic"}]
        statistic = "ExtendedStatistic" if self.statistic.startswith("p") else "Statistic"
        properties = {
            "AlarmName": {"Fn::Sub": f"carbon-points-${{Stage}}-{self.name}"},
            "AlarmDescription": f"{self.means} See docs/operations.md#{self.section or self.name}",
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions.items()],
            statistic: self.statistic,
            "Period": self.seconds,
            "EvaluationPeriods": self.periods,
            "Threshold": self.bound,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": topic,
            "OKActions": topic,
        }
        return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def of_function(function: Function) -> list[Alarm]:
    """Errors and throttles of every function; how far a consumer of the stream is behind."""
    one = {"FunctionName": {"Ref": function.logical}}
    name, place = function.name.replace("_", "-"), "AWS/Lambda"
    means = "Lambda had no room for a function."
    found = [Alarm(f"{name}-throttles", means, place, "Throttles", one, "Sum", 0, section="function-throttles")]
    if not function.authorizes:  # its way to refuse a token is to fail; see of_metrics
        means = "A function failed."
        found.append(Alarm(f"{name}-errors", means, place, "Errors", one, "Sum", 0, section="function-errors"))
    if function.of_kind("DynamoDB"):
        means = "A consumer of the stream is more than a quarter of an hour behind the Records."
        found.append(Alarm(f"{name}-lag", means, place, "IteratorAge", one, "Maximum", _QUARTER_MILLISECONDS))
    return found


def of_queue(name: str) -> list[Alarm]:
    """Work that waits, and work that failed for good."""
    working, dead = _dimension(logical(name)), _dimension(f"{logical(name)}Dead")
    place, waits = "AWS/SQS", "Work waits for more than half an hour."
    age = "ApproximateAgeOfOldestMessage"
    return [
        Alarm(f"{name}-age", waits, place, age, working, "Maximum", _HALF_AN_HOUR_SECONDS, section="queue-age"),
        _depth(f"{name}-dead", "Messages failed for good.", dead, section="queue-dead"),
    ]


def of_failures() -> list[Alarm]:
    """What Lambda gave up on."""
    return [_depth("failed", "Lambda gave up on an event or on a batch of the stream.", _dimension("FailedQueue"))]


def of_api() -> list[Alarm]:
    """What callers see."""
    one, place = {"ApiName": {"Fn::Sub": "carbon-points-${Stage}"}}, "AWS/ApiGateway"
    slow, bound = "One request in a hundred is slow.", {"Ref": "LatencyMilliseconds"}
    return [
        Alarm("api-5xx", "Requests failed through our fault.", place, "5XXError", one, "Sum", 5),
        Alarm("api-latency", slow, place, "Latency", one, "p99", bound, periods=3),
    ]


def of_table() -> list[Alarm]:
    """The table refuses work that it cannot take, or fails."""
    one = {"TableName": {"Fn::ImportValue": {"Fn::Sub": "${DataStack}-TableName"}}}
    names = {"table-read-throttles": "ReadThrottleEvents", "table-write-throttles": "WriteThrottleEvents"}
    return [
        Alarm(name, "The table is too busy.", "AWS/DynamoDB", metric, one, "Sum", 10, section="table-throttles")
        for name, metric in names.items()
    ]


def of_metrics() -> list[Alarm]:
    """What the platform itself counts (chalicelib/log.py)."""

    def one(name: str, means: str, metric: str, bound: int, **more: Any) -> Alarm:
        dimensions = {"stage": {"Ref": "Stage"}} | more.pop("dimensions", {})
        return Alarm(name, means, NAMESPACE, metric, dimensions, more.pop("statistic", "Sum"), bound, **more)

    contended, unproven = {"code": "contended"}, {"code": "unauthenticated"}
    return [
        one("tokens-not-judged", "The issuer's keys are not available.", "AuthorizerFailures", 5),
        one("contended", "Callers get in each other's way.", "Refusals", 300, dimensions=contended),
        one("unauthenticated", "Many tokens are refused.", "Refusals", 1000, dimensions=unproven),
        one("books-differ", "The books differ from the Records.", "Differences", 0),
        one("export-failed", "The table was not exported, so a day has no books.", "ExportsFailed", 0),
        one(
            "run-unfinished", "A buy-back run has not ended in two hours.", "RunsUnfinished", 0,
            statistic="Minimum", seconds=900, periods=8,
        ),
    ]  # fmt: skip


def _dimension(queue: str) -> dict[str, Any]:
    return {"QueueName": {"Fn::GetAtt": [queue, "QueueName"]}}


def _depth(name: str, means: str, queue: dict[str, Any], section: str = "") -> Alarm:
    metric = "ApproximateNumberOfMessagesVisible"
    return Alarm(name, means, "AWS/SQS", metric, queue, "Maximum", 0, seconds=_MINUTE, section=section)
