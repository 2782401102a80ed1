"""Every verb whose work may be long says what it is at: on a terminal, and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from topo.cli import main
from topo.cli.verbs import topo as command
from topo.headway import told_to

FLOOR = ["order", "fat-tree-2:radix=32", "--prices", "list-2022", "--floor", "hall:racks_per_row=20"]
TREE = "fat-tree-2:radix=4"

#: Command, and what it must say among other things; beginnings will do.
SAYS = {
    "analyze": (["slim-fly:q=5", "permutation", "--routing", "optimal"], "solving: optimal, proportional, gap "),
    "build": ([TREE], "building the network"),
    "check": ([TREE, "--routing", "ecmp"], "looking for deadlocks"),
    "convert": ([TREE, "out.graphml"], "writing out.graphml"),
    "design": (
        ["endpoints=8", "switches=[4]", "planes=[1]", "traffic=uniform", "slowdown<=2"],
        "0 networks measured, now ",
    ),
    "expect": ([TREE, "--to", "4KiB"], "working out what to expect, allreduce"),
    "explain": ([TREE, "--from", "0", "--to", "5"], "looking for paths"),
    "grow": ([TREE, "fat-tree-2:radix=8", "fat-tree-2:radix=16"], "matching cables, step 2 of 2"),
    "order": (["fat-tree-2:radix=8", "--floor", "hall"], "looking for the racks that need least cable"),
    "place": (["fat-tree-2:radix=8", "permutation"], "placing ranks, gap "),
    "report": (["study"], "drawing"),
    "study": (["few.yaml", "-o", "study", "--workers", "0"], "solving: ecmp, proportional"),
}
#: Verbs that answer at once whatever they are asked.
QUICK = {"doctor", "list", "moe", "new", "schema", "size", "validate"}
STUDY = "schema: 1\ntitle: Few\nfabric: {family: fat-tree-2, radix: 4}\ntraffic: {pattern: uniform}\n"


def test_each_verb_is_quick_or_says_what_it_is_at():
    assert set(command.list_commands(None)) == SAYS.keys() | QUICK


@pytest.mark.parametrize("verb", SAYS)
def test_a_verb_says_what_it_is_at(verb, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few.yaml").write_text(STUDY)
    if verb == "report":
        main(["study", "few.yaml", "-o", "study", "--workers", "0"])
    words, says = SAYS[verb]
    heard = []
    with told_to(heard.append):
        assert main([verb, *words]) == 0, capsys.readouterr().err
    assert [text for text in heard if text.startswith(says)], heard
    assert says not in capsys.readouterr().err


@pytest.mark.parametrize("verb", SAYS)
def test_such_a_verb_can_be_quiet(verb):
    assert any("--quiet" in option.opts for option in command.get_command(None, verb).params)


def seen(options=(), **environment):
    """Return stdout, and what a terminal of 80 columns saw of stderr."""
    screen, terminal = pty.openpty()
    env = {**os.environ, "COLUMNS": "80", "TERM": "xterm-256color", **environment}
    program = (
        "import sys; from topo.cli import progress; progress.QUICK = 0.0; from topo.cli import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", program, *FLOOR, *options]
    done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, env=env)
    os.close(terminal)
    text = b""
    while chunk := read(screen):
        text += chunk
    os.close(screen)
    out, _ = done.communicate(timeout=60)
    assert done.returncode == 0
    return out.decode(), text.decode()


def read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""


def test_a_terminal_sees_it_in_colour_or_without_or_not_at_all():
    out, shown = seen()
    assert "looking for the racks that need least cable" in shown
    assert "looking for" not in out
    assert "\x1b[32m" in shown
    _, plain = seen(NO_COLOR="1")
    assert "looking for the racks that need least cable" in plain
    assert "\x1b[32m" not in plain and "\x1b[33m" not in plain
    assert seen(["--quiet"]) == (out, "")


def test_a_pipe_sees_nothing():
    done = subprocess.run([sys.executable, "-m", "topo", *FLOOR], capture_output=True, text=True, check=True)
    assert done.stderr == ""
