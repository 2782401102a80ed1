"""Options that several verbs share, and the checks that ``--fail-on`` states."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import click

from topo.cli.exits import FAILED_CHECK, OK, say
from topo.config.case import SECTIONS
from topo.units import LARGEST_WHOLE

_F = TypeVar("_F", bound=Callable[..., Any])

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_CHECK = re.compile(r"\s*([A-Za-z_][\w.-]*?)\s*(>=|<=|==|!=|>|<)\s*(\S+)\s*")


#: A count of something, such as tokens.
COUNT = click.IntRange(min=1, max=LARGEST_WHOLE)


@dataclass(frozen=True)
class Check:
    """A condition under which the command fails: ``key`` compared with ``value``."""

    key: str
    sign: str
    value: float

    def __str__(self) -> str:
        return f"{self.key}{self.sign}{self.value:g}"

    def failed(self, results: Mapping[str, Any]) -> str:
        """Return what to say where the condition holds or cannot be judged; empty where all is well.

        Raises UsageError for a key that the results do not have.
        """
        found: Any = results
        for step in self.key.split("."):
            if not isinstance(found, Mapping) or step not in found:
                raise click.UsageError(f"--fail-on {self}: {_unknown(self.key, results)}")
            found = found[step]
        if isinstance(found, bool | int | float):
            return f"check failed: {self.key} is {found:g}, {self}" if _COMPARE[self.sign](found, self.value) else ""
        return f"check failed: {self.key} is {found}, so {self} cannot be judged"


class CheckType(click.ParamType[Check]):
    """The text of a check, such as ``max_utilization>0.9``."""

    name = "check"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Check:
        """Return the check that ``value`` states."""
        match = _CHECK.fullmatch(str(value))
        try:
            return Check(match[1], match[2], float(match[3])) if match else self._refuse(value, param, ctx)
        except ValueError:
            return self._refuse(value, param, ctx)

    def _refuse(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Check:
        self.fail(f"{value!r} is not key, comparison, number, such as 'max_utilization>0.9'", param, ctx)


def json_option(function: _F) -> _F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(function)


def csv_option(function: _F) -> _F:
    """Add ``--csv``, which goes with no --json."""

    @wraps(function)
    def call(*, as_csv: bool, **rest: Any) -> Any:
        if as_csv and rest.get("as_json"):
            raise click.UsageError("--json and --csv print the same in two ways; give one")
        return function(as_csv=as_csv, **rest)

    decorated: Any = call
    text = "Print rows as CSV, units in the header, numbers as they are."
    return click.option("--csv", "as_csv", is_flag=True, help=text)(decorated)  # type: ignore[no-any-return]


def quiet_option(function: _F) -> _F:
    """Add ``--quiet``."""
    return click.option("-q", "--quiet", is_flag=True, help="Show no progress.")(function)


def seed_option(function: _F) -> _F:
    """Add ``--seed``."""
    kind = click.IntRange(min=0, max=LARGEST_WHOLE)
    return click.option("--seed", type=kind, default=0, show_default=True, help="Seed of all that is random.")(function)


def section_option(key: str, *, asked: bool = False) -> Callable[[_F], _F]:
    """Add the option of a section of a study, as the section says it; None unless it is ``asked`` for."""
    section = SECTIONS[key]
    option, metavar = section.option.split()
    default = None if asked else section.default
    return click.option(option, key, metavar=metavar, default=default, show_default=bool(default), help=section.says)


def section_options(function: _F) -> _F:
    """Add the options of all sections that have one."""
    for key in reversed([key for key, section in SECTIONS.items() if section.option]):
        function = section_option(key)(function)
    return function


def checks_option(function: _F) -> _F:
    """Add ``--fail-on``, which may be given several times."""
    text = "Exit 1 where this holds, such as 'max_utilization>0.9'. May be repeated."
    return click.option("--fail-on", "checks", type=CheckType(), multiple=True, metavar="CHECK", help=text)(function)


class MemoryType(click.ParamType[float]):
    """A number of bytes with a unit, such as ``8GiB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the bytes that ``value`` states."""
        from topo import units

        try:
            return units.size(value)
        except units.UnitError as error:
            self.fail(str(error), param, ctx)


def estimate_options(function: _F) -> _F:
    """Add ``--max-memory`` and ``--dry-run``."""
    text = "Stop a case that needs more before it starts, such as 8GiB; 80 % of the free memory if not given."
    limited = click.option("--max-memory", type=MemoryType(), metavar="SIZE", help=text)(function)
    return click.option("--dry-run", is_flag=True, help="Print estimates of memory and time; run and write nothing.")(
        limited
    )


def judge(checks: tuple[Check, ...], results: Mapping[str, Any], *, name: str = "") -> int:
    """Return the exit code of ``checks`` on ``results``, saying each that failed."""
    failures = [message for message in (check.failed(results) for check in checks) if message]
    for message in failures:
        say(f"{name}: {message}" if name else message)
    return FAILED_CHECK if failures else OK


def _unknown(key: str, results: Mapping[str, Any]) -> str:
    from topo.near import hint

    return f"there is no {key!r}" + (hint(key, results) or f"; there are {', '.join(results)}")
