"""psql, pg_dump and pgbench through the gateway do what they do without it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.databases.lab import PEOPLE, Lab

TIMEOUT = 120


def program(stage: Lab, name: str, *arguments: str, dsn: str, stdin: str = "", cwd: Path | None = None) -> str:
    """Run a program of the server's own version and return all that it printed, with how it ended."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    done = subprocess.run(
        [str(stage.server.binaries / name), *arguments, dsn],
        input=stdin, capture_output=True, text=True, check=False, timeout=TIMEOUT, cwd=cwd, env={**environment, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    return f"{done.stdout}{done.stderr}exit {done.returncode}"


def both(stage: Lab, name: str, *arguments: str, stdin: str = "", cwd: Path | None = None) -> tuple[str, str]:
    """Run a program around the gateway, then through it."""
    around = program(stage, name, *arguments, dsn=stage.direct_dsn(), stdin=stdin, cwd=cwd)
    through = program(stage, name, *arguments, dsn=stage.dsn(), stdin=stdin, cwd=cwd)
    return around, through


def still(printed: str) -> list[str]:
    """Return the parts between a script's `==` lines, with sizes put aside: the server's own housekeeping moves those at any time."""
    sizes = re.sub(r" *\b\d+ (?:bytes|[kMG]B)\b *", " <size> ", printed)
    return re.split(r"^== ", re.sub(r"-{3,}| {2,}", " ", sizes), flags=re.MULTILINE)


def told_apart(commands: tuple[str, ...]) -> str:
    """Return a script of these, each behind a line with `==` and its letters."""
    return "".join(f"\\echo == {command[1:]}\n{command}\n" for command in commands)


BACKSLASHES = (
    r"\d", r"\d+", r"\d parts", r"\d+ parts", r"\d bins", r"\d heavy", r"\d+ heavy", r"\d parts_label", r"\d ticks", r"\d nothing",
    r"\d bins*", r"\dt", r"\dt+", r"\dt *.*", r"\df", r"\df+", r"\df twice", r"\sf twice", r"\sf+ twice", r"\sv heavy", r"\l", r"\l+",
    r"\du", r"\du+", r"\dg", r"\dn", r"\dn+", r"\dp", r"\z parts", r"\dT", r"\dT+", r"\dT+ colour", r"\dD", r"\di", r"\di+", r"\ds",
    r"\ds+", r"\dv", r"\dv+", r"\dm", r"\dS pg_class", r"\dx", r"\dx+", r"\dc", r"\dC int4range", r"\do =", r"\da count", r"\db",
    r"\db+", r"\ddp", r"\des", r"\dE", r"\dew", r"\deu", r"\det", r"\dF", r"\dFd", r"\dFp", r"\dFt", r"\dL", r"\dl", r"\do+ ||",
    r"\dO", r"\dp *.parts", r"\drds", r"\dRp", r"\dRs", r"\dX", r"\dy", r"\dA", r"\dAc btree", r"\dAf btree int*", r"\dAo btree int4*",
    r"\dd", r"\dP", r"\dconfig work_mem", r"\encoding", r"\dt nothing", r"\df nothing",
)  # fmt: skip


def test_the_backslash_commands_show_the_same(stage: Lab) -> None:
    """All of them in one session each way, told apart by a line of their own."""
    script = told_apart(BACKSLASHES)
    around, through = both(stage, "psql", "-X", stdin=script)
    assert still(through) == still(around)
    assert through.count("\n== ") == around.count("\n== ") == len(BACKSLASHES) - 1


@pytest.mark.parametrize(
    "script",
    [
        "select id, label, weight from parts order by id limit 3;\n\\x\nselect * from parts where id = 7;\n\\gdesc\n",
        "select 1 as one \\gset\n\\echo :one\nselect :one + 1;\nselect 'a', 'b' \\bind \\g\nselect $1::int + $2::int \\bind 1 2 \\g\n",
        "\\set ON_ERROR_ROLLBACK on\nbegin;\nselect 1/0;\nselect 2;\ncommit;\n",
        "\\set FETCH_COUNT 7\nselect id from parts order by id;\nselect 1/(id - 50) from parts order by id;\n",
        "\\set AUTOCOMMIT off\nselect 1;\nrollback;\nselect nope;\nselect 1;\nrollback;\n",
        "\\set VERBOSITY verbose\nselect nope from parts;\nselect 1/0;\nselect 'x'::int;\n\\errverbose\n",
        "select format('select %s', n) from generate_series(1, 3) n \\gexec\nselect id, qty, label from parts where id < 4 \\crosstabview\n",
        "\\timing off\n\\pset null NIX\n\\a\n\\t\nselect null, id from parts where id < 3;\nselect 1; select 2; select 3;\n",
        "\\copy (select id, label from parts order by id limit 5) to pstdout csv header\nselect 1;\n",
        "begin;\n\\copy bins (slot, depth) from pstdin\nk1\t1\nk2\t2\n\\.\nselect slot, depth from bins where slot like 'k%' order by 1;\nrollback;\n",
        "copy bins (slot, depth) from stdin;\nbad\tnot a number\n\\.\nselect 1;\n",
        "listen here;\nnotify here, 'word';\nselect 1;\n\\unset nothing\n\\c\nselect current_user;\n",
        "select version() = version(), current_database() is not null;\n\\watch_nothing\n",
    ],
    ids=["formats", "variables", "rollback", "fetch", "autocommit", "verbose", "gexec", "tuples", "copy out", "copy in", "bad copy",
         "notify", "words"],
)  # fmt: skip
def test_a_script_of_psql_prints_the_same(stage: Lab, script: str) -> None:
    around, through = both(stage, "psql", "-X", stdin=script)
    cut = re.compile(r'PID \d+|database "\w+" as user "\w+"')
    assert cut.sub("<who>", through) == cut.sub("<who>", around)


def test_a_file_is_copied_out_and_in_again(stage: Lab, tmp_path: Path) -> None:
    script = (
        "\\copy parts to 'parts.txt'\n\\copy parts to 'parts.bin' (format binary)\nbegin;\ncreate temp table again (like parts);\n"
        "\\copy again from 'parts.txt'\n\\copy again from 'parts.bin' (format binary)\n"
        "select count(*), count(distinct id) from again;\nselect * from again except select * from parts;\nrollback;\n"
    )
    around, through = both(stage, "psql", "-X", stdin=script, cwd=tmp_path)
    assert through == around
    assert "400 |   200" in through


@pytest.mark.parametrize(
    "how", [["--schema-only"], [], ["--inserts", "--table=parts"], ["--data-only", "--format=plain"]], ids=" ".join
)
def test_a_dump_is_the_same(stage: Lab, how: list[str]) -> None:
    """The gateway's own database name and the server's random key of newer psql scripts are not part of a dump."""
    around, through = both(stage, "pg_dump", *how, "--no-owner", "-d")
    cut = re.compile(r"^\\(un)?restrict \w+$", re.MULTILINE)
    assert cut.sub("", through) == cut.sub("", around)
    assert through.endswith("exit 0"), through[-2000:]


def test_a_dump_is_restored_through_the_gateway(stage: Lab) -> None:
    """Into another schema of the same database; what comes out of it again is what went in."""
    dump = program(
        stage, "pg_dump", "--no-owner", "--table=bins", "--table=parts", "--no-comments", "-d", dsn=stage.direct_dsn()
    )
    script = dump[: dump.rindex("exit ")].replace("public.", "again.").replace("SELECT pg_catalog.setval", "-- ")
    script = re.sub(r"^\\(un)?restrict \w+$", "", script, flags=re.MULTILINE)
    stage.run("drop schema if exists again cascade; create schema again authorization app")
    said = program(stage, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", dsn=stage.dsn(), stdin=script)
    assert said.endswith("exit 0"), said
    assert stage.run("select count(*) from again.parts") == [(200,)]
    assert stage.run("select * from again.bins except select * from public.bins") == []
    stage.run("drop schema again cascade")


def test_pgbench_fills_its_tables_and_runs_in_every_mode(stage: Lab) -> None:
    """TPC-B as it comes: initialization with its COPY, then all three protocols with several clients."""
    said = program(stage, "pgbench", "-i", "-q", "-s", "1", "-I", "dtgvpf", dsn=stage.dsn())
    assert said.endswith("exit 0"), said
    for mode in ("simple", "extended", "prepared"):
        said = program(stage, "pgbench", "-n", "-c", "4", "-j", "2", "-t", "10", "-M", mode, dsn=stage.dsn())
        assert "number of transactions actually processed: 40/40" in said, said
        assert "number of failed transactions: 0" in said, said
    (consistent,) = stage.run(
        "select (select sum(abalance) from pgbench_accounts) = (select sum(bbalance) from pgbench_branches) and "
        "(select sum(tbalance) from pgbench_tellers) = (select sum(delta) from pgbench_history)"
    )
    assert consistent == (True,)
    assert stage.run("select count(*) from pgbench_history") == [(120,)]
    stage.run("drop table pgbench_accounts, pgbench_branches, pgbench_tellers, pgbench_history")


def test_the_environment_names_the_gateway_as_it_would_a_server(stage: Lab) -> None:
    """PGHOST and its kin, options, and a service password."""
    host, port = stage.through
    environment = {"PGHOST": host, "PGPORT": str(port), "PGUSER": "ada", "PGPASSWORD": PEOPLE["ada"], "PGDATABASE": "plain",
                   "PGOPTIONS": "-c statement_timeout=4321 -c proctor.reason=INC-42", "PGAPPNAME": "shell"}  # fmt: skip
    done = subprocess.run(
        [str(stage.server.binaries / "psql"), "-XAtc", "show statement_timeout", "-c", "show application_name"],
        capture_output=True, text=True, check=False, timeout=TIMEOUT, env={**os.environ, **environment},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("4321ms\nshell\n", "")
