"""Station 1, its lock: who is at the door. Takes the start-up packet and proof; gives an `Identity`, or the same
no for a wrong password, an unknown name and an unknown database alike, later each time.

The method is what the client wishes, or the settings say for its database: it never depends on whether a name exists.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from proctor.edge.bearer import OAUTHBEARER, WAYS, admitted, as_password, by_oauthbearer, proof_of
from proctor.edge.client_certificates import Paper, bearer_of
from proctor.edge.config import Config, Database
from proctor.edge.end import End
from proctor.edge.issuers import Issuers
from proctor.edge.letters import Letter
from proctor.edge.revocations import NO_LISTS
from proctor.edge.tokens import Proven, SignIn, ends
from proctor.edge.verifiers import Locks
from proctor.errors import ClientFault
from proctor.session.claimed import told, traced
from proctor.session.view import TRUE
from proctor.terms import Claims, Identity, Kind
from proctor.wire import messages, talk
from proctor.wire.scram import ScramServer

MECHANISM = "SCRAM-SHA-256"
_SENTENCES = {"oauthbearer": "OAuth bearer", "certificate": "certificate"}
WISH = "proctor.login"
"""By this start-up setting a client says how it would prove who it is."""
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
    sign_in: SignIn | None = None
    """By what the token is known by which they came in, if they did."""
    lasts: float | None = None
    """After how many seconds their session ends, whatever they do."""
    paper: Paper | None = None
    """The certificate by which they came in, if they did."""


class Refusals(Exception):
    """The proof failed; `why` is for the journal, the client hears the same sentence whatever it was."""

    def __init__(self, user: str, database: str, why: str, method: str = "scram-sha-256") -> None:
        super().__init__(why)
        self.user = user
        self.database = database
        self.why = why
        self.method = method

    def told(self) -> ClientFault:
        """Return what the client hears: one sentence for each way in, whatever it was that failed."""
        if self.method in _SENTENCES:
            return ClientFault(
                f'{_SENTENCES[self.method]} authentication failed for user "{self.user}"', sqlstate="28000"
            )
        return ClientFault(f'password authentication failed for user "{self.user}"', sqlstate="28P01")


@dataclass(slots=True)
class _Attempt:
    """One client at the lock; `method` is how it tries."""

    client: End[talk.ClientEvent]
    login: talk.Login
    database: Database | None
    paper: Paper | None = None
    method: str = "scram-sha-256"


@dataclass(frozen=True, slots=True)
class _Proof:
    """What a client has proven, and that there is what it asks for."""

    asker: Identity
    database: Database
    token: Proven | None = None
    lasts: float | None = None
    paper: Paper | None = None


class Logins:
    """The lock of one worker."""

    def __init__(self, config: Config, key: bytes, issuers: Issuers) -> None:
        self._key = key
        self.issuers = issuers
        self._failures: OrderedDict[str, int] = OrderedDict()
        self.config = config
        self._locks = Locks(config, key)

    def change(self, config: Config) -> None:
        """Let other people in from now on; sessions that are open stay."""
        self.config = config
        self._locks = Locks(config, self._key)
        self.issuers.change(config.identity)

    async def prove(
        self, client: End[talk.ClientEvent], login: talk.Login, address: str, *, tls: bool, paper: Paper | None = None
    ) -> Guest:
        """Return who this is and what they want; raise `Refusals` after a delay that grows with each failure.

        `paper` is the certificate that the client has shown, verified.
        """
        attempt = _Attempt(client, login, self.config.database(login.database), paper)
        way = _way(self.config, login, tls=tls)
        if way is None:
            way = "scram" if paper is None else "certificate"
        try:
            proven = await self._proven(attempt, way, tls=tls)
        except ClientFault as fault:
            await self._slow_down(login.user, address)
            raise Refusals(login.user, login.database, fault.message, attempt.method) from None
        self._failures.pop(f"user {login.user}", None)
        settings, claims = read_settings(login)
        lasts = proven.lasts if proven.token is None else ends(proven.token, datetime.now(UTC))
        sign_in = None if proven.token is None else proven.token.sign_in
        return Guest(proven.asker, proven.database, claims, settings, sign_in, lasts, proven.paper)

    async def _proven(self, attempt: _Attempt, way: str, *, tls: bool) -> _Proof:
        client = attempt.client
        if way != "scram" and not tls:
            raise ClientFault(f"a {'certificate' if way == 'certificate' else 'token'} on a plain connection")
        if way == "certificate":
            attempt.method = "certificate"
            return self._certified(attempt)
        if way == "token":
            attempt.method = "token"
            return self._bearer(attempt, await as_password(client, self.issuers))
        offered = [OAUTHBEARER] if way == "oauth" else [MECHANISM]
        if way == "scram" and tls and self.config.identity:
            offered.append(OAUTHBEARER)
        client.write(messages.auth_sasl(offered))
        try:
            mechanism, first = messages.parse_sasl_initial(await proof_of(client))
        except ValueError as trouble:
            raise ClientFault(str(trouble)) from None
        if mechanism not in offered:
            raise ClientFault("the client selected an invalid SASL mechanism")
        if mechanism == OAUTHBEARER:
            attempt.method = "oauthbearer"
            return self._bearer(attempt, await by_oauthbearer(client, first, self.issuers, self.config))
        return await self._scram(attempt, mechanism, first)

    def _bearer(self, attempt: _Attempt, proven: Proven) -> _Proof:
        """Return whom a token has proven; whatever does not agree with it is the same no."""
        asker = admitted(self.config, proven, attempt.login.user)
        self._check_standing(asker)
        if attempt.database is None:
            raise ClientFault("unknown database")
        return _Proof(asker, attempt.database, proven)

    def _certified(self, attempt: _Attempt) -> _Proof:
        """Return whom a certificate stands for, once the name at the door and the settings agree with it."""
        if attempt.paper is None:
            raise ClientFault("the client has shown no certificate")
        name, lasts = bearer_of(attempt.paper, datetime.now(UTC))
        if name != attempt.login.user:
            raise ClientFault("the certificate is for another name than the one at the door")
        principal = self.config.principal(name)
        if principal is None:
            raise ClientFault("the certificate is for somebody whom the settings do not know")
        asker = principal.identity("certificate")
        self._check_standing(asker)
        if attempt.database is None:
            raise ClientFault("unknown database")
        most = attempt.paper.authority.session
        lasts = min(lasts, most) if asker.kind is Kind.AGENT else most
        return _Proof(asker, attempt.database, lasts=lasts, paper=replace(attempt.paper, lists=NO_LISTS))

    async def _scram(self, attempt: _Attempt, mechanism: str, first: bytes) -> _Proof:
        client, login = attempt.client, attempt.login
        principal = self.config.principal(login.user)
        server = ScramServer(self._locks.of(login.user), secrets.token_urlsafe(18))
        client.write(messages.auth_sasl_continue(server.first(first, mechanism)))
        signature = server.final(await proof_of(client))
        if principal is None or attempt.database is None:
            # A right password must not tell that only the database is wrong: the client sees no signature either.
            raise ClientFault("unknown name" if principal is None else "unknown database")
        asker = principal.identity("scram-sha-256")
        self._check_standing(asker)
        client.write(messages.auth_sasl_final(signature))
        return _Proof(asker, attempt.database)

    def _check_standing(self, asker: Identity) -> None:
        """Raise for whoever is not let in any more, however well they prove who they are."""
        fallen = self.config.fallen(asker.subject, asker.on_behalf_of, datetime.now(UTC))
        if fallen is not None:
            raise ClientFault(fallen)

    def vouched(self, login: talk.Login, letter: Letter) -> Guest:
        """Return the guest that the house itself has let in; what they want is read like anybody's start-up packet."""
        database = self.config.database(login.database)
        if database is None:
            raise ClientFault(f'there is no database "{login.database}"', sqlstate="3D000")
        asker = letter.asker
        fallen = self.config.fallen(asker.subject, asker.on_behalf_of, datetime.now(UTC))
        if fallen is not None:
            raise ClientFault(f"{asker.subject} is not let in: {fallen}", sqlstate="28000")
        settings, claims = read_settings(login)
        return Guest(letter.asker, database, claims, settings, letter.sign_in, letter.lasts)

    async def _slow_down(self, user: str, address: str) -> None:
        worst = 0
        for key in (f"user {user}", f"from {address}"):
            count = self._failures.pop(key, 0) + 1
            self._failures[key] = count
            worst = max(worst, count)
        while len(self._failures) > MAX_REMEMBERED:
            self._failures.popitem(last=False)
        await asyncio.sleep(min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(worst - 1, 10)))


