"""The gateway on one machine behaves like API Gateway, and serves many at once."""

import http.client
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.system.conftest import Sample

pytestmark = pytest.mark.system


def post(sample: Sample, path: str, *, token: str | None = "ann", **request: Any) -> httpx.Response:
    headers = {"Authorization": token} if token else {}
    return httpx.post(f"{sample.url}{path}", headers=headers | request.pop("headers", {}), **request)


def is_problem(answer: httpx.Response, status: int, code: str) -> bool:
    body = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    return (answer.status_code, body["status"], body["code"]) == (status, status, code)


def test_concurrent_requests_never_see_each_other(sample: Sample) -> None:
    def ask(client: httpx.Client, number: int) -> bool:
        answer = client.post(
            f"{sample.url}/v1/echo/{number}", headers={"Authorization": f"user-{number}"}, content=f"body-{number}"
        ).json()
        values = (answer["name"], answer["caller"], answer["body"], answer["same_request"])
        return values == (str(number), f"user-{number}", f"body-{number}", True)

    with httpx.Client() as client, ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda number: ask(client, number), range(800)))


def test_an_unknown_path_is_not_found(sample: Sample) -> None:
    for path in ("/", "/v1", "/v1/health/", "/v1/nothing", "/v1/echo/", "//v1/health", "/%2e%2e/etc"):
        assert is_problem(httpx.get(f"{sample.url}{path}"), 404, "not_found"), path


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "PUT", "BREW"])
def test_a_wrong_method_is_told_the_right_ones(sample: Sample, method: str) -> None:
    answer = httpx.request(method, f"{sample.url}/v1/health")
    assert is_problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize("sent", [b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"a" * 300_000])
def test_what_is_not_http_is_refused_as_a_problem(sample: Sample, sent: bytes) -> None:
    host, _, port = sample.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(sent)
        answer = connection.recv(4096)
        while not answer.endswith(b"}"):  # head and body may come apart
            answer += connection.recv(4096)
    assert answer.startswith((b"HTTP/1.0 4", b"HTTP/1.1 4"))
    assert b"application/problem+json" in answer
    assert b'"code": "malformed_request"' in answer


def test_head_has_no_body(sample: Sample) -> None:
    connection = http.client.HTTPConnection(sample.url.removeprefix("http://"))
    for _ in range(2):  # a stray body would spoil the second answer on the same connection
        connection.request("HEAD", "/v1/health")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (405, b"")
    connection.close()


def test_the_authorizer_decides(sample: Sample) -> None:
    assert is_problem(post(sample, "/v1/echo/x", token=None), 401, "unauthenticated")
    assert is_problem(post(sample, "/v1/echo/x", token="bad"), 401, "unauthenticated")
    assert is_problem(post(sample, "/v1/echo/x", token="denied"), 403, "role_not_allowed")
    assert post(sample, "/v1/echo/x").json()["caller"] == "ann"


def test_the_authorizer_is_asked_once_a_minute_about_a_token(sample: Sample) -> None:
    for _ in range(5):
        assert post(sample, "/v1/echo/x", token="often").status_code == 200
    workers = sum(name.startswith("worker") for name in sample.pids())
    assert 1 <= sum(token == "often" for token, _ in sample.notes("authorizer")) <= workers


def test_a_refusal_is_in_the_language_that_was_asked_for(sample: Sample) -> None:
    chinese = httpx.get(f"{sample.url}/v1/nothing", headers={"Accept-Language": "zh-CN"})
    assert chinese.json()["title"] == "未找到"


def test_paths_stay_encoded_and_queries_are_decoded(sample: Sample) -> None:
    answer = post(sample, "/v1/echo/a%2Fb%20c?letter=%C3%A9&letter=+&empty=").json()
    assert answer["name"] == "a%2Fb%20c"
    assert answer["letters"] == ["é", " "]


@pytest.mark.parametrize("body", [b"", b'{"a": 1}', "é".encode(), bytes(range(256))])
def test_a_body_arrives_as_the_bytes_that_were_sent(sample: Sample, body: bytes) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    assert post(sample, "/v1/echo/x", content=body, headers=headers).json()["body"].encode("latin-1") == body


def test_a_chunked_body_arrives_whole_and_the_connection_goes_on(sample: Sample) -> None:
    with httpx.Client() as client:
        for _ in range(2):
            answer = client.post(
                f"{sample.url}/v1/echo/x", headers={"Authorization": "ann"}, content=iter([b"one ", b"two"])
            )
            assert answer.json()["body"] == "one two"


def test_a_body_over_ten_megabytes_is_refused(sample: Sample) -> None:
    answer = post(sample, "/v1/echo/x", content=b"x" * (10 * 1024 * 1024 + 1))
    assert is_problem(answer, 413, "body_too_large")
