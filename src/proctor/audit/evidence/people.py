"""Reports about who: entitlements, authentications, the access review packet, connections, and what operators did."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from proctor.audit.evidence.facts import DECIDED, Known, Place, Said
from proctor.audit.evidence.report import Inputs, Report, Row, columns_of, joined

LOCAL = ("local", "127.", "::1", "[::1]", "/")


def network_of(address: str) -> str:
    """Return the /24 or /64 that an address is in; what is no address stays as it is."""
    host = address.rpartition(":")[0] if address.count(":") == 1 or address.startswith("[") else address
    try:
        found = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "this machine" if address.startswith(LOCAL) or not address else address
    if found.is_loopback:
        return "this machine"
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 64), strict=False))


@dataclass(slots=True)
class _Use:
    kind: str = ""
    groups: set[str] = field(default_factory=set)
    sessions: int = 0
    statements: int = 0
    refused: int = 0
    databases: set[str] = field(default_factory=set)
    plain: Counter[str] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)
    last: str = ""
    place: Place | None = None

    def see(self, said: Said) -> None:
        """Take a record of theirs in."""
        if said.who is not None:
            self.kind = said.who.kind
            self.groups.update(said.who.groups)
        if said.time >= self.last:
            self.last, self.place = said.time, said.place


class Entitlements(Report):
    """Who may come in, as what."""

    name = "entitlements"
    title = "Entitlements"
    says = (
        "Everybody in the settings at the time of building, and everybody the log saw in this range. The log has the "
        "settings' digests, not the settings: the totals say whether those listed are the ones that it names last "
        "before the end of this range. Groups that the log saw are those proven at the time."
    )
    criteria = ("CC6.1", "CC6.2", "CC6.3")
    columns = ("name", "kind", "groups in settings", "groups seen", "owner", "password", "sessions", "last seen")
    kinds = frozenset({"session.opened", "config.loaded"})

    def __init__(self, known: Known, inputs: Inputs) -> None:
        super().__init__(known, inputs)
        self._uses: dict[str, _Use] = {}
        self._settings = ("", "")

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Count a session, or note which settings were put in force."""
        if said.kind == "config.loaded":
            self._settings = max(self._settings, (said.time, said.digest))
            return ()
        use = self._uses.setdefault(said.subject_name, _Use())
        use.see(said)
        use.sessions += 1
        return ()

    def close(self) -> Iterable[Row]:
        """Tell of everybody."""
        self.totals[self._source()] = 1
        seen = self._uses
        listed = {one.name: one for one in self.inputs.principals}
        for name in sorted({*listed, *seen}):
            one, use = listed.get(name), seen.get(name, _Use())
            trouble = ""
            if one is None:
                trouble = "seen in the log, and not in the settings at the time of building"
            elif one.kind == "agent" and one.owner not in listed:
                trouble = "an agent whose owner nobody is"
            elif not use.sessions:
                trouble = "not used in this range"
            elif use.groups - set(one.groups):
                trouble = "had groups that the settings no longer give"
            self.totals[f"{one.kind if one else use.kind}, all"] += 1
            cells = (
                name,
                one.kind if one else use.kind,
                joined(one.groups) if one else "",
                joined(use.groups),
                one.owner if one else "",
                "" if one is None else "yes" if one.password else "no",
                use.sessions,
                use.last,
            )
            yield Row(cells, use.place, trouble)

    def _source(self) -> str:
        """Say of which time the settings are from which people are listed."""
        since, digest = self._settings
        if not self.inputs.settings:
            return "source: the log alone; the pack was built without settings"
        if not digest:
            return f"source: settings as of {self.inputs.built}; the log names none in this range"
        if digest != self.inputs.settings:
            return f"source: settings as of {self.inputs.built}, others than the log names last in this range ({since})"
        return f"source: the settings that the log names last in this range, in force since {since}"


