"""What a function can reach in the platform's code, read from the code: every name it mentions, and what these mention.

Cautious: a function that is only handed on counts as called, and a class brings all of its methods. Code is never run.
"""

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Place = tuple[str, str]  # module, name


class Module:
    """One file: its own names, and where its imported names come from."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.own: dict[str, list[ast.AST]] = {}
        self.imported: dict[str, str] = {}
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            self._import(node)
        for node in tree.body:
            self._define(node)

    def _import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            self.imported |= {(each.asname or each.name): each.name for each in node.names}
        if isinstance(node, ast.ImportFrom):
            self.imported |= {(each.asname or each.name): f"{node.module}.{each.name}" for each in node.names}

    def _define(self, node: ast.stmt) -> None:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            self.own.setdefault(node.name, []).extend(node.body)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}:
                self.own.setdefault(name, []).append(node.value)

    def resolve(self, name: str) -> str:
        """``name`` as absolute as this file knows it; "" for a name that is a variable's or a builtin's."""
        first, _, rest = name.partition(".")
        known = self.imported.get(first) or (f"{self.name}.{first}" if first in self.own else "")
        return f"{known}.{rest}" if known and rest else known

    def mentions(self, name: str) -> Iterator[str]:
        """What the definition of ``name`` mentions."""
        for body in self.own.get(name, ()):
            for node in ast.walk(body):
                if known := self.resolve(dotted(node)):
                    yield known


def dotted(node: ast.AST) -> str:
    """``a.b.c`` as text; "" for what is not a name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


@lru_cache(maxsize=1)
def modules() -> dict[str, Module]:
    """Every file of the platform by its module's name."""
    paths = [ROOT / "app.py", *ROOT.glob("chalicelib/**/*.py")]
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths}
    return {name: Module(name, path) for path, name in names.items()}


def _place(name: str) -> Place | None:
    """The file and the name in it that ``name`` stands for; None where it is nobody's here."""
    module, parts = name, list[str]()
    while module and module not in modules():
        module, _, last = module.rpartition(".")
        parts.insert(0, last)
    if not module or not parts:
        return None
    known = modules()[module]
    if parts[0] not in known.own and parts[0] in known.imported:  # only passed through
        return _place(".".join([known.imported[parts[0]], *parts[1:]]))
    return module, parts[0]


def reach(roots: set[str]) -> set[str]:
    """Dotted names of everything that ``roots`` (dotted names too) can come to, themselves included."""
    found: set[Place] = set()
    waiting = [place for root in roots if (place := _place(root))]
    while waiting:
        place = waiting.pop()
        if place in found:
            continue
        found.add(place)
        module, name = place
        waiting += [next_ for each in modules()[module].mentions(name) if (next_ := _place(each))]
    return {f"{module}.{name}" for module, name in found}


def operations(places: set[str]) -> set[tuple[str, str]]:
    """``(module, method)`` of each method of a boto3 client that the code at ``places`` names."""
    found = set()
    for place in places:
        module, _, name = place.rpartition(".")
        for body in modules()[module].own.get(name, ()):
            for node in ast.walk(body):
                if isinstance(node, ast.Attribute) and _is_client(node.value):
                    found.add((module, node.attr))
    return found


def _is_client(node: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    return isinstance(called, ast.Name) and called.id == "client"
