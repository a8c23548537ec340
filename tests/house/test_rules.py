"""The rules of the house that no linter knows. (Which room may import which is import-linter's, in ``make check``.)"""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib.errors import Refusal
from chalicelib.kernel.fields import Empty, Params
from tests.chinese import CHINESE
from tests.endpoints import ROUTES

ROOT = Path(app.__file__).parent
CODE = sorted(ROOT.glob("chalicelib/**/*.py"))
TOOLS = [ROOT / "app.py", *sorted(ROOT.glob("infra/**/*.py"))]
TESTS = sorted(ROOT.glob("tests/**/test_*.py"))
ROOMS = sorted({path.parent for path in CODE} - {ROOT / "chalicelib"})

# Good sizes are 25 lines a function and 150 a file. These are the bounds that hold today; they may only shrink.
FUNCTION_LINES_MAX = 31
FILE_LINES_MAX = 200
ROOM_MODULES_MAX = 8  # beside __init__.py; a room with more splits into rooms of its own, by capability

KINDS = "account applying offer order shelving record reduction identity campaign batch entry usage purchases sums run"
KINDS += " reading"
A_KEY = re.compile(f"^({KINDS.replace(' ', '|')}):")


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Everything in a file, as Python reads it."""
    return tuple(ast.walk(ast.parse(path.read_text())))


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    yield from (node for node in nodes(path) if isinstance(node, ast.FunctionDef))


def by_file(found: Iterable[tuple[Path, Any]]) -> dict[str, Any]:
    """What was found, by the name of its file, without the files where nothing was."""
    return {str(path.relative_to(ROOT)): each for path, each in found if each}


def lines(function: ast.FunctionDef) -> int:
    """Without decorators and docstring."""
    first = function.body[0]
    docstring = ast.get_docstring(function) is not None
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1 - ((first.end_lineno or 0) - first.lineno + 1 if docstring else 0)


def test_files_and_functions_are_small() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in (*CODE, *TOOLS)}
    assert by_file((path, size) for path, size in sizes.items() if size > FILE_LINES_MAX) == {}
    large = [(path, [each.name for each in functions(path) if lines(each) > FUNCTION_LINES_MAX]) for path in sizes]
    assert by_file(large) == {}


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_a_room_has_few_modules_and_none_that_repeats_its_name(room: Path) -> None:
    modules = sorted(path.stem for path in room.glob("*.py") if path.stem != "__init__")
    assert len(modules) <= ROOM_MODULES_MAX, f"{room.name} splits: {', '.join(modules)}"
    whole, one = room.name, room.name.removesuffix("s")
    assert [name for name in modules if {whole, one} & set(name.split("_"))] == []


def test_only_the_table_looks_into_items() -> None:
    """Everywhere else an item is a noun: ``read.get(key, Kind)``, ``seen(Kind, …)``."""
    others = [path for path in CODE if path.parent.name not in {"table", "keys"}]
    names = ((path, [node for node in nodes(path) if isinstance(node, ast.Name)]) for path in others)
    assert by_file((path, [each.lineno for each in found if each.id == "Item"]) for path, found in names) == {}


def test_the_import_rules_see_every_folder_of_code() -> None:
    """import-linter passes over a folder without ``__init__.py``, and over one beside the packages that it knows."""
    code = [path for path in ROOT.glob("[!.]*/**/*.py") if path.parts[len(ROOT.parts)] != "build"]
    assert {path.relative_to(ROOT).parts[0] for path in code} == {"chalicelib", "docs", "infra", "tests"}
    folders = {path.parent for path in code if path.relative_to(ROOT).parts[0] in {"chalicelib", "infra"}}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []
    assert [path.name for path in ROOT.glob("*.py")] == ["app.py"]


def test_keys_are_made_on_the_page_of_keys_only() -> None:
    others = [path for path in CODE if path.parent.name != "keys"]
    assert by_file((path, [ast.unparse(node) for node in nodes(path) if _is_key(node)]) for path in others) == {}


def _is_key(node: ast.AST) -> bool:
    first = node.values[0] if isinstance(node, ast.JoinedStr) else None
    return isinstance(first, ast.Constant) and bool(A_KEY.match(str(first.value)))


def test_ownership_is_judged_by_the_caller_with_its_role() -> None:
    """A ``sub`` and an account id are the same in every role: comparing one alone lets another role in."""
    others = [path for path in CODE if path.name != "caller.py"]
    assert by_file((path, [ast.unparse(node) for node in nodes(path) if _compares(node)]) for path in others) == {}


def _compares(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) and any(_names_a_caller(each) for each in ast.walk(node))


def test_ids_that_follow_from_a_login_are_made_at_the_edge_with_the_stages_key() -> None:
    """Made elsewhere, they would lack the key: a login could be found by trying."""
    made = {path: re.findall(r"\bkeys\.(?:account|record)_id\(.*", path.read_text()) for path in CODE}
    at_the_edge = {path for path in CODE if path.is_relative_to(ROOT / "chalicelib" / "edge")}
    keyless = ((path, [one for one in each if "account_key()" not in one]) for path, each in made.items())
    assert by_file(keyless) == {}
    assert by_file((path, each) for path, each in made.items() if path not in at_the_edge) == {}


def _names_a_caller(node: ast.AST) -> bool:
    """``caller.sub``, ``query.asker.account`` and their like."""
    if not isinstance(node, ast.Attribute) or node.attr not in {"sub", "account"}:
        return False
    return ast.unparse(node.value).rpartition(".")[2] in {"caller", "asker"}


def test_every_module_says_what_it_is_for() -> None:
    modules = ((path, nodes(path)[0]) for path in CODE if path.read_text())
    assert by_file((path, not ast.get_docstring(tree)) for path, tree in modules if isinstance(tree, ast.Module)) == {}


def test_test_names_are_sentences_and_no_test_sleeps() -> None:
    names = {path: [each.name for each in functions(path) if each.name.startswith("test_")] for path in TESTS}
    short = ((path, [name for name in each if len(name.split("_")) < 4]) for path, each in names.items())
    assert by_file(short) == {}
    quick = [path for path in TESTS if "system" not in path.parts]
    assert by_file((path, "time." + "sleep(" in path.read_text()) for path in quick) == {}


def kinds(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith("chalicelib."):
            yield kind
        yield from kinds(kind)


@pytest.mark.parametrize("kind", sorted(set(kinds()), key=str), ids=str)
def test_every_refusal_speaks_both_languages_and_has_a_code_and_a_status(kind: type[Refusal]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", kind.code)
    assert 400 <= kind.status < 600
    for text in (kind.title, kind.detail):
        assert text.en
        assert not CHINESE.search(text.en)
        assert CHINESE.search(text.zh)


def test_a_code_has_one_meaning() -> None:
    owners: dict[str, set[type[Refusal]]] = {}
    for kind in kinds():
        if "code" in vars(kind):
            owners.setdefault(kind.code, set()).add(kind)
    assert {code: found for code, found in owners.items() if len(found) > 1} == {}
    for kind in kinds():
        [owner] = owners[kind.code]
        assert issubclass(kind, owner)
        assert kind.status == owner.status


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_says_what_it_does(name: str) -> None:
    text = ROUTES[name].view.__doc__ or ""
    assert text.strip().endswith(".")


def bodies() -> dict[str, Any]:
    return {name: route.takes for name, route in ROUTES.items() if not issubclass(route.takes, (Empty, Params))}


@pytest.mark.parametrize("name", bodies())
def test_every_body_is_documented(name: str) -> None:
    assert bodies()[name].__doc__


def test_every_example_of_a_body_is_a_valid_body() -> None:
    for name, model in bodies().items():
        for example in (model.model_config.get("json_schema_extra") or {}).get("examples", ()):
            assert model.model_validate_json(json.dumps(example)), name


def test_nothing_is_left_to_do_later() -> None:
    later = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    kinds = {".py", ".md", ".toml", ".yaml"}
    folders = [ROOT / name for name in ("chalicelib", "infra", "tests", "docs")]
    found = {path for folder in folders for path in folder.glob("**/*")} | set(ROOT.glob("*"))
    found = {path for path in found if path.suffix in kinds or path.name == "Makefile"}
    assert [str(path) for path in sorted(found) if later.search(path.read_text())] == []
