"""What is taken as plainly right is what pydantic takes, to the type of every value; and small cases are plain."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any, Literal, Union

import numpy as np
import pytest
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError, create_model

from topo.config.case import SECTIONS
from topo.config.document import parse, parse_scalar
from topo.config.errors import ConfigError
from topo.config.keys import Bytes, Count, Duration, Keys, Rate, RateOrNone, keys_of
from topo.config.plainly import completed
from topo.config.signatures import STRICT, model
from topo.config.spec import parse_spec

ENTRIES = [(key, name) for key, section in SECTIONS.items() for name in (section.registry if section.word else ("",))]


class Number(IntEnum):
    ONE = 1


VALUES = st.one_of(
    st.sampled_from((0, 1, 2, -1, 64, 2**70, True, False, None)),
    st.sampled_from((Number.ONE, np.int64(3), np.float64(0.5), np.str_("rail"))),
    st.sampled_from((0.0, 1.0, 0.5, -0.5, 1e300, float("inf"), float("nan"))),
    st.sampled_from(("", "none", "rail", "host", "auto", "400Gb/s", "1MiB", "1us", "2 %", "ring", "\ud800", "yes")),
    st.sampled_from(([], [1], {}, {"a": 1}, (1,), b"a")),
)
_ANNOTATED = (
    *(Annotated[float, Gt(0), Lt(1), "a share"], Annotated[int, Ge(-1), Le(2), "a few"]),
    *(Annotated[int | None, Ge(1), "some"], Annotated[float | None, Ge(0)]),
)
_LITERAL = (Literal["rail", "host"], Literal["none"], Literal[1, True])
_PLAIN = (int, float, str, bool, None, Any, list[int], dict[str, int])
KINDS = st.sampled_from((*_PLAIN, *_LITERAL, *_ANNOTATED, Count, Rate, RateOrNone, Bytes, Duration))
UNIONS = st.lists(KINDS, min_size=1, max_size=3).map(lambda kinds: Union[tuple(kinds)])  # noqa: UP007


def typed(value):
    """Return ``value`` with the types of all that it holds, so that 1, 1.0 and True differ."""
    return repr({key: (type(one), one) for key, one in value.items()})


def agrees(keys, shape, words):
    """Check that what is completed is what pydantic makes of the same words; return whether it was."""
    found = completed(keys, words)
    if found is None:
        return False
    try:
        told = shape.model_validate(words).model_dump(by_alias=True)
    except ValidationError as error:
        raise AssertionError(f"{words} is taken, and pydantic refuses it: {error}") from None
    assert list(found) == list(told)
    assert typed(found) == typed(told)
    return True


@pytest.mark.filterwarnings("ignore:Pydantic serializer")  # defaults of another type than their keys
@given(st.dictionaries(st.sampled_from("abc"), UNIONS, min_size=1), st.data())
def test_any_mapping_of_any_types_is_taken_as_pydantic_takes_it(kinds, data):
    defaults = {key: data.draw(st.one_of(st.just(...), VALUES)) for key in kinds}
    fields = {key: (kind, defaults[key]) for key, kind in kinds.items()}
    words = data.draw(st.dictionaries(st.sampled_from((*kinds, "other")), VALUES))
    agrees(Keys("case", fields), create_model("case", __config__=STRICT, **fields), words)


@pytest.mark.parametrize(("key", "name"), ENTRIES)
@settings(deadline=None)  # the first time, the entry and its model are made
@given(data=st.data())
def test_every_entry_is_taken_as_pydantic_takes_it(key, name, data):
    keys = keys_of(key, name)
    words = data.draw(st.dictionaries(st.sampled_from((*keys.of, "other")), VALUES, max_size=4))
    agrees(keys, model(key, name), words)


@pytest.mark.parametrize(
    "spec",
    [
        ("fabric", "fat-tree-2:radix=64,planes=8,rate=400Gb/s,nic=multi-port"),
        ("fabric", "fat-tree-2:radix=64,oversubscription=2,wiring=rail"),
        ("traffic", "permutation:bytes=1MiB,seed=4"),
        ("routing", "ecmp"),
        ("solve", "proportional"),
    ],
)
def test_plain_words_are_taken(spec):
    """The words of small cases need no pydantic, or there would be nothing to gain."""
    key, text = spec
    words = parse_spec(text, SECTIONS[key].word).data
    assert agrees(keys_of(key, words[SECTIONS[key].word]), model(key, words[SECTIONS[key].word]), words)


_LETTERS = st.text(alphabet="0123456789abcdefostrunlyxGKMTkiBb-_.:/ ", min_size=1, max_size=8)
_SHAPED = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,6}(/s)?|\d{1,19}[a-zA-Z]{0,3}(/s)?", fullmatch=True)
_MEANT = st.sampled_from(
    ("true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "e1", "0", "00", "1e3")
)


@given(st.one_of(_LETTERS, _SHAPED, _MEANT))
@settings(deadline=None, max_examples=1000)
def test_scalars_at_a_glance_are_those_of_yaml(text):
    """What is read without the YAML library is what it reads."""
    try:
        read = parse(text, "value").data
    except ConfigError:
        return
    assert (type(read), read) == (type(parse_scalar(text)), parse_scalar(text))


def test_plain_scalars_need_no_yaml(monkeypatch):
    monkeypatch.setattr("topo.config.document.parse", None)
    assert [parse_scalar(text) for text in ("64", "0", "rail", "multi-port", "400Gb/s", "1MiB")] == [
        *(64, 0, "rail", "multi-port", "400Gb/s", "1MiB")
    ]
