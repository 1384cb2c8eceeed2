"""Beside the stations: reads `proctor.toml` into an `edge.config.Config`, or tells everything that is wrong with it.

In comes a path; out goes a `Config`, or one `ConfigFault` that names every file, line and remedy. Opens no socket and
makes no file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from types import MappingProxyType

from proctor.app.audit_settings import read_audit
from proctor.app.certificate_settings import read_certificates
from proctor.app.directory_settings import read_directory
from proctor.app.identity_settings import read_identity
from proctor.app.key_settings import read_keys
from proctor.app.messaging import approvals_of
from proctor.app.section import Report, Section, named
from proctor.app.tasks import read_tasks, registration_of, tasks_of
from proctor.app.traces_settings import read_tracing
from proctor.edge.config import (
    Address,
    Agent,
    Config,
    Database,
    Host,
    Limits,
    Listen,
    ListenTls,
    Masking,
    Mcp,
    Person,
    Policy,
    Server,
    Service,
    UpstreamRole,
    UpstreamTls,
    Way,
)
from proctor.edge.issuers import safe
from proctor.edge.secret import Secret
from proctor.edge.verifiers import given_verifier, together
from proctor.errors import ConfigFault
from proctor.terms import Task

MAX_FILE = 16 * 1024 * 1024  # a settings file that is larger is something else
_SOCKET = re.compile(r"\.s\.PGSQL\.\d{1,5}")
WAYS: tuple[Way, ...] = ("scram", "token", "oauth", "certificate")
_TABLES = ("people", "agents", "services")


def load(path: Path, *, secrets: bool = True) -> Config:
    """Read a settings file whole, and raise one `ConfigFault` with all its troubles.

    With `secrets=False` the environment and files that hold secrets are left alone: for those who only look for the
    console's address.
    """
    path = path.absolute()
    report = Report(path, "", secrets)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE + 1)
        if len(raw) > MAX_FILE:
            raise ConfigFault(f"{path}: is too large for a settings file")
        table = tomllib.loads(raw.decode())
        report = Report(path, raw.decode(), secrets)
    except OSError as fault:
        raise ConfigFault(f"{path}: cannot read it: {fault.strerror}; name another file with --config") from fault
    except UnicodeDecodeError as fault:
        line = fault.object.count(b"\n", 0, fault.start) + 1
        raise ConfigFault(f"{path}:{line}: is not UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as fault:
        raise ConfigFault(_syntax(path, str(fault))) from None
    report.other_ways = bool(table.get("identity") or table.get("certificates"))
    config = _read(Section(report, (), table))
    if report.problems:
        raise ConfigFault(report.told())
    return config


def _syntax(path: Path, trouble: str) -> str:
    what, _, place = trouble.rpartition(" (at ")
    line = "".join(each for each in place.partition(",")[0] if each.isdigit())
    return f"{path}:{line}: {what}; this is not TOML" if line else f"{path}: {trouble}; this is not TOML"


def _read(top: Section) -> Config:
    _worry_about_readers(top.report)
    state = top.beside(top.text("state", "./state"))
    databases = {name: _database(name, each) for name, each in top.sections("databases")}
    servers = {name: _server(name, each) for name, each in top.sections("servers")}
    people = {name: _person(name, each) for name, each in top.sections("people")}
    tasks = read_tasks(top)
    agents = {name: _agent(name, each, people, tasks) for name, each in top.sections("agents")}
    services = {name: _service(name, each) for name, each in top.sections("services")}
    _check_databases(top, agents, databases, servers)
    limits = _limits(top.section("limits"))
    listen = _listen(top.section("listen"))
    config = Config(
        source=top.report.source,
        state=state,
        keys=read_keys(top.section("keys"), state / "keys"),
        listen=listen,
        audit=read_audit(top.section("audit")),
        masking=_masking(top.section("masking")),
        approvals=approvals_of(top.section("approvals"), limits, people),
        databases=MappingProxyType(databases),
        servers=MappingProxyType(servers),
        people=MappingProxyType(people),
        agents=MappingProxyType(agents),
        services=MappingProxyType(services),
        identity=read_identity(top),
        certificates=read_certificates(top, listen, (*people, *agents, *services)),
        scim=read_directory(top),
        traces=read_tracing(top),
        limits=limits,
        policy=_policy(top.section("policy")),
        mcp=_mcp(top.section("mcp")),
        warnings=tuple(top.report.warnings),
    )
    top.close()
    _check_names(top)
    _check_ways(top, config)
    if not databases and not servers:
        top.report.note((), "there is no database; write [databases.NAME] with host, user and password")
    return config


def _check_ways(top: Section, config: Config) -> None:
    """Note a door that asks for certificates where none is believed."""
    wanted: dict[tuple[str, ...], Way | None] = {("listen",): config.listen.login}
    wanted |= {("databases", name): each.login for name, each in config.databases.items() if each.login}
    wanted |= {("servers", name): each.template.login for name, each in config.servers.items() if each.template.login}
    for path, way in wanted.items():
        if way == "certificate" and "certificates" not in top.table:
            top.report.note((*path, "login"), "there is no [certificates] that says whose are believed")


def _worry_about_readers(report: Report) -> None:
    shared = report.source.stat().st_mode & 0o077
    if shared and "password" in report.text:
        report.warnings.append(f"{report.source}: others may read it and it has passwords; chmod 600 it")


# --- listen ---------------------------------------------------------------------------------------------------------


def _listen(section: Section) -> Listen:
    default = Listen()
    postgres = _addresses(section, "postgres") or default.postgres
    console = _addresses(section, "console") or default.console
    tls = _listen_tls(section)
    if tls.mode == "off" and (open_ones := [str(each) for each in (*postgres, *console) if not each.local]):
        section.note(
            "tls",
            f'"off" is for loopback and Unix sockets, and {", ".join(open_ones)} is neither; '
            'write tls = "auto", or listen on 127.0.0.1',
        )
    listen = Listen(
        postgres=postgres,
        console=console,
        workers=section.count("workers", default.workers, most=512),
        tls=tls,
        login=section.choice("login", WAYS, "scram"),
        proxy_protocol=_proxies(section),
    )
    section.close()
    return listen


def _addresses(section: Section, key: str) -> tuple[Address, ...]:
    found: list[Address] = []
    texts = section.texts(key)
    if key in section and not texts:
        section.note(key, 'name at least one address, such as "127.0.0.1:6432"')
    for text in texts:
        address = _address(section, text)
        if address is None:
            section.note(key, f'"{text}" is no address; write "host:port", "[::1]:port" or the path of a Unix socket')
        elif address in found and address.port != 0:
            section.note(key, f'"{text}" stands there twice; remove one')
        else:
            found.append(address)
            if key == "postgres" and address.path is not None and _SOCKET.fullmatch(address.path.name) is None:
                worry = f'psql and libpq look for a socket named .s.PGSQL.PORT in a folder, not for "{text}"'
                section.report.warn(section.at(key), worry)
    return tuple(found)


def _address(section: Section, text: str) -> Address | None:
    if text.startswith(("/", "./", "../", "~/")):
        return Address(path=section.beside(text))
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        return None
    if host.startswith("[") and host.endswith("]"):
        try:
            return Address(str(ip_address(host[1:-1])), int(port))
        except ValueError:
            return None
    if not host or any(each in host for each in ":[]/ @"):
        return None
    return Address("0.0.0.0" if host == "*" else host, int(port))  # noqa: S104 only where the operator says so


def _listen_tls(section: Section) -> ListenTls:
    if isinstance(section.take("tls"), dict):
        files = section.section("tls")
        for key in ("cert", "key"):
            files.needed(key, '"server.pem"')
        tls = ListenTls("files", files.readable("cert"), files.readable("key"))
        files.close()
        return tls
    if section.take("tls") in (None, "auto"):
        return ListenTls("auto")
    if section.take("tls") == "off":
        return ListenTls("off")
    section.note("tls", 'write "auto", "off" (loopback only) or { cert = "server.crt", key = "server.key" }')
    return ListenTls("auto")


def _proxies(section: Section) -> tuple[IPv4Network | IPv6Network, ...]:
    found: list[IPv4Network | IPv6Network] = []
    for text in section.texts("proxy_protocol"):
        try:
            found.append(ip_network(text))
        except ValueError:
            section.note("proxy_protocol", f'"{text}" is no network; write one such as "10.0.0.0/8"')
    return tuple(found)


# --- databases ------------------------------------------------------------------------------------------------------


def _database(name: str, section: Section) -> Database:
    database = _reached(name, section, section.text("database", name))
    section.close()
    return database


def _server(name: str, section: Section) -> Server:
    listed = section.take("databases")
    names: tuple[str, ...] | None = None
    if listed is None:
        section.report.note(section.path, 'databases is missing; write databases = "*" or a list of names')
    elif listed != "*":
        names = section.texts("databases")
    server = Server(
        name,
        _reached(name, section, section.text("database", "postgres")),
        None if names is None else frozenset(names),
    )
    section.close()
    return server


def _reached(name: str, section: Section, database: str) -> Database:
    section.choice("engine", ("postgresql",), "postgresql")
    hosts = _hosts(section)
    role = UpstreamRole(section.needed("user", '"…", the gateway\'s own role at the database'), section.secret())
    users: dict[str, UpstreamRole] = {}
    for group, each in section.sections("users"):
        users[group] = UpstreamRole(each.needed("user", '"…"'), each.secret())
        each.close()
    local = all(host.local for host in hosts)
    tls: UpstreamTls = section.choice("tls", ("verify-full", "require", "off"), "off" if local else "verify-full")
    if tls != "verify-full" and not local:
        section.report.warn(section.at("tls"), f'"{tls}" lets whoever is on the way pose as the database')
    return Database(
        name=name,
        hosts=hosts,
        database=database,
        role=role,
        environment=section.choice("environment", ("production", "staging", "development"), "production"),
        users=MappingProxyType(users),
        tls=tls,
        ca=section.readable("ca"),
        target_session_attrs=section.choice(
            "target_session_attrs",
            ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
            "any",
        ),
        dry_run=section.flag("dry_run"),
        login=_way(section),
    )


def _way(section: Section) -> Way | None:
    if section.take("login") is None:
        return None
    way: Way = section.choice("login", WAYS, "scram")
    return way


def _hosts(section: Section) -> tuple[Host, ...]:
    if "host" not in section:
        section.needed("host", '"127.0.0.1", or the folder of a Unix socket')
    names = section.texts("host") or ("127.0.0.1",)
    for name in names:
        if any(each in name for each in " ,@[]") or (":" in name and not _is_ip(name)):
            # A URL with a password in it may be what stands there, so it is not repeated.
            section.note("host", "is no host; write the name or address alone, and the port as port = 5432")
    port = section.count("port", 5432, most=65535)
    return tuple(Host(name, port) for name in names)


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


# --- who ------------------------------------------------------------------------------------------------------------


def _person(name: str, section: Section) -> Person:
    enabled = section.flag("enabled", default=True)
    groups, password, former = _login(section)
    return Person(name, groups, password, enabled, former)


def _service(name: str, section: Section) -> Service:
    enabled = section.flag("enabled", default=True)
    groups, password, former = _login(section)
    return Service(name, groups, password, enabled, former)


def _login(section: Section, *, close: bool = True) -> tuple[frozenset[str], Secret | None, Secret | None]:
    groups = frozenset(section.texts("groups"))
    password, former = section.secret(), section.secret("former_password")
    if password is None and not section.report.other_ways:
        section.report.warn(section.path, "has no password, so nobody can log in by that name")
    elif password is not None and password.value is not None and not _usable(password.value):
        section.report.note(section.path, "its SCRAM-SHA-256 verifier is broken; write what `proctor passwd` prints")
    if former is not None and (password is None or not _both(password, former)):
        section.note(
            "former_password",
            "is the one before `password`, and of its kind: both plain, or two verifiers of one salt and iterations",
        )
    if close:
        section.close()
    return groups, password, former


def _both(password: Secret, former: Secret) -> bool:
    if password.value is None or former.value is None:
        return True  # they are not looked at here
    try:
        return together(password.value, former.value)
    except ValueError:
        return False


def _usable(password: str) -> bool:
    try:
        given_verifier(password)
    except ValueError:
        return False
    return True


def _agent(name: str, section: Section, people: Mapping[str, Person], tasks: Mapping[str, Task]) -> Agent:
    owner = section.needed("owner", '"alice", the person it acts for')
    if owner and owner not in people:
        section.note("owner", f"there is no [people.{named((owner,))}]; the owner is a person of this file")
    groups, password, former = _login(section, close=False)
    bound = tasks_of(section, tasks)
    owner_groups = people[owner].groups if owner in people else frozenset()
    registration, expires = replace(registration_of(section), owner=owner), section.moment("expires")
    enabled = section.flag("enabled", default=True)
    section.close()
    return Agent(name, owner, groups, password, bound, owner_groups, registration, enabled, expires, former)


def _check_databases(
    top: Section, agents: Mapping[str, Agent], databases: Mapping[str, Database], servers: Mapping[str, Server]
) -> None:
    """Note agents that are registered for a database that nobody offers."""
    for name, agent in agents.items():
        for wanted in sorted(agent.registration.databases or ()):
            if wanted not in databases and all(server.database(wanted) is None for server in servers.values()):
                top.report.note(("agents", name, "databases"), f'there is no database "{wanted}"')


def _check_names(top: Section) -> None:
    """Note names that stand for two principals: a grant to one would be a grant to the other."""
    seen: dict[str, str] = {}
    for kind in _TABLES:
        table = top.table.get(kind)
        for name in table if isinstance(table, dict) else ():
            if name in seen:
                top.report.note((kind, name), f"[{seen[name]}] has this name already; names are unique, choose another")
            seen.setdefault(name, named((kind, name)))


# --- the rest -------------------------------------------------------------------------------------------------------


def _masking(section: Section) -> Masking:
    masking = Masking(section.choice("style", ("useful", "redact"), "useful"))
    section.close()
    return masking


def _limits(section: Section) -> Limits:
    default = Limits()
    limits = Limits(
        login=section.seconds("login", default.login),
        idle=section.seconds("idle", default.idle),
        statement=section.seconds("statement", default.statement),
        hold=section.seconds("hold", default.hold),
        sessions_per_identity=section.count("sessions_per_identity", default.sessions_per_identity),
        result_rows=section.count("result_rows", default.result_rows),
        result_bytes=section.size("result_bytes", default.result_bytes),
        message_bytes=section.size("message_bytes", default.message_bytes),
        masked_cell_bytes=section.size("masked_cell_bytes", default.masked_cell_bytes),
        withheld_bytes=section.size("withheld_bytes", default.withheld_bytes),
    )
    section.close()
    return limits


_SCOPE = re.compile(r"[!#-\[\]-~]{1,100}")  # RFC 6749, 3.3


def _mcp(section: Section) -> Mcp:
    for origin in section.texts("origins"):
        if not origin.startswith(("https://", "http://")) or origin.count("/") != 2:
            section.note("origins", f'"{origin}" is no origin; write one such as "https://tools.example"')
    url = section.text("url")
    if url and (not safe(url) or "#" in url or "?" in url or '"' in url or not url.isprintable()):
        section.note("url", 'must be the address that clients use, such as "https://proctor.example/mcp"')
    scopes = section.texts("scopes")
    if not all(_SCOPE.fullmatch(scope) for scope in scopes):
        section.note("scopes", 'names scopes as the issuer gives them, as in ["query"]')
    mcp = Mcp(url, tuple(scopes), frozenset(section.texts("origins")), frozenset(section.texts("hosts")))
    section.close()
    return mcp


def _policy(section: Section) -> Policy:
    paths = tuple(section.beside(text) for text in section.texts("paths"))
    for path in paths:
        if not path.exists():
            section.note("paths", f"there is no {path}; name a *.cedar file or a folder of them")
    section.close()
    return Policy(paths)
