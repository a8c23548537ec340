"""What of the wheels is worth its bytes in Lambda, and what of it can be read faster."""

import gzip
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

# What the code calls of AWS; a test reads it from the code. Of a client, each operation costs time when it is made.
OPERATIONS = {
    "dynamodb": {
        "BatchGetItem",
        "DescribeExport",
        "ExportTableToPointInTime",
        "GetItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    },
    "kms": {"GetPublicKey", "Sign"},
    # CreateBucket: a signed form's address
    "s3": {
        "CompleteMultipartUpload",
        "CopyObject",
        "CreateBucket",
        "CreateMultipartUpload",
        "GetObject",
        "HeadObject",
        "ListObjectsV2",
        "ListParts",
        "PutObject",
        "UploadPart",
    },
    "secretsmanager": {"GetSecretValue"},
    "sqs": {"SendMessageBatch"},
}
# What no handler opens.
_NEEDLESS = (
    "*.dist-info",
    "bin",
    "share",
    "**/*.pyi",
    "**/py.typed",
    "**/tests",
    "Cryptodome/SelfTest",
    "Cryptodome/Cipher/*CAST*",  # ciphers and hashes that no signature needs
    "Cryptodome/Cipher/_raw_cast*",
    "Cryptodome/Cipher/Blowfish*",
    "Cryptodome/Cipher/_raw_blowfish*",
    "Cryptodome/Cipher/*ha[Cc]ha20*",
    "Cryptodome/Cipher/*ARC4*",
    "Cryptodome/Hash/*RIPEMD*",
    "Cryptodome/Hash/*MD2*",
    "Cryptodome/Hash/*MD4*",
    "Cryptodome/Hash/*BLAKE2b*",
    "Cryptodome/Hash/*oly1305*",
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

# boto3 imports s3transfer, 40 modules with what it needs, to ask one question whose answer is known for the version
# that is pinned. An S3 client still gets them all.
_ASKED = "from s3transfer.manager import TransferConfig\n"
_ANSWERED = ("hasattr(TransferConfig, 'UNSET_DEFAULT')", "True")

# Both can document themselves, for which they import 40 modules at each start. In Lambda nobody asks them to.
_DOCUMENTED = {
    "boto3/dynamodb/transform.py": "from boto3.docs.utils import DocumentModifiedShape",
    "boto3/resources/action.py": "from boto3.docs.docstring import ActionDocstring",
    "boto3/resources/collection.py": "from ..docs import docstring",
    "boto3/resources/factory.py": "from ..docs import docstring",
    "botocore/client.py": "from botocore.docs.docstring import ClientMethodDocstring, PaginatorDocstring",
    "botocore/handlers.py": "from botocore.docs.utils import (",
    "botocore/waiter.py": "from botocore.docs.docstring import WaiterDocstring",
}
_DOCS = re.compile(r"\bdocs\b")
_UNDOCUMENTED = """class Docstring(str):
    def __new__(cls, *_, **__):
        return super().__new__(cls)

    def __init__(self, *_, **__):
        pass


ActionDocstring = ClientMethodDocstring = PaginatorDocstring = WaiterDocstring = Docstring
"""


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
    _answer(folder / "boto3" / "compat.py")
    _silence(folder)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _answer(path: Path) -> None:
    """The answer instead of the question. Exits where boto3 asks otherwise than it did."""
    text = path.read_text()
    if text.count(_ASKED) != 1 or text.count(_ANSWERED[0]) != 1 or text.count("TransferConfig") != 2:
        sys.exit(
            "boto3/compat.py has changed: look whether infra/release/package/contents.py still answers its question"
        )
    path.write_text(text.replace(_ASKED, "").replace(*_ANSWERED))


def _silence(folder: Path) -> None:
    """Nothing of what documents. Exits where another module asks for it, or asks otherwise."""
    paths = [path for package in ("boto3", "botocore") for path in (folder / package).rglob("*.py")]
    for path in sorted(path for path in paths if "docs" not in path.parts):
        named = [line for line in path.read_text().splitlines() if "import" in line and _DOCS.search(line)]
        expected = _DOCUMENTED.get(str(path.relative_to(folder)))
        if named != ([expected] if expected else []):
            sys.exit(f"{path.relative_to(folder)} has changed: look what it imports of docs now")
    for docs in (folder / "boto3" / "docs", folder / "botocore" / "docs"):
        for path in sorted(docs.iterdir()):
            if path.name != "utils.py":
                _remove(path)
        (docs / "__init__.py").write_text("")
        (docs / "docstring.py").write_text(_UNDOCUMENTED)


def _lighten(data: Path) -> None:
    for path in sorted(data.iterdir()):
        if path.is_dir() and path.name not in OPERATIONS:
            shutil.rmtree(path)
    for path in sorted(data.glob("**/*.json.gz")):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    for path in sorted(data.glob("**/*.json")):
        content = _undocumented(json.loads(path.read_text()))
        if path.name == "endpoints.json":
            for partition in content["partitions"]:
                partition["services"] = {name: partition["services"].get(name, {}) for name in sorted(OPERATIONS)}
        if path.name == "service-2.json":
            _narrow(content, OPERATIONS[path.parts[-3]])
        path.write_text(json.dumps(content, separators=(",", ":")))


def _narrow(service: dict[str, Any], operations: set[str]) -> None:
    """Leave ``operations`` in the description of a ``service``, and the shapes that they lead to."""
    service["operations"] = {name: service["operations"][name] for name in sorted(operations)}
    found, waiting = set[str](), _shapes(service["operations"])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting |= _shapes(service["shapes"][name])
    service["shapes"] = {name: shape for name, shape in service["shapes"].items() if name in found}


def _shapes(value: Any) -> set[str]:
    """The shapes that a part of a description names."""
    if isinstance(value, dict):
        named = {value["shape"]} if isinstance(value.get("shape"), str) else set[str]()
        return named.union(*(_shapes(inner) for inner in value.values()))
    return set[str]().union(*(_shapes(inner) for inner in value)) if isinstance(value, list) else set()


def _undocumented(value: Any) -> Any:
    """The same without the prose: three quarters of what a client reads before its first call."""
    if isinstance(value, dict):
        return {
            key: inner if key == "clientContextParams" else _undocumented(inner)  # botocore insists on theirs
            for key, inner in value.items()
            if not (key == "documentation" and isinstance(inner, str))
        }
    return [_undocumented(inner) for inner in value] if isinstance(value, list) else value
