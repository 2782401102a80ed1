"""Configuration: study files, spec strings, price books, hardware and model files.

Words and units come in; checked mappings, keyword arguments in SI and errors
with file:line:column go out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topo.lazy import fetching

if TYPE_CHECKING:
    from topo.config.case import SECTIONS, Case, Section, Study
    from topo.config.data import Files, data_root, names
    from topo.config.errors import ConfigError
    from topo.config.nouns import (
        Facts,
        bill_of,
        book_of,
        demand_of,
        fabric_of,
        facts_of,
        routing_of,
        size_of,
        tables_of,
    )
    from topo.config.schema import json_schema
    from topo.config.single import read_case, read_draws, read_part
    from topo.config.study_file import load_study, parse_study

#: Public name -> module that holds it; the command line asks for sections before pydantic is loaded.
_ROOM = {
    "Case": "topo.config.case",
    "ConfigError": "topo.config.errors",
    "Facts": "topo.config.nouns",
    "Files": "topo.config.data",
    "SECTIONS": "topo.config.case",
    "Section": "topo.config.case",
    "Study": "topo.config.case",
    "bill_of": "topo.config.nouns",
    "book_of": "topo.config.nouns",
    "data_root": "topo.config.data",
    "demand_of": "topo.config.nouns",
    "fabric_of": "topo.config.nouns",
    "facts_of": "topo.config.nouns",
    "json_schema": "topo.config.schema",
    "load_study": "topo.config.study_file",
    "names": "topo.config.data",
    "parse_study": "topo.config.study_file",
    "read_case": "topo.config.single",
    "read_draws": "topo.config.single",
    "read_part": "topo.config.single",
    "routing_of": "topo.config.nouns",
    "size_of": "topo.config.nouns",
    "tables_of": "topo.config.nouns",
}

__all__ = [
    "SECTIONS",
    "Case",
    "ConfigError",
    "Facts",
    "Files",
    "Section",
    "Study",
    "bill_of",
    "book_of",
    "data_root",
    "demand_of",
    "fabric_of",
    "facts_of",
    "json_schema",
    "load_study",
    "names",
    "parse_study",
    "read_case",
    "read_draws",
    "read_part",
    "routing_of",
    "size_of",
    "tables_of",
]

__getattr__ = fetching(__name__, _ROOM)