class Authentications(Report):
    """Every time that somebody proved who they are, or could not."""

    name = "authentications"
    title = "Authentications"
    says = "Every session that was opened and every login that failed."
    criteria = ("CC6.1", "CC6.6", "CC7.2")
    columns = ("time", "outcome", "who", "kind", "on behalf of", "proof", "database", "address", "tls", "why")
    kinds = frozenset({"session.opened", "login.failed"})

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        failed = said.kind == "login.failed"
        who = said.who
        self.totals["failed" if failed else f"opened by {who.proof or 'unknown proof'}" if who else "opened"] += 1
        cells = (
            said.time,
            "failed" if failed else "opened",
            said.claimed if failed else said.subject_name,
            who.kind if who else "",
            said.behalf,
            said.method if failed else who.proof if who else "",
            said.database,
            said.origin.address if said.origin else "",
            (said.origin.tls if said.origin else None) or "",
            said.why,
        )
        return (Row(cells, said.place, "login failed" if failed else ""),)


class Connections(Report):
    """From where, and how well wrapped."""

    name = "connections"
    title = "Connections by network and TLS"
    says = "Every session that was opened, by the network it came from."
    criteria = ("CC6.6", "CC6.7")
    columns = ("time", "network", "tls", "who", "kind", "database", "application")
    kinds = frozenset({"session.opened"})

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        network = network_of(said.origin.address if said.origin else "")
        tls = (said.origin.tls if said.origin else None) or "none"
        self.totals[f"{network}, TLS {tls}"] += 1
        open_way = tls == "none" and network != "this machine"
        application = (said.claims.application if said.claims else None) or ""
        kind = said.who.kind if said.who else ""
        cells = (said.time, network, tls, said.subject_name, kind, said.database, application)
        return (Row(cells, said.place, "came over a network without TLS" if open_way else ""),)


class AccessReview(Report):
    """Who used what they have: for a reviewer to keep or take away, and sign."""

    name = "access-review"
    title = "Access review packet"
    says = (
        "Everybody in the settings or seen in this range, with what they have and what they used of it. "
        "The last four columns are for the reviewer."
    )
    criteria = ("CC6.2", "CC6.3")
    columns = (
        "name",
        "kind",
        "groups",
        "databases used",
        "statements",
        "refused",
        "classes seen as they are",
        "classes seen masked",
        "last statement",
        "keep or revoke",
        "reviewer",
        "date",
        "signature",
    )
    kinds = frozenset({DECIDED})

    def __init__(self, known: Known, inputs: Inputs) -> None:
        super().__init__(known, inputs)
        self._uses: dict[str, _Use] = {}

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Count a statement."""
        use = self._uses.get(said.subject_name)
        if use is None:
            use = self._uses[said.subject_name] = _Use()
        use.see(said)
        use.statements += 1
        use.refused += said.verdict != "allow"
        use.databases.add(said.database)
        for mask in said.masks:
            use.masked[mask.data_class] += 1
        if said.basis is not None and said.basis.classes and said.shows:
            for column in columns_of(said.shows):
                if column in said.basis.classes:
                    use.plain[said.basis.classes[column]] += 1
        return ()

    def close(self) -> Iterable[Row]:
        """Tell of everybody."""
        seen = self._uses
        listed = {one.name: one for one in self.inputs.principals}
        for name in sorted({*listed, *seen}):
            one, use = listed.get(name), seen.get(name, _Use())
            groups = joined(one.groups) if one else joined(use.groups)
            trouble = "has groups and used nothing in this range" if not use.statements and groups else ""
            self.totals["used" if use.statements else "not used"] += 1
            cells = (
                name,
                one.kind if one else use.kind,
                groups,
                joined(use.databases),
                use.statements,
                use.refused,
                _counted(use.plain),
                _counted(use.masked),
                use.last,
                *("",) * 4,
            )
            yield Row(cells, use.place, trouble)


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in sorted(counter.items()))


class Operators(Report):
    """What people asked of the house itself."""

    name = "operators"
    title = "What operators asked of the house"
    says = "Every call of console, API, command line and MCP that the house put on record, those refused among them."
    criteria = ("CC6.3", "CC7.2")
    columns = ("time", "who", "kind", "groups", "action", "target", "outcome", "because")
    kinds = frozenset({"operator.call", "subject.erased"})

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        erased = said.kind == "subject.erased"
        action = "audit.erase" if erased else said.action
        self.totals[action] += 1
        who = said.who
        cells = (
            said.time,
            said.subject_name,
            who.kind if who else "",
            joined(who.groups) if who else "",
            action,
            said.subject if erased else said.target,
            "done" if erased else said.outcome,
            said.because or "",
        )
        return (Row(cells, said.place, "refused" if said.outcome.startswith("refused") else ""),)
