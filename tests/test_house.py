"""The house as it says it is: what the documents claim is held against the code, so that they stay true."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
import tomllib
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from proctor import twins
from proctor.app.settings import load
from proctor.cli.commands import app

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "proctor"
MODULES = sorted(SOURCE.rglob("*.py"))
PAGE = (ROOT / "docs" / "architecture.md").read_text()
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def tracked(*patterns: str) -> list[Path]:
    """Return the committed files, links and what was deleted meanwhile left out."""
    said = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in said.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def table_under(heading: str) -> list[list[str]]:
    """Return the cells of the first table after a text of the architecture page, its head left out."""
    lines = PAGE[PAGE.index(heading) :].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows[2:]


# ---- architecture.md


def test_the_import_table_of_the_page_is_the_contract_that_is_checked() -> None:
    """A page that draws other layers than the ones that hold is worse than none."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = next(c for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    checked = [[room.strip().strip("()") for room in layer.split("|")] for layer in contract["layers"]]
    drawn = [re.findall(r"`(\w+)`", row[0]) for row in table_under("## Who may know whom")]
    assert drawn == checked


def test_every_room_of_the_house_is_in_the_import_table() -> None:
    rooms = {path.stem if path.is_file() else path.name for path in SOURCE.iterdir() if path.name != "__pycache__"}
    rooms -= {"__init__", "__main__", "twins", "py"}
    drawn = {room for row in table_under("## Who may know whom") for room in re.findall(r"`(\w+)`", row[0])}
    assert {room for room in rooms if "." not in room} == drawn


def test_the_page_names_nine_stations_and_each_is_a_module_that_says_so() -> None:
    rows = table_under("| station |")
    assert [row[0] for row in rows] == [str(n) for n in range(1, 10)]
    for number, place, _ in rows:
        module = place.strip("`")
        path = SOURCE / (module.replace(".", "/") + ".py")
        assert path.exists(), f"station {number} is said to be {module}"
        assert number in stations_of(path), f"{module} does not say that it is station {number}"


def stations_of(path: Path) -> set[str]:
    """Return the stations that a module's docstring opens with."""
    first = (ast.get_docstring(ast.parse(path.read_text())) or "").split(".")[0].split(":")[0]
    found = re.match(r"Stations? (\d)(?: (and|to) (\d))?", first)
    if found is None:
        return set()
    start, how, end = found.groups()
    if how == "to":
        return {str(n) for n in range(int(start), int(end) + 1)}
    return {start, end} if end else {start}


