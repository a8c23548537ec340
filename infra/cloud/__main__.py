"""``python -m infra.cloud FOLDER``: the templates alone, for the checks; ``make package`` makes them and the zip."""

import sys
from pathlib import Path

from infra.cloud.merge import write
from infra.package import sam

if __name__ == "__main__":
    write(sam.template("dev", "arm64"), Path(sys.argv[1]))
