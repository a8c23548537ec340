"""A stage's two stacks and what lies between them, in the order in which they need each other."""

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from infra.here import ROOT
from infra.release import cfn, faces
from infra.release.deploy import pages, pause, secret, snapshots
from infra.release.deploy.changes import Stack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_WANTED = ("PublicUrl", "OidcIssuer", "OidcAudience", "OidcJwksUrl", "OidcClientId")
_OURS = {"Stage", "DataStack", "CodeBucket", "CodeKey", "PagesKey", "SecretsVersion"}


@dataclass(frozen=True)
class Stage:
    """``agree`` is asked before each change."""

    name: str
    session: Any = boto3
    agree: Callable[[], bool] = lambda: False

    @property
    def data(self) -> Stack:
        return Stack(self.session.client("cloudformation"), f"carbon-points-{self.name}-data", keeps=True)

    @property
    def code(self) -> Stack:
        return Stack(self.session.client("cloudformation"), f"carbon-points-{self.name}")

    def parameters(self, folder: Path = ROOT / "infra" / "stages") -> dict[str, str]:
        """What infra/stages/STAGE.json says. Raises SystemExit where it is not filled in."""
        path = folder / f"{self.name}.json"
        relative = path.relative_to(folder.parents[1])
        try:
            found: dict[str, str] = json.loads(path.read_text())
        except ValueError as error:
            sys.exit(f"{relative} is no JSON: {error}")
        if wrong := [name for name, value in found.items() if not isinstance(value, str)]:
            sys.exit(f"{relative}: {', '.join(wrong)} must be in quotes, as all parameters of CloudFormation are.")
        known = _parameters("app.yaml") | _parameters("data.yaml") | pages.SETTINGS
        for name in found.keys() - (known - _OURS):
            sys.exit(
                f"{relative}: {name} is {'set by make deploy' if name in _OURS else 'no parameter of infra/app.yaml'}."
            )
        if missing := [each for each in _WANTED if not found.get(each)]:
            sys.exit(f"Fill in {', '.join(missing)} in {relative} first.")
        return found

    def deploy(self, built: Path, parameters: dict[str, str]) -> None:
        """Data, secret, pages, code. Each step may be done again: what is done is left as it is."""
        data = {"Stage": self.name} | _of("data.yaml", parameters) | {"CorsOrigins": pages.senders(parameters)}
        self.data.change({"TemplateBody": (ROOT / "infra" / "data.yaml").read_text()}, data, agree=self.agree)
        print(self.secrets())
        given = _of("app.yaml", parameters) | {"PagesKey": self._upload_pages(built, parameters)}
        self._deploy_code(built, given)
        for key, value in sorted(self.code.outputs().items()):
            print(f"  {key} {value}")

    def _deploy_code(self, built: Path, given: dict[str, str]) -> None:
        bucket = self.data.outputs()["CodeBucket"]
        zipped = self._upload(bucket, "deployment.zip", (built / "deployment.zip").read_bytes())
        own = {"Stage": self.name, "DataStack": self.data.name, "CodeBucket": bucket, "CodeKey": zipped}
        own["SecretsVersion"] = secret.version(self.session.client("secretsmanager"), self.name)
        every = given | own | self._rollout(given)
        described = snapshots.named((built / "template.json").read_text(), every)
        template = self._upload(bucket, "template.json", described.encode())
        self.code.change({"TemplateURL": self._address(bucket, template)}, every, agree=self.agree)

    def _upload_pages(self, built: Path, parameters: dict[str, str]) -> str:
        """The key under which the pages of this deployment lie: nobody is led there yet."""
        found, s3 = self.data.outputs(), self.session.client("s3")
        every = pages.files(built / faces.BUILT, parameters, pages.origin(found["DocumentsBucket"], s3))
        return pages.upload(s3, found["PagesBucket"], every)

    def _rollout(self, given: dict[str, str]) -> dict[str, str]:
        """Never two tables at once: a version that uses another table takes over in one step."""
        name = "RestoredStream"
        same = self.code.parameters().get(name, "") == given.get(name, "")
        return {} if same else {"Rollout": "AllAtOnce"}

    def secrets(self) -> str:
        """Make what is missing of the secret; one line about it. Raises SystemExit where it was lost."""
        return secret.ensure(self.session.client("secretsmanager"), self.name, data_is_there=self._has_data)

    def rotate(self, key: str) -> str:
        """Change one key of the secret; one line about it."""
        return secret.rotate(self.session.client("secretsmanager"), self.name, key)

    def pause(self) -> None:
        pause.pause(self.code, self.session.client("lambda"))

    def unpause(self) -> None:
        pause.unpause(self.code, self.session.client("lambda"))

    def _has_data(self) -> bool:
        table = self.data.outputs()["TableName"] if self.data.status() else ""
        return bool(table) and self.session.client("dynamodb").scan(TableName=table, Limit=1)["Count"] > 0

    def destroy(self) -> None:
        """Remove the code's stack; the data's stays, and everything in it."""
        if not self.code.status():
            sys.exit(f"There is no stack {self.code.name}.")
        print(f"{self.code.name} and its queues, logs and alarms will be removed. {self.data.name} stays.")
        if not self.agree():
            sys.exit("Nothing was changed.")
        self.code.remove()

    def _upload(self, bucket: str, name: str, content: bytes) -> str:
        """The key under which ``content`` lies: it names the key, so what is there is not sent again."""
        s3: S3Client = self.session.client("s3")
        key = f"{hashlib.sha256(content).hexdigest()}{Path(name).suffix}"
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError:
            s3.put_object(Bucket=bucket, Key=key, Body=content)
            print(f"{name}: {len(content) / 1e6:.2f} MB to {bucket}")
        return key

    def _address(self, bucket: str, key: str) -> str:
        """With the partition's own host name."""
        return f"{self.session.client('s3').meta.endpoint_url}/{bucket}/{key}"


def _of(template: str, parameters: dict[str, str]) -> dict[str, str]:
    """Those of ``parameters`` that infra/``template`` has."""
    known = _parameters(template)
    return {name: value for name, value in parameters.items() if name in known}


def _parameters(template: str) -> set[str]:
    """The names of the parameters of infra/``template``."""
    return set(cfn.load(ROOT / "infra" / template)["Parameters"])
