"""The stage's secret: made once, completed when a new version wants another key, never changed.

Not by CloudFormation: GenerateSecretString makes one value, in letters, and the secret holds several keys of 32 bytes.
"""

import base64
import json
import secrets
from typing import TYPE_CHECKING

from infra.local.keys import SECRETS

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_KEY_BYTES = 32


def name(stage: str) -> str:
    return f"carbon-points/{stage}"


def ensure(client: "SecretsManagerClient", stage: str) -> str:
    """Make what is missing; one line about what was done. What is there stays: hashes were made with it."""
    try:
        known: dict[str, str] = json.loads(client.get_secret_value(SecretId=name(stage))["SecretString"])
    except client.exceptions.ResourceNotFoundException:
        client.create_secret(
            Name=name(stage),
            Description="Keys of carbon-points. Losing identity_key means that no duplicate is recognised any more.",
            SecretString=json.dumps({each: _key() for each in SECRETS}),
        )
        return f"{name(stage)}: made, with {', '.join(SECRETS)}"
    missing = [each for each in SECRETS if each not in known]
    if not missing:
        return f"{name(stage)}: there already, unchanged"
    client.put_secret_value(SecretId=name(stage), SecretString=json.dumps(known | {each: _key() for each in missing}))
    return f"{name(stage)}: {', '.join(missing)} added"


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
