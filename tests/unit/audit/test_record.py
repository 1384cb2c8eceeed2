"""Records are evidence: their bytes do not change by accident, their page is true, and they hold no values."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from proctor.audit import basis
from proctor.audit import record as r
from proctor.audit.decided import decided_of, verdict_of
from proctor.terms import (
    Access,
    Action,
    Allow,
    Analysis,
    Claims,
    Column,
    DataClass,
    Deny,
    Hold,
    Identity,
    Inference,
    Kind,
    MaskSpec,
    Relation,
    Use,
)

PAGE = (Path(__file__).parents[3] / "docs" / "manual" / "records.md").read_text("utf-8")
PARTS = {
    "who": r.Who,
    "from": r.Origin,
    "claims": r.Claimed,
    "statement": r.StatementText,
    "sealed": r.Sealed,
    "decision": r.Verdict,
    "mask": r.Masked,
    "source": r.Source,
    "entitled": r.Entitled,
    "basis": basis.Basis,
    "access": basis.Accessed,
    "use": basis.Used,
    "copy": basis.Copied,
}
CUSTOMERS = Relation("public", "customers")


def section(title: str) -> list[tuple[str, str, str]]:
    """Return a table of the manual's page: field, type, whether it is always there."""
    text = re.split(r"^#+ ", PAGE.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in text.splitlines() if line.startswith("| `")]
    return [(name.strip("`"), kind, there) for name, kind, there in rows]


def described(struct: type, without: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    fields = msgspec.inspect.type_info(struct).fields
    return [
        (field.encode_name, in_words(field.type), "always" if field.required else "if any")
        for field in fields
        if field.encode_name not in without
    ]


def in_words(kind: msgspec.inspect.Type) -> str:
    match kind:
        case msgspec.inspect.UnionType():
            return in_words(next(one for one in kind.types if not isinstance(one, msgspec.inspect.NoneType)))
        case msgspec.inspect.StrType():
            return "text"
        case msgspec.inspect.BoolType():
            return "true or false"
        case msgspec.inspect.IntType():
            return "number"
        case msgspec.inspect.VarTupleType():
            return f"list of {in_words(kind.item_type)}"
        case msgspec.inspect.DictType():
            return f"{in_words(kind.key_type)} → {in_words(kind.value_type)}"
        case msgspec.inspect.StructType():
            return next(name for name, part in PARTS.items() if part is kind.cls)
    raise AssertionError(kind)


COMMON = tuple(field.encode_name for field in msgspec.inspect.type_info(r.Body).fields)


def tag(kind: type[r.Body]) -> str:
    return str(kind.__struct_config__.tag)


def test_the_manual_knows_every_kind_and_no_other():
    titles = re.findall(r"^### (\S+\.\S+|heartbeat)$", PAGE, re.MULTILINE)
    assert titles == [tag(kind) for kind in r.KINDS]


@pytest.mark.parametrize("kind", r.KINDS, ids=tag)
def test_the_manual_describes_the_fields_of(kind):
    assert section(tag(kind)) == described(kind, COMMON)


@pytest.mark.parametrize("name", PARTS)
def test_the_manual_describes_the_part(name):
    assert section(name) == described(PARTS[name])


def test_the_manual_describes_what_all_kinds_share():
    assert section("In every kind") == described(r.Body)
    assert [name for name, *_ in section("The head")] == ["v", "shard", "seq", "time", "monotonic_ns", "kind"]


def test_every_kind_of_body_is_in_the_list():
    def leaves(kind: type) -> set[type]:
        below = kind.__subclasses__()
        return set().union(*map(leaves, below)) if below else {kind}

    assert leaves(r.Body) == set(r.KINDS)


def test_the_bytes_of_a_decided_statement_are_these():
    """A golden record: who changes the order or a name breaks every reader there is."""
    assert r.encode(full()) == (
        b'{"kind":"statement.decided","id":"x1","exchange":"x1","session":"s1",'
        b'"who":{"subject":"copilot","kind":"agent","groups":["a","b"],"proof":"scram","on_behalf_of":"alice"},'
        b'"from":{"address":"192.0.2.7:51000","tls":"TLSv1.3"},"claims":{"reason":"INC-42"},"database":"shop",'
        b'"statement":{"text":"select email from customers where id = ?","digest":"abc"},"command":"select",'
        b'"understood":true,"decision":{"verdict":"allow","rules":["read-masked"],"rule_set":"v1"},'
        b'"actions":["read"],"reads":{"public.customers":["email","id"]},"infers":{"public.customers":["id"]},'
        b'"masks":[{"output":1,"mask":"email","class":"email","columns":["public.customers.email"]}],"ticket":"t1"}'
    )


def full() -> r.StatementDecided:
    email, key = Column(CUSTOMERS, "email"), Column(CUSTOMERS, "id")
    analysis = Analysis(
        kind="select",
        accesses=(Access(Action.READ, CUSTOMERS, frozenset({"email"})),),
        reads=frozenset({email, key}),
        inferences=(Inference(Use.KEY, frozenset({key})),),
        text="select email from customers where id = 4711",
    )
    mask = MaskSpec("email", DataClass("email"), frozenset({email}))
    body = decided_of(
        analysis,
        Allow(("read-masked",), "v1", (mask, None)),
        id="x1",
        exchange="x1",
        database="shop",
        text="select email from customers where id = ?",
        digest="abc",
        ticket="t1",
    )
    who = r.who_of(Identity("copilot", Kind.AGENT, frozenset("ba"), "scram", "alice"))
    return msgspec.structs.replace(
        body,
        session="s1",
        who=who,
        origin=r.Origin(address="192.0.2.7:51000", tls="TLSv1.3"),
        claims=r.claims_of(Claims(reason="INC-42")),
    )


def test_a_record_holds_the_text_it_is_given_and_never_the_statements_own():
    assert b"4711" not in r.encode(full())


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (Allow(("a",), "v"), {"verdict": "allow", "rules": ["a"], "rule_set": "v"}),
        (Deny(("b",), "v", "no"), {"verdict": "deny", "rules": ["b"], "rule_set": "v", "reason": "no"}),
        (Hold(("c",), "v", "ask"), {"verdict": "hold", "rules": ["c"], "rule_set": "v", "reason": "ask"}),
    ],
    ids=["allow", "deny", "hold"],
)
def test_a_decision_is_told_as(decision, expected):
    assert json.loads(msgspec.json.encode(verdict_of(decision))) == expected


def test_a_statement_that_writes_names_what_it_writes():
    accesses = (Access(Action.UPDATE, CUSTOMERS, frozenset({"name"})), Access(Action.GRANT, object="role bob"))
    body = decided_of(Analysis("update", accesses=accesses), Deny((), "", ""), id="x", database="d", text="", digest="")
    assert (body.writes, body.objects, body.actions) == (
        {"public.customers": ("name",)},
        ("role bob",),
        ("grant", "update"),
    )


def test_no_claims_are_no_claims():
    assert r.claims_of(Claims()) is None


def test_what_is_no_record_is_not_glanced_at():
    with pytest.raises(msgspec.MsgspecError):
        r.glance(b'{"v":1,"shard":"w0"}')
