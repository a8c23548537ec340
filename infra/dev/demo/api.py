"""Calls to the running platform, eight at a time."""

import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import urllib3

TokenOf = Callable[[str, str], str]
Progress = Callable[[int, int, str], None]
WAIT_SECONDS = 300  # for the consumers: on a busy machine they are minutes behind
_AT_ONCE = 8
_ATTEMPTS_MAX = 5


class Call(NamedTuple):
    """A POST; ``key`` names it for ever."""

    path: str
    body: dict[str, Any]
    role: str
    sub: str
    key: str


class Api:
    """The platform at ``url``. A refusal in ``expected`` is an answer like any other; all others end the load."""

    def __init__(self, url: str, token_of: TokenOf, progress: Progress) -> None:
        self._url, self._token_of, self._progress = url, token_of, progress
        self._http = urllib3.PoolManager(maxsize=_AT_ONCE, retries=False)
        self._tokens: dict[tuple[str, str], str] = {}

    def show(self, done: int, total: int, what: str) -> None:
        """Progress of work that is not one call an item."""
        self._progress(done, total, what)

    def post(self, call: Call, expected: frozenset[str] = frozenset()) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"demo-{call.key}"}
        headers["Authorization"] = f"Bearer {self.token(call.role, call.sub)}"
        for attempt in range(_ATTEMPTS_MAX):
            answer = self._http.request("POST", self._url + call.path, body=json.dumps(call.body), headers=headers)
            found: dict[str, Any] = answer.json()
            if answer.status < 300 or found["code"] in expected:
                return found
            if found["code"] not in {"contended", "unavailable"}:
                break
            time.sleep(0.2 * 2**attempt)
        raise SystemExit(f"The demo data was refused: POST {call.path} {call.body}: {found}")

    def post_all(
        self, what: str, calls: Iterable[Call], expected: frozenset[str] = frozenset()
    ) -> list[dict[str, Any]]:
        """The answers, in the order of the calls; progress is shown as ``what``."""
        calls = list(calls)
        found = []
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for number, answer in enumerate(pool.map(lambda call: self.post(call, expected), calls), 1):
                found.append(answer)
                if number % 25 == 0 or number == len(calls):
                    self._progress(number, len(calls), what)
        return found

    def get(self, path: str, role: str = "", sub: str = "") -> dict[str, Any]:
        """What is there. Where the platform is away for a moment, it is asked again."""
        headers = {"Authorization": f"Bearer {self.token(role, sub)}"} if role else {}
        for attempt in range(_ATTEMPTS_MAX):
            answer = self._http.request("GET", self._url + path, headers=headers)
            if answer.status < 500:
                break
            time.sleep(0.2 * 2**attempt)
        found: dict[str, Any] = answer.json()
        return found

    def upload(self, form: dict[str, Any], content: bytes) -> None:
        """Send a file with a presigned form."""
        fields = {**form["fields"], "file": ("file", content)}
        answer = self._http.request("POST", form["url"], fields=fields)
        if answer.status >= 300:
            raise SystemExit(f"The file was refused: {answer.status} {answer.data.decode()}")

    def token(self, role: str, sub: str) -> str:
        return self._tokens.setdefault((role, sub), self._token_of(role, sub))
