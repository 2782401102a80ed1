"""Kills, crowds, full disks and foreign folders: nothing is lost, nothing runs twice, repairs are told."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from topo import study
from topo.atomic import HALF
from topo.config import parse_study
from topo.study import Store, StoreError

TEXT = """\
schema: 1
title: Many
fabric: {family: fat-tree-2, radix: 8, endpoints: 32, endpoints_per_host: 4}
traffic: {pattern: permutation}
sweep:
  seed: {range: [1, 60]}
"""
N_CASES = 60
KILLS = 10
#: Runs a study in a process of its own and logs every case that starts although its record is there.
SCRIPT = """
import sys
from pathlib import Path
from topo import __version__, study
from topo.config import parse_study
from topo.study import executors, processes
from topo.study.record import outcome

file, folder, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def logged(case, *, tables=True):
    digest = case.identity(__version__)
    with open(folder.with_suffix(".log"), "a") as log:
        twice = (folder / "cases" / digest / "record.json").exists()
        log.write(f"{'twice' if twice else 'once'} {digest}\\n")
    return outcome(case, tables=tables)

if __name__ == "__main__":
    processes.outcome = executors.outcome = logged
    study.run(parse_study(file.read_text(), "many.yaml"), folder, workers=workers)
"""


def many():
    return parse_study(TEXT, "many.yaml")


def bytes_of(folder):
    """Return the content of all that inputs determine; nothing half-written is left out."""
    there = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "run.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in there}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return the folder of an undisturbed run."""
    folder = tmp_path_factory.mktemp("done")
    assert not study.run(many(), folder).failed
    return folder


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a run of its own process and group on a folder."""
    (tmp_path / "many.yaml").write_text(TEXT)
    (tmp_path / "script.py").write_text(SCRIPT)
    started = []

    def run(folder, workers, **options):
        command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "many.yaml"), str(folder), str(workers)]
        started.append(subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True, **options))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


def _n_records(folder):
    return len(list(folder.glob("cases/*/record.json")))


def _wait_until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.001)


@pytest.mark.parametrize("workers", [0, 2])
def test_ten_kills_lose_nothing_and_repeat_nothing(start, tmp_path, done, workers):
    """After each kill -9 at a random moment the next run goes on; in the end all bytes are those of one run."""
    draw, folder = random.Random(workers), tmp_path / "s"
    for _ in range(KILLS // 2):
        before = _n_records(folder)
        process = start(folder, workers)
        _wait_until(lambda before=before: _n_records(folder) > before)
        time.sleep(draw.uniform(0.0, 0.05))
        assert process.poll() is None, "the run ended before it was killed"
        kept = {path: path.stat().st_ino for path in folder.glob("cases/*/record.json")}
        process.kill()
        process.wait()
        _wait_until(lambda process=process: not _group_lives(process.pid))
        assert not _group_lives(process.pid), "a worker outlived the run that started it"
        assert all(path.stat().st_ino == inode for path, inode in kept.items())
    kept = _n_records(folder)
    assert study.run(many(), folder).computed == N_CASES - kept > 0
    log = (tmp_path / "s.log").read_text()
    assert "once" in log
    assert "twice" not in log
    assert bytes_of(folder) == bytes_of(done)


def _group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_half_written_files_of_a_killed_run_are_cleared_and_told(tmp_path, done):
    study.run(many(), tmp_path)
    case = next((tmp_path / "cases").iterdir())
    for place in (tmp_path, case):
        (place / f"{HALF}record.json.x").write_text("{")
    (case / "record.json").unlink()
    again = study.run(many(), tmp_path)
    assert again.computed == 1
    assert "2 half-written files" in again.warnings[0]
    assert bytes_of(tmp_path) == bytes_of(done)


def test_half_written_files_of_a_living_run_stay(tmp_path):
    store = Store.open(tmp_path)
    with store.in_use(), store.in_use() as repairs:
        assert repairs == []
    half = tmp_path / f"{HALF}records.jsonl.x"
    half.write_text("[")
    with store.in_use() as first:
        assert first
        half.write_text("[")
        with store.in_use() as second:
            assert not second
        assert half.exists()


def test_two_runs_on_one_folder(start, tmp_path, done):
    folder = tmp_path / "s"
    runs = [start(folder, 0), start(folder, 2)]
    assert [run.wait(timeout=60) for run in runs] == [0, 0]
    assert bytes_of(folder) == bytes_of(done)


def test_an_interrupted_run_gathers_what_another_has_finished(tmp_path, done):
    def overtaken(progress):
        if progress.done == 2:
            study.run(many(), tmp_path)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study.run(many(), tmp_path, progress=overtaken)
    assert bytes_of(tmp_path) == bytes_of(done)


#: The kernel refuses to let a file grow past this, as a full disk does [bytes].
FULL_AT = 20_000


def _fill_up():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_AT, FULL_AT))


def test_a_disk_that_fills_up_while_gathering_keeps_every_case(tmp_path, done, monkeypatch):
    """records.jsonl no longer fits: a clear error; with room again nothing is computed and all is there."""
    (tmp_path / "many.yaml").write_text(TEXT)
    command = [sys.executable, "-m", "topo", "study", "many.yaml", "-o", "s", "--workers", "0"]
    options = {"capture_output": True, "text": True, "timeout": 60}
    run = subprocess.run(command, cwd=tmp_path, check=False, preexec_fn=_fill_up, **options)
    assert run.returncode == 3, run.stderr
    assert "records.jsonl: cannot be written (File too large); free space" in run.stderr
    assert "Traceback" not in run.stderr
    assert study.run(many(), tmp_path / "s").computed == 0
    assert bytes_of(tmp_path / "s") == bytes_of(done)


def test_a_device_without_space(tmp_path):
    """/dev/full answers every write as a full disk does."""
    store = Store.open(tmp_path)
    with pytest.raises(StoreError, match="No space left on device"):
        _write_to_full(store, tmp_path)


def _write_to_full(store, folder):
    def full(path, mode):
        return open("/dev/full", mode.replace("x", "w"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", full)
        store.put(folder / "a", b"new")


#: Opens a folder as a user who may not write there, whoever runs the test.
AS_NOBODY = """
import os, sys
from pathlib import Path
from topo.study.store import Store, StoreError
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    Store.open(Path(sys.argv[1]))
except StoreError as error:
    print(error)
