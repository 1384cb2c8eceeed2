"""What a session's own settings, temporary objects and uncommitted DDL make of the names in its statements.

Nothing is simulated: after a statement that may have changed them, the session's own upstream is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proctor.session.claimed import MAX_CLAIM, told, traced
from proctor.sql.catalog import Catalog
from proctor.sql.harmless import steers_plans
from proctor.sql.settings import SessionSettings
from proctor.terms import Claims, Effect

STATE = (
    "SELECT pg_catalog.array_to_json(pg_catalog.current_schemas(true)), current_user, session_user, "
    "(SELECT n.nspname FROM pg_catalog.pg_namespace n "
    "WHERE n.oid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()), "
    "pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('client_encoding'), "
    "pg_catalog.current_setting('standard_conforming_strings'), "
    "pg_catalog.current_setting('proctor.reason', true), pg_catalog.current_setting('proctor.task', true), "
    "pg_catalog.current_setting('proctor.on_behalf_of', true), "
    "pg_catalog.current_setting('proctor.break_glass', true), pg_catalog.current_setting('proctor.traceparent', true)"
)
NAMES = (
    "SELECT 's', s.name, s.statement FROM pg_catalog.pg_prepared_statements s "
    "UNION ALL SELECT 'p', c.name, c.statement FROM pg_catalog.pg_cursors c"
)
SETS = frozenset({"set", "set_local", "reset", "discard"})
ENDS = frozenset({"commit", "rollback", "rollback_to", "commit_prepared", "release"})
TRUE = frozenset({"on", "true", "yes", "1"})


@dataclass(slots=True)
class View:
    """How names resolve for this session at this moment, and what must be asked again first."""

    settings: SessionSettings
    claims: Claims
    dirty: bool = True
    unsettled: bool = False
    """A setting was changed in a transaction that may still be rolled back."""
    defined: bool = False
    """DDL ran that is not committed yet."""
    closing: bool = False
    """The transaction has been ended since the upstream last said that there is none."""
    unsure: bool = False
    """A function ran that may have prepared statements and opened cursors under any name."""
    temporary: bool = False
    """The session made objects that only it sees."""
    steered: bool = False
    """A setting was changed that decides how statements run, and so the order of their rows."""
    private: Catalog | None = None
    private_of: int = -1

    def follow(self, effects: Iterable[Effect], *, opaque: bool, temporary: bool) -> None:
        """Note what a statement that is about to run may change."""
        for effect in effects:
            if effect.verb in SETS:
                # For good: what it goes back to is not worth asking for.
                self.steered = self.steered or (effect.name is not None and steers_plans(effect.name))
                self.dirty = self.unsettled = True
                self.private = None if effect.verb == "discard" else self.private  # temporary tables go with it
            elif effect.verb in ENDS:
                self.closing = True
                self.dirty = self.dirty or self.unsettled
                self.private = None if self.defined else self.private  # ROLLBACK TO takes uncommitted DDL back
            elif effect.verb == "define":
                # A schema or the first temporary table that is made or goes changes what the path is.
                self.defined = self.dirty = True
                self.private = None
        self.temporary = self.temporary or temporary
        if opaque:
            self.dirty = self.unsettled = self.defined = self.unsure = True
            self.private = None

    def batch_ended(self, *, in_transaction: bool) -> None:
        """Note that a batch ends, and perhaps a transaction of its own with it, which may turn out to have failed."""
        if (self.unsettled or self.defined) and (self.closing or not in_transaction):
            self.dirty = True
            self.private = None if self.defined else self.private

    def ended(self, *, quiet: bool) -> bool:
        """Note that no transaction is open any more; say whether DDL ended with it.

        It may have ended by an error that took settings back without a word. Unless all is `quiet`, what is under way
        may be a next transaction, and what it changes is unsettled still.
        """
        defined = self.defined
        self.dirty = self.dirty or self.unsettled or defined
        if defined:
            self.private = None
        if quiet:
            self.defined = self.unsettled = self.closing = False
        return defined

    def learn(self, row: tuple[str | None, ...], path: tuple[str, ...], started: Claims) -> None:
        """Take in what the upstream says of the session; `path` is the decoded search path."""
        temp, version = row[3], int(row[4] or 0)
        self.temporary = self.temporary or temp is not None  # a function may have made what nobody saw being made
        own = tuple("pg_temp" if temp is not None and name == temp else name for name in path)
        if "pg_temp" not in own:
            own = ("pg_temp", *own)
        self.settings = SessionSettings(path=own, user=row[1] or "", server_version=version, steered=self.steered)
        self.claims = Claims(
            reason=_told(row[7]) or started.reason,
            task=_told(row[8]) or started.task,
            on_behalf_of=_claim(row[9]) or started.on_behalf_of,
            application=started.application,
            break_glass=(row[10] or "").lower() in TRUE if row[10] else started.break_glass,
            trace=traced(row[11]) if row[11] else started.trace,
        )
        self.dirty = False


def _told(text: str | None) -> str | None:
    return told(text) if text else None


def _claim(text: str | None) -> str | None:
    return text[:MAX_CLAIM] if text else None
