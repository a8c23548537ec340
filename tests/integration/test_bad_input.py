"""Whatever is sent to whatever route: the right 4xx as a problem, never a 5xx, and nothing written."""

import json
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import RootModel
from pydantic.fields import FieldInfo

from chalicelib.edge.endpoints import BODY_BYTES_MAX
from chalicelib.kernel.text import TextType, none_if_blank
from tests.commands import COMMANDS, Ready, send
from tests.endpoints import ROUTES, filled, required
from tests.prepared import prepared
from tests.world import Answer, World

CHANGING = [name for name in ROUTES if name in COMMANDS]
ASKING = [name for name, route in ROUTES.items() if route.method == "GET"]

NO_JSON: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \n\t",
    "half an object": b'{"a": 1',
    "a comma too many": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "a comment": b"{} // done",
    "two objects": b"{}{}",
    "NUL": b"\x00",
    "bytes that are no UTF-8": b'{"a": "\xff"}',
    "an overlong NUL": b'{"a": "\xc0\x80"}',
    "a raw surrogate": b'{"a": "\xed\xa0\x80"}',
    "an escaped surrogate": b'{"a": "\\ud800"}',
    "surrogates the wrong way round": b'{"a": "\\udc00\\ud800"}',
    "a raw control character": b'{"a": "\x01"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "deep brackets": b"[" * 100_000,
    "deep braces": b'{"a":' * 40_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "a number of 5000 digits": b"1" * 5000,
    "XML": b"<a/>",
    "a form": b"a=1&b=2",
}
NO_OBJECT: dict[str, bytes] = {
    "null": b"null", "true": b"true", "a number": b"5", "a float": b"1e3", "a text": b'"x"', "an empty text": b'""',
    "a list": b"[]", "a list of objects": b"[{}]", "not a number": b"NaN", "infinity": b"-Infinity",
}  # fmt: skip
NO_TEXT = ["a\x00b", "a\x1fb", "a\x7fb", "a\u202eb", "", " ", "\u3000", "\u3164", "\u2800", "\u034f", "a" * 4001]
PADDED = [
    "a\u200bb",
    "a\ufeffb",
    "a\u2028b",
]  # a person's text is kept without it (kernel/text.py); nothing else has any
NO_VALUE: list[Any] = [None, True, 5.0, 1.5, -1, 0, 10**400, [], {}, [[]], {"a": 1}, "5", "\u0665", "x" * 70_000]
NO_NUMBER = [b"NaN", b"Infinity", b"1e400", b"-1e400", b"1e-400", b"9" * 400, b"0x10", b"01", b"+1", b".5"]


def fields(name: str) -> dict[str, FieldInfo]:
    """The fields of a command's body."""
    model = ROUTES[name].takes
    choices = get_args(model.model_fields["root"].annotation) if issubclass(model, RootModel) else (model,)
    return dict(choices[0].model_fields)


def is_text(info: FieldInfo) -> bool:
    """Whether a field holds what a person writes."""
    inner = [mark for each in get_args(info.annotation) for mark in getattr(each, "__metadata__", ())]
    return any(isinstance(mark, TextType) for mark in (*info.metadata, *inner))


def may_be_blank(info: FieldInfo) -> bool:
    """Whether a field of blanks only is one that was left out."""
    return any(getattr(mark, "func", None) is none_if_blank for mark in info.metadata)


@pytest.fixture
def refuses(world: World) -> Any:
    """Check that an answer is a problem with one of ``statuses``, and that nothing was written since ``before``."""

    def check(answer: Answer, before: list[Any], *statuses: int) -> None:
        assert answer.status in statuses, answer
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.body["status"] == answer.status
        assert world.items() == before

    return check


@pytest.fixture
def ready(request: pytest.FixtureRequest, world: World) -> Ready:
    return prepared(request.param, world)


every_command = pytest.mark.parametrize(("name", "ready"), [(name, name) for name in CHANGING], indirect=["ready"])


def test_every_command_is_tried() -> None:
    """A new command gets its entry in tests/commands.py; with it come these tests and those of replay and retry."""
    assert {name for name, route in ROUTES.items() if route.method != "GET"} == set(COMMANDS)


