"""The Python that Lambda runs. It is chosen here; bytecode and wheels in the zip are made for it."""

import sys
from datetime import date

RUNTIME = "python3.11"

# When Lambda deprecates each: no more security updates. Source: AWS, "Lambda runtimes",
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (AWS moves the dates; China's regions have others).
DEPRECATED_ON = {
    "python3.11": date(2027, 6, 30),
    "python3.12": date(2028, 10, 31),
    "python3.13": date(2029, 6, 30),
}


def interpreter() -> str:
    """This Python in Lambda's words, such as ``python3.11``."""
    return "python{}.{}".format(*sys.version_info)


def check(running: str) -> None:
    """Raises SystemExit with the remedy where ``running`` is another Python than the one that is deployed."""
    wanted = RUNTIME.removeprefix("python")
    if running != RUNTIME:
        sys.exit(
            f"Lambda runs {RUNTIME}, and this is {running}: the zip would not start. Run make clean, then"
            f" make PYTHON=python{wanted} package, or choose another runtime in infra/release/runtime.py"
            " (docs/operations.md, Python versions)."
        )
