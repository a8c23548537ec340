"""The Python that is deployed is chosen in one place."""

import tomllib

import pytest

from infra.here import ROOT
from infra.release import runtime
from infra.release.package import __main__ as command


def test_another_python_cannot_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: object) -> None:
        raise AssertionError("a zip for another Python is built")

    monkeypatch.setattr(command, "package", build)
    monkeypatch.setattr(runtime, "interpreter", lambda: "python3.99")
    with pytest.raises(SystemExit, match=rf"^Lambda runs {runtime.RUNTIME}, and this is python3\.99: .*PYTHON="):
        command.main(["dev"])


def test_the_python_that_is_deployed_can_package() -> None:
    runtime.check(runtime.RUNTIME)


def test_this_interpreter_is_named_as_lambda_names_it() -> None:
    assert runtime.interpreter() in runtime.DEPRECATED_ON


def test_the_end_of_every_python_that_the_project_claims_is_known() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "Programming Language :: Python :: 3."
    claimed = {each.replace(prefix, "python3.") for each in project["classifiers"] if each.startswith(prefix)}
    assert claimed == runtime.DEPRECATED_ON.keys()
    assert runtime.RUNTIME in claimed


def test_developers_work_with_the_python_that_is_deployed() -> None:
    assert f"python{(ROOT / '.python-version').read_text().strip()}" == runtime.RUNTIME


def test_the_operations_page_says_when_each_python_ends() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    for name, day in runtime.DEPRECATED_ON.items():
        assert f"| `{name}` | {day} |" in page
