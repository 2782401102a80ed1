"""Where configs lie, and how files that an input names are found and read.

A name (``deepseek-v3``) means a shipped file; a path needs a ``/`` or a suffix.
Paths inside a file are relative to it, those of the command line to the current
folder.  A case carries the text of all it refers to, so a worker on another
machine needs no file, and the identity of the case covers their content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from topo.atomic import check_ends
from topo.config.errors import ConfigError, unknown

#: [bytes] of a YAML file; ruamel.yaml takes 12 s a MB.
MAX_YAML_BYTES = 256 * 1024
#: [bytes] of a CSV file: about a million commodities.
MAX_CSV_BYTES = 32 * 1024 * 1024

#: Kinds of files that hold a network, a part of it, or what is sent on one.
_LARGE = ("fabrics", "tables", "traffic")

_SUFFIX = {"prices": ".csv"}


@cache
def data_root() -> Path:
    """Return the folder of shipped configs: inside the package, or the checkout's where it is installed editable."""
    package = Path(__file__).parents[1]
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"


def names(kind: str) -> list[str]:
    """Return the names of shipped files of ``kind`` (studies, prices, hardware, models), sorted."""
    suffix = _SUFFIX.get(kind, ".yaml")
    return sorted(path.stem for path in (data_root() / kind).glob(f"*{suffix}"))


def is_path(text: str) -> bool:
    """Return whether ``text`` names a file rather than something shipped: it has a ``/`` or a suffix."""
    return "/" in text or Path(text).suffix[1:2].isalpha()


@dataclass(frozen=True)
class Files:
    """Files as one input sees them, each read once.

    ``texts`` maps what the input wrote (``prices/list-2022`` for a shipped one) to content.
    """

    base: Path | None = Path()  # what relative paths start from; None where nothing may be read any more
    texts: dict[str, str] = field(default_factory=dict)

    def read(self, kind: str, name: str) -> tuple[str, str]:
        """Return the text of a shipped name or a path, and what to call it in messages.

        Raises ConfigError where it does not exist, is too large, or is not text.
        """
        shown, path = self._find(kind, name)
        if shown not in self.texts and kind in _LARGE:
            self.texts[shown] = _read_large(path, shown)
        if shown not in self.texts:
            limit = MAX_YAML_BYTES if kind in ("studies", "hardware", "models") else MAX_CSV_BYTES
            self.texts[shown] = read_text(path, shown, limit)
        return self.texts[shown], shown

    def only(self, used: Iterator[str] | list[str]) -> Files:
        """Return the texts of ``used`` alone, cut off from the disk."""
        return Files(None, {key: self.texts[key] for key in sorted(used)})

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of every text, by its name."""
        import hashlib

        return {key: hashlib.sha256(text.encode()).hexdigest() for key, text in sorted(self.texts.items())}

    def _find(self, kind: str, name: str) -> tuple[str, Path]:
        shipped = f"{kind}/{name}"
        if shipped in self.texts or name in self.texts:
            return (shipped if shipped in self.texts else name), Path(name)
        if "/" not in name and name in names(kind):  # a shipped name may have dots
            return shipped, data_root() / kind / (name + _SUFFIX.get(kind, ".yaml"))
        if not is_path(name):
            raise ConfigError(f"{unknown(name, names(kind))} (a file needs a / or a suffix)")
        return name, (self.base or Path()) / name


@dataclass(frozen=True)
class Tracking(Files):
    """Files that remember which of them were asked for."""

    used: set[str] = field(default_factory=set)

    @classmethod
    def on(cls, shared: Files) -> Tracking:
        """Return a view of ``shared`` that reads through it and keeps a list of its own."""
        return cls(shared.base, shared.texts)

    def read(self, kind: str, name: str) -> tuple[str, str]:
        """Return what ``Files.read`` does, and remember it."""
        text, shown = super().read(kind, name)
        self.used.add(shown)
        return text, shown


def read_text(path: Path, shown: str, limit: int = MAX_YAML_BYTES) -> str:
    """Return the UTF-8 text of ``path``; ``shown`` is what messages call it.

    Raises ConfigError for a file that is missing, a folder, unreadable, over ``limit`` bytes, or binary.
    """
    try:
        check_ends(path)
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except FileNotFoundError:
        raise ConfigError(f"{shown}: no such file") from None
    except IsADirectoryError:
        raise ConfigError(f"{shown}: is a folder; give a file") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{shown}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if len(raw) > limit:
        raise ConfigError(f"{shown}: is over {limit // 1024} KiB, the most that is read; split it")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown}: is not UTF-8 text (byte {error.start} is 0x{raw[error.start]:02x})") from None
    if "\0" in text:
        raise ConfigError(f"{shown}: is a binary file (it holds a zero byte); give text")
    return text


def _read_large(path: Path, shown: str) -> str:
    """Return the text of a fabric, its tables or traffic, which may be larger than a study, packed, or no text."""
    from topo.formats import FormatError, load

    try:
        return load(path, shown)
    except FileNotFoundError:
        raise ConfigError(f"{shown}: no such file") from None
    except IsADirectoryError:
        raise ConfigError(f"{shown}: is a folder; give a file") from None
    except OSError as error:
        raise ConfigError(f"{shown}: cannot be read ({error.strerror or error})") from None
    except FormatError as error:
        raise ConfigError(str(error)) from None


def as_mapping(texts: Mapping[str, str]) -> Files:
    """Return files that hold ``texts`` and nothing else."""
    return Files(None, dict(texts))
