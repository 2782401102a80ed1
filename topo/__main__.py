"""``python -m topo`` is ``topo``."""

import os
import sys


def _leave_current_folder() -> None:
    """Stop looking for modules in the current folder, which ``-m`` puts first, unless this one came from there.

    A re.py or yaml.py of the user's there would be taken for the library's.
    """
    try:
        here = os.getcwd()
    except OSError:  # it is deleted, and holds no modules
        return
    if sys.path[0] == here and not __file__.startswith(os.path.join(here, "topo", "")):
        del sys.path[0]


if __name__ == "__main__":
    _leave_current_folder()
    from topo.cli import main

    sys.exit(main())