@every_command
def test_what_is_no_json_is_refused(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    for what, raw in NO_JSON.items():
        answer = send(world, ready, raw=raw)
        refuses(answer, before, 400)
        assert answer.code == "malformed_json", what
        assert len(answer.body["detail"]) < 500


@every_command
def test_a_field_that_stands_twice_is_refused_by_name(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    good = json.dumps(ready.body)[1:-1] + ", " * bool(ready.body)
    inner = f'{{{good}"plan": {{"goods": "a", "goods": "b"}}}}' if "plan" not in ready.body else None
    for field, value in (ready.body or {"extra": 1}).items():
        text = f"{json.dumps(field)}: {json.dumps(value)}"
        answer = send(world, ready, raw=f"{{{good}{text}, {text}}}".encode())
        refuses(answer, before, 422)
        assert (answer.code, answer.pointers) == ("invalid_request", [f"/{field}"])
    if inner:
        answer = send(world, ready, raw=inner.encode())
        refuses(answer, before, 422)
        assert answer.pointers == ["/plan/goods"]


@every_command
def test_malformed_json_is_explained_in_chinese(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    answer = send(world, ready, raw=b'{"a": 1,\n}', headers={"Accept-Language": "zh-CN"})
    refuses(answer, before, 400)
    assert "第 2 行第 1 列" in answer.body["detail"]
    assert answer.body["reason"] == "第 2 行第 1 列：此处应为双引号括起的字段名"
    english = send(world, ready, raw=b'{"a": 1,\n}').body["reason"]
    assert english == "Expecting property name enclosed in double quotes at line 2 column 1"


@every_command
def test_what_is_no_object_is_refused(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    for raw in NO_OBJECT.values():
        refuses(send(world, ready, raw=raw), before, 400, 422)


@every_command
def test_unknown_fields_are_refused_by_name(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    for extra in ("extra", "", "a/b~c", "\x00", "__proto__", "pk", "e" * 1000):
        answer = send(world, ready, body=ready.body | {extra: 1})
        refuses(answer, before, 422)
        assert answer.pointers == ["/" + extra.replace("~", "~0").replace("/", "~1")]


@every_command
def test_missing_fields_are_refused_by_name(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    for field in [field for field in ready.body if fields(name)[field].is_required()]:
        answer = send(world, ready, body={key: value for key, value in ready.body.items() if key != field})
        refuses(answer, before, 422)
        assert answer.pointers in ([f"/{field}"], [""])


@every_command
def test_values_of_the_wrong_kind_are_refused_by_name(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    for field, good in ready.body.items():
        choices = [get_origin(each) or each for each in get_args(fields(name)[field].annotation)]
        choices = [str if each is Annotated else each for each in choices]
        for bad in NO_VALUE:
            if type(bad) is type(good) or type(bad) in choices:
                continue
            answer = send(world, ready, body=ready.body | {field: bad})
            refuses(answer, before, 400, 422)
            assert answer.status == 400 or answer.pointers[0] in {"", f"/{field}"}, (field, bad)


@every_command
def test_texts_hold_no_control_characters_and_no_novels(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    for field, good in ready.body.items():
        bad_ones = NO_TEXT + PADDED * (not is_text(fields(name)[field]))
        blank = may_be_blank(fields(name)[field])
        for bad in bad_ones if isinstance(good, str) else ():
            if blank and not bad.strip():
                continue
            answer = send(world, ready, body=ready.body | {field: bad})
            refuses(answer, before, 422)
            assert answer.pointers[0] == f"/{field}", (field, bad)


@every_command
def test_a_text_is_taken_as_devices_send_it(world: World, name: str, ready: Ready) -> None:
    written = {field for field, good in ready.body.items() if isinstance(good, str) and is_text(fields(name)[field])}
    padded = {field: f"\ufeff {ready.body[field]}\u200b\r\n" for field in written}
    assert send(world, ready, body=ready.body | padded, key="k").status in {200, 201, 202}
    assert send(world, ready, key="k").headers["Idempotent-Replayed"] == "true"


@every_command
def test_numbers_are_integers_of_a_credible_size(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    for field in ready.body:
        rest = {key: value for key, value in ready.body.items() if key != field}
        for bad in NO_NUMBER:
            raw = json.dumps(rest)[:-1].encode() + b"," * bool(rest) + f'"{field}": '.encode() + bad + b"}"
            refuses(send(world, ready, raw=raw), before, 400, 422)


@every_command
def test_a_body_holds_256_kib(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    good = json.dumps(ready.body).encode()
    refuses(send(world, ready, raw=good + b" " * (BODY_BYTES_MAX + 1 - len(good))), before, 413)
    assert send(world, ready, raw=good + b" " * (BODY_BYTES_MAX - len(good))).status in {200, 201, 202}


@every_command
def test_only_json_is_understood(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    for media in ("text/plain", "application/xml", "multipart/form-data", "application/json5", "", "\x7f", "json"):
        answer = send(world, ready, headers={"Content-Type": media})
        refuses(answer, before, 415)
        assert answer.body["instance"] == ready.path


@every_command
@pytest.mark.parametrize("media", ["APPLICATION/JSON", "application/json; charset=UTF-8", "Application/Json;q=1"])
def test_json_may_be_spelt_in_any_case(world: World, name: str, ready: Ready, media: str) -> None:
    assert send(world, ready, headers={"Content-Type": media}).status in {200, 201, 202}


@every_command
def test_a_method_that_is_not_offered_is_told_which_are(world: World, name: str, ready: Ready, refuses: Any) -> None:
    before = world.items()
    for method in ("PUT", "DELETE", "TRACE", "BREW"):
        answer = send(world, ready, method=method)
        refuses(answer, before, 405)
        assert ready.method in answer.headers["Allow"]


IDS = [
    "%2F", "..%2F..%2Fetc%2Fpasswd", "%00", "%ff", "%ED%A0%80", "%C3%A9", "%20", "a%20b", "%7f", "a" * 65, "a" * 5000,
    "%E2%80%AE", "{id}", "%7Bid%7D", "$ref", "a'b", 'a"b', "%25", "%", "%zz", "null", "0", "-1", "offer:x", "a/0"[:1],
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in ROUTES if "{" in name])
def test_absurd_ids_are_not_found(world: World, name: str, refuses: Any) -> None:
    route = ROUTES[name]
    body = _body(world, name) if route.method != "GET" else None
    before = world.items()
    for role in route.allow or (None,):
        for absurd in IDS:
            path = filled(route.path, absurd)
            answer = world.call(route.method, path, body, role=role, sub="someone", **required(route))
            refuses(answer, before, 404)
            assert answer.code == "not_found"


def _body(world: World, name: str) -> dict[str, Any]:
    return COMMANDS[name](world).body


PARAMS: list[dict[str, Any]] = [
    {"unknown": "1"}, {"": ""}, {"limit ": "1"}, {"LIMIT": "1"}, {"id": "x"}, {"cursor": "x" * 2001}, {"pk": "x"},
    {"\x00": "\x00"}, {"a[b]": "1"},
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in ASKING if ROUTES[name].allow])
def test_unknown_parameters_of_private_reads_are_refused(world: World, name: str, refuses: Any) -> None:
    """Public reads ignore them (test_caching.py): their addresses are shared."""
    route = ROUTES[name]
    before = world.items()
    for params in PARAMS:
        answer = world.get(filled(route.path), role=route.allow[0], sub="someone", **params)
        refuses(answer, before, 422)


ABSURD = ["", "\x00", "a\x00b", "\u202e", "\udcff", "%", "x" * 300, "A", "-1", "2024-01-01", "1e400", "null", "[]"]


@pytest.mark.parametrize("name", ASKING)
def test_absurd_values_of_known_parameters_are_never_our_failure(world: World, name: str) -> None:
    route = ROUTES[name]
    world.person("someone")
    role = route.allow[0] if route.allow else None
    for field, info in route.takes.model_fields.items():
        for absurd in ABSURD:
            value = absurd.encode("utf-8", "surrogateescape")
            asked = required(route) | {info.alias or field: value}
            answer = world.get(filled(route.path), role=role, sub="someone", **asked)
            assert answer.status in {200, 303, 404, 422}, (asked, answer)


@pytest.mark.parametrize("name", ASKING)
def test_a_query_may_bring_a_body_that_nobody_reads(world: World, name: str) -> None:
    route = ROUTES[name]
    role = route.allow[0] if route.allow else None
    answer = world.get(filled(route.path), role=role, sub="someone", raw=b"\xff[[[", **required(route))
    assert answer.status in {200, 303, 404}  # 303: the form of the front page


@pytest.mark.parametrize("name", ["/v1/offers", "/v1/merchants"])
def test_a_parameter_that_is_repeated_is_never_our_failure(world: World, name: str) -> None:
    assert world.get(f"{name}?limit=1&limit=abc").status in {200, 422}
    assert world.get(f"{name}?limit=1&limit=2").status in {200, 422}
