"""Every script of docs/examples runs, and one number of each is right; so do the commands of the README."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "examples"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table_3(costs):
    """Costs an endpoint of Table 3 [k$], the Dragonfly's with its stated residual."""
    assert [round(usd / 1e3, 2) for usd in costs.values()] == [4.39, 4.39, 7.49, 4.43, 5.9]


def busiest(congestion):
    """Spraying leaves no link of a non-blocking tree overfull; oversubscription 3 overfills by 3."""
    assert congestion["fat-tree-3(k=16)"] == pytest.approx(1)
    assert congestion["fat-tree-3(k=16, r=3)"] == pytest.approx(3)


def hosts(visited):
    """Copies per token of facts.md: 5.295 hosts without a limit, 3.983 under 4."""
    assert visited[8] == pytest.approx(5.295, abs=5e-4)
    assert visited[4] == pytest.approx(3.983, abs=5e-4)


def planes(time):
    """With NVLink as the way across, planes change nothing for an all-to-all."""
    assert max(time.values()) == pytest.approx(min(time.values()))


def failures(left):
    """A whole tree is non-blocking; 5 of 8 spines carry 5/8 of what leaves a leaf: 5/8 x 127/120."""
    assert left[0] == pytest.approx(1)
    assert left[3] == pytest.approx(5 / 8 * 127 / 120)


def relays(found):
    """128 endpoints, hosts of 8, NIC 50 GB/s, NVLink 200 GB/s: every time below is bytes over the fullest link.

    All-to-all of S: S 120/128 a NIC whatever the way.  Incast of B each: 120 B into one NIC with PXN or one multi-port
    NIC; with half each 15 + 105/2 through the receiver's own; relayed at the receiver 15 B a NIC, and then
    112 B over its NVLink, which binds.  Spraying leaves only pairs of one host to NVLink.
    """
    seconds = {key: one["completion_s"] for key, one in found.items()}
    ways = list(dict.fromkeys(way for _, way in found))
    each, into = 2**20, [120 / 50e9, 112 / 200e9, (15 + 105 / 2) / 50e9, 120 / 50e9]
    assert [seconds["incast", way] for way in ways] == pytest.approx([each * per_byte for per_byte in into])
    for way in ways:
        assert seconds["all-to-all", way] == pytest.approx(64 * 2**20 * 120 / 128 / 50e9)
        assert seconds["moe-all-to-all", way] == pytest.approx(4096 * (7408 + 14336) * 3.4855 / 50e9, rel=1e-3)
    assert [round(found["incast", way]["plane_balance"], 2) for way in ways] == [8, 1, 4.5, 1]
    assert [bool(found["incast", way]["warnings"]) for way in ways] == [True, False, True, False]
    inside = {way: found["all-to-all", way]["scale_up_bytes"] for way in ways}
    pair = 64 * 2**20 / 128  # 7 peers inside each host; 7/8 of the 120 outside are on another plane
    assert [inside[way] for way in ways] == pytest.approx([128 * (7 + 105) * pair] * 3 + [128 * 7 * pair])


def parts_of_a_step(time):
    """Exposed parts follow each other, so they add up; Table 4 finds MPFT and MRFT equal, bar 1.5 %."""
    for network in ("MPFT", "MRFT"):
        parts = [time[network, part] for part in ("experts", "pipeline", "gradients")]
        assert time[network, "whole step"] == pytest.approx(sum(parts))
    assert time["MPFT", "whole step"] == pytest.approx(time["MRFT", "whole step"], rel=0.015)


def neighbours(slowdown):
    """On a tree that does not block nobody waits; where it does, the allreduce suffers more when interleaved."""
    assert all(ratio == pytest.approx(1) for (blocking, _, _), ratio in slowdown.items() if blocking == 1)
    assert slowdown[3.0, "interleaved", "gradients"] > slowdown[3.0, "packed", "gradients"]
    assert all(ratio > 1 - 1e-9 for ratio in slowdown.values())


CHECKS = {
    "01_which_network": table_3,
    "02_how_loaded": busiest,
    "03_node_limit": hosts,
    "04_planes": planes,
    "05_failures": failures,
    "06_pxn_or_not": relays,
    "07_training_step": parts_of_a_step,
    "08_two_jobs": neighbours,
}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_example(path, capsys):
    """The script prints an answer, and its number is the known one."""
    CHECKS[path.stem](load(path).main())
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_examples_are_short_and_public(path):
    """At most 60 lines, one question, and nothing private."""
    text = path.read_text()
    assert len(text.splitlines()) <= 60
    assert "?" in text.splitlines()[0]
    assert "import _" not in text


README = (Path(__file__).parents[1] / "README.md").read_text()
COMMANDS = [block.split("\n", 1) for block in re.findall(r"```console\n\$ (.*?)\n```", README, re.DOTALL)]


@pytest.mark.parametrize(("command", "printed"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_readme_prints_what_it_says(command, printed, capsys):
    """The commands of the README print what stands below them."""
    from topo.cli import main

    assert main(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out.strip() == printed.strip()


def test_readme_code_runs(capsys):
    """The Python of the README runs as it stands and prints one time."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    exec(compile(code, "README.md", "exec"), {})
    assert 0 < float(capsys.readouterr().out) < 1
