"""The way from the command line to the API of a running gateway: HTTP under the house's CA."""

from __future__ import annotations

import getpass
import os
import ssl
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from proctor.cli.ground import Answer, Exit, Trouble, fail, settings_of, visible
from proctor.edge.certificates import ca_path
from proctor.edge.config import Address, Config, loopback

SECONDS = 30.0
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 where to reach what listens everywhere


class Client:
    """One person's way to the API, for one question."""

    def __init__(self, http: httpx.Client, where: str, *, again: str = "") -> None:
        self._http = http
        self._where = where
        self._again = again

    @classmethod
    def by(cls, config: Path, name: str, url: str = "") -> Client:
        """Return a client for somebody by name and password, or without a name for whoever has signed in."""
        return cls.of(settings_of(config, secrets=False), name, url) if name else cls.signed_in(config, url)

    @classmethod
    def signed_in(cls, config: Path, url: str = "") -> Client:
        """Return a client for whoever has signed in with `proctor login`; no settings of the gateway are needed."""
        from proctor.cli.signed_in import fresh, where_of  # noqa: PLC0415 it asks the other way round where we are
        from proctor.cli.wallet import Wallet  # noqa: PLC0415 as that one

        with Wallet.usual().open() as wallet:
            if not wallet.gateways and not url:
                fail("who acts?", then="proctor login --url https://HOST:8088, or --as NAME", code=Exit.USAGE)
            where = where_of(config, url, wallet)
            token, signed = fresh(wallet, where)
        http = httpx.Client(
            base_url=where,
            headers={"authorization": f"Bearer {token}"},
            transport=httpx.HTTPTransport(verify=known(where, signed.described.ca)),
            timeout=SECONDS,
            trust_env=False,
        )
        return cls(http, where, again=f"proctor login --url {where}")

    @classmethod
    def of(cls, config: Config, name: str, url: str = "") -> Client:
        """Return a client for somebody; the password is asked for if the environment has none."""
        where, path = where_is(config, url)
        if path is not None:
            transport = httpx.HTTPTransport(uds=str(path))
        else:
            transport = httpx.HTTPTransport(verify=trusted(config, where))
        http = httpx.Client(
            base_url=where, auth=(name, _password(name)), transport=transport, timeout=SECONDS, trust_env=False
        )
        return cls(http, str(path or where))

    def get(self, path: str, query: Mapping[str, Sequence[str]] | None = None) -> Answer:
        """Ask for something."""
        return self._answer("GET", path, params=dict(query or {}))

    def post(self, path: str, body: Mapping[str, object]) -> Answer:
        """Ask that something be done."""
        return self._answer("POST", path, json=dict(body))

    def _answer(self, method: str, path: str, **more: Any) -> Answer:
        try:
            with self._http:
                answer = self._http.request(method, path, **more)
        except httpx.TransportError as fault:
            fail(
                f"the gateway at {self._where} cannot be reached ({_why(fault)})",
                then="is `proctor serve` running, and with these very settings of listen.console and listen.tls?",
                code=Exit.UNREACHABLE,
            )
        try:
            said = answer.json()
        except ValueError:
            said = None
        if not isinstance(said, dict):
            fail(f"what answers at {self._where} is no Proctor", code=Exit.UNREACHABLE)
        if answer.status_code == 200:
            return said
        code = Exit.UNREACHABLE if answer.status_code >= 500 else Exit.REFUSED
        wait = f"try again in {answer.headers['retry-after']} s" if "retry-after" in answer.headers else ""
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            wait = self._again
        raise Trouble(visible(str(said.get("detail"))), then=visible(str(said.get("hint") or wait)), code=code)


def where_is(config: Config, url: str) -> tuple[str, Path | None]:
    """Return the console's address, and the Unix socket to reach it by if it is one."""
    address = config.listen.console[0]
    return url.rstrip("/") or _url(config, address), None if url else address.path


def _url(config: Config, address: Address) -> str:
    if address.path is not None:
        return "http://proctor"
    if address.port == 0:
        fail("listen.console has port 0", then="give --url with the address of the `ready` line", code=Exit.USAGE)
    scheme = "http" if config.listen.tls.mode == "off" else "https"
    return f"{scheme}://{Address(ANYWHERE.get(address.host, address.host), address.port)}"


def trusted(config: Config, where: str) -> ssl.SSLContext | bool:
    """Return whom to trust there: the house's own CA, or the machine's where the operator has another certificate."""
    parts = urlsplit(where)
    if parts.scheme == "http" and not loopback(parts.hostname or ""):
        fail("a password goes over the network under TLS only", then="write https://", code=Exit.USAGE)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        fail("--url is no address", then="write one such as https://127.0.0.1:8088", code=Exit.USAGE)
    if parts.scheme == "http":
        return False
    context = ssl.create_default_context()
    if config.listen.tls.mode == "auto":
        ca = ca_path(config.state)
        try:
            context = ssl.create_default_context(cafile=str(ca))
        except (OSError, ssl.SSLError):
            fail(f"cannot read {ca}", then="it is made when the gateway first starts", code=Exit.UNREACHABLE)
    return context


def known(where: str, authority: str) -> ssl.SSLContext | bool:
    """Return whom to trust at a gateway that somebody has signed in to: whom it has named then, over TLS."""
    parts = urlsplit(where)
    if parts.scheme == "http" and loopback(parts.hostname or ""):
        return False
    if parts.scheme != "https":
        fail("a token goes over the network under TLS only", then="write https://", code=Exit.USAGE)
    given = os.environ.get("PROCTOR_CA")
    try:
        if given:
            return ssl.create_default_context(cafile=given)
        return ssl.create_default_context(cadata=authority or None)
    except (OSError, ssl.SSLError):
        fail("whom to trust at the gateway cannot be read", then="see PROCTOR_CA, or proctor login", code=Exit.USAGE)


def _password(name: str) -> str:
    password = os.environ.get("PROCTOR_PASSWORD")
    if password is not None:
        return password
    if not sys.stdin.isatty():
        fail("there is no password", then="set PROCTOR_PASSWORD, or run this in a terminal", code=Exit.USAGE)
    return getpass.getpass(f"Password of {visible(name)}: ")


def _why(fault: httpx.TransportError) -> str:
    if isinstance(fault, httpx.TimeoutException):
        return "no answer in time"
    return visible(str(fault)) or type(fault).__name__
