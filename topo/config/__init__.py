"""Configuration: study files, spec strings, price books, hardware and model files.

Words and units come in; checked mappings, keyword arguments in SI and errors
with file:line:column go out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topo.lazy import fetching

if TYPE_CHECKING:
    from topo.config.build import cost_arguments, fabric_arguments, size_arguments
    from topo.config.case import SECTIONS, Case, Section, Study
    from topo.config.data import Files, data_root, names
    from topo.config.errors import ConfigError
    from topo.config.schema import json_schema
    from topo.config.single import read_case, read_section
    from topo.config.study_file import load_study, parse_study

#: Public name -> module that holds it; the command line asks for sections before pydantic is loaded.
_ROOM = {
    "Case": "topo.config.case",
    "ConfigError": "topo.config.errors",
    "Files": "topo.config.data",
    "SECTIONS": "topo.config.case",
    "Section": "topo.config.case",
    "Study": "topo.config.case",
    "cost_arguments": "topo.config.build",
    "data_root": "topo.config.data",
    "fabric_arguments": "topo.config.build",
    "json_schema": "topo.config.schema",
    "load_study": "topo.config.study_file",
    "names": "topo.config.data",
    "parse_study": "topo.config.study_file",
    "read_case": "topo.config.single",
    "read_section": "topo.config.single",
    "size_arguments": "topo.config.build",
}

__all__ = [
    "SECTIONS",
    "Case",
    "ConfigError",
    "Files",
    "Section",
    "Study",
    "cost_arguments",
    "data_root",
    "fabric_arguments",
    "json_schema",
    "load_study",
    "names",
    "parse_study",
    "read_case",
    "read_section",
    "size_arguments",
]

__getattr__ = fetching(__name__, _ROOM)
