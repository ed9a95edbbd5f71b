"""Clients that others have written, each against the one running stack."""

from pathlib import Path

import pytest

from local.node import installed_packages


@pytest.fixture(scope="session")
def packages() -> Path:
    """The clients of the npm world, in the releases of the lock file."""
    return installed_packages(Path(__file__).parent)
