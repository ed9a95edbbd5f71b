"""A clock that goes wrong: Python programs started in its environment ask a file by how much."""

import os
from pathlib import Path

# What `import time` gives to all but datetime: signatures' expiry among it. Libraries that put a clock before the whole
# process (libfaketime 0.9) stop Python 3.13 from sleeping.
SITE = """
import time

_right = time.time

def _skewed(file={file!r}):
    with open(file) as skew:
        return _right() + float(skew.read() or 0)

time.time = _skewed
"""


class SkewedClock:
    """Right, until it is told to be seconds off."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "seconds"
        folder.mkdir()
        self.put(0)
        (folder / "sitecustomize.py").write_text(SITE.format(file=str(self._file)))

    def put(self, seconds: float) -> None:
        """Seconds before (negative) or ahead of the right time."""
        written = self._file.with_suffix(".new")
        written.write_text(f"{seconds}")
        written.rename(self._file)

    def environment(self) -> dict[str, str]:
        """For a program that goes by it."""
        paths = [str(self._folder), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"PYTHONPATH": os.pathsep.join(paths)}
