"""Configuration: study files, spec strings, price books, hardware and model files.

Words and units come in; checked mappings, keyword arguments in SI and errors
with file:line:column go out.
"""

from __future__ import annotations

from topo.config.build import cost_arguments, fabric_arguments, size_arguments
from topo.config.case import Case, Study
from topo.config.data import Files, data_root, names
from topo.config.errors import ConfigError
from topo.config.schema import json_schema
from topo.config.single import read_case, read_section
from topo.config.study_file import load_study, parse_study

__all__ = [
    "Case",
    "ConfigError",
    "Files",
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
