"""What infra/stages/STAGE.json may say, and how a mistake in it is reported."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.release.deploy import __main__ as command
from infra.release.deploy.stage import Stage

FILLED = {"PublicUrl": "https://a.b", "OidcIssuer": "i", "OidcAudience": "a", "OidcJwksUrl": "https://a.b/jwks"}
FILLED |= {"OidcClientId": "faces"}


def read(folder: Path, text: str) -> dict[str, str]:
    stages = folder / "infra" / "stages"
    stages.mkdir(parents=True)
    (stages / "dev.json").write_text(text)
    return Stage("dev").parameters(stages)


def test_a_filled_file_is_taken_as_it_is(tmp_path: Path) -> None:
    content = FILLED | {"GatewayAccount": "no", "LogDays": "14", "OidcScope": "openid role"}
    assert read(tmp_path, json.dumps(content)) == content


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"OidcIssuer": ""}, "Fill in OidcIssuer in infra/stages/dev.json first."),
        ({"OidcClientId": ""}, "Fill in OidcClientId in infra/stages/dev.json first."),
        ({"PagesKey": "a"}, "infra/stages/dev.json: PagesKey is set by make deploy."),
        ({"LogDays": 14}, "infra/stages/dev.json: LogDays must be in quotes"),
        ({"LogDay": "14"}, "infra/stages/dev.json: LogDay is no parameter of infra/app.yaml."),
        ({"Stage": "prod"}, "infra/stages/dev.json: Stage is set by make deploy."),
    ],
)
def test_a_mistake_is_reported_in_one_line(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        read(tmp_path, json.dumps(FILLED | changes))
    assert str(stopped.value).startswith(expected)


def test_what_is_no_json_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"infra/stages/dev.json is no JSON: .*line 1"):
        read(tmp_path, "{,}")


@pytest.mark.parametrize(
    "arguments", [[], ["deploy"], ["deploy", "nowhere"], ["rotate", "dev"], ["deploy", "dev", "x"]]
)
def test_what_is_not_understood_is_answered_with_the_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="make deploy"):
        command.main(arguments)


def test_aws_is_quoted_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(SystemExit, match="You must specify a region"):
        command.main(["secrets", "dev"])
