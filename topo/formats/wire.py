"""The wire format of protocol buffers, as far as reading takes: fields of a message, messages one after another.

A field is a number, a kind and a value: a varint, 4 or 8 bytes, or bytes with their length before them [1]_.

.. [1] protobuf.dev, Encoding.
"""

from __future__ import annotations

from collections.abc import Iterator

from topo.formats.errors import FormatError

#: [bits] of a varint; [bytes] of one message.
_BITS, MOST_MESSAGE = 64, 64 * 2**20


def messages(raw: bytes, shown: str) -> Iterator[tuple[int, bytes]]:
    """Yield place and content of every message of ``raw``, each with its length before it.

    Raises FormatError, with the byte, where one is broken off.
    """
    at = 0
    while at < len(raw):
        start = at
        size, at = varint(raw, at, shown, 0)
        if size > min(len(raw) - at, MOST_MESSAGE):
            raise FormatError(f"{shown}: byte {start}: a message of {size:,} bytes, and {len(raw) - at:,} are left")
        yield at, raw[at : at + size]
        at += size


def fields(message: bytes, shown: str, place: int) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of every field of ``message``, which begins at byte ``place`` of the file.

    Raises FormatError, with the byte, for what is no message.
    """
    at = 0
    while at < len(message):
        start = at
        key, at = varint(message, at, shown, place)
        number, kind = key >> 3, key & 7
        value: int | bytes
        if kind == 0:
            value, at = varint(message, at, shown, place)
        else:
            if kind == 2:
                size, at = varint(message, at, shown, place)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
            else:
                raise FormatError(
                    f"{shown}: byte {place + start}: field {number} is of kind {kind}, which there is not"
                )
            if not number or size > len(message) - at:
                raise FormatError(f"{shown}: byte {place + start}: field {number} is broken off")
            value = message[at : at + size]
            at += size
        yield number, value


def varint(raw: bytes, at: int, shown: str, place: int) -> tuple[int, int]:
    """Return the number that begins at ``at``, and where it ends.

    >>> varint(bytes([0xAC, 0x02]), 0, "f", 0)
    (300, 2)
    """
    value = 0
    for shift in range(0, _BITS + 6, 7):
        if at >= len(raw):
            raise FormatError(f"{shown}: byte {place + at}: a number is broken off")
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**_BITS - 1), at
    raise FormatError(f"{shown}: byte {place + at}: a number of over {_BITS} bits")


def signed(value: int) -> int:
    """Return ``value`` as a number of 64 bits with a sign."""
    return value - 2**_BITS if value >= 2 ** (_BITS - 1) else value
