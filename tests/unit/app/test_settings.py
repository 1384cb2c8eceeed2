"""The operator's contract: what proctor.toml may say, and how its troubles are told."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from proctor.app.settings import load
from proctor.edge.config import Address, Config
from proctor.errors import ConfigFault
from proctor.policy.approvers import SHIPPED, Approvers
from proctor.terms import Budget
from proctor.wire.scram import Verifier

MINIMAL = """
[databases.shop]
host = "127.0.0.1"
user = "proctor"
password = "not-so-secret"
"""

CONTRACT = """# proctor.toml
state = "./state"
[listen]
postgres = "127.0.0.1:6432"
console  = "127.0.0.1:8088"
workers  = 1
tls      = "auto"
[audit]
durability = "adaptive"
[masking]
style = "useful"
[approvals]
wait = "120s"
[databases.shop]
engine = "postgresql"
host = "127.0.0.1"
port = 5432
database = "shop"
user = "proctor"
password_env = "SHOP_PASSWORD"
environment = "production"
users = { dba = { user = "dba_role", password_env = "X" } }
[people.alice]
groups = ["engineering"]
password = "hunter2"
[agents.copilot]
owner = "alice"
password = "agentpw"
[keys]
mask = { env = "MASK_KEY" }
[limits]
login = "10s"
[policy]
paths = []
"""


def read(folder: Path, text: str) -> Config:
    path = folder / "proctor.toml"
    path.write_text(text)
    path.chmod(0o600)
    return load(path)


def troubles(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigFault) as caught:
        read(folder, text)
    prefix = re.escape(str(folder / "proctor.toml"))
    return [re.sub(f"^{prefix}:", "", line) for line in caught.value.message.splitlines()]


def test_the_contract_of_the_manual_loads_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "s1")
    monkeypatch.setenv("X", "s2")
    config = read(tmp_path, CONTRACT)
    shop = config.databases["shop"]
    assert config.state == tmp_path / "state"
    assert config.listen.postgres == (Address("127.0.0.1", 6432),)
    assert (shop.host.name, shop.host.port, shop.environment, shop.tls) == ("127.0.0.1", 5432, "production", "off")
    assert shop.role.password is not None
    assert shop.role.password.reveal() == "s1"
    assert shop.role_for(frozenset({"dba"})).user == "dba_role"
    assert shop.role_for(frozenset({"engineering"})).user == "proctor"
    assert config.agents["copilot"].identity("scram").on_behalf_of == "alice"
    assert config.keys.mask.env == "MASK_KEY"
    assert config.keys.sign.file == tmp_path / "state" / "keys" / "log.pem"
    assert config.keys.sign.made
    assert config.approvals.wait == 120


def test_what_is_left_out_is_the_safer_behaviour(tmp_path: Path) -> None:
    config = read(tmp_path, MINIMAL)
    assert config.databases["shop"].environment == "production"
    assert config.databases["shop"].database == "shop"
    assert config.listen.tls.mode == "auto"
    assert all(address.local for address in (*config.listen.postgres, *config.listen.console))
    assert config.warnings == ()


def test_a_remote_database_is_verified_unless_told_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, MINIMAL.replace("127.0.0.1", "db.example.com")).databases["shop"].tls == "verify-full"
    config = read(tmp_path, MINIMAL.replace("127.0.0.1", "db.example.com") + 'tls = "off"\n')
    assert "pose as the database" in config.warnings[0]


def test_a_unix_socket_folder_is_a_host(tmp_path: Path) -> None:
    host = read(tmp_path, MINIMAL.replace("127.0.0.1", "/run/postgresql")).databases["shop"].host
    assert (host.unix, host.port) == (True, 5432)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        pytest.param('"127.0.0.1:6432"', [Address("127.0.0.1", 6432)], id="one"),
        pytest.param('["127.0.0.1:1", "[::1]:2"]', [Address("127.0.0.1", 1), Address("::1", 2)], id="a list"),
        pytest.param('"localhost:0"', [Address("localhost", 0)], id="any port"),
        pytest.param('"*:6432"', [Address("0.0.0.0", 6432)], id="everywhere"),
        pytest.param('"/run/proctor.sock"', [Address(path=Path("/run/proctor.sock"))], id="a unix socket"),
    ],
)
def test_an_address_is_read(tmp_path: Path, written: str, read_as: list[Address]) -> None:
    assert read(tmp_path, f"listen.postgres = {written}\n{MINIMAL}").listen.postgres == tuple(read_as)


@pytest.mark.parametrize("written", ["6432", '"6432"', '"127.0.0.1"', '"::1:6432"', '"a:b"', '"h:70000"', "[]", '""'])
def test_what_is_no_address_is_told(tmp_path: Path, written: str) -> None:
    found = troubles(tmp_path, f"listen.postgres = {written}\n{MINIMAL}")
    assert found[0].startswith("1: listen.postgres: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("stat = 1", '1: stat: unknown key; did you mean "state"?', id="unknown at the top"),
        pytest.param("[listen]\nconsol = 'x'", '2: listen.consol: unknown key; did you mean "console"?', id="in table"),
        pytest.param("\n[approvals]\nwait = 120", "3: approvals.wait: must be a duration", id="no unit"),
        pytest.param('[masking]\nstyle = "usefull"', '2: masking.style: write "useful" or "redact"', id="choice"),
        pytest.param('[limits]\nlogin = "0s"', "2: limits.login: must be longer than nothing", id="nothing"),
        pytest.param("[limits]\nresult_rows = -1", "2: limits.result_rows: must be a whole number", id="negative"),
        pytest.param(
            '[limits]\nmessage_bytes = "64Q"', "2: limits.message_bytes: must be a number of bytes", id="size"
        ),
        pytest.param("[listen]\nworkers = true", "2: listen.workers: must be a whole number", id="bool is no number"),
        pytest.param("listen = 3", "1: listen: must be a table", id="no table"),
        pytest.param(
            '[agents.bot]\nowner = "bob"\npassword = "x"', "2: agents.bot.owner: there is no [people.bob]", id="owner"
        ),
        pytest.param('[agents.bot]\npassword = "x"', "1: agents.bot: owner is missing", id="no owner"),
        pytest.param(
            '[listen]\npostgres = "0.0.0.0:1"\ntls = "off"', '3: listen.tls: "off" is for loopback', id="tls off"
        ),
        pytest.param('[listen]\ntls = "on"', '2: listen.tls: write "auto", "off"', id="tls"),
        pytest.param(
            '[listen]\ntls = {cert="no.pem", key="no.key"}', "2: listen.tls.cert: cannot read", id="tls files"
        ),
        pytest.param('[mcp]\nscopes = ["query all"]', "2: mcp.scopes: names scopes", id="a scope with a space"),
        pytest.param('[mcp]\nurl = "http://proctor.example/mcp"', "2: mcp.url: must be the address", id="mcp plain"),
        pytest.param('[listen]\nproxy_protocol = ["x"]', '2: listen.proxy_protocol: "x" is no network', id="network"),
        pytest.param('[policy]\npaths = ["none.cedar"]', "2: policy.paths: there is no", id="policy path"),
        pytest.param('[approvals]\nwait = "2h"', "2: approvals.wait: is longer than a ticket lives", id="wait"),
        pytest.param('[servers.main]\nhost="h"\nuser="u"', "1: servers.main: databases is missing", id="server"),
        pytest.param("[keys]\nmask = { }", '2: keys.mask: write { file = "…" }', id="key"),
    ],
)
def test_a_trouble_names_its_line_and_the_remedy(tmp_path: Path, text: str, expected: str) -> None:
    assert [line for line in troubles(tmp_path, text + "\n" + MINIMAL) if line.startswith(expected)]


def test_every_trouble_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = troubles(tmp_path, f"nope = 1\n[masking]\nstyle = 1\n[audit]\ndurabilty = 'x'\n{MINIMAL}")
    assert [line.split(":")[0] for line in found] == ["1", "3", "5"]


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    assert troubles(tmp_path, "state = './s'\nlisten = = 3\n")[0].startswith("2: ")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="cannot read it: No such file"):
        load(tmp_path / "none.toml")


def test_two_principals_never_share_a_name(tmp_path: Path) -> None:
    """A grant to one would be a grant to the other."""
    text = '[people.x]\npassword="a"\n[services.x]\npassword="b"\n' + MINIMAL
    assert troubles(tmp_path, text) == [
        "3: services.x: [people.x] has this name already; names are unique, choose another"
    ]


def test_no_secret_shows_in_a_repr_or_a_trouble(tmp_path: Path) -> None:
    text = MINIMAL + '[people.alice]\npassword = "hunter2"\n'
    assert "hunter2" not in repr(read(tmp_path, text))
    assert "not-so-secret" not in repr(read(tmp_path, text))
    found = troubles(tmp_path, text.replace('"hunter2"', '"hunter2"\npassword_env = "hunter2x"\npasword = "hunter2"'))
    assert "hunter2" not in "\n".join(found)
    found = troubles(tmp_path, MINIMAL.replace("127.0.0.1", "postgres://u:hunter2@h"))
    assert "hunter2" not in "\n".join(found)


def test_a_secret_comes_from_a_file_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("from the file\n")
    (tmp_path / "pw").chmod(0o600)
    config = read(tmp_path, MINIMAL + '[people.alice]\npassword_file = "pw"\n')
    assert config.people["alice"].password is not None
    assert config.people["alice"].password.reveal() == "from the file"
    assert config.warnings == ()


def test_a_file_that_others_may_read_is_worth_a_word(tmp_path: Path) -> None:
    path = tmp_path / "proctor.toml"
    path.write_text(MINIMAL)
    path.chmod(0o644)
    assert "chmod 600" in load(path).warnings[0]


def test_an_empty_environment_is_a_trouble_only_for_who_needs_the_secret(tmp_path: Path) -> None:
    text = MINIMAL.replace('password = "not-so-secret"', 'password_env = "PROCTOR_TEST_ABSENT"')
    assert "gives nothing" in troubles(tmp_path, text)[0]
    config = load(tmp_path / "proctor.toml", secrets=False)
    password = config.databases["shop"].role.password
    assert password is not None
    with pytest.raises(ConfigFault, match="has not been read"):
        password.reveal()


def test_a_broken_verifier_is_not_taken_for_a_password(tmp_path: Path) -> None:
    found = troubles(tmp_path, MINIMAL + '[people.alice]\npassword = "SCRAM-SHA-256$1:x$y:z"\n')
    assert found == ["6: people.alice: its SCRAM-SHA-256 verifier is broken; write what `proctor passwd` prints"]


def test_a_server_offers_every_database_or_those_named(tmp_path: Path) -> None:
    text = '[servers.main]\nhost = "h"\nuser = "u"\ndatabases = '
    everything = read(tmp_path, text + '"*"\n' + MINIMAL)
    found = everything.database("later")
    assert found is not None
    assert (found.name, found.database, found.environment) == ("later", "later", "production")
    assert everything.database("shop") == everything.databases["shop"]
    some = read(tmp_path, text + '["a"]\n' + MINIMAL)
    assert some.database("a") is not None
    assert some.database("b") is None


def test_a_quoted_or_nested_name_keeps_its_line(tmp_path: Path) -> None:
    text = MINIMAL + '[databases.shop.users]\n"g 1" = { user = "x", pasword = "y" }\n'
    assert troubles(tmp_path, text)[0].startswith("7: databases.shop.users.'g 1'.pasword: unknown key")


def witness_key(name: str = "witness.test/w1", fill: int = 0) -> str:
    from proctor.audit.witness import Witness

    return str(Witness(name, bytes([fill]) * 32))


def test_witnesses_a_fence_stamps_and_a_signing_command_are_read(tmp_path: Path) -> None:
    (tmp_path / "tsa.pem").write_text("root")
    config = read(
        tmp_path,
        MINIMAL
        + f"""
