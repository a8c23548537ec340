"""Pages for people: /docs (Swagger UI and its assets, all served by us) and the explanation of each problem."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

import openapi_ui_bundles
from openapi_ui_bundles.__about__ import __version__ as bundled

from chalicelib.edge import problem
from chalicelib.errors import NotFound, Refusal, Text
from chalicelib.openness import refusals
from chalicelib.openness.model import Explanation
from chalicelib.settings import VERSION

_OWN = Path(__file__).parent / "static"
_SWAGGER = Path(openapi_ui_bundles.__file__).parent / "swagger_ui" / "vendor"
# Text only: Chalice would hand out fonts and images as base64
_ASSETS = {
    "swagger-ui-bundle.js": (_SWAGGER, "text/javascript; charset=utf-8"),
    "swagger-ui.css": (_SWAGGER, "text/css; charset=utf-8"),
    "docs.js": (_OWN, "text/javascript; charset=utf-8"),
    "page.css": (_OWN, "text/css; charset=utf-8"),
}
_WORDS = {
    "problems": Text("Problems", "问题说明"),
    "status": Text("HTTP status", "HTTP 状态码"),
    "mend": Text("What mends it", "如何处理"),
    "example": Text("Example", "示例"),
}

# Nothing from elsewhere, no inline script, no inline style, no frame. Swagger UI's icons are data: URLs in its CSS.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Asset(NamedTuple):
    text: str
    content_type: str
    cache: str


@lru_cache(maxsize=1)
def version() -> str:
    """Changes whenever an asset does, so that browsers may keep what they have for ever."""
    own = b"".join(path.read_bytes() for path in sorted(_OWN.iterdir()))
    said = f"{bundled} {VERSION}".encode()
    return hashlib.sha256(said + own).hexdigest()[:12]


def asset(asked: str, name: str) -> Asset:
    """A file of the pages. While versions change over, the other one's is answered but not kept. Raises NotFound."""
    if name not in _ASSETS:
        raise NotFound()
    folder, content_type = _ASSETS[name]
    cache = "public, max-age=31536000, immutable" if asked == version() else "no-store"
    return Asset((folder / name).read_text("utf-8"), content_type, cache)


def docs() -> str:
    """The page that reads and tries ``/openapi.json``."""
    return _page("docs.html", version=version())


def _page(name: str, **values: str) -> str:
    return Template((_OWN / name).read_text("utf-8")).substitute(values)


def wants_html(headers: Mapping[str, str]) -> bool:
    """Whether text/html is named, as browsers do, and JSON is not liked better."""
    weights = dict(problem.weights(headers.get("accept", "")))
    return weights.get("text/html", 0.0) > weights.get("application/json", 0.0)


def explain(code: str, language: str) -> Explanation:
    """What ``code`` means. Raises NotFound."""
    kind = Refusal.registry.get(code)
    if kind is None:
        raise NotFound()
    example = refusals.example(kind, language)
    title, mend = _in(kind.title, language), _in(kind.mend, language) if kind.mend else example["detail"]
    return Explanation(code=code, status=kind.status, title=title, mend=mend, example=example)


def explain_all(language: str) -> list[Explanation]:
    """All codes, by status."""
    kinds = sorted(Refusal.registry.values(), key=lambda kind: (kind.status, kind.code))
    return [explain(kind.code, language) for kind in kinds]


def explained(items: list[Explanation], language: str, root: str) -> str:
    """HTML of ``items``. ``root`` leads from the page to where ``docs`` is: stages have a path of their own."""
    words = {name: _in(text, language) for name, text in _WORDS.items()}
    told = "".join(_section(each, words, root) for each in items)
    lang = "zh-CN" if language == "zh" else "en"
    return _page("problems.html", version=version(), root=root, lang=lang, title=words["problems"], body=told)


def _section(each: Explanation, words: Mapping[str, str], root: str) -> str:
    example = json.dumps(each.example, ensure_ascii=False, indent=2)
    link = f"{root}problems/{each.code}"
    return (
        f'<section id="{each.code}"><h2><a href="{link}"><code>{each.code}</code></a> {escape(each.title)}</h2>'
        f"<p>{words['status']}: {each.status}</p><p>{words['mend']}: {escape(each.mend)}</p>"
        f"<details open><summary>{words['example']}</summary><pre>{escape(example)}</pre></details></section>"
    )


def _in(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en
