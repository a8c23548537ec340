"""/v1/supply, /v1/health, /openapi.json, /docs, /problems"""

from chalice.app import Blueprint, Response

from chalicelib.edge import problem, rooms
from chalicelib.edge.caching import LIVE, REVALIDATE, STABLE
from chalicelib.edge.pages import FORMS, HTML, JSON, page, preferred
from chalicelib.edge.queries import query
from chalicelib.errors import NotFound
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query
from chalicelib.openness import openapi, pages, queries
from chalicelib.openness.model import Entrance, Explanation, Explanations, Health, SupplyAnswer, SupplyParams
from chalicelib.settings import VERSION

room = Blueprint(__name__)


@query(room, "/", answer=Entrance, also=("text/html",), cache=LIVE)
def front(query: Query[Params]) -> Response:
    """What this is, and where to go from here."""
    root = problem.path_of(room.current_request).rstrip("/") + "/"
    if preferred(room.current_request.headers, "text/html", JSON) == JSON:
        names = {"docs": "docs", "openapi": "openapi.json", "problems": "problems", "supply": "v1/supply"}
        return page(Entrance(**{name: root + path for name, path in names.items()}).model_dump_json(), JSON)
    return page(pages.front(queries.supply(), root), HTML, FORMS)


@query(room, "/v1/supply", answer=SupplyAnswer, params=SupplyParams, cache=LIVE)
def supply(query: Query[SupplyParams]) -> SupplyAnswer:
    """How many grams back how many points, and what became of the rest.

    With `?at=` as it was known at an instant, to the minute.
    """
    at = query.params.at
    return queries.supply_at(at, query.now) if at else queries.supply()


@query(room, "/v1/health", answer=Health, cache=REVALIDATE)
def health(query: Query[Params]) -> Health:
    """Whether the platform answers, and which version."""
    return Health(status="ok", version=VERSION)


@query(room, "/openapi.json", answer=None, also=("application/json",), cache=STABLE)
def description(query: Query[Params]) -> Response:
    """This description."""
    rooms.everything(room)
    base = problem.path_of(room.current_request).removesuffix("/openapi.json")
    return page(openapi.page(base), JSON)


@query(room, "/docs", answer=None, also=("text/html",), cache=REVALIDATE)
def docs(query: Query[Params]) -> Response:
    """A page to read and try the API."""
    return page(pages.docs(), HTML)


@query(room, "/docs/{version}/{name}", answer=None, cache=STABLE)
def asset(query: Query[Params], version: str, name: str) -> Response:
    """What the pages are made of."""
    return pages.ASSETS.answer(version, name)


@query(room, "/problems", answer=Explanations, also=("text/html",), cache=STABLE)
def problems(query: Query[Params]) -> Response:
    """Every code that a problem may have."""
    rooms.everything(room)
    items = pages.explain_all(_language())
    return _explained(items, Explanations(items=items).model_dump_json(), root="")


@query(room, "/problems/{code}", answer=Explanation, also=("text/html",), refuses=(NotFound,), cache=STABLE)
def one_problem(query: Query[Params], code: str) -> Response:
    """What a problem's code means and how to fix it."""
    rooms.everything(room)
    explanation = pages.explain(code, _language())
    return _explained([explanation], explanation.model_dump_json(), root="../")


def _language() -> str:
    return problem.language(room.current_request.headers)


def _explained(items: list[Explanation], plain: str, *, root: str) -> Response:
    headers = {"Content-Language": "zh-CN" if _language() == "zh" else "en"}
    if preferred(room.current_request.headers, JSON, "text/html") != JSON:
        return page(pages.explained(items, _language(), root), HTML, headers)
    return page(plain, JSON, headers)
