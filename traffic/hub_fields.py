"""Fields of a hub's config, each read as what it must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from traffic.layout import LARGEST
from traffic.missing import ModelError

#: Where a config of several parts has that of language.
_PARTS = ("text_config", "llm_config", "language_config")


@dataclass(frozen=True)
class Fields:
    """The fields of a config; null is as good as absent."""

    values: Mapping[str, Any]
    nested: str = ""  # the part that they are of

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Fields:
        """Return the fields of ``config``, or of its language part where it has no layers itself."""
        for part in _PARTS:
            inside = config.get(part)
            if isinstance(inside, Mapping) and config.get("num_hidden_layers") is None:
                return cls({**config, **inside}, part)
        return cls(config)

    def get(self, name: str) -> Any:
        """Return a field as it stands; None where it is absent."""
        return self.values.get(name)

    def has(self, name: str) -> bool:
        """Return whether a field is there."""
        return self.values.get(name) is not None

    def error(self, name: str, text: str) -> ModelError:
        """Return the error that ``name`` ends in."""
        return ModelError(name, f"config: {text}")

    def whole(self, *names: str, absent: int | None = None) -> int:
        """Return the first of ``names`` that is there, a whole number, else ``absent``; without that it is 1 or more.

        Raises ModelError for another value, and where none is there and ``absent`` is None.
        """
        least = 1 if absent is None else 0
        for name in names:
            if not self.has(name):
                continue
            value = self.values[name]
            if type(value) is not int or not least <= value <= LARGEST:
                raise self.error(name, f"{name} must be a whole number of {least} or more; got {_short(value)}")
            return value
        if absent is None:
            raise self.error(names[0], f"{' or '.join(names)} is missing, and the shapes do not follow without")
        return absent

    def flag(self, name: str, *, needed: bool = False) -> bool:
        """Return a field that is true or false; absent is false unless it is ``needed``."""
        value = self.get(name)
        if value is None and needed:
            raise self.error(name, f"{name} is missing, and the parameters do not follow without")
        if value is not None and not isinstance(value, bool):
            raise self.error(name, f"{name} must be true or false; got {_short(value)}")
        return bool(value)

    def text(self, name: str) -> str:
        """Return a field of text; absent is empty."""
        value = self.get(name)
        if value is not None and not isinstance(value, str):
            raise self.error(name, f"{name} must be text; got {_short(value)}")
        return value or ""

    @property
    def quantized(self) -> str:
        """The method by which weights are published in few bits; empty where they are not."""
        found = self.get("quantization_config")
        method = found.get("quant_method") if isinstance(found, Mapping) else None
        return str(method) if method else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
