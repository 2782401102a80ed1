"""Experts packed by load: which pack each goes to, and which are copied into spare slots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def packed(weight: NDArray[np.float64], packs: int) -> NDArray[np.int64]:
    """Return (packs, n / packs) items of each pack: heaviest first, each into the lightest pack with room.

    The heaviest pack is at most max(2, 7/3 - 1/(3 packs) - 1/(room - 1)) times the least possible; where no pack
    fills early it is Graham's 4/3 - 1/(3 packs), and with room for two it is the least possible.
    """
    return np.array(filled(weight, np.full(packs, len(weight) // packs)), dtype=np.int64)


def filled(
    weight: NDArray[np.float64], room: NDArray[np.int64], width: NDArray[np.int64] | None = None
) -> list[list[int]]:
    """Return the items of each pack that has ``room`` for so many: heaviest first, each into the lightest with room.

    Of packs of unlike ``width`` the lightest is that of least weight a width; None is all alike.
    """
    each, total = np.ones(len(room)) if width is None else width, np.zeros(len(room))
    content: list[list[int]] = [[] for _ in room]
    for item in np.argsort(-weight, kind="stable").tolist():
        pack = min((p for p in range(len(room)) if len(content[p]) < room[p]), key=lambda p: total[p] / each[p])
        content[pack].append(item)
        total[pack] += weight[item]
    return content


def replicated(load: NDArray[np.float64], experts: NDArray[np.int64], slots: int) -> NDArray[np.int64]:
    """Return ``experts`` followed by copies up to ``slots``: each copy goes to the largest load per copy."""
    count = np.ones(len(experts))
    extra = []
    for _ in range(slots - len(experts)):
        hottest = int(np.argmax(load[experts] / count))
        count[hottest] += 1
        extra.append(experts[hottest])
    return np.concatenate([experts, np.array(extra, dtype=np.int64)])
