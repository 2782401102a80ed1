"""Bad inputs from good ones: a seeded grammar of what people, editors and disks do to a file."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORD = re.compile(rb"[A-Za-z_][A-Za-z_0-9-]*")
_TOKEN = re.compile(rb"\w+|\s+|.", re.DOTALL)

NUMBERS = (
    b"0", b"-1", b"1", b"3", b"7.5", b"1e-320", b"1e308", b"1e999", b"-0.0", b"nan", b".inf", b"NaN", b"0x10", b"010",
    b"1_000", b"9223372036854775807", b"9223372036854775808", b"9" * 60, b"9" * 5000, b"true", b"null", b"", b"'4'",
    b"1:30", b"2026-01-01", b"400Gb/s", b"1e3GiB", "\u0664".encode(),
)  # fmt: skip
WORDS = (
    b"null", b"~", b"yes", b"schema", b"fabric", b"none", b"name", b"__class__", b"x" * 3000, b"-", b"e" * 40, b"src",
    b"uniform", b"slim-fly", b"optimal", "Zürich".encode(), "\u202e".encode(), b"\\ud800", b"*a", b"&a", b"<<",
    b"!!omap", b"!!python/object:os.system", b"hosts", b"range", b"planes",
)  # fmt: skip
PIECES = (
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\r", b"\t", b"\n\n", b",", b":", b": ", b"=", b"{", b"}", b"[", b"]", b'"',
    b"'", b"#", b"%", b"---\n", b"...\n", b"- ", b"? ", b"|\n", b">\n", b"&a ", b"*a", b"[" * 400, b"{a: " * 200,
    b"/" * 9, b"../../etc/passwd", b"\xed\xa0\x80", b"\x1b[31m", b"&a [*a, *a]", b"<!DOCTYPE a>", b"<![CDATA[",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"<", b">", b"&amp;", b"(", b")", b";", "\u00e9".encode(),
    b"[1-999999999]", b"n[1-9][1-9]", b"a.0.b.0.c.d.0.e.0", b"1->2", b"size 0", b"trigger 1", b"0xffffffffffffffff",
)  # fmt: skip


def mutated(content: bytes, seed: int) -> bytes:
    """Return ``content`` after one to four mutations; equal seeds, equal bytes."""
    draw = random.Random(seed)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 4))):
        content = draw.choice(MUTATIONS)(content, draw)
    return content


def _replaced(pattern: re.Pattern[bytes], by: Sequence[bytes], content: bytes, draw: random.Random) -> bytes:
    places = list(pattern.finditer(content))
    if not places:
        return content + draw.choice(by)
    place = draw.choice(places)
    return content[: place.start()] + draw.choice(by) + content[place.end() :]


def number(content: bytes, draw: random.Random) -> bytes:
    """Another number, at the edge of what numbers are."""
    return _replaced(_NUMBER, NUMBERS, content, draw)


def word(content: bytes, draw: random.Random) -> bytes:
    """Another word where one stood."""
    return _replaced(_WORD, WORDS, content, draw)


def own_word(content: bytes, draw: random.Random) -> bytes:
    """A word of the same text in the place of another."""
    return _replaced(_WORD, _WORD.findall(content) or [b"x"], content, draw)


def piece(content: bytes, draw: random.Random) -> bytes:
    """Something put in anywhere."""
    at = draw.randint(0, len(content))
    return content[:at] + draw.choice(PIECES) + content[at:]


def doubled(content: bytes, draw: random.Random) -> bytes:
    """A stretch of any length three times over, or backwards."""
    at = draw.randint(0, len(content))
    end = at + draw.choice((1, 3, 20, 400))
    stretch = content[at:end]
    return content[:at] + (stretch * 3 if draw.random() < 0.5 else stretch[::-1]) + content[end:]


def cut(content: bytes, draw: random.Random) -> bytes:
    """The end is missing, as of a copy that broke off."""
    return content[: draw.randint(0, len(content))]


def gap(content: bytes, draw: random.Random) -> bytes:
    """Some bytes are missing."""
    at = draw.randint(0, len(content))
    return content[:at] + content[at + draw.randint(1, 20) :]


def bit(content: bytes, draw: random.Random) -> bytes:
    """One bit flipped."""
    if not content:
        return b"\x01"
    at = draw.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << draw.randrange(8))]) + content[at + 1 :]


def token(content: bytes, draw: random.Random) -> bytes:
    """A token is missing, there twice, or in the place of the next."""
    tokens = _TOKEN.findall(content) or [b"a"]
    at = draw.randrange(len(tokens))
    how = draw.randrange(3)
    if how == 2:
        tokens[at : at + 2] = tokens[at : at + 2][::-1]
    else:
        tokens[at : at + 1] = [tokens[at]] * (2 * how)
    return b"".join(tokens)


def line(content: bytes, draw: random.Random) -> bytes:
    """A line is missing, there many times, or elsewhere."""
    lines = content.splitlines(keepends=True) or [b"\n"]
    taken = lines.pop(draw.randrange(len(lines)))
    at = draw.randint(0, len(lines))
    lines[at:at] = [taken] * draw.choice((0, 1, 2, 50))
    return b"".join(lines)


def indented(content: bytes, draw: random.Random) -> bytes:
    """A line moved to the right or to the left."""
    lines = content.splitlines(keepends=True) or [b"\n"]
    at = draw.randrange(len(lines))
    lines[at] = b"  " + lines[at] if draw.random() < 0.5 else lines[at].lstrip()
    return b"".join(lines)


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    number, number, number, word, word, own_word, piece, piece, doubled, cut, gap, bit, token, token, line, indented,
)  # fmt: skip
