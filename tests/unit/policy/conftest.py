"""A small shop as the rules see it: who asks, what the columns hold, and how to say a statement in one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from proctor.policy.decide import decide
from proctor.policy.rules import Rules
from proctor.terms import (
    Access,
    Action,
    Analysis,
    Claims,
    Classified,
    Column,
    Context,
    DataClass,
    Decision,
    Finding,
    Identity,
    Inference,
    Kind,
    Output,
    Relation,
    Taint,
    Use,
)

CUSTOMERS = Relation("public", "customers")
ORDERS = Relation("public", "orders")
SUPPLIERS = Relation("public", "suppliers")
STAFF = Relation("public", "staff")
STAYS = Relation("public", "stays")
TEMP = Relation("pg_temp", "tt")

HELD = {
    (CUSTOMERS, "id"): None,
    (CUSTOMERS, "email"): "email",
    (CUSTOMERS, "card"): "payment_card",
    (CUSTOMERS, "name"): "person_name",
    (SUPPLIERS, "id"): None,
    (SUPPLIERS, "email"): "email",
    (ORDERS, "id"): None,
    (ORDERS, "customer_id"): None,
    (ORDERS, "total"): None,
    (SUPPLIERS, "founder_born"): "birth_date",
    (STAFF, "id"): None,
    (STAFF, "born"): "birth_date",
    (STAFF, "hired"): "birth_date",
    (STAYS, "came"): "life_date",
}


ALICE = Identity("alice", Kind.HUMAN, frozenset({"engineering"}), "scram")
DORA = Identity("dora", Kind.HUMAN, frozenset({"dba"}), "scram")
COPILOT = Identity("copilot", Kind.AGENT, frozenset(), "scram", on_behalf_of="alice")
CHECKOUT = Identity("checkout", Kind.SERVICE, frozenset({"apps"}), "scram")
DATA_MAP = Classified(
    {
        Column(relation, name): Finding(None if held is None else DataClass(held), 1.0, "given")
        for (relation, name), held in HELD.items()
    }
)
AT_TWO = Context("shop", "production", datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
NO_CLAIMS = Claims()


def column(text: str) -> Column:
    table, name = text.split(".")
    schema = "pg_temp" if table == "tt" else "public"
    return Column(Relation(schema, table), name)


def columns(*texts: str) -> frozenset[Column]:
    return frozenset(column(text) for text in texts)


@dataclass(frozen=True)
class Shop:
    """Everything that a decision needs, with defaults that matter to nobody."""

    rules: Rules
    people: Identity = ALICE
    dba: Identity = DORA
    agents: Identity = COPILOT
    services: Identity = CHECKOUT
    classified: Classified = DATA_MAP
    context: Context = AT_TWO

    def asker(self, who: str) -> Identity:
        return {"people": self.people, "dba": self.dba, "agents": self.agents, "services": self.services}[who]

    def decide(
        self,
        who: str | Identity,
        analysis: Analysis,
        *,
        environment: str = "production",
        approvals: int = 0,
        style: str = "useful",
        claims: Claims = NO_CLAIMS,
        now: datetime | None = None,
    ) -> Decision:
        asker = self.asker(who) if isinstance(who, str) else who
        context = replace(
            self.context,
            environment=environment,
            approved=approvals > 0,
            approvals=approvals,
            style=style,
            claims=claims,
            now=now or self.context.now,
        )
        return decide(asker, analysis, context, self.rules, self.classified)

    def access(
        self,
        action: Action,
        on: str = "orders",
        *traits: str,
        rows: int | None = None,
        touched: Iterable[str] = (),
        kind: str = "",
    ) -> Analysis:
        """A statement of one access; `on` is a table of the shop, or the words for something that is none."""
        table = {"customers": CUSTOMERS, "orders": ORDERS, "suppliers": SUPPLIERS, "tt": TEMP}.get(on)
        what = frozenset(traits) | ({"temporary"} if table == TEMP else frozenset())
        access = Access(action, table, frozenset(touched), what, "" if table else on, rows)
        return Analysis(kind or action.value, accesses=(access,))

    def select(self, *outputs: str, plain: bool = True, on: str = "customers") -> Analysis:
        """A SELECT whose outputs are made of these columns, `a+b` for one made of two."""
        made = [frozenset(column(part) for part in text.split("+")) for text in outputs]
        return Analysis(
            "select",
            accesses=self.access(Action.READ, on).accesses,
            outputs=tuple(Output(text, sources, plain) for text, sources in zip(outputs, made, strict=True)),
            reads=frozenset().union(*made),
        )

    def inferring(self, use: Use, *names: str) -> Analysis:
        found = Inference(use, columns(*names))
        return replace(self.access(Action.READ, "customers"), inferences=(found,), reads=columns(*names))

    def copying(self, source: str, target: str, action: Action = Action.INSERT) -> Analysis:
        table = target.split(".", maxsplit=1)[0]
        taint = Taint(columns(source), column(target))
        return replace(self.access(action, table), taints=(taint,), reads=columns(source))

    def with_rules(self, tmp_path: Path, *texts: str) -> Shop:
        """The same shop under rules of its own, on top of the shipped pack."""
        for number, text in enumerate(texts):
            (tmp_path / f"{number}.cedar").write_text(text)
        return replace(self, rules=Rules.load([tmp_path]))


@pytest.fixture(scope="session")
def shipped() -> Rules:
    return Rules.shipped()


@pytest.fixture
def shop(shipped: Rules) -> Shop:
    return Shop(shipped)
