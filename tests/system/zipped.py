"""The handlers of an unpacked zip in a process of their own, and an API Gateway in front of them."""

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from chalice.app import Chalice

from infra.dev.gateway.routes import Routes

# Runs in the child: only the zip and the standard library are importable there, as in Lambda.
_CHILD = """
import json, sys
sys.path.insert(0, sys.argv[1])
answers, sys.stdout = sys.stdout, sys.stderr
import app
for line in sys.stdin:
    name, event = json.loads(line)
    try:
        answer = {"answer": getattr(app, name)(event, None)}
    except Exception as error:
        answer = {"error": str(error) or repr(error)}
    print(json.dumps(answer), file=answers, flush=True)
"""


class Failed(Exception):
    """What a handler raised, in its words."""


class Handlers:
    """``invoke(name, event)`` calls ``app.<name>`` of the zip in ``folder``, in the environment of its function."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        command = [sys.executable, "-I", "-S", "-c", _CHILD, str(folder)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, event]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the handlers' process ended"
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["answer"]


class Got(NamedTuple):
    """Named as chalice.test names an answer."""

    status_code: int
    headers: dict[str, str]
    body: bytes


class Gateway:
    """``request`` as ``chalice.test.Client.http`` has it. ``app`` tells routes and authorizers, and serves nothing."""

    def __init__(self, app: Chalice, handlers: Handlers) -> None:
        self._app, self._handlers = app, handlers
        self._routes = Routes(app.routes)

    @property
    def http(self) -> Self:
        return self

    def request(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Got:
        split = urlsplit(path)
        match = self._routes.match(split.path)
        assert match is not None, path
        authorizer = self._app.routes[match.template][method].authorizer
        context = {"httpMethod": method, "resourcePath": match.template, "path": split.path}
        if authorizer is not None:
            context["authorizer"] = self._admitted(authorizer.name, headers.get("Authorization", ""))
        event = {
            "headers": {name.lower(): value for name, value in headers.items()},
            "multiValueQueryStringParameters": parse_qs(split.query) or None,
            "pathParameters": match.segments or None,
            "stageVariables": None,
            "body": body.decode(),
            "isBase64Encoded": False,
            "requestContext": context | {"requestId": str(time.time_ns())},
        }
        answer = self._handlers.invoke("app", event)
        return Got(answer["statusCode"], answer["headers"], answer["body"].encode())

    def _admitted(self, name: str, token: str) -> Any:
        arn = "arn:aws:execute-api:us-east-1:000000000000:a/api/GET/"
        policy = self._handlers.invoke(name, {"type": "TOKEN", "authorizationToken": token, "methodArn": arn})
        return {**policy["context"], "principalId": policy["principalId"]}
