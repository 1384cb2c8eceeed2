"""Hunt for differences between the worlds for as long as one likes: `python -m tests.worlds.hunt SECONDS [SEED] [ASKER …]`.

Unlike the test it goes on after a find, and prints each.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from tests.worlds.askers import ASKERS
from tests.worlds.scripts import Scripts
from tests.worlds.stage import all_worlds


def main() -> int:
    """Play scripts until the time is up; return 1 if any told the worlds apart."""
    seconds, seed = float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    askers = sys.argv[3:] or list(ASKERS)
    gateways = sorted({ASKERS[name].gateway for name in askers})
    found, played = 0, 0
    with tempfile.TemporaryDirectory() as folder, all_worlds(Path(folder), gateways) as worlds:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            asker = askers[seed % len(askers)]
            script = Scripts(random.Random(seed)).allowed(worlds.judges[asker])
            told = worlds.told_apart(asker, script)
            played += 1
            if told:
                found += 1
                print(f"seed {seed} {asker}\n  {script}\n  {told[:600]}", flush=True)
            seed += 1
    print(f"{played} played up to seed {seed}, {found} told the worlds apart")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
