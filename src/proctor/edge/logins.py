"""Station 1, its lock: who is at the door. Takes the start-up packet and proof; gives an `Identity`, or the same
no for a wrong password, an unknown name and an unknown database alike, later each time.

The method is SCRAM-SHA-256 for everybody: it never depends on whether a name exists.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from proctor.edge.config import Config, Database
from proctor.edge.end import End
from proctor.edge.letters import Letter
from proctor.edge.verifiers import Locks
from proctor.errors import ClientFault
from proctor.session.view import TRUE
from proctor.terms import Claims, Identity
from proctor.wire import messages, talk
from proctor.wire.scram import ScramServer, Verifier

MECHANISM = "SCRAM-SHA-256"
MAX_REMEMBERED = 4096  # names and addresses that failed; a stranger chooses them
FIRST_DELAY, LONGEST_DELAY = 0.1, 3.0

PASSED_ON = frozenset(
    {
        "application_name", "bytea_output", "datestyle", "extra_float_digits", "geqo",
        "idle_in_transaction_session_timeout",
        "intervalstyle", "jit", "lc_messages", "lc_monetary", "lc_numeric", "lc_time", "lock_timeout", "search_path",
        "statement_timeout", "timezone", "work_mem", "default_transaction_isolation", "default_transaction_read_only",
        "tcp_user_timeout", "idle_session_timeout", "xmloption", "default_transaction_deferrable",
    }
)  # fmt: skip
"""Settings that a client may bring along; any other has to be SET, where the rules are asked."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who has proven who they are, and what they want."""

    asker: Identity
    database: Database
    claims: Claims
    settings: dict[str, str]


class Refusals(Exception):
    """The proof failed; `why` is for the journal, the client hears the same sentence whatever it was."""

    def __init__(self, user: str, database: str, why: str) -> None:
        super().__init__(why)
        self.user = user
        self.database = database
        self.why = why


class Logins:
    """The lock of one worker."""

    def __init__(self, config: Config, key: bytes) -> None:
        self._key = key
        self._failures: OrderedDict[str, int] = OrderedDict()
        self.config = config
        self._locks = Locks(config, key)

    def change(self, config: Config) -> None:
        """Let other people in from now on; sessions that are open stay."""
        self.config = config
        self._locks = Locks(config, self._key)

    async def prove(self, client: End[talk.ClientEvent], login: talk.Login, address: str) -> Guest:
        """Return who this is and what they want; raise `Refusals` after a delay that grows with each failure."""
        principal = self.config.principal(login.user)
        database = self.config.database(login.database)
        try:
            signature = await self._scram(client, self._locks.of(login.user))
            if principal is None or database is None:
                # A right password must not tell that only the database is wrong: the client sees no signature either.
                raise ClientFault("unknown name" if principal is None else "unknown database")
        except ClientFault as fault:
            await self._slow_down(login.user, address)
            raise Refusals(login.user, login.database, fault.message) from None
        client.write(messages.auth_sasl_final(signature))
        self._failures.pop(f"user {login.user}", None)
        settings, claims = read_settings(login)
        return Guest(principal.identity("scram-sha-256"), database, claims, settings)

    def vouched(self, login: talk.Login, letter: Letter) -> Guest:
        """Return the guest that the house itself has let in; what they want is read like anybody's start-up packet."""
        database = self.config.database(login.database)
        if database is None:
            raise ClientFault(f'there is no database "{login.database}"', sqlstate="3D000")
        settings, claims = read_settings(login)
        return Guest(letter.asker, database, claims, settings)

    async def _scram(self, client: End[talk.ClientEvent], verifier: Verifier) -> bytes:
        client.write(messages.auth_sasl([MECHANISM]))
        server = ScramServer(verifier, secrets.token_urlsafe(18))
        mechanism, first = messages.parse_sasl_initial(await _proof(client))
        client.write(messages.auth_sasl_continue(server.first(first, mechanism)))
        return server.final(await _proof(client))

    async def _slow_down(self, user: str, address: str) -> None:
        worst = 0
        for key in (f"user {user}", f"from {address}"):
            count = self._failures.pop(key, 0) + 1
            self._failures[key] = count
            worst = max(worst, count)
        while len(self._failures) > MAX_REMEMBERED:
            self._failures.popitem(last=False)
        await asyncio.sleep(min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(worst - 1, 10)))


async def _proof(client: End[talk.ClientEvent]) -> bytes:
    event = await client.next()
    if not isinstance(event, talk.Proof):
        raise ClientFault("a proof was expected")
    return event.payload


def read_settings(login: talk.Login) -> tuple[dict[str, str], Claims]:
    """Split what the client brings along into settings for the upstream and claims for the record."""
    claims: dict[str, str] = {}
    settings = {"client_encoding": "UTF8", "standard_conforming_strings": "on"}
    for name, value in {**login.options, **login.parameters}.items():
        folded = name.lower()
        if folded.startswith("proctor."):
            claims[folded.removeprefix("proctor.")] = value[:1000]
            settings[folded] = value
        elif folded == "replication":
            if value.lower() not in ("false", "off", "no", "0"):
                raise ClientFault("replication connections are not served through this gateway", sqlstate="0A000")
        elif folded == "client_encoding":
            if value.strip("'\" ").upper().replace("-", "") not in ("UTF8", "UNICODE", "SQL_ASCII", "AUTO"):
                raise ClientFault("this gateway speaks UTF8; set client_encoding to UTF8", sqlstate="0A000")
        elif folded == "standard_conforming_strings":
            if value.lower() not in ("on", "true", "yes", "1"):
                raise ClientFault("this gateway needs standard_conforming_strings on", sqlstate="0A000")
        elif folded in PASSED_ON:
            settings[folded] = value
        else:
            raise ClientFault(
                f'the setting "{folded}" cannot be given at the start',
                sqlstate="42501",
                hint="SET it after the login, where the rules decide.",
            )
    unknown = claims.keys() - {"reason", "task", "on_behalf_of", "break_glass"}
    if unknown:
        raise ClientFault(f'there is no setting "proctor.{min(unknown)}"', sqlstate="42704")
    glass = claims.pop("break_glass", "").lower() in TRUE
    return settings, Claims(application=settings.get("application_name"), break_glass=glass, **claims)
