"""Files of other programs, outside the repository: ``sample("ibsim/net")`` skips where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "samples"


def sample(name: str) -> Path:
    """Return the path of a sample, or skip where it is not there."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"needs the sample {name}, which is not part of the repository")
    return path
