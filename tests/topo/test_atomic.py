"""Files that appear whole or not at all."""

import os
import stat

import pytest

from topo.atomic import write_bytes, write_text


def test_a_file_is_replaced(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    write_text(path, "neu: ü")
    assert path.read_bytes() == "neu: ü".encode()
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_others_may_read_it(tmp_path):
    """A file has the rights that a plain write gives it, not those of a temporary file."""
    (tmp_path / "plain").write_text("x")
    write_bytes(tmp_path / "whole", b"x", sync=False)
    rights = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "whole")]
    assert rights[0] == rights[1]


def test_whole_or_not_at_all(tmp_path, monkeypatch):
    """Where writing fails, the old file stays and nothing is left beside it."""
    path = tmp_path / "a"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as error:
        write_bytes(path, b"new")
    assert error.value.filename == str(path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
