"""One dashboard: the API, the functions, the queues, the table, and the alarms on top."""

import json
from typing import Any

from infra.release.cloud.alarms import Alarm
from infra.release.cloud.functions import Function, Template, logical

_WIDTH, _HEIGHT = 12, 6


def resource(functions: list[Function], queues: list[str], alarms: list[Alarm]) -> Template:
    """The dashboard. Names that CloudFormation knows are filled in by Fn::Sub."""
    names = {function.logical: f"${{{function.logical}}}" for function in functions}
    api = ["AWS/ApiGateway", "ApiName", "carbon-points-${Stage}"]
    table = ["AWS/DynamoDB", "TableName", "${TableName}"]
    charts = [
        _chart("Requests and refusals", [_of(api, metric) for metric in ("Count", "4XXError", "5XXError")]),
        _chart("Latency", [_of(api, "Latency", stat) for stat in ("p50", "p99")]),
        _chart("Errors of functions", [["AWS/Lambda", "Errors", "FunctionName", name] for name in names.values()]),
        _chart("Invocations", [["AWS/Lambda", "Invocations", "FunctionName", name] for name in names.values()]),
        _chart("Duration, p99", [_lambda("Duration", name, "p99") for name in names.values()]),
        _chart("Behind the stream", [_lambda("IteratorAge", name, "Maximum") for name in _consumers(functions)]),
        _chart("Queues", [_queue(name) for name in [*map(logical, queues), "FailedQueue"]]),
        _chart("Units of the table", [_of(table, f"Consumed{kind}CapacityUnits") for kind in ("Read", "Write")]),
    ]
    body = json.dumps({"widgets": [_alarms(alarms), *_placed(charts)]}, separators=(",", ":"))
    values: Template = {name: {"Fn::GetAtt": [name, "QueueName"]} for name in [*map(logical, queues), "FailedQueue"]}
    values = {f"{name}Name": value for name, value in values.items()}
    values["TableName"] = {"Fn::ImportValue": {"Fn::Sub": "${DataStack}-TableName"}}
    properties = {
        "DashboardName": {"Fn::Sub": "carbon-points-${Stage}"},
        "DashboardBody": {"Fn::Sub": [body, values]},
    }
    return {"Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}}


def _of(source: list[str], metric: str, stat: str = "Sum") -> list[Any]:
    return [source[0], metric, *source[1:], {"stat": stat}]


def _lambda(metric: str, name: str, stat: str) -> list[Any]:
    return ["AWS/Lambda", metric, "FunctionName", name, {"stat": stat}]


def _consumers(functions: list[Function]) -> list[str]:
    return [f"${{{each.logical}}}" for each in functions if each.of_kind("DynamoDB")]


def _queue(name: str) -> list[str]:
    return ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", f"${{{name}Name}}"]


def _chart(title: str, metrics: list[list[Any]]) -> Template:
    properties = {"title": title, "metrics": metrics, "region": "${AWS::Region}", "stat": "Sum", "period": 300}
    return {"type": "metric", "properties": properties}


def _alarms(alarms: list[Alarm]) -> Template:
    arns = [f"${{{alarm.logical}.Arn}}" for alarm in alarms]
    properties = {"title": "Alarms", "alarms": arns}
    return {"type": "alarm", "x": 0, "y": 0, "width": 2 * _WIDTH, "height": 4, "properties": properties}


def _placed(charts: list[Template]) -> list[Template]:
    """Two in a row, below the alarms."""
    return [
        chart | {"x": number % 2 * _WIDTH, "y": 4 + number // 2 * _HEIGHT, "width": _WIDTH, "height": _HEIGHT}
        for number, chart in enumerate(charts)
    ]
