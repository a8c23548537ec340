"""/v1/statistics"""

from chalice.app import Blueprint, Response

from chalicelib.edge import problem
from chalicelib.edge.caching import LISTED
from chalicelib.edge.pages import JSON, page, preferred
from chalicelib.edge.queries import query
from chalicelib.kernel.query import Query
from chalicelib.scenarios import queries as scenarios
from chalicelib.statistics import queries, sheet
from chalicelib.statistics.model import StatisticsAnswer, StatisticsParams
from chalicelib.statistics.pictures import bars, chart

room = Blueprint(__name__)
CSV, SVG = "text/csv", "image/svg+xml"


@query(room, "/v1/statistics", answer=StatisticsAnswer, params=StatisticsParams, also=(CSV, SVG), cache=LISTED)
def statistics(query: Query[StatisticsParams]) -> Response:
    """Sums of the scheme by month, of no party in particular; at most 60 months.

    `text/csv` opens in a spreadsheet; `image/svg+xml` is a chart, which one `?chart=` says.
    """
    found = queries.statistics(query)
    kind = preferred(room.current_request.headers, JSON, CSV, SVG)
    if kind == CSV:
        name = f"statistics-{found.items[0].month}-{found.items[-1].month}.csv"
        attached = {"Content-Disposition": f'attachment; filename="{name}"'}
        return page(sheet.written(found), f"{CSV}; charset=utf-8", attached)
    if kind == SVG:
        language = problem.language(room.current_request.headers)
        spoken = {"Content-Language": "zh-CN" if language == "zh" else "en"}
        return page(_drawn(found, query.params.chart, language), f"{SVG}; charset=utf-8", spoken)
    return page(found.model_dump_json(), JSON)


def _drawn(found: StatisticsAnswer, asked: str, language: str) -> str:
    if asked == "scenarios":
        return bars.scenarios(found.items, scenarios.names(), language)
    return bars.uses(found.items, language) if asked == "uses" else chart.svg(found.items, language)
