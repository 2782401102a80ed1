"""Programs from Debian that some tests need: ``need("chromium")`` is their one door.

Where the package is missing the test skips and says which one; under ``CI=true`` it fails
instead, so that a broken image cannot hide behind skips.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

import pytest

#: Debian package -> the command that proves it is there.  ``.ci/run`` installs these packages.
PROGRAMS = {
    "chromium": "chromium",
    "python3-simgrid": "/usr/bin/python3",  # the module imports from Debian's own interpreter only
    "opensm": "opensm",
    "ibsim-utils": "ibsim",
    "infiniband-diags": "ibnetdiscover",
    "ibutils": "ibdmchk",
    "graphviz": "dot",
    "slurmctld": "slurmctld",
}

_SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def need(package: str) -> str:
    """Return the path of the program that ``package`` installs, or skip (fail under ``CI=true``)."""
    path = find(package)
    if path is not None:
        return path
    reason = f"needs Debian's {package} (apt-get install {package})"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@cache
def find(package: str) -> str | None:
    """Return the path of the program that ``package`` installs, None where it is absent."""
    path = shutil.which(PROGRAMS[package], path=_SEARCH)
    if package == "python3-simgrid" and path is not None:
        probe = subprocess.run([path, "-c", "import simgrid"], capture_output=True, check=False)
        return path if probe.returncode == 0 else None
    return path
