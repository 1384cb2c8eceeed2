"""Beside the stations: reads `[identity.NAME]`, the issuers of tokens that the house believes.

In comes the top of the settings; out go `Issuer`s by name. Opens no socket: whether an issuer answers is seen at work.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from proctor.app.section import Section
from proctor.edge.identity_config import ALGORITHMS, ConsoleClient, Issuer
from proctor.edge.issuers import safe
from proctor.terms import Kind

LONGEST_LIFETIME = 24 * 3600.0  # a token for longer is a password
LONGEST_LEEWAY = 300.0
LONGEST_SESSION = 7 * 24 * 3600.0
LONGEST_KEYS_AGE = 7 * 24 * 3600.0
_KINDS = {"human": Kind.HUMAN, "service": Kind.SERVICE, "agent": Kind.AGENT}


def read_identity(top: Section) -> Mapping[str, Issuer]:
    """Return the issuers of a file by their names, in its order."""
    found: dict[str, Issuer] = {}
    for name, section in top.sections("identity"):
        found[name] = _issuer(name, section)
        section.close()
    _check_prefixes(top, found)
    return MappingProxyType(found)


def _issuer(name: str, section: Section) -> Issuer:
    default = Issuer(name, "", ())
    kind = _KINDS[section.choice("kind", ("human", "service", "agent"), "human")]
    prefix = section.take("prefix")
    if prefix is not None and (not isinstance(prefix, str) or len(prefix) > 63 or not prefix.isprintable()):
        section.note("prefix", 'must be a string of at most 63 printable characters, "" for none')
        prefix = None
    return Issuer(
        name=name,
        issuer=_address(section),
        audience=_audience(section),
        kind=kind,
        client_id=section.text("client_id"),
        scopes=section.texts("scopes") or default.scopes,
        resource=section.text("resource"),
        subject_claim=section.text("subject_claim", default.subject_claim),
        prefix=prefix if isinstance(prefix, str) else f"{name}:" if kind is Kind.SERVICE else "",
        groups_claim=section.text("groups_claim", default.groups_claim),
        groups=_table(section, "groups"),
        member_of=frozenset(section.texts("member_of")),
        claims=_rules(section, kind),
        clients=frozenset(section.texts("clients")),
        userinfo=_userinfo(section),
        agents=section.flag("agents"),
        model_claim=section.text("model_claim", "model" if kind is Kind.AGENT else default.model_claim),
        version_claim=section.text("version_claim", "version" if kind is Kind.AGENT else default.version_claim),
        algorithms=_algorithms(section),
        leeway=_bounded(section, "leeway", default.leeway, LONGEST_LEEWAY),
        lifetime=_bounded(section, "lifetime", default.lifetime, LONGEST_LIFETIME),
        session=_bounded(section, "session", default.session, LONGEST_SESSION),
        keys_age=_bounded(section, "keys_age", default.keys_age, LONGEST_KEYS_AGE),
        keys_file=section.readable("keys_file"),
        ca=section.readable("ca"),
        console=_console(section.section("console"), kind),
    )


def _console(section: Section, kind: Kind) -> ConsoleClient:
    client = ConsoleClient(
        section.text("client_id"),
        section.secret("client_secret"),
        section.text("url").rstrip("/"),
        section.flag("return_after_sign_out"),
    )
    if client.url and not (safe(client.url) and urlsplit(client.url)[2:] == ("", "", "")):
        section.note(
            "url", 'must be the console\'s address and nothing behind it, such as "https://db.example.com:8088"'
        )
    if client.secret is not None and not client.client_id:
        section.note("client_secret", "is of the console's own client; give its client_id here too")
    if kind is not Kind.HUMAN and client != ConsoleClient():
        section.report.note(section.path, "the console is for people, and the tokens of this issuer are not")
    section.close()
    return client


def _userinfo(section: Section) -> bool:
    wanted = section.flag("userinfo")
    if wanted and "keys_file" in section:
        section.note("userinfo", "is asked of the issuer, and with a keys_file nobody asks it; leave one of them out")
    return wanted


def _address(section: Section) -> str:
    address = section.needed("issuer", '"https://login.example.com", exactly as its tokens write it in iss')
    # Behind a file of keys nothing is fetched, so that the issuer is but a name.
    if address and "keys_file" not in section and not safe(address):
        section.note("issuer", 'must be an https:// address; http:// is for this machine alone, such as "127.0.0.1"')
    return address


def _audience(section: Section) -> tuple[str, ...]:
    audience = section.texts("audience")
    if not audience:
        section.report.note(
            section.path, 'audience is missing; write audience = "proctor", what tokens for it say in aud'
        )
    return audience


def _algorithms(section: Section) -> tuple[str, ...]:
    algorithms = section.texts("algorithms")
    for each in algorithms:
        if each not in ALGORITHMS:
            section.note("algorithms", f'"{each}" is not accepted; known are {", ".join(ALGORITHMS)}')
    return tuple(each for each in algorithms if each in ALGORITHMS) or ALGORITHMS


def _bounded(section: Section, key: str, default: float, most: float) -> float:
    length = section.seconds(key, default)
    if length > most:
        section.note(key, f"must be at most {most / 3600:g}h" if most >= 3600 else f"must be at most {most:g}s")
        return default
    return length


def _table(section: Section, key: str) -> Mapping[str, str]:
    inner = section.section(key)
    found = {}
    for name in inner.table:
        value = inner.text(name)
        if not name or name.count("*") > 1 or ("*" in name and not name.endswith("*")):
            inner.note(name, 'name a group of the issuer\'s, or its beginning and "*"')
        elif value:
            found[name] = value
    inner.close()
    return MappingProxyType(found)


def _rules(section: Section, kind: Kind) -> Mapping[str, tuple[str, ...]]:
    inner = section.section("claims")
    found = {}
    for name in inner.table:
        values = inner.texts(name)
        if not values:
            inner.note(name, "an empty list would let nobody in; name the values that the claim may have")
        found[name] = values
    inner.close()
    if kind is not Kind.HUMAN and not found:
        section.report.warn(section.path, "has no [claims], so every token of that issuer for this audience is let in")
    return MappingProxyType(found)


def _check_prefixes(top: Section, found: Mapping[str, Issuer]) -> None:
    """Note issuers that could name two principals alike: what one of them may, the other may."""
    seen: dict[tuple[bool, str], Issuer] = {}
    for name, issuer in found.items():
        # An agent is one that the settings know, and a token for somebody of another kind is refused: no mix-up there.
        other = seen.setdefault((issuer.kind is Kind.AGENT, issuer.prefix), issuer)
        if other.issuer != issuer.issuer:
            whom = "agents" if issuer.kind is Kind.AGENT else "people"
            top.report.note(
                ("identity", name), f"could name {whom} as [identity.{other.name}] does; give one of them a prefix"
            )
