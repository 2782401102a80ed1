"""Variables of the environment that hold for a while: threads that blocks of a case, libraries and children may use."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext


def on_threads(workers: int) -> AbstractContextManager[None]:
    """Let blocks of one case use ``workers`` threads; 0 leaves that as it is."""
    return environment({"PLANEWISE_THREADS": str(workers)}) if workers else nullcontext()


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set ``variables`` of the environment, and put back what they were."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
