"""Pipes as files, outputs that are closed or full, folders that are gone, interrupts at the start."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

import topo.cli
from topo import formats
from topo.cli.exits import INTERRUPTED, INVALID, USAGE
from topo.study import Store

TOPO = (sys.executable, "-m", "topo")
#: [s] that a command may take on a loaded machine.
LONG = 240

READS = {
    "study": "validate {}/s.yaml",
    "traffic": "analyze fat-tree-2:radix=4 {}/t.yaml",
    "flows": "analyze fat-tree-2:radix=4 file:path={}/f.csv",
    "prices": "size fat-tree-2:radix=4 --prices {}/p.csv",
    "model": "analyze fat-tree-2:radix=16 moe-all-to-all:model={}/m.yaml",
    "hardware": "build fat-tree-2:radix=4,hardware={}/h.yaml",
}


@pytest.fixture
def alarm():
    """Fail a test that hangs: reading a pipe that nobody writes to never ends."""

    def late(*_):
        pytest.fail("the command hangs")  # which no handler of the command takes for an error of its own

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LONG)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("command", READS.values(), ids=READS)
def test_a_pipe_is_refused(tmp_path, capsys, command):
    words = command.format(tmp_path).split()
    (name,) = (part for word in words for part in word.replace("=", ":").replace(",", ":").split(":") if "/" in part)
    os.mkfifo(name)
    assert topo.cli.main(words) == INVALID
    said = capsys.readouterr().err
    assert "pipe or a device" in said
    assert len(said.splitlines()) == 1


@pytest.mark.usefixtures("alarm")
def test_a_pipe_is_no_fabric_and_no_record(tmp_path):
    os.mkfifo(tmp_path / "f.fabric.json")
    with pytest.raises(OSError, match="pipe or a device"):
        formats.read(tmp_path / "f.fabric.json")
    (tmp_path / "cases" / "0").mkdir(parents=True)
    os.mkfifo(tmp_path / "cases" / "0" / "record.json")
    record, wrong = Store(tmp_path).read("0")
    assert record is None
    assert "pipe or a device" in wrong


@pytest.mark.usefixtures("alarm")
def test_a_device_is_refused(capsys):
    assert topo.cli.main(["size", "fat-tree-2:radix=4", "--prices", "/dev/zero"]) == INVALID
    assert "pipe or a device" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("where", "code", "says"),
    [
        (">&-", INVALID, "error: standard output is closed"),
        ("> /dev/full", INVALID, "error: standard output: No space left on device"),
        ("2>&- > /dev/full", INVALID, ""),
        ("2> /dev/full", 0, ""),
    ],
)
def test_outputs_that_take_nothing(where, code, says):
    """One line, and no word of the interpreter's own."""
    shell = f"exec {' '.join(TOPO)} list families {where}"
    run = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=LONG, check=False)
    assert run.returncode == code, run.stderr
    assert run.stderr.startswith(says)
    assert len(run.stderr.splitlines()) == bool(says)


def test_a_current_folder_that_is_gone(tmp_path, monkeypatch, capsys):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    shutil.rmtree(gone)
    (tmp_path / "s.yaml").write_text("schema: 1\ntitle: t\nfabric: {family: fat-tree-2, radix: 4}\n")
    assert topo.cli.main(["study", str(tmp_path / "s.yaml"), "-o", "out", "--workers", "0"]) == INVALID
    assert "internal" not in capsys.readouterr().err
    with pytest.raises(FileNotFoundError) as caught:
        os.getcwd()
    assert topo.cli.exits.exit_code(caught.value) == INVALID


def test_an_interrupt_before_the_command_runs(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("topo.cli.exits.run", interrupted)
    assert topo.cli.main(["list"]) == INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", ["list \udcff", "size fat-tree-2:radix=\udcec4", "report \udcff", "study s\udcff.yaml"]
)
def test_arguments_that_are_no_utf_8(capsys, words):
    assert topo.cli.main(words.split()) == USAGE
    assert "is no UTF-8" in capsys.readouterr().err


#: Waits in a command whose destructors are interrupted: Python prints what one raises, and goes on.
SWALLOWED = """
import sys, time, signal, topo.cli, topo.cli.catalogue
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts tests in the background ignores it

class Held:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def waits(*_, **__):
    Held()
    time.sleep(60)
    sys.exit("nothing came")

topo.cli.catalogue.list_verb.callback = waits
sys.exit(topo.cli.main(["list"]))
"""


def test_an_interrupt_in_a_destructor_ends_the_command_all_the_same():
    start = time.monotonic()
    run = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, text=True, timeout=LONG, check=False)
    assert run.returncode == INTERRUPTED, run.stderr
    assert run.stderr.split() == ["interrupted"]
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_a_study_as_an_interrupt_does(tmp_path, number):
    """Finished cases stay, no process is left, and the message says how to go on."""
    sweep = "sweep: {seed: {range: [1, 5000]}}"
    text = "schema: 1\ntitle: t\nfabric: {family: fat-tree-2, radix: 16}\ntraffic: {pattern: permutation}\n"
    (tmp_path / "s.yaml").write_text(text + sweep)
    command = [*TOPO, "study", "s.yaml", "-o", "out", "--workers", "2"]
    # Under nohup a hangup is ignored by whatever is started, and rightly so: the study is to hear this one.
    before = signal.signal(number, signal.SIG_DFL)
    run = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    signal.signal(number, before)
    end = time.monotonic() + LONG
    while not list(tmp_path.glob("out/cases/*/record.json")) and time.monotonic() < end:
        time.sleep(0.05)
    run.send_signal(number)
    said = run.communicate(timeout=LONG)[1]
    assert run.returncode == INTERRUPTED, said
    assert "resume with: topo study" in said
    assert (tmp_path / "out" / "records.jsonl").read_text()
    while _lives(run.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _lives(run.pid)


def _lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
