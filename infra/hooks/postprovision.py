"""Behind Bicep: what it cannot make. Run by azd."""

import os
import subprocess
import sys
from pathlib import Path

STEPS = ["credential", "database"]
ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    if sys.version_info < (3, 13):  # noqa: UP036 - azd takes the Python that it finds
        sys.exit("hooks need Python 3.13, which is what is deployed; put it first on PATH")
    # Another process, for it finds the packages from this folder.
    sys.exit(subprocess.call([sys.executable, "-m", "infra.hooks", *STEPS, *sys.argv[1:]], cwd=ROOT, env=os.environ))
