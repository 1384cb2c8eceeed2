"""Hunt for differences between the worlds for as long as one likes: `python -m tests.worlds.hunt SECONDS [SEED] [STYLE]`.

Unlike the test it goes on after a find, and prints each.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.worlds.compare import renamed, took_too_long, untold
from tests.worlds.scripts import Scripts
from tests.worlds.stage import ONE, OTHER, RENAMED, three_worlds


def main() -> int:
    """Play scripts until the time is up; return 1 if any told the worlds apart."""
    seconds, seed = float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    styles = sys.argv[3:] or ["redact", "useful"]
    found, played, heard = 0, 0, Counter[str]()
    with tempfile.TemporaryDirectory() as folder, three_worlds(Path(folder), styles) as worlds:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            style = styles[seed % len(styles)]
            script = Scripts(random.Random(seed)).allowed(worlds.judges[style])
            one = worlds.hear(style, ONE, script)
            other = worlds.hear(style, OTHER if style == "redact" else RENAMED, script)
            if took_too_long(one, other):
                seed += 1
                continue
            told = untold(one, other) if style == "redact" else renamed(one, other)
            played += 1
            refused = next((t for w, t in one if w == "E.M" and t), "")
            heard[refused.split(":")[0][:50] if refused else "answered"] += 1
            if told:
                found += 1
                print(f"seed {seed} {style}\n  {script}\n  {told[:600]}", flush=True)
            seed += 1
    print(f"{played} played up to seed {seed}, {found} told the worlds apart; {heard.most_common(14)}")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
