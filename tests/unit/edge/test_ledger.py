"""A session's records: what is the same for all texts of a form is encoded once, what is a text's own never shared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import pytest

from proctor.audit.journal import Journal
from proctor.audit.record import Origin
from proctor.audit.segments import Frame, read
from proctor.audit.vault import Vault, load_private, made_private, opened
from proctor.edge.ledger import SessionLedger
from proctor.errors import Fault
from proctor.session.judge import Bench
from proctor.session.judged import Judged, Stamp
from proctor.session.memory import Memory
from proctor.session.ports import Answered, Decided
from proctor.sql import SessionSettings
from proctor.terms import Claims, Context
from tests.stories.house import ALICE, NOW, FakeClock, catalog, data_map, shipped

KEY = b"k" * 32
STAMP = Stamp(ALICE, Context("shop", "production", NOW), SessionSettings(("pg_catalog", "public"), "app"), "1", 1, "r")


class Wall:
    """The journal's clock."""

    def time_ns(self) -> int:
        return 1_800_000_000_000_000_000

    def monotonic_ns(self) -> int:
        return 1


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "w0", "w0", clock=Wall()) as opened:
        yield opened


@pytest.fixture
def ledger(journal: Journal) -> SessionLedger:
    return SessionLedger(journal, FakeClock(), KEY, "s1", ALICE, Origin(address="127.0.0.1"), "shop")


def judged(memory: Memory, text: str) -> Judged:
    number = memory.number(STAMP)
    found = memory.recall(number, text)
    if found is None:
        found = Bench(STAMP, catalog(), data_map(), shipped()).judge(text)
        memory.keep(number, found)
    return found


def digest(text: str) -> str:
    data = text.encode()
    return blake2b(b"%d:" % len(data) + data, key=KEY, digest_size=32, person=b"statement").hexdigest()


def decisions(journal: Journal) -> list[dict[str, object]]:
    found = [json.loads(each.record) for each in read(journal.folder) if isinstance(each, Frame)]
    return [record for record in found if record["kind"] == "statement.decided"]


def test_texts_of_one_shape_have_digests_of_their_own(memory: Memory, ledger: SessionLedger, journal: Journal) -> None:
    texts = [f"select total from orders where id = {n} and note <> 'it''s {n}'" for n in (1, 22, 333)]
    claims = Claims()
    left: list[Fault | None] = []
    ledger.decided(Decided("x0", judged(memory, texts[0]).verdicts[0], claims, None))
    for n, text in enumerate([*texts, texts[0]], 1):
        ledger.decided_again(f"x{n}", judged(memory, text).verdicts[0], claims, (), left.append)
    assert left == [None] * 4
    records = decisions(journal)
    assert [record["exchange"] for record in records] == ["x0", "x1", "x2", "x3", "x4"]
    redacted = "select total from orders where id = ? and note <> ?"
    expected = [digest(text) for text in (texts[0], *texts, texts[0])]
    assert [record["statement"] for record in records] == [{"text": redacted, "digest": each} for each in expected]
    rest = [{k: v for k, v in r.items() if k not in ("id", "exchange", "statement", "seq")} for r in records]
    assert all(each == rest[0] for each in rest)


def test_tickets_and_parameters_stand_behind_the_digest(
    memory: Memory, ledger: SessionLedger, journal: Journal
) -> None:
    one, two = (judged(memory, f"select total from orders where id = {n} or id = $1").verdicts[0] for n in (1, 2))
    claims = Claims(reason='"digest":"')
    ledger.decided(Decided("x1", one, claims, (b"7",), "T1"))
    ledger.decided_again("x2", two, claims, (b"7",), print)
    ledger.decided_again("x3", two, claims, (b"8",), print)
    records = decisions(journal)
    assert [record.get("ticket") for record in records] == ["T1", None, None]
    assert records[0]["parameters"] == records[1]["parameters"] != records[2]["parameters"]
    statements = [record["statement"] for record in records]
    assert statements[0] != statements[1] == statements[2]


def test_a_name_that_looks_like_a_digest_does_not_move_it(
    memory: Memory, ledger: SessionLedger, journal: Journal
) -> None:
    texts = [f'select total as "x"",""digest"":""y" from orders where id = {n}' for n in (1, 2)]
    for text in texts:
        ledger.decided(Decided("x", judged(memory, text).verdicts[0], Claims(), None))
    assert [record["statement"]["digest"] for record in decisions(journal)] == [digest(t) for t in texts]  # type: ignore[index]


def test_the_list_of_sessions_hears_what_a_session_runs_and_was_given(memory: Memory, ledger: SessionLedger) -> None:
    assert (ledger.shape, ledger.given) == ("", (0, 0))
    claims = Claims()
    texts = [f'select total as "it\'s" from orders where id = {n}' for n in (1, 2)]
    ledger.decided(Decided("x1", judged(memory, texts[0]).verdicts[0], claims, None))
    ledger.decided_again("x2", judged(memory, texts[1]).verdicts[0], claims, (), print)
    assert ledger.shape == 'select total as "it\'s" from orders where id = ?'
    ledger.answered(Answered("x1", 3, 40))
    ledger.answered_plainly("x2", 1, 10, b"SELECT 1", 0)
    assert ledger.given == (4, 50)


@pytest.fixture
def sealed(journal: Journal, tmp_path: Path) -> Sealing:
    return Sealing(journal, tmp_path)