# ---- the code


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_before_anything_else(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    opening = docstring.split("\n\n")[0].strip()
    assert len(opening.split()) >= 4, "a docstring says the station or room, what comes in, what goes out"
    assert opening[0].isupper()
    assert opening[-1] in ".:", "the opening is a sentence"


LONGEST = 600  # 400 is what we like; the tables of sql.allowed are data


@pytest.mark.parametrize("path", [p for p in MODULES if "allowed" not in p.parts], ids=name_of)
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST, "split it by noun"


VAGUE = re.compile(r"(Manager|Helper|Util|Utils|Service|Handler)$|^Base[A-Z]")
BUSY = re.compile(r"^_*(do|process|handle)_")


def test_names_are_nouns_and_verbs_of_the_trade() -> None:
    found = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and node.name != "Service" and VAGUE.search(node.name):
                found.append(f"{name_of(path)}: class {node.name}")
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and BUSY.match(node.name):
                found.append(f"{name_of(path)}: {node.name}()")
    assert found == []


# ---- compiled and interpreted


def source_of(module: str) -> Path:
    return ROOT / "src" / Path(*module.split(".")).with_suffix(".py")


@pytest.mark.parametrize("module", twins.COMPILED)
def test_what_is_compiled_is_plain_python(module: str) -> None:
    ast.parse(source_of(module).read_text())


@pytest.mark.parametrize("module", twins.COMPILED)
def test_the_twin_that_was_asked_for_is_the_one_that_runs(module: str) -> None:
    origin = importlib.import_module(module).__file__ or ""
    compiled = origin.endswith(tuple(EXTENSION_SUFFIXES))
    choice = os.environ.get(twins.CHOICE)
    assert compiled == {"forbid": False, "require": True}.get(choice or "", twins.is_compiled(module))
    if compiled:
        sources = (source_of(module), source_of(module).with_suffix(".pxd"))
        newer = all(Path(origin).stat().st_mtime >= path.stat().st_mtime for path in sources if path.exists())
        assert newer, f"{module} was changed after it was compiled: make compiled"


def test_an_interpreted_run_may_be_asked_for_where_a_compiled_twin_lies() -> None:
    module = twins.COMPILED[0]
    ask = f"import importlib; print(importlib.import_module({module!r}).__file__)"
    said = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, twins.CHOICE: "forbid", "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip().endswith(".py")


# ---- what is committed


def test_no_index_address_and_no_path_of_one_machine_is_committed() -> None:
    """The project is cloned to machines that have neither our folders nor our mirrors."""
    indexes = "|".join(("py" + "pi", "python" + "hosted", "npm" + "js", "deb" + "ian"))
    unwanted = re.compile(
        rf"({indexes})\.(org|com)/|/(wo" + r"rk|fa" + r"rm)/[a-z.]|(?<![\w.])/tm" + r"p/[a-z]+lab|/ro" + r"ot/"
    )
    hits = []
    for path in tracked(".", ":!LICENSE"):
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        hits += [f"{path.relative_to(ROOT)}: {found[0]}" for found in unwanted.finditer(text)]
    assert hits == []


@pytest.mark.parametrize("name", ["run", "demo", "dev"])
def test_a_lock_file_holds_versions_and_hashes_and_nothing_else(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert entries
    for entry in entries:
        assert re.fullmatch(r"[a-z0-9.-]+==[\w.+!]+( ;.*)? \\", entry), entry
    assert text.count("--hash=sha256:") >= len(entries)


def test_the_lock_files_agree_with_each_other() -> None:
    def pins(name: str) -> dict[str, str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        return dict(re.findall(r"^([a-z0-9.-]+)==([\w.+!]+)", text, flags=re.MULTILINE))

    run, demo, dev = pins("run"), pins("demo"), pins("dev")
    assert run.items() <= demo.items() <= dev.items()


def test_every_requirement_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def names(wanted: list[str]) -> set[str]:
        return {re.split(r"[\[<>=!~ ;]", text)[0].lower().replace("_", "-") for text in wanted}

    extras = project["optional-dependencies"]
    for name, wanted in (
        ("run", project["dependencies"]),
        ("demo", project["dependencies"] + extras["demo"]),
        ("dev", project["dependencies"] + extras["demo"] + extras["dev"]),
    ):
        locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements" / f"{name}.txt").read_text(), re.MULTILINE))
        assert names(wanted) <= locked, f"make lock: requirements/{name}.txt is behind pyproject.toml"


# ---- the other documents


@pytest.mark.parametrize("path", DECISIONS, ids=lambda p: p.stem)
def test_a_decision_record_is_one_screen_and_has_its_four_parts(path: Path) -> None:
    text = path.read_text()
    parts = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert parts == ["Context", "Decision", "What we gave up", "How we would notice that it was wrong"]
    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert len(text.splitlines()) <= 50


def test_no_two_decision_records_have_one_number() -> None:
    """Numbers are given out in ranges to those who work at the same time, so there are gaps."""
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert sorted(set(numbers)) == numbers


def test_the_goals_are_five_and_ranked() -> None:
    ranked = re.findall(r"^(\d)\. \*\*(.+?)\.\*\*", (ROOT / "docs" / "goals.md").read_text(), flags=re.MULTILINE)
    assert ranked == [
        ("1", "Never leak"),
        ("2", "Never lie in the journal"),
        ("3", "Never surprise the driver"),
        ("4", "Be legible"),
        ("5", "Be fast"),
    ]


def test_the_first_screen_of_the_readme_has_the_two_commands() -> None:
    screen = "\n".join((ROOT / "README.md").read_text().splitlines()[:24])
    assert "make demo" in screen
    assert "make test" in screen


@pytest.mark.parametrize("path", tracked("*.md"), ids=lambda p: p.name)
def test_links_between_the_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = set(" ".join(re.findall(r"^\.PHONY:(.*)$", makefile, flags=re.MULTILINE)).split())
    said = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in said.splitlines() if line.startswith("  make ")} == phony


def test_the_settings_that_the_readme_shows_can_be_used(tmp_path: Path) -> None:
    """Whoever starts by copying them should not start with an error."""
    shown = re.findall(r"```toml\n(.+?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    assert shown
    for number, text in enumerate(shown):
        path = tmp_path / f"{number}.toml"
        path.write_text(text)
        path.chmod(0o600)
        assert load(path, secrets=False).warnings == ()


def test_the_commands_that_the_readme_names_exist() -> None:
    named = set(re.findall(r"proctor (\w+)(?: -|`)", (ROOT / "README.md").read_text()))
    assert {"serve", "check", "passwd"} <= named
    known = {each.name or each.callback.__name__ for each in app.registered_commands if each.callback is not None}
    known |= {each.name for each in app.registered_groups if each.name}
    assert named <= known


def test_make_bench_runs_every_benchmark() -> None:
    from bench.__main__ import ALL, SPEED

    helpers = {"bouncer", "figures", "login", "ordinary", "peers", "plot", "probe", "stage", "standin"}
    beside = {"__init__", "__main__", *helpers}
    there = {path.stem for path in (ROOT / "bench").glob("*.py")} - beside
    assert there == {each.module for each in (*ALL, SPEED)}
