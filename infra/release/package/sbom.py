"""What ships, as CycloneDX and as a list of licences, from the report that pip wrote when it installed it."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from chalicelib.settings import VERSION

_NO_TIME = datetime(1980, 1, 1, tzinfo=UTC)  # that of the zip's entries: the bill follows from the zip alone


def write(report: Path, zipped: Path, target: Path) -> None:
    """The bill of materials of ``zipped``. Its serial follows from the zip, so that the same zip has the same bill."""
    bom = Bom()
    for each in _installed(report):
        bom.components.add(_component(each["metadata"], each["download_info"]["archive_info"]["hashes"]["sha256"]))
    bom.metadata.component = Component(
        bom_ref="app", name="carbon-points", version=VERSION, type=ComponentType.APPLICATION
    )
    bom.register_dependency(bom.metadata.component, list(bom.components))
    bom.metadata.timestamp = _NO_TIME
    bom.serial_number = uuid5(NAMESPACE_URL, hashlib.sha256(zipped.read_bytes()).hexdigest())
    target.write_text(JsonV1Dot6(bom).output_as_string(indent=1))


def licences(report: Path) -> dict[str, str]:
    """Licence by package, as the packages themselves say."""
    return {each["metadata"]["name"]: _licence(each["metadata"]) for each in _installed(report)}


def _installed(report: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(report.read_text())["install"]
    return found


def _component(metadata: dict[str, Any], sha256: str) -> Component:
    """``sha256`` is that of the file from PyPI, which requirements.txt pins."""
    name, version = metadata["name"], metadata["version"]
    return Component(
        bom_ref=f"{name}@{version}",
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("pypi", name=name.lower(), version=version),
        licenses=[LicenseFactory().make_from_string(_licence(metadata))],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)],
    )


def _licence(metadata: dict[str, Any]) -> str:
    """An SPDX expression where the package has one, else its classifiers, else its own words."""
    classifiers = metadata.get("classifier", [])
    classified = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License")]
    words = metadata.get("license", "").strip().split("\n")[0]
    return metadata.get("license_expression") or " and ".join(classified) or words or "unknown"
