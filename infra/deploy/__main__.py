"""``python -m infra.deploy deploy|destroy|secrets STAGE``; with YES=1 in the environment nothing is asked."""

import os
import sys

import boto3

from infra.deploy import secret
from infra.deploy.stage import Stage
from infra.local.settings import ROOT

_STEPS = ("deploy", "destroy", "secrets")


def _agree() -> bool:
    if os.environ.get("YES") == "1":
        return True
    return sys.stdin.isatty() and input("Do it? Type yes: ").strip() == "yes"


def main(arguments: list[str]) -> None:
    if len(arguments) != 2 or arguments[0] not in _STEPS or not (ROOT / f"infra/stages/{arguments[1]}.json").exists():
        sys.exit("make deploy|destroy|secrets STAGE=dev|staging|prod")
    step, name = arguments
    stage = Stage(name, agree=_agree)
    if step == "secrets":
        print(secret.ensure(boto3.client("secretsmanager"), name))
    elif step == "destroy":
        stage.destroy()
    else:
        parameters = stage.parameters()
        identity = boto3.client("sts").get_caller_identity()
        print(f"Account {identity['Account']} as {identity['Arn']}, region {boto3.session.Session().region_name}")
        stage.deploy(ROOT / "build" / name, parameters)


if __name__ == "__main__":
    main(sys.argv[1:])
