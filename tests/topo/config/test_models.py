"""Models by name, by file and by mapping, wherever one is taken, and where each of their problems stands."""

from __future__ import annotations

import json

import pytest

from tests.traffic.configs import DEEPSEEK, LLAMA, MIXTRAL
from topo.cli import main
from topo.config import ConfigError, load_study, parse_study, read_case
from topo.config.models import load_model, model_figures
from topo.study.assumptions import assumptions
from traffic.model import Model, ModelError
from traffic.moe import report

STUDY = """\
schema: 1
title: a model
fabric: {family: fat-tree-2, radix: 8, endpoints: 16}
traffic: {pattern: PATTERN, model: MODEL}
"""
SHEET = """\
layers: 4
hidden: 64
heads: 8
kv_heads: 2
vocabulary: 1000
dense_intermediate: 192
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, config in (("llama", LLAMA), ("mixtral", MIXTRAL), ("v3", DEEPSEEK)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps(config, indent=2))
    (tmp_path / "mine.yaml").write_text(SHEET)
    return tmp_path


def study(pattern: str, model: str) -> str:
    return STUDY.replace("PATTERN", pattern).replace("MODEL", model)


def test_a_config_is_a_model_in_a_study_a_spec_the_terminal_and_python(folder, capsys):
    (folder / "s.yaml").write_text(study("moe-all-to-all", "mixtral/config.json, ep: 8"))
    assert load_study("s.yaml").cases[0].refused == ""
    assert main(["analyze", "fat-tree-2:radix=8", "moe-all-to-all:model=mixtral/config.json,ep=8", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model_name"] == "mixtral"
    assert main(["moe", "--model", "mixtral/config.json", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["parameters"] == report(model=MIXTRAL)["parameters"]
    assert (printed["ep"], printed["model"]) == (8, "mixtral")


def test_the_same_model_as_file_and_as_mapping_is_the_same(folder):
    assert Model.of(model_figures(dict(DEEPSEEK))) == Model.of(DEEPSEEK)
    assert vars(load_model("v3/config.json")) | {"name": "deepseek_v3"} == vars(Model.of(DEEPSEEK))


def test_a_sheet_takes_the_name_of_its_file(folder):
    assert load_model("mine.yaml").name == "mine"
    assert load_model("mine.yaml").kv_heads == 2


def test_a_base_is_said_and_nothing_else_is_inherited(folder):
    changed = Model.of(model_figures({"base": "deepseek-v3", "routed_experts": 288}))
    assert (changed.name, changed.layers, changed.routed_experts) == ("deepseek-v3, changed", 61, 288)
    (folder / "based.yaml").write_text("base: llama/config.json\nlayers: 2\n")
    assert (load_model("based.yaml").layers, load_model("based.yaml").hidden) == (2, 64)
    with pytest.raises(ModelError, match="lacks layers"):
        Model.of(model_figures({"routed_experts": 288}))
    with pytest.raises(ModelError, match="shipped name or another file"):
        model_figures({"base": 3})


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("m.yaml", SHEET + "hiden: 3\n", ["m.yaml:7:1", "did you mean hidden"]),
        ("m.yaml", SHEET.replace("heads: 8", "heads: 0", 1), ["m.yaml:3:1", "heads"]),
        ("m.yaml", SHEET.replace("hidden: 64\n", ""), ["m.yaml:1:1", "lacks hidden"]),
        ("m.yaml", "- 1\n", ["m.yaml:1:1", "a mapping"]),
        ("m.yaml", "base: nobody\n", ["nobody", "unknown"]),
        ("config.json", json.dumps(LLAMA | {"hidden_size": "x"}, indent=1), ["config.json:7:2", "hidden_size"]),
        ("config.json", json.dumps(LLAMA | {"vocab_size": None}), ["config.json:1:", "vocab_size is missing"]),
        ("config.json", json.dumps(MIXTRAL | {"num_experts_per_tok": 9}, indent=1), ["config.json:14:2", "top_k=9"]),
        ("config.json", '{"hidden_size": 64,', ["config.json:1", "YAML"]),
        ("config.json", json.dumps({"text_config": LLAMA | {"head_dim": -1}}), ["head_dim", "1 or more"]),
    ],
)
def test_what_is_wrong_is_said_with_its_place(folder, file, text, said):
    (folder / file).write_text(text)
    with pytest.raises(ConfigError) as error:
        load_model(f"./{file}")
    for words in said:
        assert words in str(error.value)


def test_a_pattern_of_experts_refuses_a_dense_model(folder, capsys):
    parsed = parse_study(study("moe-all-to-all", "llama-3.1-70b") + "invalid: record\n", "s.yaml")
    assert "llama-3.1-70b is dense" in parsed.cases[0].refused
    assert main(["moe", "--model", "llama-3.1-70b", "--ep", "8"]) == 3
    assert "is dense" in capsys.readouterr().err
    assert main(["analyze", "fat-tree-2:radix=8", "training-step:model=llama-3.1-70b,ep=8"]) == 3
    assert "there are no experts" in capsys.readouterr().err


def test_a_dense_model_trains_and_tells_its_figures(folder, capsys):
    assert main(["analyze", "fat-tree-2:radix=8", "training-step:model=llama/config.json,tp=4", "--json"]) == 0
    parts = [part["part"] for part in json.loads(capsys.readouterr().out)["step_parts"]]
    assert parts == ["tensor", "dense reduce-scatter", "dense all-gather"]
    assert main(["moe", "--model", "llama-3.1-70b", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == 70_553_706_496


def test_the_list_has_parameters_and_one_model_has_all_figures(folder, capsys):
    assert main(["list", "models", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["models"]
    assert found["mixtral-8x22b"]["active_parameters"] == 39_152_031_744
    assert main(["list", "models", "llama/config.json"]) == 0
    assert "kv_bytes_per_token" in capsys.readouterr().out
    assert main(["list", "models", "llama-3.1-8b"]) == 2
    assert "llama-3.1-70b" in capsys.readouterr().err


def test_a_new_model_is_a_commented_copy(folder, capsys):
    assert main(["new", "model", "our own"]) == 0
    text = (folder / "our own.yaml").read_text()
    assert "[config]" in text
    assert load_model("./our own.yaml").name == "our own"
    assert main(["new", "model", "mixtral-8x22b", "-o", "m.yaml"]) == 0
    assert load_model("m.yaml").name == "mixtral-8x22b"
    assert main(["new", "model", "small", "--like", "qwen3-32b"]) == 0
    assert load_model("small.yaml").routed_experts == 0
    assert main(["new", "model", "small"]) == 3
    assert main(["new", "study", "small"]) == 2
    assert main(["new", "model"]) == 0
    assert (folder / "model.yaml").read_text().startswith("#"), "one word alone is the title of a study"


def test_remarks_of_a_reader_are_shown(folder, capsys):
    (folder / "config.json").write_text(json.dumps(LLAMA | {"model_type": "of_tomorrow"}))
    assert main(["moe", "--model", "./config.json", "--json"]) == 0
    out, err = capsys.readouterr()
    assert "never seen" in json.loads(out)["model_remarks"][0]
    assert "never seen" in err
    assert main(["analyze", "fat-tree-2:radix=8", "training-step:model=./config.json", "--json"]) == 0
    assert "note: model" in (said := capsys.readouterr().err)
    assert "never seen" in said
    case = read_case("fat-tree-2:radix=8", "training-step:model=./config.json")
    assert any("never seen" in said for said in assumptions(case))