class Sealing:
    """A ledger that seals, and the reveal key."""

    def __init__(self, journal: Journal, folder: Path) -> None:
        pem, public = made_private()
        (folder / "reveal.pem").write_bytes(pem)
        self.folder = folder / "vault"
        self.private = load_private(folder / "reveal.pem")
        self.journal = journal
        key = Vault(self.folder, public).key_for(ALICE.subject)
        self.ledger = SessionLedger(journal, FakeClock(), KEY, "s1", ALICE, Origin(address="127.0.0.1"), "shop", key)

    def said(self) -> list[tuple[bytes | None, ...] | None]:
        """Return what each record holds sealed, None where it holds nothing."""
        found: list[tuple[bytes | None, ...] | None] = []
        for record in decisions(self.journal):
            box = record.get("sealed")
            assert box is None or isinstance(box, dict)
            digest = record["statement"]["digest"].encode()  # type: ignore[index]
            found.append(box and opened(self.folder, box["key"], box["box"], digest, self.private))
        return found


def test_literals_and_bound_values_are_sealed_and_in_the_clear_nowhere(memory: Memory, sealed: Sealing) -> None:
    left: list[object] = []
    text = "select total from orders where id = 4711 or id = $1"
    verdict, claims = judged(memory, text).verdicts[0], Claims()
    sealed.ledger.decided(Decided("x1", verdict, claims, (b"0815", None)))
    sealed.ledger.decided_again("x2", verdict, claims, (b"0816",), left.append)
    sealed.ledger.decided_again("x3", verdict, claims, (), left.append)
    sealed.ledger.decided(Decided("x4", verdict, claims, None, "T1"))
    sealed.ledger.let_go()
    whole = text.encode()
    assert sealed.said() == [(whole, b"0815", None), (whole, b"0816"), (whole,), (whole,)]
    bytes_of_it = b"".join(each.record for each in read(sealed.journal.folder) if isinstance(each, Frame))
    assert not any(secret in bytes_of_it for secret in (b"4711", b"0815", b"0816"))


def test_a_text_without_literals_is_not_sealed_for_itself(memory: Memory, sealed: Sealing) -> None:
    plain = judged(memory, "select total from orders where id = $1").verdicts[0]
    bare = judged(memory, "select total from orders").verdicts[0]
    sealed.ledger.decided(Decided("x1", plain, Claims(), (b"7",)))
    sealed.ledger.decided(Decided("x2", bare, Claims(), None))
    assert sealed.said() == [(None, b"7"), None]


def test_one_text_that_comes_again_has_one_box_and_values_never(memory: Memory, sealed: Sealing) -> None:
    left: list[object] = []
    claims = Claims()
    verdict = judged(memory, "select total from orders where id = 7").verdicts[0]
    sealed.ledger.decided(Decided("x1", verdict, claims, None))
    sealed.ledger.decided_again("x2", verdict, claims, (), left.append)
    bound = judged(memory, "select total from orders where id = $1").verdicts[0]
    sealed.ledger.decided(Decided("x3", bound, claims, (b"7",)))
    sealed.ledger.decided_again("x4", bound, claims, (b"7",), left.append)
    sealed.ledger.let_go()
    boxes = [record["sealed"]["box"] for record in decisions(sealed.journal)]  # type: ignore[index]
    assert boxes[0] == boxes[1]
    assert boxes[2] != boxes[3]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("select email from customers where email = 'ada@example.org'", id="sensitive columns"),
        pytest.param("select full_name from customers where id = 7", id="a masked answer"),
        pytest.param("drop table orders", id="what is held"),
        pytest.param("create role eve password 'hush'", id="a password"),
        pytest.param("alter role eve password 'hush'", id="a new password"),
        pytest.param("set my.secret = 'hush'", id="a setting"),
        pytest.param("select nobody_knows('hush')", id="a function that nobody knows"),
        pytest.param("select 'hush' from", id="what is not SQL"),
    ],
)
def test_what_may_be_sensitive_is_a_digest_and_nothing_else(memory: Memory, sealed: Sealing, text: str) -> None:
    sealed.ledger.decided(Decided("x1", judged(memory, text).verdicts[0], Claims(), (b"v",)))
    assert sealed.said() == [None]
    assert len(str(decisions(sealed.journal)[0]["parameters"])) == 64


def test_sealed_values_need_a_digest_only_where_they_were_approved(memory: Memory, sealed: Sealing) -> None:
    """That what was approved is what ran must show without a key."""
    verdict = judged(memory, "select total from orders where id = $1").verdicts[0]
    sealed.ledger.decided(Decided("x1", verdict, Claims(), (b"7",), "T1"))
    sealed.ledger.decided(Decided("x2", verdict, Claims(), (b"7",)))
    sealed.ledger.decided_again("x3", verdict, Claims(), (b"7",), print)
    approved, plain, again = decisions(sealed.journal)
    assert len(str(approved["parameters"])) == 64
    assert "parameters" not in plain
    assert "parameters" not in again
    assert None not in sealed.said()


def test_more_than_a_record_should_hold_is_a_digest(memory: Memory, sealed: Sealing) -> None:
    verdict = judged(memory, "select total from orders where id = $1").verdicts[0]
    sealed.ledger.decided(Decided("x1", verdict, Claims(), (b"7" * 300_000,)))
    assert sealed.said() == [None]
