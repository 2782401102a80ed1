"""Case and Study: what a study file says once it is checked and expanded, still in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from topo.config.data import Files

#: Layout of records; part of every case's identity.
SCHEMA_VERSION = 1

_WITHOUT_EFFECT = ("name", "labels", "panel", "seed")


@dataclass(frozen=True)
class Case:
    """One point of a study: the resolved input as the user wrote it, defaults filled in.

    ``traffic`` is None where the network is sized and priced only, ``cost`` where no price
    book was named.  A case with ``refused`` was found invalid and is recorded, not run.
    """

    name: str
    labels: dict[str, Any]  # axis -> where on it this case lies
    fabric: dict[str, Any]
    traffic: dict[str, Any] | None = None
    routing: dict[str, Any] = field(default_factory=dict)
    solve: dict[str, Any] = field(default_factory=dict)
    cost: dict[str, Any] | None = None
    seed: int = 0
    panel: str = ""  # comparison of the report that the case belongs to
    files: Files = field(default_factory=Files)  # content of all that the case refers to
    refused: str = ""
    notes: tuple[str, ...] = ()  # what was chosen for the user

    def resolved(self) -> dict[str, Any]:
        """Return the input as records hold it: everything but the files' content, of which it has the hashes."""
        keys = ("name", "labels", "panel", "fabric", "traffic", "routing", "solve", "cost", "seed")
        return {key: getattr(self, key) for key in keys} | {"files": self.files.digests()}

    def identity(self, version: str) -> str:
        """Return the SHA-256 of all that results depend on: input, referenced files, ``version`` of planewise.

        Name, labels and panel are left out: what a case is called changes no number.  So is the case's
        seed: sections that draw at random hold it themselves.
        """
        words = {key: value for key, value in self.resolved().items() if key not in _WITHOUT_EFFECT}
        words |= {"schema_version": SCHEMA_VERSION, "planewise": version, "refused": self.refused}
        return hashlib.sha256(canonical_json(words).encode()).hexdigest()


@dataclass(frozen=True)
class Study:
    """A checked study: its cases in order, and the text it came from."""

    name: str
    title: str
    cases: tuple[Case, ...]
    text: str = ""  # the file as written
    description: str = ""
    overrides: tuple[str, ...] = ()  # key=value, as given beside the file


def canonical_json(value: Mapping[str, Any]) -> str:
    """Return JSON with sorted keys and no spaces: equal values, equal text.

    Raises ValueError for an infinite number, which JSON does not know.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
