"""Price books from CSV."""

import pytest

from topo.config import ConfigError, names
from topo.config.prices import load

HEADER = "part,speed_gbps,reach_m,usd,watts,source,date\n"


@pytest.mark.parametrize("name", names("prices"))
def test_shipped_books_state_their_sources(name):
    book = load(name)
    assert book.name == name
    assert book.rows
    assert all(row.source and row.date for row in book.rows)


def test_a_book_from_a_file(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("# mine\n" + HEADER + "switch-32,400,,100,5,me,2025\nendpoint-cable,,,1,,me,2025\n")
    book = load(str(path))
    assert book.note == "mine"
    assert [(row.part, row.usd, row.watts) for row in book.rows] == [("switch-32", 100, 5), ("endpoint-cable", 1, None)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no price"),
        (HEADER, "holds no price"),
        ("part,usd,colour\nswitch-64,1,red\n", "unknown column"),
        ("part,watts\nswitch-64,1\n", ":1: usd: column is missing"),
        (HEADER + "switch-64,400,,x,,,\n", ":2: usd: a number of 0 or more"),
        (HEADER + "switch-64,400,,-5,,,\n", ":2: usd"),
        (HEADER + "switch-64,400,,nan,,,\n", ":2: usd"),
        (HEADER + "switch-64,400,,,,,\n", ":2: usd: is missing, and so is watts"),
        ("part,usd,speed_gbps,breakout\nswitch-64,5,800,0\n", ":2: breakout: a whole number of at least 1"),
        ("part,usd,speed_gbps,breakout\nswitch-64,5,800,1.5\n", ":2: breakout: a whole number of at least 1"),
        ("part,usd,speed_gbps,breakout\nswitch-64,5,,2\n", ":2: switch-64: breakout 2 must be a whole number of"),
        (HEADER + "router-64,400,,5,,,\n", ":2: part 'router-64' is unknown"),
        (HEADER + "switch-64,400\n", "fewer cells"),
        (HEADER + 'switch-64,400,,5,,"open,\n', "not CSV"),
    ],
)
def test_wrong_books(tmp_path, monkeypatch, text, said):
    (tmp_path / "b.csv").write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as error:
        load("./b.csv")
    assert str(error.value).startswith("./b.csv")
    assert said in str(error.value)
