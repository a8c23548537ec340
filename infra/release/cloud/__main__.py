"""``python -m infra.release.cloud FOLDER``: the templates alone, for the checks; ``make package`` adds the zip."""

import sys
from pathlib import Path

from infra.release.cloud import sam
from infra.release.cloud.merge import write

if __name__ == "__main__":
    write(sam.template("dev", "arm64"), Path(sys.argv[1]))
