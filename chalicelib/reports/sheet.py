"""A report as a spreadsheet opens it: one line for each figure."""

from collections.abc import Iterator
from typing import Any

from chalicelib.accounts.statements.sheet import table
from chalicelib.reports.model import MerchantPageAnswer, MerchantSums, Report

COLUMNS = ("month", "about", "id", "name", "figure", "amount")


def written(report: Report) -> str:
    """CSV (RFC 4180) with a byte order mark."""
    return table(COLUMNS, ({"month": report.month} | row for row in _rows(report)))


def merchants(page: MerchantPageAnswer) -> str:
    """The same of a page of merchants."""
    return table(COLUMNS, ({"month": page.month} | row for row in _of_merchants(page.merchants)))


def _rows(report: Report) -> Iterator[dict[str, Any]]:
    yield from _figures(report, {"about": "scheme"})
    for source in report.issued:
        yield from _figures(source, {"about": "scenario", "id": source.scenario, "name": source.methodology})
    for each in report.mix:
        name = f"{each.month or ''} {each.methodology or ''}".strip()
        yield from _figures(each, {"about": "colour", "id": each.scenario, "name": name})
    yield from _of_merchants(report.merchants)
    for beneath in report.sub_platforms:
        yield from _figures(beneath, {"about": "sub_platform", "id": beneath.sub_platform})
    yield from _figures(report.applications, {"about": "applications"})
    yield from _figures(report.disputes, {"about": "disputes"})
    for state in report.applications.times:
        yield from _figures(state, {"about": "application_state", "id": state.state})


def _of_merchants(merchants: list[MerchantSums]) -> Iterator[dict[str, Any]]:
    for each in merchants:
        yield from _figures(each, {"about": "merchant", "id": each.merchant, "name": each.name})


def _figures(of: Any, named: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The numbers of a part of the report."""
    for name in type(of).model_fields:
        if isinstance(amount := getattr(of, name), int):
            yield named | {"figure": name, "amount": amount}
