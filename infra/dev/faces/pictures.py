"""``python -m infra.dev.faces.pictures``: eight pictures of the running demo into docs/pictures."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from infra.dev import issuer
from infra.dev.demo.api import Api
from infra.dev.demo.ends import certificates
from infra.dev.faces.__main__ import link
from infra.here import ROOT, running

FOLDER = ROOT / "docs" / "pictures"
_PHONE, _DESK = (390, 700), (1280, 760)


class Picture(NamedTuple):
    """What ``sub`` sees in a face at an address of the page, after clicks on the ``steps``."""

    name: str
    face: str
    role: str
    sub: str
    at: str = ""
    steps: tuple[str, ...] = ()


PICTURES = (
    Picture("home", "citizen", "individual", "alice"),
    Picture("offer", "citizen", "individual", "alice", "#/mall", ("龙井茶一杯",)),
    Picture("voucher", "citizen", "individual", "alice", "#/orders", ("电子书券",)),
    Picture("trips", "citizen", "individual", "alice", "#/trips"),
    Picture("overview", "portal", "institution", "teahouse"),
    Picture("orders", "portal", "institution", "teahouse", "#/orders"),
    Picture("application", "desk", "exchange", "exchange", "#/applications", ("外滩影院",)),
    Picture("verified", "transparency", "", "", "?serial={serial}#verify"),
)


def main() -> None:
    """Take them all. Raises SystemExit where there is no browser."""
    chromium = shutil.which("chromium")
    if not chromium:
        sys.exit("There is no Chromium: apt-get install chromium")
    link()
    FOLDER.mkdir(exist_ok=True)
    env = running()
    keys = Path(urlsplit(env["OIDC_JWKS_URL"]).path).parent
    url = env["PUBLIC_URL"]
    serial = _certificate(url, keys)
    pictures = [_asked(each, keys, serial) for each in PICTURES]
    given = {"url": url, "chromium": chromium, "folder": str(FOLDER), "pictures": pictures}
    script = Path(__file__).with_suffix(".mjs")
    subprocess.run(["node", str(script)], input=json.dumps(given), text=True, check=True)


def _asked(picture: Picture, keys: Path, serial: str) -> dict[str, Any]:
    ends_ms = (time.time() + 3600) * 1000
    who = {"sub": picture.sub, "role": picture.role, "expires": ends_ms}
    session = who | {"token": issuer.token(keys, picture.role, picture.sub)} if picture.sub else None
    size = _PHONE if picture.face == "citizen" else _DESK
    return picture._asdict() | {"at": picture.at.format(serial=serial), "session": session, "size": size}


def _certificate(url: str, keys: Path) -> str:
    """The serial of one of the demo's."""
    api = Api(url, lambda role, sub: issuer.token(keys, role, sub), lambda *_: None)
    return certificates(api)["cancellation"].rpartition("/")[2]


if __name__ == "__main__":
    main()
