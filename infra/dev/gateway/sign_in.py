"""``/sign-in`` on one machine: choose one of the demo's people, and come back with a token. It is never deployed.

The token travels in the fragment of the address, which no browser sends to any server. With it goes the ``state`` of
the page that asked: no page takes a token that it has not asked for.
"""

import html
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from chalicelib.kernel.caller import ROLES
from chalicelib.settings import settings
from infra.dev import issuer
from infra.dev.gateway.events import Answer, Environ, path_of
from infra.release import faces

PATH = "/sign-in"
_ROLES = {"citizen": ("individual",), "portal": ("institution",), "desk": ("exchange", "bureau", "auditor")}
_SUB_LETTERS_MAX = 255
_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_CSS = """
:root { font: 18px/1.5 system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif; color: #1d2b23; background: #f4f7f5; }
body { margin: 0; } main { max-width: 40rem; margin: 0 auto; padding: 1rem; }
h1 { color: #14612f; font-size: 1.4rem; } p, small { color: #4d5a52; }
ul { list-style: none; padding: 0; }
ul { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
button, input { font: inherit; min-height: 44px; padding: .25rem .75rem; }
button, input { border-radius: 8px; border: 1px solid #6b7a71; }
li button { width: 100%; text-align: left; background: #fff; color: #1d2b23; cursor: pointer; }
form.other { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
form.other button { background: #14612f; color: #fff; border-color: #14612f; }
:focus-visible { outline: 3px solid #0b5394; outline-offset: 2px; }
"""


def answer(environ: Environ) -> Answer:
    """The page, its style, or the way back with a token."""
    if path_of(environ) == f"{PATH}/page.css":
        return _sent("200 OK", "text/css; charset=utf-8", _CSS)
    if environ["REQUEST_METHOD"] == "POST":
        return _token(environ)
    asked = {name: values[-1] for name, values in parse_qs(urlsplit(environ["REQUEST_URI"]).query).items()}
    face = asked.get("face") if asked.get("face") in _ROLES else "citizen"
    return _sent("200 OK", "text/html; charset=utf-8", _page(str(face), asked.get("state", "")))


def _token(environ: Environ) -> Answer:
    form = parse_qs(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode("utf-8", "replace"))
    face, role, sub = (form.get(name, [""])[-1].strip() for name in ("face", "role", "sub"))
    if face not in _ROLES or role not in ROLES or not 0 < len(sub) <= _SUB_LETTERS_MAX:
        return _sent("400 Bad Request", "text/plain; charset=utf-8", "Choose a face, a role and a name. 请选择。\n")
    folder = Path(urlsplit(settings().oidc_jwks_url).path).parent
    brought = urlencode({"token": issuer.token(folder, role, sub), "state": form.get("state", [""])[-1]})
    headers = [("Location", f"/{face}/#{brought}"), ("Cache-Control", "no-store")]
    return "303 See Other", [*headers, ("Content-Length", "0")], b""


def _sent(status: str, kind: str, text: str) -> Answer:
    content = text.encode()
    headers = {"Content-Type": kind, "Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
    headers |= {"Cache-Control": faces.ASK_AGAIN, "Content-Length": str(len(content))}
    return status, list(headers.items()), content


def _page(face: str, state: str) -> str:
    asked = _hidden("face", face) + _hidden("state", state)
    people = "".join(f"<li>{_button(asked, *each)}</li>" for each in _people(face))
    other = "".join(_other(asked, role) for role in _ROLES[face] if face != "desk")
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>登录 Sign in</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{PATH}/page.css"></head><body><main>'
        '<h1>请选择演示用户 <span lang="en">Who are you?</span></h1>'
        '<p>仅供本机演示。<span lang="en">For this machine only: deployed, people sign in with their identity provider.'
        f"</span></p><ul>{people}</ul>{other}</main></body></html>\n"
    )


def _button(asked: str, role: str, sub: str, name: str) -> str:
    fields = asked + _hidden("role", role) + _hidden("sub", sub)
    button = f"<button>{html.escape(name)}<br><small>{sub}</small></button>"
    return f'<form method="post" action="{PATH}">{fields}{button}</form>'


def _other(asked: str, role: str) -> str:
    fields = asked + _hidden("role", role)
    label = '<label for="sub">另一个用户 <span lang="en">Somebody else</span></label>'
    entry = '<input id="sub" name="sub" required maxlength="60" autocomplete="off" spellcheck="false">'
    return (
        f'<form class="other" method="post" action="{PATH}">{fields}{label}{entry}<button>登录 Sign in</button></form>'
    )


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{html.escape(value, quote=True)}">'


def _people(face: str) -> Iterator[tuple[str, str, str]]:
    """Role, login and name of those whom the face is for."""
    from infra.dev.demo import people  # only those who sign in wait for it

    if face == "citizen":
        for number in (0, people.BOB, *range(1, 11)):
            yield "individual", people.sub(number), people.person(number)["name"]
    elif face == "portal":
        for each in people.INSTITUTIONS:
            yield "institution", each.sub, each.name
    else:
        names = {"exchange": "交易机构 Exchange", "bureau": "生态环境局 Bureau", "auditor": "审计 Auditor"}
        yield from ((role, role, names[role]) for role in _ROLES[face])
