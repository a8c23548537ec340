"""What of the wheels is worth its bytes in Lambda, and what of it can be read faster."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

SERVICES = frozenset({"dynamodb", "s3", "sqs", "kms", "secretsmanager"})
# What no handler opens.
_NEEDLESS = (
    "*.dist-info",
    "*.data",
    "**/*.pyi",
    "**/py.typed",
    "**/tests",
    "Cryptodome/SelfTest",
    "dateutil/zoneinfo/*.tar.gz",
    "pydantic/v1",
    "pydantic/mypy.py",
    "stdnum/cn/loc.dat",
    "boto3/data",
    "boto3/examples",
    "botocore/data/*/*/examples-1.json",
    "botocore/data/dynamodb/2011-12-05",
    "openapi_ui_bundles/rapidoc/vendor",
    "openapi_ui_bundles/redoc/vendor",  # /docs is Swagger UI
    "openapi_ui_bundles/swagger_ui/vendor/swagger-ui-standalone-preset.js",
)
# Of large packages, the little that is used; the tests import every handler from what is left.
_KEPT = {
    "chalice": {"__init__.py", "app.py"},
    "stdnum": {"__init__.py", "cn", "exceptions.py", "iso7064", "numdb.py", "util.py"},
}


def trim(folder: Path) -> None:
    """Remove what is needless from an unpacked ``folder`` and lighten the descriptions of AWS's services."""
    for pattern in _NEEDLESS:
        for path in sorted(folder.glob(pattern)):
            _remove(path)
    for package, kept in _KEPT.items():
        for path in sorted((folder / package).iterdir()):
            if path.name not in kept:
                _remove(path)
    _lighten(folder / "botocore" / "data")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _lighten(data: Path) -> None:
    for path in sorted(data.iterdir()):
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)
    for path in sorted(data.glob("**/*.json.gz")):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    for path in sorted(data.glob("**/*.json")):
        content = _undocumented(json.loads(path.read_text()))
        if path.name == "endpoints.json":
            for partition in content["partitions"]:
                partition["services"] = {name: partition["services"].get(name, {}) for name in sorted(SERVICES)}
        path.write_text(json.dumps(content, separators=(",", ":")))


def _undocumented(value: Any) -> Any:
    """The same without the prose: three quarters of what a client reads before its first call."""
    if isinstance(value, dict):
        return {
            key: _undocumented(inner)
            for key, inner in value.items()
            if not (key == "documentation" and isinstance(inner, str))
        }
    return [_undocumented(inner) for inner in value] if isinstance(value, list) else value
