"""The stage's secret: made once, completed when a new version wants another key; its keys changed by ``rotate`` alone.

Not by CloudFormation: GenerateSecretString makes one value, in letters, and the secret holds several keys of 32 bytes.
"""

import base64
import json
import secrets
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECRETS = ("identity_key", "cursor_key", "serial_key", "webhook_key", "grant_key", "draw_key")
ONLY_AT_FIRST = "account_key"  # every id of an account follows from it, or from its absence: never added, never changed
_KEY_BYTES = 32
# They name every person: with others, nobody would be known any more. Seeds that are committed to follow from draw_key.
_NEVER = ("identity_key", "draw_key", ONLY_AT_FIRST)
_BY_TURNS = "webhook_key"  # the new one is published beside the old one before the old one goes


def name(stage: str) -> str:
    return f"carbon-points/{stage}"


def ensure(client: "SecretsManagerClient", stage: str, *, data_is_there: Callable[[], bool]) -> str:
    """Make what is missing; one line about what was done. What is there stays: hashes were made with it.

    A secret without account_key is of an earlier version, and stays without it.
    Raises SystemExit where the whole secret is gone though the table has data: a new one would not know anybody in it.
    """
    first = (*SECRETS, ONLY_AT_FIRST)
    try:
        known: dict[str, str] = json.loads(client.get_secret_value(SecretId=name(stage))["SecretString"])
    except client.exceptions.ResourceNotFoundException:
        if data_is_there():
            sys.exit(
                f"The table has data, and {name(stage)} is gone. A new identity_key would know nobody in it: put the"
                " secret back from its backup (docs/operations.md#keys)."
            )
        client.create_secret(
            Name=name(stage),
            Description="Keys of carbon-points. Without identity_key or account_key nobody is known any more.",
            SecretString=json.dumps({each: _key() for each in first}),
        )
        return f"{name(stage)}: made, with {', '.join(first)}"
    missing = [each for each in SECRETS if each not in known]
    if not missing:
        return f"{name(stage)}: there already, unchanged"
    client.put_secret_value(SecretId=name(stage), SecretString=json.dumps(known | {each: _key() for each in missing}))
    return f"{name(stage)}: {', '.join(missing)} added"


def rotate(client: "SecretsManagerClient", stage: str, key: str) -> str:
    """Change one key; one line about what was done. Raises SystemExit for a key that cannot change like this."""
    if key in _NEVER or key not in SECRETS:
        may = ", ".join(each for each in SECRETS if each not in _NEVER)
        sys.exit(f"KEY is one of {may}. {', '.join(_NEVER)} never change.")
    known: dict[str, str] = json.loads(client.get_secret_value(SecretId=name(stage))["SecretString"])
    value, statement = _key(), "is new"
    if key == _BY_TURNS:
        old = base64.b64decode(known[key])
        if len(old) == _KEY_BYTES:
            value, statement = (
                base64.b64encode(old + base64.b64decode(value)).decode(),
                "has a new key beside the old one",
            )
        else:
            value, statement = base64.b64encode(old[-_KEY_BYTES:]).decode(), "has lost its old key"
    client.put_secret_value(SecretId=name(stage), SecretString=json.dumps(known | {key: value}))
    return f"{name(stage)}: {key} {statement}. make deploy STAGE={stage} lets every function take it."


def version(client: "SecretsManagerClient", stage: str) -> str:
    """What tells the present content of the secret from any before."""
    return client.get_secret_value(SecretId=name(stage))["VersionId"]


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
