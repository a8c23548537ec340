"""The pages of faces/ as routes of the API: API Gateway reads them from their bucket, and no function runs for them.

What a file is sent with was stored beside it (infra/release/faces.py), and is only passed on. See docs/adr/0054.
"""

from typing import Any

from chalicelib import errors
from chalicelib.errors import Refusal
from infra.release import faces
from infra.release.cloud.functions import Template
from infra.release.cloud.refusals import body_and_headers

KEPT = "x-amz-meta-"  # S3 gives back, with this before its name, a header that is not one of its own
_PAGE, _ASSET = "citizen/index.html", f"{faces.ASSETS}/a.js"
_BUCKET = {"Fn::ImportValue": {"Fn::Sub": "${DataStack}-PagesBucket"}}
# API Gateway takes /citizen and /citizen/ for the same resource; the first leads on to the second, without which
# addresses in the page would mean others. Nothing lies under this name, so S3 refuses, and that is the redirection.
_BARE = "bare"
_LEAD_ON = f"#if(!$context.path.endsWith('/'))#set($context.requestOverride.path.file = '{_BARE}')#end"


def resources() -> Template:
    """The routes, in the API's definition."""
    return {"RestAPI": {"Properties": {"DefinitionBody": {"paths": paths()}}}}


def paths() -> Template:
    """Every address of the pages: GET and HEAD, for everybody."""
    found: Template = {f"/{face}": _both(f"${{PagesKey}}/{face}/{{file}}", _PAGE, face) for face in faces.PAGES}
    for face, others in faces.PAGES.items():
        found |= {f"/{face}/{each}": _both(f"${{PagesKey}}/{face}/index.html", _PAGE) for each in others}
    found[f"/{faces.CONFIG}"] = _both(f"${{PagesKey}}/{faces.CONFIG}", faces.CONFIG)
    found[f"/{faces.ASSETS}/{{file}}"] = _both(f"{faces.ASSETS}/{{file}}", _ASSET)
    return found


def _both(key: str, like: str, face: str = "") -> Template:
    """``key`` names the object; ``like`` is a file that is sent with the same headers."""
    return {method: _route(method.upper(), key, like, face) for method in ("get", "head")}


def _route(method: str, key: str, like: str, face: str) -> Template:
    answers = _answers([*faces.headers(like), "ETag"], face)
    asked = {"name": "If-None-Match", "in": "header", "type": "string", "required": False}
    named = {"name": "file", "in": "path", "type": "string", "required": True}
    is_named = "{file}" in key and not face
    integration: dict[str, Any] = {
        "type": "aws",
        "httpMethod": method,
        "uri": {
            "Fn::Sub": [
                f"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:s3:path/${{Bucket}}/{key}",
                {"Bucket": _BUCKET},
            ]
        },
        "credentials": {"Fn::GetAtt": ["PagesRole", "Arn"]},
        "passthroughBehavior": "when_no_match",
        "requestParameters": {"integration.request.header.If-None-Match": "method.request.header.If-None-Match"},
        "responses": answers,
    }
    if is_named:
        integration["requestParameters"]["integration.request.path.file"] = "method.request.path.file"
    if face:
        integration["requestParameters"]["integration.request.path.file"] = "'index.html'"
        integration["requestTemplates"] = {"application/json": _LEAD_ON}
    return {
        "parameters": [asked, named] if is_named else [asked],
        "responses": {each["statusCode"]: _declared(each) for each in answers.values()},
        "x-amazon-apigateway-integration": integration,
    }


def _answers(headers: list[str], face: str) -> Template:
    """What becomes of S3's answer, by its status. S3 says 403 of what is not there, since nobody may list it."""
    found = {
        "default": _answer("200", {name: _from_s3(name) for name in headers} | {"Vary": "'Accept-Encoding'"}),
        "304": _answer("304", {name: _from_s3(name) for name in ("Cache-Control", "ETag")}),
        "5\\d{2}": _refused(errors.Unavailable()),
    }
    if not face:
        return found | {"4\\d{2}": _refused(errors.NotFound())}
    lead_on = {"Location": f"'{face}/'", "Cache-Control": f"'{faces.ASK_AGAIN}'"}
    nothing = {"application/json": "{}"}  # in the place of S3's refusal
    return found | {"403": _answer("308", lead_on, nothing), "4(0[^3]|[1-9]\\d)": _refused(errors.NotFound())}


def _from_s3(header: str) -> str:
    name = header if header in (*faces.OF_S3, "ETag") else KEPT + header.lower()
    return f"integration.response.header.{name}"


def _answer(status: str, headers: dict[str, str], templates: Template | None = None) -> Template:
    mapped = {f"method.response.header.{name}": source for name, source in headers.items()}
    # As text whatever the browser would like best: a picture's Accept would else have it decoded from base64.
    found = {"statusCode": status, "responseParameters": mapped, "contentHandling": "CONVERT_TO_TEXT"}
    return found | ({"responseTemplates": templates} if templates else {})


def _refused(refusal: Refusal) -> Template:
    body, headers = body_and_headers(refusal)
    quoted = {name: f"'{value}'" for name, value in headers.items()}
    return _answer(str(refusal.status), quoted, {"application/json": body})


def _declared(answer: Template) -> Template:
    names = [each.removeprefix("method.response.header.") for each in answer["responseParameters"]]
    return {"description": "", "headers": {name: {"type": "string"} for name in names}}
