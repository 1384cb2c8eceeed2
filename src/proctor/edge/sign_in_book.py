"""Between the stations: which token opened which session, and which tokens are dead before their time.

In comes what a token proved, or that somebody's sign-in has ended; out goes whether a token still counts, and which
open sessions fall with it. What is dead is kept for as long as such a token could otherwise live.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, delete, insert, or_, select

from proctor.edge.shelf import Shelf, microseconds
from proctor.edge.tables import ended_tokens, sessions, sign_ins
from proctor.edge.tokens import SignIn
from proctor.terms import SessionId

KEPT = timedelta(hours=25)
"""No token is good for longer than a day (`lifetime`), and clocks differ a little."""


class What(StrEnum):
    """By what a dead token is known."""

    PERSON = "sub"
    """Everything of a person's, by the issuer's own name for them, that was issued up to then."""
    SESSION = "sid"
    """Everything of one session at the issuer."""
    TOKEN = "jti"  # noqa: S105 the name of a claim
    """One token."""


@dataclass(frozen=True, slots=True)
class End:
    """The end of some tokens: `issuer` is the address, since several settings may name it."""

    issuer: str
    what: What
    value: str
    at: datetime
    by: str
    because: str


class SignInBook:
    """The sign-ins of the house."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def opened(self, session: SessionId, token: SignIn) -> None:
        """Note by which token a session was opened."""
        with self.shelf.writing() as connection:
            connection.execute(
                insert(sign_ins).values(
                    session=session,
                    issuer=token.issuer,
                    subject=token.subject,
                    sid=token.session_id,
                    token=token.token_id,
                )
            )

    def ended(self, token: SignIn) -> bool:
        """Tell whether a token is dead. Of a person's, those that were issued after the end are not."""
        issued = microseconds(token.issued)
        known = ended_tokens.c
        fits = or_(
            and_(known.what == What.PERSON.value, known.value == token.subject, known.at >= issued),
            and_(known.what == What.SESSION.value, known.value == token.session_id),
            and_(known.what == What.TOKEN.value, known.value == token.token_id),
        )
        with self.shelf.reading() as connection:
            wanted = select(known.value).where(known.issuer == token.issuer, known.value != "", fits).limit(1)
            return connection.execute(wanted).first() is not None

    def first(self, end: End) -> bool:
        """Note that something was shown that may be shown once; False where it was before."""
        key = (
            ended_tokens.c.issuer == end.issuer,
            ended_tokens.c.what == end.what.value,
            ended_tokens.c.value == end.value,
        )
        with self.shelf.writing() as connection:
            if connection.execute(select(ended_tokens.c.at).where(*key)).first() is not None:
                return False
            connection.execute(insert(ended_tokens).values(_row(end)))
        return True

    def end(self, ends: Iterable[End]) -> None:
        """Let tokens be dead from now on."""
        with self.shelf.writing() as connection:
            for each in ends:
                key = (
                    ended_tokens.c.issuer == each.issuer,
                    ended_tokens.c.what == each.what.value,
                    ended_tokens.c.value == each.value,
                )
                connection.execute(delete(ended_tokens).where(*key))
                connection.execute(insert(ended_tokens).values(_row(each)))

    def fallen(self, end: End) -> tuple[SessionId, ...]:
        """Return the open sessions that such tokens have opened; not those that are closed."""
        column = {What.PERSON: sign_ins.c.subject, What.SESSION: sign_ins.c.sid, What.TOKEN: sign_ins.c.token}[end.what]
        with self.shelf.reading() as connection:
            wanted = (
                select(sign_ins.c.session)
                .join(sessions, sessions.c.id == sign_ins.c.session)
                .where(sign_ins.c.issuer == end.issuer, column == end.value)
            )
            return tuple(SessionId(each) for each in connection.execute(wanted).scalars())

    def token_of(self, session: str) -> tuple[str, str] | None:
        """Return the issuer and the name of the token that opened a session."""
        with self.shelf.reading() as connection:
            wanted = select(sign_ins.c.issuer, sign_ins.c.token).where(sign_ins.c.session == session)
            found = connection.execute(wanted).first()
            return None if found is None else (found[0], found[1])

    def tidy(self, now: datetime) -> None:
        """Forget closed sessions, and ends that no token outlives."""
        with self.shelf.writing() as connection:
            open_ones = select(sessions.c.id)
            connection.execute(delete(sign_ins).where(sign_ins.c.session.not_in(open_ones)))
            connection.execute(delete(ended_tokens).where(ended_tokens.c.at < microseconds(now - KEPT)))


def _row(end: End) -> dict[str, object]:
    return {
        "issuer": end.issuer,
        "what": end.what.value,
        "value": end.value,
        "at": microseconds(end.at),
        "by": end.by,
        "because": end.because,
    }
