"""What ships, as CycloneDX and as a list of licences, read from the wheels themselves."""

import email
import hashlib
import zipfile
from datetime import UTC, datetime
from email.message import Message
from importlib.metadata import distribution
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from chalicelib.settings import VERSION
from infra.release.package import wheels

_NO_TIME = datetime(1980, 1, 1, tzinfo=UTC)  # that of the zip's entries: the bill follows from the zip alone


def write(archives: list[Path], zipped: Path, target: Path) -> None:
    """The bill of materials of ``zipped``. Its serial follows from the zip, so that the same zip has the same bill."""
    bom = Bom()
    for archive in archives:
        bom.components.add(_component(_of_wheel(archive), hashlib.sha256(archive.read_bytes()).hexdigest()))
    for name in wheels.NO_WHEEL:
        bom.components.add(_component(_installed(name), None))
    bom.metadata.component = Component(
        bom_ref="app", name="carbon-points", version=VERSION, type=ComponentType.APPLICATION
    )
    bom.register_dependency(bom.metadata.component, list(bom.components))
    bom.metadata.timestamp = _NO_TIME
    bom.serial_number = uuid5(NAMESPACE_URL, hashlib.sha256(zipped.read_bytes()).hexdigest())
    target.write_text(JsonV1Dot6(bom).output_as_string(indent=1))


def licences(archives: list[Path]) -> dict[str, str]:
    """Licence by package, as the packages themselves say."""
    said = [*map(_of_wheel, archives), *map(_installed, wheels.NO_WHEEL)]
    return {str(each["Name"]): _licence(each) for each in said}


def _component(said: Message, sha256: str | None) -> Component:
    name, version = str(said["Name"]), str(said["Version"])
    return Component(
        bom_ref=f"{name}@{version}",
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("pypi", name=name.lower(), version=version),
        licenses=[LicenseFactory().make_from_string(_licence(said))],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if sha256 else [],
    )


def _of_wheel(archive: Path) -> Message:
    with zipfile.ZipFile(archive) as wheel:
        [place] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(wheel.read(place))


def _installed(name: str) -> Message:
    text = distribution(name).read_text("METADATA")
    assert text is not None
    return email.message_from_string(text)


def _licence(said: Message) -> str:
    """An SPDX expression where the package has one, else its classifiers, else its own words."""
    classified = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier", []) if each.startswith("License")]
    words = str(said["License"] or "").strip().split("\n")[0]
    return str(said["License-Expression"] or "") or " and ".join(classified) or words or "unknown"
