"""Quantities: every key that a result has, with its title, unit and meaning, said once.

A key is the path to it: ``completion_s`` in a record; ``jobs.slowdown`` in the rows of a list;
``links_by_tier.*.max`` where a name, here that of a tier, stands between; ``links.parquet:load`` a
column of a file, ``study:ok`` what one verb alone prints.  The rows are in quantities.csv; one that has several keys
names them with spaces between.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

#: How a value is written -> its type in JSON.
FORMATS = {
    "bytes": "number",
    "count": "integer",
    "flag": "boolean",
    "gbps": "number",  # [Gb/s], unlike the rates below
    "line-rate": "number",  # [B/s], written in Gb/s as datasheets do
    "nines": "number",  # a share near one, in percent, to where it differs from all
    "number": "number",
    "percent": "number",  # of a share
    "rate": "number",  # [B/s], written in GB/s as nccl-tests does
    "ratio": "number",
    "rows": "object",  # whose keys have quantities of their own
    "seconds": "number",
    "signed-percent": "number",
    "text": "string",
    "usd": "number",
    "watts": "number",
}
SHAPES = ("one", "list", "map")
_SOURCE = Path(__file__).with_suffix(".csv")


@dataclass(frozen=True)
class Quantity:
    """What a key of a result means."""

    key: str
    title: str  # as people read it, in lower case
    unit: str  # of the value in JSON and in files; empty where it has none
    better: Literal["less", "more"] | None  # None where neither is
    format: str  # one of FORMATS
    meaning: str  # in one line
    shape: str = "one"  # of SHAPES; a map goes from names, such as those of tiers

    def __post_init__(self) -> None:
        assert self.format in FORMATS, f"{self.key}: {self.format}"
        assert self.shape in SHAPES, f"{self.key}: {self.shape}"
        assert self.better in ("less", "more", None), f"{self.key}: {self.better}"

    @property
    def kind(self) -> str:
        """The type of a value in JSON."""
        return FORMATS[self.format]


def _read(path: Path) -> Iterator[Quantity]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            better = cast("Literal['less', 'more'] | None", row["better"] or None)
            for key in row["key"].split():
                yield Quantity(key, row["title"], row["unit"], better, row["format"], row["meaning"], row["shape"])


QUANTITIES: dict[str, Quantity] = {one.key: one for one in sorted(_read(_SOURCE), key=lambda one: one.key)}
