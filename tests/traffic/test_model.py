"""The model file and the defaults are the same DeepSeek-V3."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from traffic.model import Model

FILE = Path(__file__).parents[2] / "configs" / "models" / "deepseek-v3.yaml"


def test_the_shipped_file_equals_the_defaults():
    mapping = YAML(typ="safe").load(FILE.read_text())
    assert Model.of(mapping) == Model()


def test_every_figure_of_the_file_names_its_source():
    lines = [line for line in FILE.read_text().splitlines() if line and not line.startswith(("#", "name:", "source:"))]
    assert all("#" in line and "[" in line for line in lines)


def test_bytes_of_a_token_copy_as_deepep_has_them():
    assert Model().dispatch_bytes == 7408
    assert Model().combine_bytes == 14336


def test_parameters_add_up_to_671_billion():
    """DeepSeek-V3 Technical Report, abstract: 671B total."""
    assert round(Model().parameters / 1e9) == 671