[audit]
fence = "./fence"
[audit.witnesses]
quorum = 1
every = "5s"
[audit.witnesses.north]
url = "https://north.example.org/w"
key = "{witness_key()}"
[audit.witnesses.south]
url = "http://127.0.0.1:7380/"
key = "{witness_key("s", 1)}"
[audit.stamps]
url = "https://tsa.example.org/"
ca = "tsa.pem"
every = "12h"
[audit.sinks.siem]
kind = "syslog"
host = "logs.example.org"
[audit.sinks.hec]
kind = "splunk"
form = "ocsf"
url = "https://hec.example.org/services/collector"
token = "t0ken"
[audit.sinks.lines]
kind = "file"
path = "lines.jsonl"
[audit.retention]
segments = 9
[keys]
sign = {{ command = ["sign-log"], public = "{"A" * 43}=" }}
""",
    )
    audit = config.audit
    assert audit.fence == tmp_path / "fence"
    assert (audit.witnessing.quorum, audit.witnessing.every) == (1, 5.0)
    assert [seat.name for seat in audit.witnessing.seats] == ["north", "south"]
    siem, hec, lines = audit.sinks
    assert (siem.kind, siem.form, siem.port, siem.tls) == ("syslog", "cef", 6514, True)
    assert (hec.form, hec.token and hec.token.reveal()) == ("ocsf", "t0ken")
    assert (lines.form, lines.path, audit.retention.segments) == ("record", tmp_path / "lines.jsonl", 9)
    assert (audit.stamping.ca, audit.stamping.every) == (tmp_path / "tsa.pem", 43200.0)
    assert (config.keys.sign.command, config.keys.sign.public) == (("sign-log",), bytes(32))


@pytest.mark.parametrize(
    ("more", "trouble"),
    [
        ('[audit.witnesses.a]\nurl = "https://w/"\nkey = "x"', "is no verifier key of a witness"),
        ('[audit.witnesses.a]\nurl = "http://w.example.org/"\nkey = "KEY"', "http:// is for this machine alone"),
        ('[audit.witnesses.a]\nurl = "https://me:pw@w/"\nkey = "KEY"', "a password does not belong into it"),
        ('[audit.witnesses]\nquorum = 2\n[audit.witnesses.a]\nurl = "https://w/"\nkey = "KEY"', "more than the 1"),
        ('[audit.sinks.a]\nkind = "file"', "path is missing"),
        ('[audit.sinks.a]\nkind = "syslog"\nhost = "l.example.org"\ntls = "off"', '"off" is for this machine alone'),
        ('[audit.sinks.a]\nkind = "webhook"\nurl = "http://l.example.org"', "http:// is for this machine alone"),
        ('[audit.sinks.a]\nkind = "otlp"\nurl = "https://l"\nform = "ecs"', "a form of its own"),
        ('[audit.sinks.a]\nkind = "pigeon"', 'write "file" or'),
        ('[audit.stamps]\nurl = "https://tsa/"', "ca is missing"),
        ('[keys]\nsign = { command = ["x"] }', "write the Ed25519 public key"),
        ('[keys]\nsign = { file = "x/log.pem", public = "AA==" }', "beside which the signer keeps its memory"),
    ],
)
def test_troubles_of_the_journals_settings_are_told(tmp_path: Path, more: str, trouble: str) -> None:
    assert any(trouble in line for line in troubles(tmp_path, MINIMAL + more.replace("KEY", witness_key())))


TASKS = """
[databases.shop]
host = "127.0.0.1"
user = "proctor"
[people.alice]
password = "alicepw"
[agents.clerk]
owner = "alice"
password = "clerkpw"
tasks = ["billing"]
[tasks.billing]
tables = ["public.orders", "billing.*"]
"""


def test_an_agent_is_bound_to_tasks_and_a_task_to_tables(tmp_path: Path) -> None:
    path = tmp_path / "proctor.toml"
    path.write_text(TASKS)
    (task,) = load(path).agents["clerk"].identity("scram").tasks
    assert (task.name, task.tables) == ("billing", {"public.orders", "billing.*"})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (('["billing"]', '["biling"]'), "10: agents.clerk.tasks: there is no [tasks.biling]; describe it"),
        (('["billing"]', "[]"), "10: agents.clerk.tasks: an empty list would bind the agent to nothing"),
        (('"public.orders"', '"orders"'), "12: tasks.billing.tables: names tables with their schema"),
        (('tables = ["public.orders", "billing.*"]', ""), "11: tasks.billing.tables: names tables with their schema"),
        (('"billing.*"', '"*"'), "12: tasks.billing.tables: names tables with their schema"),
    ],
    ids=["no such task", "bound to nothing", "no schema", "no tables", "everything"],
)
def test_a_task_that_would_bind_to_nothing_is_told(tmp_path: Path, wrong: tuple[str, str], told: str) -> None:
    assert wrong[0] in TASKS
    path = tmp_path / "proctor.toml"
    path.write_text(TASKS.replace(*wrong))
    with pytest.raises(ConfigFault) as caught:
        load(path)
    assert told in caught.value.message


CHANNELS = """
[databases.shop]
host = "127.0.0.1"
user = "proctor"
[people.dora]
groups = ["dba"]
password = "dorapw"
[approvals.webhooks.ops]
url = "https://hooks.example.com/in"
secret = "s3cret"
format = "teams"
[approvals.slack]
secret = "shh"
people = { U024 = "dora" }
"""


def test_ways_in_and_out_of_the_desk_are_read(tmp_path: Path) -> None:
    approvals = read(tmp_path, CHANNELS).approvals
    (webhook,) = approvals.webhooks
    assert (webhook.name, webhook.url, webhook.format) == ("ops", "https://hooks.example.com/in", "teams")
    assert "s3cret" not in repr(approvals)
    assert approvals.slack is not None
    assert dict(approvals.slack.people) == {"U024": "dora"}
    assert approvals.teams is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param(
            '"https://hooks', '"http://hooks', "9: approvals.webhooks.ops.url: must be https://", id="in the clear"
        ),
        pytest.param("https://hooks", "https://me:pw@hooks", "9: approvals.webhooks.ops.url: must be", id="a password"),
        pytest.param('secret = "s3cret"', "", "8: approvals.webhooks.ops: secret is missing", id="unsigned"),
        pytest.param(
            'format = "teams"', 'format = "irc"', "11: approvals.webhooks.ops.format: write", id="no such form"
        ),
        pytest.param('U024 = "dora"', 'U024 = "eve"', "14: approvals.slack.people.U024: there is no", id="a stranger"),
        pytest.param('format = "teams"', 'fromat = "x"', "11: approvals.webhooks.ops.fromat: unknown key", id="a slip"),
    ],
)
def test_what_is_wrong_with_them_is_told_by_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert any(line.startswith(told) for line in troubles(tmp_path, CHANNELS.replace(old, new))), troubles(
        tmp_path, CHANNELS.replace(old, new)
    )


DECIDERS = """
[databases.shop]
host = "127.0.0.1"
user = "proctor"
[people.dora]
groups = ["leads"]
password = "dorapw"
[people.sam]
groups = ["leads", "security"]
password = "sampw"
[approvals]
approvers = ["leads"]
quorum = 2
[approvals.grants]
approvers = ["security"]
quorum = 1
"""


def test_who_approves_is_written_down_and_otherwise_one_of_dba_or_security(tmp_path: Path) -> None:
    found = read(tmp_path, DECIDERS)
    assert found.approvals.tickets == Approvers(frozenset({"leads"}), 2)
    assert found.approvals.grants == Approvers(frozenset({"security"}), 1)
    assert found.warnings == ()
    shipped = read(tmp_path, CHANNELS).approvals
    assert (shipped.tickets, shipped.grants) == (SHIPPED, SHIPPED)
    without = read(tmp_path, DECIDERS.split("[approvals.grants]", maxsplit=1)[0]).approvals
    assert without.grants == without.tickets, "grants follow the tickets where nothing is said of them"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param('= ["leads"]\nquorum', "= []\nquorum", "12: approvals.approvers: names nobody", id="nobody"),
        pytest.param('= ["leads"]\nquorum', '= "a,b"\nquorum', '12: approvals.approvers: "a,b" is no', id="a comma"),
        pytest.param('= ["leads"]\nquorum', "= 7\nquorum", "12: approvals.approvers: must be a list", id="a number"),
        pytest.param(
            "quorum = 2", "quorum = 0", "13: approvals.quorum: must be a whole number from 1 to 10", id="none"
        ),
        pytest.param("quorum = 2", "quorum = 11", "13: approvals.quorum: must be a whole number from 1", id="a crowd"),
        pytest.param("quorum = 1", "qourum = 1", "16: approvals.grants.qourum: unknown key; did you", id="a slip"),
        pytest.param('["security"]\nquorum', '[" "]\nquorum', '15: approvals.grants.approvers: " " is', id="blank"),
    ],
)
def test_approvers_that_cannot_be_meant_are_told_by_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in DECIDERS
    found = troubles(tmp_path, DECIDERS.replace(old, new))
    assert any(line.startswith(told) for line in found), found


def test_a_quorum_that_nobody_here_can_reach_is_worth_a_word(tmp_path: Path) -> None:
    (word,) = read(tmp_path, DECIDERS.replace("quorum = 2", "quorum = 3")).warnings
    assert ":13: approvals.quorum: 3 must agree, and this file has 2 people" in word


REGISTERED = """
[databases.shop]
host = "127.0.0.1"
user = "proctor"
[people.alice]
groups = ["engineering"]
password = "alicepw"
[agents.clerk]
owner = "alice"
password = "clerkpw"
purpose = "answers questions"
databases = ["shop"]
actions = ["read", "update"]
model = "m-1"
version = "7"
expires = 2027-01-31T18:00:00Z
enabled = false
budget = { statements = 100, cells = 5 }
"""


def test_an_agent_is_registered_with_bounds_and_an_end(tmp_path: Path) -> None:
    path = tmp_path / "proctor.toml"
    path.write_text(REGISTERED)
    config = load(path)
    agent = config.agents["clerk"]
    asker = agent.identity("scram")
    assert asker.registration.databases == {"shop"}
    assert asker.registration.actions == {"read", "update"}
    assert (asker.person_groups, asker.on_behalf_of) == ({"engineering"}, "alice")
    assert asker.registration.budget == Budget(statements=100, cells=5)
    assert agent.expires is not None
    assert config.fallen("clerk", "alice", agent.expires) == "it is disabled"
    path.write_text(REGISTERED.replace("enabled = false", ""))
    config = load(path)
    assert config.fallen("clerk", "alice", agent.expires) == "its registration has expired"
    early = agent.expires - timedelta(seconds=1)
    assert config.fallen("clerk", "alice", early) is None
    path.write_text(path.read_text().replace("[people.alice]", "[people.alice]\nenabled = false"))
    config = load(path)
    assert config.fallen("clerk", "alice", early) == "the person it acts for is disabled"
    assert config.fallen("clerk", "dora", early) == "its owner is disabled", "whomever its token names"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (('["read", "update"]', '["raed"]'), '13: agents.clerk.actions: "raed" is no action of agents; known are'),
        (('["read", "update"]', '["unmask"]'), '13: agents.clerk.actions: "unmask" is no action of agents'),
        (('["read", "update"]', "[]"), "13: agents.clerk.actions: an empty list would leave the agent nothing"),
        (('["shop"]', '["crm"]'), '12: agents.clerk.databases: there is no database "crm"'),
        (("2027-01-31T18:00:00Z", '"tomorrow"'), "16: agents.clerk.expires: must be a date and time with its zone"),
        (("2027-01-31T18:00:00Z", "2027-01-31T18:00:00"), "16: agents.clerk.expires: must be a date and time with"),
        (("false", '"no"'), "17: agents.clerk.enabled: must be true or false"),
        (("cells = 5", "sells = 5"), '18: agents.clerk.budget.sells: unknown key; did you mean "cells"?'),
        (("cells = 5", "cells = 0"), "18: agents.clerk.budget.cells: must be a whole number from 1"),
        (("answers questions", "x" * 201), "11: agents.clerk.purpose: has at most 200 characters"),
    ],
)
def test_a_registration_that_says_nothing_is_told_with_its_line(
    tmp_path: Path, wrong: tuple[str, str], told: str
) -> None:
    path = tmp_path / "proctor.toml"
    path.write_text(REGISTERED.replace(*wrong))
    with pytest.raises(ConfigFault) as fault:
        load(path)
    assert told in str(fault.value)


def test_a_programs_secret_may_be_changed_with_the_former_one_still_good(tmp_path: Path) -> None:
    def services(text: str) -> object:
        return read(tmp_path, MINIMAL + "[services.loader]\n" + text).services["loader"]

    (tmp_path / "old").write_text("before\n")
    (tmp_path / "old").chmod(0o600)
    loader = services('password = "after"\nformer_password_file = "old"')
    assert loader.former is not None
    assert loader.former.reveal() == "before"
    assert "before" not in repr(loader)
    one, other = (str(Verifier.make(word, b"s" * 16)) for word in ("after", "before"))
    assert services(f'password = "{one}"\nformer_password = "{other}"').former is not None
    salted = Verifier.make("before", b"t" * 16)
    for wrong in ('former_password = "b"', f'password = "{one}"\nformer_password = "{salted}"',
                  f'password = "a"\nformer_password = "{other}"'):  # fmt: skip
        with pytest.raises(ConfigFault, match="is the one before `password`, and of its kind"):
            services(wrong)
