"""``python -m infra.dev.token ROLE SUB`` prints a token that the local stack in DATA trusts for 12 hours."""

import sys

from chalicelib.kernel.caller import ROLES
from infra.dev import issuer
from infra.dev.local import keys, settings


def main(arguments: list[str]) -> str:
    """The token. Raises SystemExit with one line where the arguments are not a role and a subject."""
    if len(arguments) != 2 or arguments[0] not in ROLES or not arguments[1]:
        raise SystemExit(f"Say who: make token ROLE=<one of {', '.join(ROLES)}> SUB=<any name>")
    folder = settings.read().keys
    keys.make(folder)
    return issuer.token(folder, *arguments)


if __name__ == "__main__":
    print(main(sys.argv[1:]))
