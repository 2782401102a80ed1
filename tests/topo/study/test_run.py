"""A study runs, stores, resumes, repairs, and gives the same bytes whatever happens in between."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from pyarrow import parquet

from topo import study
from topo.config import parse_study
from topo.study import Store, StoreError

TEXT = """\
schema: 1
title: Small
fabric: {family: fat-tree-2, radix: 8, endpoints: 32, endpoints_per_host: 4}
traffic: {pattern: shift, by: 4}
cost: paper-table-3
sweep:
  fabric.planes: [1, 2]
  traffic.by: [1, 4, 9]
"""


def small(text=TEXT, **options):
    return parse_study(text, "small.yaml", **options)


def files_of(folder):
    """Return the content of all that inputs determine."""
    there = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "run.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in there}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return the folder of an undisturbed run."""
    folder = tmp_path_factory.mktemp("done")
    result = study.run(small(), folder)
    assert not result.failed
    assert result.computed == 6
    return folder


def test_records_hold_results_in_the_order_of_the_study(done):
    records = [json.loads(line) for line in (done / "records.jsonl").read_text().splitlines()]
    assert [record["case"]["name"] for record in records] == [case.name for case in small().cases]
    for record in records:
        assert record["status"] == "ok"
        assert record["error"] is None
        assert record["schema_version"] == 2
        assert record["results"]["cost_usd"] > 0
        assert record["results"]["completion_s"] > 0
        assert record["assumptions"]
        assert (done / "cases" / record["hash"] / "links.parquet").is_file()
    run = json.loads((done / "run.json").read_text())
    assert run["title"] == "Small"
    assert run["versions"]["planewise"]
    assert (done / "study.yaml").read_text() == TEXT


def test_tables_carry_the_stamp_of_their_case(done):
    for folder in (done / "cases").iterdir():
        for name in ("links.parquet", "commodities.parquet"):
            metadata = parquet.read_schema(folder / name).metadata
            assert metadata[b"planewise.case"].decode() == folder.name


def test_records_parquet_has_a_row_a_case(done):
    table = parquet.read_table(done / "records.parquet")
    assert table.column("fabric.planes").to_pylist() == [1, 1, 1, 2, 2, 2]
    assert table.column("label.traffic.by").to_pylist()[:3] == ["1", "4", "9"]
    assert all(value > 0 for value in table.column("cost_usd").to_pylist())


def test_a_second_run_computes_nothing_and_changes_nothing(done):
    before = files_of(done)
    assert study.run(small(), done).computed == 0
    assert files_of(done) == before


def test_order_and_workers_change_no_byte(done, tmp_path):
    result = study.run(small(), tmp_path / "two", workers=2)
    assert not result.failed
    assert files_of(tmp_path / "two") == files_of(done)


def test_a_new_name_reuses_the_numbers(done, tmp_path):
    study.run(small(), tmp_path)
    again = study.run(small(TEXT.replace("sweep:", "cases: [{name: called, panel: p}]\nsweep:")), tmp_path)
    assert again.computed == 0
    assert again.records[0]["case"]["name"] == "called / planes=1 / by=1"
    assert again.records[0]["case"]["panel"] == "p"


@pytest.mark.parametrize("damage", ["", "{", '{"hash": "x"}', "\udcff", "[]"])
def test_a_damaged_record_is_repaired_and_reported(done, tmp_path, damage):
    study.run(small(), tmp_path)
    record = next((tmp_path / "cases").iterdir()) / "record.json"
    record.write_bytes(damage.encode("utf-8", "surrogateescape"))
    again = study.run(small(), tmp_path)
    assert again.computed == 1
    assert str(record) in again.warnings[0]
    assert (tmp_path / "damaged" / record.parent.name / "record.json").exists()
    shutil.rmtree(tmp_path / "damaged")
    assert files_of(tmp_path) == files_of(done)


def test_fresh_starts_beside_and_deletes_nothing(tmp_path):
    first = study.run(small(), tmp_path / "s")
    second = study.run(small(), tmp_path / "s", fresh=True)
    assert second.folder == tmp_path / "s-2"
    assert second.computed == 6
    assert first.folder.is_dir()


def test_failed_and_refused_cases_are_recorded_and_stop_nothing(tmp_path):
    text = TEXT.replace("[1, 4, 9]", "[1, 32]").replace("[1, 2]", "[1, 3]").replace("sweep:", "invalid: record\nsweep:")
    result = study.run(small(text), tmp_path)
    status = [record["status"] for record in result.records]
    assert status == ["ok", "refused", "refused", "refused"]
    assert all(record["error"] for record in result.records if record["status"] != "ok")


def test_an_error_while_solving_is_one_failed_case(tmp_path):
    text = TEXT.replace("endpoints_per_host: 4", "endpoints_per_host: 4, scale_up: none")
    result = study.run(small(text), tmp_path)
    assert {record["status"] for record in result.records} == {"ok", "failed"}
    assert len(result.failed) == 2  # two planes with no way between them, unless the shift stays on one
    assert study.run(small(text), tmp_path).computed == 0


def test_cases_without_traffic_are_sized_and_priced(tmp_path):
    text = "schema: 1\ntitle: T\ncost: paper-table-3\nfabric: {family: slim-fly, q: 28, p: 21}\n"
    (record,) = study.run(small(text), tmp_path).records
    assert record["status"] == "ok"
    assert record["results"]["buildable"] is False
    assert record["results"]["endpoints"] == 32_928
    assert record["results"]["switch_links"] == 32_928


def test_an_interrupt_keeps_finished_cases(tmp_path, done):
    def stop(progress):
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study.run(small(), tmp_path, progress=stop)
    assert len((tmp_path / "records.jsonl").read_text().splitlines()) == 2
    assert study.run(small(), tmp_path).computed == 4
    assert files_of(tmp_path) == files_of(done)


def test_no_number_that_json_does_not_know(done):
    text = (done / "records.jsonl").read_text()
    assert "NaN" not in text
    assert "Infinity" not in text


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(StoreError, match=r"cannot be written \(Permission denied"):
        study.run(small(), tmp_path / "s")


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "s").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        study.run(small(), tmp_path / "s")


def test_a_full_disk_leaves_no_half_file(tmp_path, monkeypatch):
    store = Store.open(tmp_path)
    store.put(tmp_path / "a", b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(StoreError, match="No space left"):
        store.put(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a"]


_SCRIPT = """
import sys
from topo import study
from topo.config import parse_study
study.run(parse_study(open(sys.argv[1]).read(), "small.yaml"), sys.argv[2], workers=int(sys.argv[3]))
"""


def _start(tmp_path, folder, workers=0):
    (tmp_path / "small.yaml").write_text(TEXT)
    command = [sys.executable, "-c", _SCRIPT, str(tmp_path / "small.yaml"), str(folder), str(workers)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)


def test_kill_9_then_resume_gives_the_same_bytes(tmp_path, done):
    folder = tmp_path / "s"
    for n_cases in (1, 3):
        process = _start(tmp_path, folder)
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end:
            if len(list(folder.glob("cases/*/record.json"))) >= n_cases:
                os.kill(process.pid, signal.SIGKILL)
                break
            time.sleep(0.002)
        process.wait()
    kept = len(list(folder.glob("cases/*/record.json")))
    assert study.run(small(), folder).computed == 6 - kept
    assert files_of(folder) == files_of(done)


def test_two_processes_on_one_folder(tmp_path, done):
    folder = tmp_path / "s"
    processes = [_start(tmp_path, folder), _start(tmp_path, folder)]
    assert [process.wait() for process in processes] == [0, 0]
    assert files_of(folder) == files_of(done)
