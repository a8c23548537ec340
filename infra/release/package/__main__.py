"""``python -m infra.release.package STAGE [ARCHITECTURE]``: build/STAGE gets zip, template, bill of materials."""

import json
import shutil
import sys
from pathlib import Path

from infra.here import ROOT
from infra.release import faces, runtime
from infra.release.cloud import merge, sam
from infra.release.package import archive, bundle, sbom, wheels

BUILD = ROOT / "build"
_SHOWN = 8  # packages named one by one; the others are summed up


def package(stage: str, architecture: str, folder: Path) -> None:
    """Everything that is deployed to ``stage``, into ``folder``. Raises SystemExit where it cannot be made."""
    folder.mkdir(parents=True, exist_ok=True)
    report = wheels.fetch(architecture) / "report.json"
    zipped = folder / "deployment.zip"
    bundle.build(architecture, zipped)
    merge.write(sam.template(stage, architecture), folder)
    shutil.rmtree(folder / faces.BUILT, ignore_errors=True)
    shutil.copytree(faces.DIST, folder / faces.BUILT)
    sbom.write(report, zipped, folder / "sbom.json")
    named = "".join(f"{name}: {licence}\n" for name, licence in sorted(sbom.licences(report).items()))
    (folder / "licences.txt").write_text(named)
    _show(zipped, architecture)


def _show(zipped: Path, architecture: str) -> None:
    sizes = archive.sizes(zipped)
    total = zipped.stat().st_size
    print(f"{zipped.name}  {architecture}  {total / 1e6:.2f} MB (at most {bundle.BYTES_MAX / 1e6:.2f})")
    for name, size in list(sizes.items())[:_SHOWN]:
        print(f"  {size / 1e6:6.2f} MB  {name}")
    print(f"  {sum(list(sizes.values())[_SHOWN:]) / 1e6:6.2f} MB  {len(sizes) - _SHOWN} others")
    if total > bundle.BYTES_MAX:
        sys.exit("The zip is too large: see infra/release/package/contents.py")


def main(arguments: list[str]) -> None:
    stage, architecture = (*arguments, "arm64")[:2]
    stages = json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]
    if stage not in stages or architecture not in wheels.PLATFORMS:
        sys.exit(f"make package STAGE={'|'.join(stages)} ARCH={'|'.join(wheels.PLATFORMS)}")
    runtime.check(runtime.interpreter())
    package(stage, architecture, BUILD / stage)
    print(f"{(BUILD / stage).relative_to(ROOT)} holds it, template.json, pages, sbom.json and licences.txt")


if __name__ == "__main__":
    main(sys.argv[1:])
