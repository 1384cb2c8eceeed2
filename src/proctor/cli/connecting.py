"""The commands `login`, `logout` and `connect`: a person, the company's provider, and programs that read PG… variables.

A token goes to the program in its environment, never on a command line, and is fresh whenever `connect` starts one.
"""

# ruff: noqa: PLC0415 - what is heavy is imported by the command that needs it; a command's options are many

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proctor.cli.ground import DEFAULT_CONFIG, ConfigOption, Exit, fail, settings_of, visible

if TYPE_CHECKING:
    from proctor.cli.wallet import Described, Signed

UrlOption = Annotated[
    str, typer.Option(envvar="PROCTOR_URL", help="The gateway's console, such as https://db.example.com:8088.")
]
CaOption = Annotated[
    Path | None,
    typer.Option(envvar="PROCTOR_CA", help="Whose certificate the gateway has, if the machine does not know it."),
]
WAY_IN = "-c proctor.login=token"


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(login)
    app.command()(logout)
    app.command(context_settings={"ignore_unknown_options": False})(connect)


def login(
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    ca: CaOption = None,
    device: Annotated[bool, typer.Option(help="Agree on another device: for servers without a browser.")] = False,
    browser: Annotated[bool, typer.Option(help="Open a browser here; otherwise the address is only printed.")] = True,
    acr: Annotated[str, typer.Option(help="How strongly to sign in, in the provider's word.")] = "",
) -> None:
    """Sign in with the company's provider, and keep the tokens in a file that only you may read.

    Example: `proctor login --url https://db.example.com:8088`
    """
    from proctor.cli.sign_in import Provider, shown_token, user_of
    from proctor.cli.signed_in import where_of
    from proctor.cli.wallet import Signed, Wallet

    where = where_of(config, url, Wallet.usual())
    described = _described(config, where, ca)
    provider = Provider.of(described)
    tokens = provider.by_device() if device else provider.by_browser(show=browser, acr=acr)
    token = shown_token(described, tokens)
    if token is None:
        fail(
            "none of the provider's tokens is for this gateway",
            then=f"the operator sets audience or resource in [identity.…]; it takes {', '.join(described.audience)}",
        )
    with Wallet.usual().open() as wallet:
        wallet.gateways[where] = Signed(described, tokens)
    print(f"signed in as {visible(user_of(Signed(described, tokens), token))}")


def logout(config: ConfigOption = DEFAULT_CONFIG, url: UrlOption = "") -> None:
    """Forget the tokens, and tell the provider that they are not needed any more.

    Sessions that are open go on; `proctor sessions kill` ends them.

    Example: `proctor logout`
    """
    from proctor.cli.ground import Trouble
    from proctor.cli.sign_in import Provider
    from proctor.cli.signed_in import where_of
    from proctor.cli.wallet import Wallet

    with Wallet.usual().open() as wallet:
        signed = wallet.gateways.pop(where_of(config, url, wallet), None)
    if signed is None:
        print("nobody was signed in")
        return
    try:
        provider = Provider.of(signed.described)
        provider.revoke(signed.tokens)
    except Trouble as trouble:
        fail(f"the tokens are forgotten here, but {trouble.what}", then="they end by themselves")
    print("signed out")


