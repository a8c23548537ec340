"""Pages for people: /docs (Swagger UI and its assets, all served by us) and the explanation of each problem."""

import importlib.util
import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template

from chalicelib.edge.pages import Assets
from chalicelib.errors import NotFound, Refusal, Text
from chalicelib.openness import refusals
from chalicelib.openness.model import Explanation, SupplyAnswer

_OWN = Path(__file__).parent / "static"
_BUNDLES = importlib.util.find_spec("openapi_ui_bundles")  # its files are wanted, its code is not
assert _BUNDLES is not None
assert _BUNDLES.origin is not None
_SWAGGER = Path(_BUNDLES.origin).parent / "swagger_ui" / "vendor"
_SCRIPT, _STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
ASSETS = Assets(
    {
        "swagger-ui-bundle.js": (_SWAGGER / "swagger-ui-bundle.js", _SCRIPT),
        "swagger-ui.css": (_SWAGGER / "swagger-ui.css", _STYLE),
        "docs.js": (_OWN / "docs.js", _SCRIPT),
        "page.css": (_OWN / "page.css", _STYLE),
    }
)
_WORDS = {
    "problems": Text("Problems", "问题说明"),
    "status": Text("HTTP status", "HTTP 状态码"),
    "remedy": Text("How to fix it", "处理办法"),
    "example": Text("Example", "示例"),
}


def docs() -> str:
    """The page that reads and tries ``/openapi.json``."""
    return _page("docs.html", version=ASSETS.version)


def front(supply: SupplyAnswer, root: str) -> str:
    """The first page, in both languages. ``root`` is the path of the API: stages have one of their own."""
    return _page(
        "front.html",
        version=ASSETS.version,
        root=root,
        circulating=f"{supply.points_circulating:,}",
        backing=f"{supply.grams_backing:,}",
        confirmed=f"{supply.grams_confirmed:,}",
        retired=f"{supply.grams_retired:,}",
    )


def _page(name: str, **values: str) -> str:
    return Template((_OWN / name).read_text("utf-8")).substitute(values)


def explain(code: str, language: str) -> Explanation:
    """What ``code`` means. Raises NotFound."""
    kind = Refusal.registry.get(code)
    if kind is None:
        raise NotFound()
    example = refusals.example(kind, language)
    title, remedy = _in(kind.title, language), _in(kind.remedy, language) if kind.remedy else example["detail"]
    return Explanation(code=code, status=kind.status, title=title, remedy=remedy, example=example)


def explain_all(language: str) -> list[Explanation]:
    """All codes, by status."""
    kinds = sorted(Refusal.registry.values(), key=lambda kind: (kind.status, kind.code))
    return [explain(kind.code, language) for kind in kinds]


def explained(items: list[Explanation], language: str, root: str) -> str:
    """HTML of ``items``. ``root`` leads from the page to where ``docs`` is: stages have a path of their own."""
    words = {name: _in(text, language) for name, text in _WORDS.items()}
    sections = "".join(_section(each, words, root) for each in items)
    lang = "zh-CN" if language == "zh" else "en"
    return _page("problems.html", version=ASSETS.version, root=root, lang=lang, title=words["problems"], body=sections)


def _section(each: Explanation, words: Mapping[str, str], root: str) -> str:
    example = json.dumps(each.example, ensure_ascii=False, indent=2)
    link = f"{root}problems/{each.code}"
    return (
        f'<section id="{each.code}"><h2><a href="{link}"><code>{each.code}</code></a> {escape(each.title)}</h2>'
        f"<p>{words['status']}: {each.status}</p><p>{words['remedy']}: {escape(each.remedy)}</p>"
        f"<details open><summary>{words['example']}</summary><pre>{escape(example)}</pre></details></section>"
    )


def _in(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en
