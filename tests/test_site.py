"""Pages and pictures that are drawn from the registries are those of the code."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from benchmarks import patterns

#: [bytes] of a picture.
LARGEST = 20_000


def test_every_family_and_pattern_is_drawn_as_it_is():
    """Stale: write them again with `python -m benchmarks.patterns`."""
    drawn = patterns.pictures()
    there = {path.name: path.read_text() for path in patterns.PICTURES.iterdir()}
    assert there == drawn
    assert patterns.PAGE.read_text() == patterns.page()


def test_pictures_are_light_and_say_what_they_show():
    for path in patterns.PICTURES.iterdir():
        root = ET.fromstring(path.read_text())
        assert root.find("{http://www.w3.org/2000/svg}title").text
        assert path.stat().st_size < LARGEST