def connect(
    database: Annotated[str, typer.Argument(help="The database, as the gateway calls it.")],
    command: Annotated[list[str] | None, typer.Argument(help="What to run instead of psql, after `--`.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    host: Annotated[str, typer.Option(help="The gateway's host, if it is another than the console's.")] = "",
    port: Annotated[int, typer.Option(help="The gateway's port for clients, if it is another than it says.")] = 0,
    reason: Annotated[str, typer.Option(help="Why; it goes into the journal with each statement.")] = "",
    print_dsn: Annotated[
        bool, typer.Option("--print-dsn", help="Print a connection string without the token.")
    ] = False,
    print_password: Annotated[
        bool, typer.Option("--print-password", help="Print a fresh token, for programs that run a command for it.")
    ] = False,
    service_file: Annotated[
        Path | None,
        typer.Option(help="Write a service file for libpq (PGSERVICEFILE), the database's name its service."),
    ] = None,
    passfile: Annotated[
        Path | None, typer.Option(help="Write a fresh token into a password file (PGPASSFILE).")
    ] = None,
    local_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Listen here, for programs that cannot renew a password; 0 chooses."),
    ] = None,
) -> None:
    """Open psql, or any program, with a fresh token in its environment (PGPASSWORD and the like).

    With --local-port it opens a port on this machine instead, until Ctrl-C: with a password of its own, and a fresh
    token behind it for each connection.

    Examples: `proctor connect shop`, `proctor connect shop -- pg_dump -s`, `proctor connect shop --local-port 6543`
    """
    from proctor.cli.signed_in import fresh, where_of
    from proctor.cli.wallet import Wallet

    with Wallet.usual().open() as wallet:
        where = where_of(config, url, wallet)
        token, signed = fresh(wallet, where)
    words = _words(where, signed, token, wallet.folder, database, host, port, reason)
    if local_port is not None:
        if command or print_dsn or print_password:
            fail("--local-port is for programs that come by themselves", then="leave the rest away", code=Exit.USAGE)
        _help_out(where, signed, words, local_port, reason, service_file, passfile)
        return
    if print_dsn:
        print(_dsn(words))
    if print_password:
        print(token)
    _write_files(words, token, service_file, passfile)
    if print_dsn or print_password or service_file is not None or passfile is not None:
        return
    run = command or ["psql"]
    sys.stdout.flush()
    try:
        os.execvpe(run[0], run, {**os.environ, **_environment(words), "PGPASSWORD": token})  # noqa: S606 the person's own command
    except OSError as fault:
        fail(f"cannot run {visible(run[0])}: {fault.strerror}", code=Exit.USAGE)


def _write_files(words: dict[str, str], password: str, service_file: Path | None, passfile: Path | None) -> None:
    """Write what libpq reads where it is told how to reach a database, and with which password."""
    from proctor.cli.wallet import private

    if service_file is not None:
        lines = [f"[{words['dbname']}]", *(f"{name}={value}" for name, value in words.items())]
        private(service_file, ("\n".join(lines) + "\n").encode())
    if passfile is not None:
        fields = (words["host"], words["port"], words["dbname"], words["user"], password)
        line = ":".join(each.replace("\\", "\\\\").replace(":", "\\:") for each in fields)
        private(passfile, f"{line}\n".encode())


def _help_out(
    where: str,
    signed: Signed,
    words: dict[str, str],
    port: int,
    reason: str,
    service_file: Path | None,
    passfile: Path | None,
) -> None:
    """Serve a port of this machine until somebody ends it; what was written for it goes with it."""
    import asyncio
    import ssl

    from proctor.cli.client import known
    from proctor.cli.local_port import LOOPBACK, LocalPort, Way, say
    from proctor.cli.signed_in import fresh
    from proctor.cli.wallet import Wallet

    trust = known(where, signed.described.ca)
    if not isinstance(trust, ssl.SSLContext):
        fail("a token is shown under TLS alone, and this gateway has none", code=Exit.USAGE)

    def token() -> str:
        with Wallet.usual().open() as wallet:
            return fresh(wallet, where)[0]

    options = {"proctor.reason": reason} if reason else {}
    opened = LocalPort(Way(words["host"], int(words["port"]), words["user"], options, trust, token))

    def ready(found: int) -> None:
        here = {"host": LOOPBACK, "port": str(found), "dbname": words["dbname"], "user": words["user"]}
        here |= {"sslmode": "disable"}
        _write_files(here, opened.password, service_file, passfile)
        say(f"{_dsn(here)}")
        if passfile is None:
            say(f"password: {opened.password}")
        say("until Ctrl-C")

    try:
        asyncio.run(opened.serve(port, ready))
    finally:
        for path in (service_file, passfile):
            if path is not None:
                path.unlink(missing_ok=True)


def _words(
    where: str, signed: Signed, token: str, folder: Path, database: str, host: str, port: int, reason: str
) -> dict[str, str]:
    """Return how to reach a database, in libpq's words; the token is not among them."""
    from hashlib import sha256
    from urllib.parse import urlsplit

    from proctor.cli.sign_in import user_of
    from proctor.cli.wallet import private

    described = signed.described
    if any("\n" in each or "\0" in each for each in (database, host, reason)):
        fail("a line break does not belong here", code=Exit.USAGE)
    # In `options`, a backslash stands before what would end a word.
    said = "".join(f"\\{each}" if each in " \\\t" else each for each in reason)
    words = {
        "host": host or urlsplit(where).hostname or "",
        "port": str(port or described.port or 6432),
        "dbname": database,
        "user": user_of(signed, token),
        "sslmode": "verify-full",
        "options": WAY_IN + (f" -c proctor.reason={said}" if reason else ""),
    }
    if described.ca:
        authority = folder / f"ca-{sha256(described.ca.encode()).hexdigest()[:16]}.pem"
        if not authority.exists():
            private(authority, described.ca.encode())
        words["sslrootcert"] = str(authority)
    return words


def _environment(words: dict[str, str]) -> dict[str, str]:
    names = {"dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "options": "PGOPTIONS"}
    return {names.get(name, f"PG{name.upper()}"): value for name, value in words.items()}


def _dsn(words: dict[str, str]) -> str:
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in words.items()}
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())


def _described(config: Path, where: str, ca: Path | None) -> Described:
    """Ask a gateway how to sign in to it."""
    import ssl
    from urllib.parse import urlsplit

    import httpx
    import msgspec

    from proctor.cli.client import trusted
    from proctor.cli.wallet import Described
    from proctor.edge.config import loopback

    parts = urlsplit(where)
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback(parts.hostname or "")):
        fail("a gateway is believed under TLS only", then="write https://", code=Exit.USAGE)
    trust: ssl.SSLContext | bool = True
    if ca is not None:
        try:
            trust = ssl.create_default_context(cafile=str(ca))
        except (OSError, ssl.SSLError):
            fail(f"cannot read {ca} as certificates", code=Exit.USAGE)
    elif config.exists():
        trust = trusted(settings_of(config, secrets=False), where)
    try:
        with httpx.Client(verify=trust, timeout=20.0, trust_env=False) as http:
            answer = http.get(f"{where}/api/v1/sign-in")
        if answer.status_code == httpx.codes.NOT_FOUND:
            fail("nobody signs in here with a provider", then="the operator writes [identity.…] with a client_id")
        return msgspec.json.decode(answer.content, type=Described)
    except (httpx.HTTPError, msgspec.MsgspecError) as fault:
        fail(f"the gateway at {where} cannot be asked ({type(fault).__name__})", code=Exit.UNREACHABLE)
