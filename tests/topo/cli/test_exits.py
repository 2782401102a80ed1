"""Every error that a room raises for its users has an exit code."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click
import pytest

import topo
import traffic
from topo.cli.exits import CODES, INFEASIBLE, INTERNAL, INVALID, LIMIT, USAGE, exit_code


def errors() -> list[type[ValueError]]:
    """Return every subclass of ValueError that planewise defines."""
    found = set()
    for package in (topo, traffic):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith("topo.configs"):
                values = vars(import_module(module.name)).values()
                found |= {v for v in values if isinstance(v, type) and issubclass(v, ValueError)}
    return sorted((v for v in found if v.__module__.split(".")[0] in ("topo", "traffic")), key=lambda v: v.__name__)


@pytest.mark.parametrize("error", errors(), ids=lambda error: error.__name__)
def test_every_error_has_a_code(error):
    """No error with a message for the user ends as an internal one."""
    raised = error.__new__(error)
    ValueError.__init__(raised, "what is wrong")
    assert exit_code(raised) in (USAGE, INVALID, INFEASIBLE, LIMIT)


@pytest.mark.parametrize(("module", "name", "code"), CODES, ids=str)
def test_the_table_names_what_exists(module, name, code):
    """Each row of the table is an error where the table says it is."""
    assert issubclass(getattr(import_module(module), name), ValueError)
    assert code in (USAGE, INVALID, INFEASIBLE, LIMIT)


def test_other_errors():
    """Missing files are input, memory is a limit, click knows its own, the rest is ours."""
    assert exit_code(FileNotFoundError(2, "No such file", "x")) == INVALID
    assert exit_code(OSError("no file named")) == INTERNAL
    assert exit_code(MemoryError()) == LIMIT
    assert exit_code(click.UsageError("x")) == USAGE
    assert exit_code(click.FileError("x")) == INVALID
    assert exit_code(ValueError("not ours")) == INTERNAL
    assert exit_code(KeyError("x")) == INTERNAL