def _way(config: Config, login: talk.Login, *, tls: bool) -> str | None:
    """Return how a client is asked who it is: as it wishes, or as the settings say. No name changes that.

    None stands for SASL, unless the client has shown a certificate. Without TLS nobody is asked for a token; a client
    that wishes it all the same hears the usual no.
    """
    for given in (login.options, login.parameters):
        for name in [each for each in given if each.lower() == WISH]:
            wish = given.pop(name)
            if wish not in WAYS:
                raise ClientFault(f"{WISH} is one of {', '.join(WAYS)}", sqlstate="22023")
            return wish
    way = config.way_in(login.database) if tls else "scram"
    return None if way == "scram" else way


def read_settings(login: talk.Login) -> tuple[dict[str, str], Claims]:
    """Split what the client brings along into settings for the upstream and claims for the record."""
    claims: dict[str, str] = {}
    settings = {"client_encoding": "UTF8", "standard_conforming_strings": "on"}
    for name, value in {**login.options, **login.parameters}.items():
        folded = name.lower()
        if folded.startswith("proctor."):
            claim = folded.removeprefix("proctor.")
            claims[claim] = told(value) if claim in ("reason", "task") else value[:1000]
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
    unknown = claims.keys() - {"reason", "task", "on_behalf_of", "break_glass", "traceparent"}
    if unknown:
        raise ClientFault(f'there is no setting "proctor.{min(unknown)}"', sqlstate="42704")
    glass, trace = claims.pop("break_glass", "").lower() in TRUE, traced(claims.pop("traceparent", None))
    return settings, Claims(application=settings.get("application_name"), break_glass=glass, trace=trace, **claims)
