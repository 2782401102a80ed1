"""What is wrong with an input: where it stands, what was given, what would do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from topo.near import hint

#: What is said of a key that is needed.
MISSING = "is missing"
#: Problems printed for one input; the rest are counted.
MAX_PRINTED = 50


class ConfigError(ValueError):
    """An input that cannot be used; the text holds every problem found, one a line."""

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> ConfigError:
        """Return the error that lists ``problems``, each once, in the order of their places."""
        lines = [str(problem) for problem in dict.fromkeys(problems)]
        more = len(lines) - MAX_PRINTED
        return cls("\n".join(lines[:MAX_PRINTED] + ([f"... and {more} more"] if more > 0 else [])))


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    place: str  # file:line:column, or the option that was given; empty where neither exists
    key: str  # dotted; empty where the whole input is wrong
    text: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.key, self.text) if part)


def unknown(given: object, known: Iterable[str], what: str = "") -> str:
    """Return the message for a name that is not among ``known``, with the nearest that is."""
    names = sorted(known)
    start = f"{what} {str(given)!r}" if what else repr(str(given))
    return f"{start} is unknown; known: {', '.join(names) or 'none'}{hint(given, names)}"
