"""What a statement costs in instructions: the guard against a slower way that no timed test could keep.

The compiled modules are built afresh and play a fixed transcript under callgrind, which counts the same on a busy
machine. What is compared is what they execute themselves, for each statement, with the figure of `instructions.json`:
more is a regression, and less is a figure to be written anew. Compilers differ, so that a build that no figure was
taken of gets more room.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

from tests.twins.conftest import ROOT, tree

__all__ = ["tree"]

FIGURES = Path(__file__).with_name("instructions.json")
NEAR, ELSEWHERE = 0.05, 0.30
_NAMED = re.compile(r"(c?ob|c?fn|c?fl|fi|fe)=\((\d+)\)(?: (.*))?")


def counted(profile: str) -> Counter[str]:
    """Return the instructions that each object file has executed itself, from callgrind's own format."""
    objects: dict[str, str] = {}
    found: Counter[str] = Counter()
    here, called = "", False
    for line in profile.splitlines():
        if named := _NAMED.match(line):
            kind, number, name = named.groups()
            if kind in ("ob", "cob"):
                objects.setdefault(number, name or "")
            if kind == "ob":
                here = objects[number]
        elif line.startswith("calls="):
            called = True  # the next line is what the callee took
        elif line[:1] in "0123456789+-*" and line:
            if not called:
                found[here] += int(line.split()[1])
            called = False
    return found


def build() -> str:
    """Return what a count depends on besides the sources: the interpreter's headers and how modules are compiled."""
    said = subprocess.run(["cc", "-dumpversion"], capture_output=True, text=True, check=True).stdout.strip()
    levels = re.findall(r"-O\w", str(sysconfig.get_config_var("CFLAGS")))
    return f"{sys.version_info.major}.{sys.version_info.minor} cc {said} {levels[-1] if levels else ''}".strip()


def test_a_statement_takes_no_more_instructions_than_were_written_down(tree: Path, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", "--zero-before=*Lane*falls_back*"]
    command += [sys.executable, str(Path(__file__).with_name("transcript.py")), str(tmp_path)]
    env = os.environ | {"PROCTOR_COMPILED": "require", "PYTHONPATH": f"{tree}:{ROOT}", "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=env, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    statements = int(done.stdout)
    per = {
        Path(name).name.partition(".")[0]: round(count / statements)
        for name, count in counted(profile.read_text()).items()
        if name.startswith(str(tree))
    }
    assert {"lane", "ledger", "page", "sealing", "boxes", "_batch", "_hot", "_copies"} <= per.keys()
    figures = json.loads(FIGURES.read_text())
    here, total = build(), sum(per.values())
    figure, room = (figures[here], NEAR) if here in figures else (max(figures.values()), ELSEWHERE)
    shares = ", ".join(f"{name} {count:,}" for name, count in sorted(per.items(), key=lambda pair: -pair[1]))
    said = f"{total:,} instructions a statement, where {figure:,} were written down ({here!r}): {shares}"
    print(said)
    assert total < figure * (1 + room), f"{said}: find out what has become slower"
    assert total > figure * (1 - room), f"{said}: write the new figure into {FIGURES.name}"


def test_what_is_called_is_not_counted_twice() -> None:
    profile = """\
ob=(1) /somewhere/lane.so
fl=(1) lane.c
fn=(1) said
10 100
+2 5
cob=(2) /somewhere/libc.so
cfi=(2) mem.c
cfn=(2) copy
calls=3 20
12 3000
* 7
ob=(2)
fn=(2)
20 3000

totals: 3112
"""
    assert counted(profile) == {"/somewhere/lane.so": 112, "/somewhere/libc.so": 3000}
