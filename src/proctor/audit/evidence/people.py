"""Reports about who: entitlements, authentications, the access review packet, connections, and what operators did."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from proctor.audit.evidence.facts import DECIDED, Known, Place, Said
from proctor.audit.evidence.report import Inputs, Principal, Report, Row, columns_of, joined, principal_of

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


LISTED = "entitlements.listed"
LOADED = "config.loaded"
CALLED = "operator.call"


class AsOf:
    """Who was entitled as of the end of a range: by the newest list that the log has in it, else by the settings."""

    kinds = frozenset({LISTED, LOADED, CALLED})

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._list: Said | None = None
        self._loaded = ("", "")
        self._directory: list[str] = []

    def see(self, said: Said) -> None:
        """Take in a list, or what may have changed since."""
        if said.kind == LISTED:
            if self._list is None or said.time >= self._list.time:
                self._list = said
        elif said.kind == LOADED:
            self._loaded = max(self._loaded, (said.time, said.digest))
        elif said.action.startswith("scim.") and said.outcome == "done":
            self._directory.append(said.time)

    @property
    def principals(self) -> dict[str, Principal]:
        """Return who is listed, by name."""
        if self._list is not None:
            return {one.name: principal_of(one) for one in self._list.entitled}
        return {one.name: one for one in self._inputs.principals}

    @property
    def place(self) -> Place | None:
        """Return where the list is that they are from."""
        return None if self._list is None else self._list.place

    def told(self) -> Iterator[str]:
        """Say of which time the list is, under which rules, and what it cannot tell."""
        if self._list is None:
            yield self._without()
        else:
            since, digest = self._loaded
            listed = f"source: the log's own list of {self._list.time}"
            changed = digest != self._list.digest and since > self._list.time
            yield f"{listed}, before the settings that were put in force at {since}" if changed else listed
            if self._list.rule_set:
                yield f"rules of then: set {self._list.rule_set}"
        since = "" if self._list is None else self._list.time
        later = sum(time > since for time in self._directory)
        if later:
            yield f"not in the list: {later} changes by the directory since then, in the log as operator.call"

    def _without(self) -> str:
        """Say of which time the settings are from which people are listed, where the log has no list."""
        since, digest = self._loaded
        built = self._inputs.built
        if not self._inputs.settings:
            return "source: the log alone; the pack was built without settings"
        if not digest:
            return f"source: settings as of {built}; the log names none in this range"
        if digest != self._inputs.settings:
            return f"source: settings as of {built}, others than the log names last in this range ({since})"
        return f"source: the settings that the log names last in this range, in force since {since}"


class Entitlements(Report):
    """Who may come in, as what."""

    name = "entitlements"
    title = "Entitlements as of the end of the range"
    says = (
        "Everybody whom the settings named at the end of this range, by the newest list in the log, which is written "
        "at each start and reload and every day, and everybody the log saw in this range. The totals say which list, "
        "and under which rules; without one, the settings at the time of building. Groups that a provider or the "
        "directory gives are in no list: those that the log saw are those proven at the time."
    )
    criteria = ("CC6.1", "CC6.2", "CC6.3")
    columns = ("name", "kind", "enabled", "groups", "groups seen", "owner", "password", "sessions", "last seen")
    kinds = frozenset({"session.opened"}) | AsOf.kinds

    def __init__(self, known: Known, inputs: Inputs) -> None:
        super().__init__(known, inputs)
        self._uses: dict[str, _Use] = {}
        self._then = AsOf(inputs)

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Count a session, or note who was listed and what has changed."""
        if said.kind in AsOf.kinds:
            self._then.see(said)
            return ()
        use = self._uses.setdefault(said.subject_name, _Use())
        use.see(said)
        use.sessions += 1
        return ()

    def close(self) -> Iterable[Row]:
        """Tell of everybody."""
        for sentence in self._then.told():
            self.totals[sentence] = 1
        seen, listed = self._uses, self._then.principals
        for name in sorted({*listed, *seen}):
            one, use = listed.get(name), seen.get(name, _Use())
            self.totals[f"{one.kind if one else use.kind}, all"] += 1
            cells = (
                name,
                one.kind if one else use.kind,
                "" if one is None else "yes" if one.enabled else "no",
                joined(one.groups) if one else "",
                joined(use.groups),
                one.owner if one else "",
                "" if one is None else "yes" if one.password else "no",
                use.sessions,
                use.last,
            )
            yield Row(cells, use.place or self._then.place, _doubt(one, use, listed))


def _doubt(one: Principal | None, use: _Use, listed: Mapping[str, Principal]) -> str:
    """Return what is worth a look at somebody's entitlements."""
    if one is None:
        return "seen in the log, and not in the settings of then"
    if one.kind == "agent" and one.owner not in listed:
        return "an agent whose owner nobody is"
    if not use.sessions:
        return "not used in this range"
    return "had groups that the settings no longer give" if use.groups - set(one.groups) else ""


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
        "Everybody entitled at the end of this range or seen in it, with what they have and what they used of it. "
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
    kinds = frozenset({DECIDED, LISTED})

    def __init__(self, known: Known, inputs: Inputs) -> None:
        super().__init__(known, inputs)
        self._uses: dict[str, _Use] = {}
        self._then = AsOf(inputs)

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Count a statement, or note who was listed."""
        if said.kind == LISTED:
            self._then.see(said)
            return ()
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
        listed = self._then.principals
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
