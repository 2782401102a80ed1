"""Permutations that are looked for one by one: a sequence like the tuple of them."""

from __future__ import annotations

import pickle
from functools import partial

import numpy as np

from topo.moves import Moves


def looking(asked):
    for step in range(3):
        asked.append(step)
        yield np.roll(np.arange(4, dtype=np.int32), step)


def test_only_those_that_someone_looks_at_are_looked_for_and_once():
    asked = []
    moves = Moves(partial(looking, asked))
    assert next(iter(moves)).tolist() == [0, 1, 2, 3] and asked == [0]
    assert moves and asked == [0]
    assert [move[0] for move in moves] == [0, 3, 2] and asked == [0, 1, 2]
    assert len(moves) == 3 and moves[2][0] == 2 and asked == [0, 1, 2]
    assert not any(move.flags.writeable for move in moves)


def test_walks_do_not_disturb_each_other():
    moves = Moves(partial(looking, []))
    pairs = [(a[0], b[0]) for a, b in zip(moves, moves, strict=True)]
    assert pairs == [(0, 0), (3, 3), (2, 2)]


def test_a_copy_in_another_process_has_all_of_them():
    moves = Moves(partial(looking, []))
    next(iter(moves))
    back = pickle.loads(pickle.dumps(moves))
    assert [move.tolist() for move in back] == [move.tolist() for move in moves]


def test_none_are_false():
    assert not Moves(tuple) and len(Moves(tuple)) == 0
