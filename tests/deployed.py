"""The pages as they are deployed: what API Gateway answers by the template, from a bucket that is a dictionary.

It does what API Gateway's documentation says of the few things that the routes of the pages use, and refuses others.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

from botocore.exceptions import ClientError

from infra.release import faces
from infra.release.cloud import pages as routes
from infra.release.deploy import pages

STAGE = {"OidcIssuer": "https://login.example.org/realm", "OidcClientId": "faces"}
BASE = "/api"  # the stage of the API, without a domain of its own
_LEAD_ON = re.compile(
    r"#if\(!\$context\.path\.endsWith\('/'\)\)#set\(\$context\.requestOverride\.path\.file = '(\w+)'\)#end"
)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Bucket:
    """As much of S3 as the pages need, and of a client of it."""

    def __init__(self, region: str = "eu-central-1", partition: str = "aws") -> None:
        self.meta = SimpleNamespace(region_name=region, partition=partition)
        self.objects: dict[str, Any] = {}
        self.puts: list[str] = []

    def head_object(self, *, Bucket: str, Key: str) -> None:
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")

    def put_object(self, *, Bucket: str, Key: str, **given: Any) -> None:
        self.objects[Key] = given
        self.puts.append(Key)

    def answer(self, key: str, headers: Mapping[str, str]) -> Answer:
        """S3's own answer to a role that may read objects and list nothing."""
        found = self.objects.get(key)
        if found is None:
            return Answer(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>")
        etag = f'"{hashlib.md5(found["Body"]).hexdigest()}"'
        sent = {"ETag": etag, "Content-Type": found["ContentType"], "Cache-Control": found["CacheControl"]}
        sent |= {f"x-amz-meta-{name}": value for name, value in found["Metadata"].items()}
        return Answer(304, sent, b"") if headers.get("If-None-Match") == etag else Answer(200, sent, found["Body"])


class Deployed:
    """The API's routes of the pages in a stage, after ``make deploy``."""

    def __init__(self, folder: Path = faces.DIST, **stage: str) -> None:
        self.bucket = cast(Any, Bucket())
        every = pages.files(folder, STAGE | stage, pages.origin("documents", self.bucket))
        self._key = pages.upload(self.bucket, "pages", every)
        self._paths = routes.paths()

    def answer(self, method: str, address: str, **headers: str) -> Answer | None:
        """None where the address is none of the pages', or the method none of theirs."""
        path = address.partition("?")[0]
        if not path.startswith(f"{BASE}/"):
            return None
        resource, segments = self._resource(path.removeprefix(BASE))
        methods = self._paths.get(resource, {})
        if method.lower() not in methods:
            return None
        integration = methods[method.lower()]["x-amazon-apigateway-integration"]
        assert (integration["type"], integration["httpMethod"]) == ("aws", method)
        given = self._parameters(integration, path, segments)
        template, variables = integration["uri"]["Fn::Sub"]
        assert list(variables) == ["Bucket"]
        place = template.partition(":s3:path/${Bucket}/")[2].replace("${PagesKey}", self._key)
        key = unquote(re.sub(r"\{(\w+)\}", lambda name: given[name[1]], place))
        sent = {"If-None-Match": headers["if_none_match"]} if "if_none_match" in headers else {}
        return _mapped(integration["responses"], self.bucket.answer(key, sent), method)

    def _resource(self, path: str) -> tuple[str, dict[str, str]]:
        """API Gateway overlooks a slash at the end. A segment that is written out wins over one that is named."""
        path = path.removesuffix("/")
        folder, _, last = path.rpartition("/")
        named = f"{folder}/{{file}}"
        return (named, {"file": last}) if path not in self._paths and named in self._paths else (path, {})

    @staticmethod
    def _parameters(integration: dict[str, Any], path: str, segments: dict[str, str]) -> dict[str, str]:
        """Those of the path: mapped, then overridden by the template."""
        sources = integration["requestParameters"]
        found = segments | {
            name.rpartition(".")[2]: source.strip("'") for name, source in sources.items() if source.startswith("'")
        }
        for template in integration.get("requestTemplates", {}).values():
            set_to = _LEAD_ON.fullmatch(template)
            assert set_to, template
            found |= {} if path.endswith("/") else {"file": set_to[1]}
        return found


def _mapped(answers: dict[str, Any], got: Answer, method: str) -> Answer:
    """What the client gets of S3's answer. No two patterns may take the same."""
    fitting = [each for each in answers if each != "default" and re.fullmatch(each, str(got.status))]
    assert len(fitting) <= 1
    chosen = answers[fitting[0] if fitting else "default"]
    headers = {
        name.removeprefix("method.response.header."): value
        for name, source in chosen["responseParameters"].items()
        if (value := _value(source, got.headers)) is not None
    }
    body = next(iter(chosen.get("responseTemplates", {}).values()), None)
    content = got.body if body is None and chosen["statusCode"] == "200" else (body or "").encode()
    return Answer(int(chosen["statusCode"]), headers, b"" if method == "HEAD" else content)


def _value(source: str, headers: Mapping[str, str]) -> str | None:
    if source.startswith("'"):
        return source[1:-1]
    return headers.get(source.removeprefix("integration.response.header."))
