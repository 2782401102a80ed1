"""How ``topo study`` speaks while it runs: a bar on a terminal, lines elsewhere."""

import io
import os
import pty
import subprocess
import sys
import time

import click
import pytest

from topo import study
from topo.cli import progress
from topo.cli import study as verb
from topo.cli.workers import Where
from topo.headway import tell
from topo.study import Progress, Run, Tls

TEXT = """\
schema: 1
title: Few
fabric: {family: fat-tree-2, radix: 8}
sweep:
  fabric.radix: {range: [4, 22, 2]}
"""


def test_a_terminal_sees_a_bar(tmp_path):
    """On a real pseudo-terminal: cases done of all, rate and failures; stdout stays the path of the page."""
    (tmp_path / "few.yaml").write_text(TEXT)
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "topo", "study", "few.yaml", "-o", "s", "--workers", "0"]
    run = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    seen = b""
    while chunk := _read(main):
        seen += chunk
    out, _ = run.communicate(timeout=60)
    os.close(main)
    assert run.returncode == 0
    assert b"10/10" in seen
    assert b"a second, 0 failed" in seen
    assert out.decode().strip().endswith("index.html")


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""


def test_a_file_sees_a_line_a_minute(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.over_cases(300) as tell:
        for done in range(1, 301):
            now[0] += 0.5
            tell(Progress(done, 300, failed=1, name="x", seconds=now[0]))
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["120 of 300 cases, 2 a second, 1 failed, 60 s", "240 of 300 cases, 2 a second, 1 failed, 120 s"]


class Terminal(io.StringIO):
    """A terminal that keeps what it is shown."""

    def isatty(self):
        return True


def test_long_work_says_what_it_is_at_and_quick_work_nothing(monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    with progress.working():
        tell("solving: ecmp")
    assert shown.getvalue() == ""
    monkeypatch.setattr(progress, "QUICK", 0.0)
    for quiet in (True, False):
        with progress.working(quiet=quiet):
            tell("solving: ecmp")
            deadline = time.monotonic() + 20
            while not quiet and "solving: ecmp" not in shown.getvalue() and time.monotonic() < deadline:
                time.sleep(0.02)
        assert ("solving: ecmp" in shown.getvalue()) is not quiet
    with progress.over_cases(3, quiet=True) as told:
        told(Progress(1, 3, failed=0, name="never shown", seconds=1.0))
    assert "never shown" not in shown.getvalue()


def test_cases_one_after_another_are_named_as_they_begin(tmp_path):
    """The name that follows is that of the case which ends next; side by side none is known."""
    (tmp_path / "few.yaml").write_text(TEXT.replace("[4, 22, 2]", "[4, 8, 2]"))
    heard = []
    study.run(study.load(str(tmp_path / "few.yaml")), tmp_path / "s", progress=heard.append)
    assert [at.following for at in heard] == [*(at.name for at in heard[1:]), ""]


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (Where(0, None, None), "--workers 0"),
        (Where(None, "f.json", None), "--scheduler f.json"),
        (
            Where(None, "tls://a:1", Tls("a b.pem", "c.pem", "k.pem")),
            "--scheduler tls://a:1 --tls-ca 'a b.pem' --tls-cert c.pem --tls-key k.pem",
        ),
    ],
)
def test_the_command_that_goes_on(where, says, tmp_path):
    assert verb._again("a.yaml", tmp_path, ("seed=1",), where).endswith(f"--set seed=1 {says}")


def test_many_failures_of_one_cause_are_one_line(tmp_path, capsys):
    lost = [{"case": {"name": f"seed={i}"}, "error": "worker lost"} for i in range(1000)]
    own = {"case": {"name": "own"}, "error": "no path"}
    verb._say_failures(Run(tmp_path, (), 0, 0.0, failed=(*lost, own)))
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["failed: seed=0 and 999 more: worker lost", "failed: own: no path"]


def test_two_names_of_one_scheduler(tmp_path):
    file = tmp_path / "scheduler.json"
    file.write_text("{}")
    with pytest.raises(click.UsageError, match="give one"):
        verb.study_verb.main(
            ["planes", "--scheduler", "tcp://a:1", "--scheduler-file", str(file)], standalone_mode=False
        )
