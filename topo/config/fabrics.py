"""A fabric from a file: a dump of a real one, a cabling list, a graph of your own."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Ge

from topo import units
from topo.config.data import Files
from topo.config.errors import ConfigError
from topo.config.hardware import latencies, packet
from topo.config.keys import NONE
from topo.generators import FAMILIES, Family
from topo.rules import FabricError

if TYPE_CHECKING:
    from topo.fabric import Fabric
    from topo.formats import Reading


def from_file(
    *,
    path: Annotated[str, "the file"],
    format: Annotated[str | None, "its format; without, told by the file itself"] = None,
    ends: Annotated[str, "expression that finds which devices are endpoints; without, told by names and degrees"] = "",
    nic: Annotated[str, "expression that finds the endpoints that take part; without, by speed and switch"] = "",
    host_pattern: Annotated[str, "expression whose first group is the server in an endpoint's name"] = "",
    per_switch: Annotated[int, Ge(0), "endpoints to hang on every switch of a graph that has none"] = 0,
) -> Mapping[str, Any]:
    """Return how a file is to be read, beyond what all fabrics are told.  Raises ConfigError for what no file is."""
    if per_switch < 0:
        raise ConfigError(f"per_switch: 0 or more is needed; got {per_switch}")
    told = {"format": format, "ends": ends, "nic": nic, "host_pattern": host_pattern, "per_switch": per_switch}
    return {"path": path, **told}


@dataclass(frozen=True)
class FromFile:
    """An entry beside the families: what a file holds is as large as it is, and states its own planes."""

    plan: Callable[..., Any] = from_file
    #: Keys of all fabrics that a file may be told too, with their defaults: as the file says.
    common: Mapping[str, Any] = field(
        default_factory=lambda: {
            "rate": None,
            "nic_rate": None,
            "endpoints_per_host": None,
            "scale_up": NONE,
            "scale_up_domain": None,
            "relay": None,
            "hardware": NONE,
        }
    )

    def fabric(self, given: Mapping[str, Any], files: Files) -> Fabric:
        """Return the fabric of a checked ``fabric`` mapping.

        Raises ConfigError, with file and line, for a file that does not hold one.
        """
        from topo.formats import Reading

        text, shown = files.read("fabrics", given["path"])
        own = {key: given[key] for key in ("ends", "nic", "host_pattern", "per_switch")}
        slow: dict[str, Any] = latencies(given["hardware"], files)
        if given["hardware"] == NONE:
            slow |= {"overhead": None, "launch": None}
        rates = {"capacity": given["rate"], "nic_capacity": given["nic_rate"]}
        rates |= {"scale_up": None if given["scale_up"] == NONE else given["scale_up"]}
        told: dict[str, Any] = {key: None if rate is None else units.rate(rate) for key, rate in rates.items()}
        how = Reading(
            **told,
            endpoints_per_host=given["endpoints_per_host"],
            scale_up_domain=given["scale_up_domain"],
            relay=given["relay"],
            packet=packet(given["hardware"], files),
            **slow,
            **own,
        )
        return _read(text, shown, given["format"], how)


@lru_cache(maxsize=4)
def _read(text: str, shown: str, format: str | None, how: Reading) -> Fabric:
    from topo.formats import FABRICS, FormatError, reader

    try:
        fabric: Fabric = reader(FABRICS, text, shown, format).function("read")(text, shown, how)
    except (FormatError, FabricError) as error:
        raise ConfigError(str(error)) from None
    return fabric


_HERE = {"file": FromFile()}
#: Every fabric that a study may name: the families, and a file.
FABRICS_OF_A_STUDY: Mapping[str, Family | FromFile] = ChainMap(_HERE, FAMILIES)  # type: ignore[arg-type]