"""


@pytest.fixture
def open_folder():
    """Return a folder whose parents anyone may enter, unlike those of tmp_path."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_read_only_folder(open_folder):
    """Without the right to write the study stops at once, names the folder, and leaves it as it was."""
    cases = Store.open(open_folder).folder / "cases"
    for path in (cases, open_folder):
        path.chmod(0o555)
    options = {"capture_output": True, "text": True, "timeout": 60}
    run = subprocess.run([sys.executable, "-c", AS_NOBODY, str(open_folder)], check=False, **options)
    open_folder.chmod(0o755)
    assert f"{open_folder}: cannot be written (Permission denied)" in run.stdout, run.stderr
    assert list(open_folder.iterdir()) == [cases]


def test_a_folder_of_another_version_is_kept_and_not_mistaken(tmp_path, monkeypatch, done):
    """Cases of another planewise have other hashes: they stay, and nothing of theirs is gathered."""
    monkeypatch.setattr("topo.study.study.__version__", "0.0.1")
    monkeypatch.setattr("topo.study.record.__version__", "0.0.1")
    study.run(many(), tmp_path)
    old = bytes_of(tmp_path / "cases")
    monkeypatch.undo()
    again = study.run(many(), tmp_path)
    assert again.computed == N_CASES
    assert any("another version" in warning for warning in again.warnings)
    now = bytes_of(tmp_path / "cases")
    assert {name: now[name] for name in old} == old
    assert (tmp_path / "records.parquet").read_bytes() == (done / "records.parquet").read_bytes()


def test_a_record_of_another_layout_runs_again(tmp_path):
    study.run(many(), tmp_path)
    path = next((tmp_path / "cases").iterdir()) / "record.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 0}))
    again = study.run(many(), tmp_path)
    assert again.computed == 1
    assert str(path) in again.warnings[0]
