"""/v1/reports"""

from chalice.app import Blueprint, Response

from chalicelib.edge.pages import JSON, page, preferred
from chalicelib.edge.queries import query
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query
from chalicelib.provenance.closing import MonthNotClosed
from chalicelib.reports import model, queries, sheet, worker
from chalicelib.reports.model import MerchantPageAnswer, Report, ReportAnswer
from chalicelib.reports.pages.items import MerchantPageParams, Preparing, to_answer
from chalicelib.reports.preparing import worker as pages
from chalicelib.signing.jws import payload

room = Blueprint(__name__)
CSV = "text/csv"
RETRY_SECONDS = 30


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
    spreadsheet. Of more than 1000 merchants it is prepared in pages: 202 with `status: "preparing"` until it is made.
    """
    found = worker.report(month, query.now)
    if isinstance(found, Preparing):
        answer = page(to_answer(found).model_dump_json(), JSON, {"Retry-After": str(RETRY_SECONDS)})
        answer.status_code = 202
        return answer
    signed = payload(found)
    if preferred(room.current_request.headers, JSON, CSV) == CSV:
        attached = {"Content-Disposition": f'attachment; filename="report-{month}.csv"'}
        return page(sheet.written(Report.model_validate_json(signed)), f"{CSV}; charset=utf-8", attached)
    return page(model.answered(signed, found), JSON)


@query(
    room,
    "/v1/reports/{month}/merchants",
    answer=MerchantPageAnswer,
    allow=(EXCHANGE, BUREAU),
    params=MerchantPageParams,
    refuses=(NotFound,),
    also=(CSV,),
)
def merchants_of_report(query: Query[MerchantPageParams], month: str) -> Response:
    """The merchants of a month's report, a page of at most 1000, once the report is made.

    The report names its `pages` with their SHA-256. Of a report that holds its merchants itself there is one page.
    """
    number = query.params.page
    text = pages.text(month, number) if (kept := queries.made(month)) else None
    report = Report.model_validate_json(payload(kept)) if kept else None
    if report and not report.pages and number == 1:
        text = MerchantPageAnswer(month=month, page=1, merchants=report.merchants).model_dump_json()
    if text is None:
        raise NotFound()
    if preferred(room.current_request.headers, JSON, CSV) == CSV:
        attached = {"Content-Disposition": f'attachment; filename="report-{month}-merchants-{number}.csv"'}
        rows = MerchantPageAnswer.model_validate_json(text)
        return page(sheet.merchants(rows), f"{CSV}; charset=utf-8", attached)
    return page(text, JSON)
