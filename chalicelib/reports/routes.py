"""/v1/reports"""

from chalice.app import Blueprint, Response

from chalicelib.edge.endpoints import query
from chalicelib.edge.pages import JSON, page, preferred
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query
from chalicelib.provenance.closing import MonthNotClosed
from chalicelib.reports import model, sheet, worker
from chalicelib.reports.model import Report, ReportAnswer
from chalicelib.signing.jws import payload

room = Blueprint(__name__)
CSV = "text/csv"


@query(
    room,
    "/v1/reports/{month}",
    answer=ReportAnswer,
    allow=(EXCHANGE, BUREAU),
    refuses=(NotFound, MonthNotClosed),
    also=(CSV,),
)
def one_report(query: Query[Params], month: str) -> Response:
    """The report of a month, `2026-01` for one, a day after it ended in Shanghai.

    It is made when it is first asked for, signed, and the same to the byte ever after. `text/csv` opens in a
    spreadsheet.
    """
    jws = worker.report(month, query.now)
    signed = payload(jws)
    if preferred(room.current_request.headers, JSON, CSV) == CSV:
        attached = {"Content-Disposition": f'attachment; filename="report-{month}.csv"'}
        return page(sheet.written(Report.model_validate_json(signed)), f"{CSV}; charset=utf-8", attached)
    return page(model.answered(signed, jws), JSON)
