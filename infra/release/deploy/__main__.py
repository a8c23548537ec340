"""``python -m infra.release.deploy STEP STAGE [KEY]``, a step of make; with YES=1 it asks no questions."""

import os
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.here import ROOT
from infra.release.deploy.stage import Stage

_USAGE = "make deploy|destroy|secrets|pause|unpause STAGE=dev|staging|prod, or make rotate STAGE= KEY="


def _agree() -> bool:
    if os.environ.get("YES") == "1":
        return True
    if not sys.stdin.isatty():
        sys.exit("Nothing was changed: there is no terminal to ask at. Set YES=1 to go without questions.")
    return input("Do it? Type yes: ").strip() == "yes"


def main(arguments: list[str]) -> None:
    """Do one step. Raises SystemExit with one line where AWS or the stage's file says no."""
    step, name, key = (*arguments, "", "", "")[:3]
    if not name or not (ROOT / f"infra/stages/{name}.json").exists() or bool(key) != (step == "rotate"):
        sys.exit(_USAGE)
    try:
        _do(Stage(name, agree=_agree), step, key)
    except (ClientError, BotoCoreError) as error:
        sys.exit(f"Nothing more was done. {error}")


def _do(stage: Stage, step: str, key: str) -> None:
    match step:
        case "deploy":
            parameters = stage.parameters()
            identity = boto3.client("sts").get_caller_identity()
            print(f"Account {identity['Account']} as {identity['Arn']}, region {boto3.session.Session().region_name}")
            stage.deploy(ROOT / "build" / stage.name, parameters)
        case "destroy":
            stage.destroy()
        case "secrets":
            print(stage.secrets())
        case "rotate":
            print(stage.rotate(key))
        case "pause":
            stage.pause()
        case "unpause":
            stage.unpause()
        case _:
            sys.exit(_USAGE)


if __name__ == "__main__":
    main(sys.argv[1:])
