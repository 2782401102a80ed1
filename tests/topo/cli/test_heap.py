"""The C library keeps what arrays leave where it can be told to; another one is left alone."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

from topo.cli.heap import keep_pages


def test_numbers_fit_an_int_and_absence_is_no_error(monkeypatch):
    """mallopt takes two ints of 32 bits; a library without it, as musl, changes nothing."""
    told = {}
    library = SimpleNamespace(mallopt=lambda what, value: told.update({what: value}))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    keep_pages()
    assert sorted(told) == [-3, -2, -1]
    assert all(0 < value < 2**31 for value in told.values())
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    keep_pages()
