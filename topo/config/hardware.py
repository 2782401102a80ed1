"""Rates and numbers that a fabric takes from the hardware file it names."""

from __future__ import annotations

from topo.config.build import OF_FABRIC, read_hardware
from topo.config.data import Files
from topo.config.document import Document
from topo.config.errors import ConfigError
from topo.config.models import NONE


def with_rates(fabric: Document, files: Files) -> Document:
    """Return a ``fabric`` mapping with what its hardware file states and it does not.

    What was written wins over the file, the file over the default.  A file that cannot be used is left for
    the check of the fabric to report.
    """
    data = fabric.data
    if not isinstance(data, dict) or not isinstance(data.get("hardware"), str) or data["hardware"] == NONE:
        return fabric
    try:
        stated = read_hardware(*files.read("hardware", data["hardware"]))
    except ConfigError:
        return fabric
    rates = {key: stated[key] for key in OF_FABRIC if stated[key] is not None and key not in data}
    place = fabric.place(("hardware",))
    return Document(data | rates, fabric.places | {(key,): place for key in rates})
