"""The benchmark of sessions: its stand-in gives a real database's answers, and its clients log in as drivers do."""

from __future__ import annotations

import asyncio

from bench.pgbench import Run
from bench.sessions import ONE, TWO, Gain, Held, allowed, of_two, tables
from bench.standin import Guest


class Original:
    """Answers with what it is asked, and counts."""

    def __init__(self) -> None:
        self.greeting = b"hello"
        self.asked: list[bytes] = []

    def answer(self, question: bytes) -> bytes:
        self.asked.append(question)
        return b"<" + question[-1:] + b">"


class Sink(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True


def message(tag: bytes, body: bytes = b"") -> bytes:
    return tag + (4 + len(body)).to_bytes(4, "big") + body


def test_a_question_is_whole_at_its_query_or_sync_however_it_was_cut() -> None:
    said = message(b"P", b"p") + message(b"B", b"b") + message(b"S") + message(b"Q", b"q")
    for cut in range(len(said) + 1):
        original, sink = Original(), Sink()
        guest = Guest(original)  # type: ignore[arg-type]
        guest.connection_made(sink)
        guest.data_received(b"a start-up packet")
        for piece in (said[:cut], said[cut:]):
            guest.data_received(piece)
        assert sink.written == [b"hello", b"<\x04>", b"<q>"]
        assert original.asked == [said[: -len(message(b"Q", b"q"))], message(b"Q", b"q")]


def test_who_leaves_is_let_go() -> None:
    sink = Sink()
    guest = Guest(Original())  # type: ignore[arg-type]
    guest.connection_made(sink)
    guest.data_received(b"a start-up packet")
    guest.data_received(message(b"X"))
    assert sink.closed


def gain(turn: int, target: str, tps: float) -> Gain:
    run = Run(round=turn, mode="simple", clients=16, target=target, tps=tps, latency_ms=1.0, cpu_us=100.0)
    return Gain(run, "decided before", 60.0, 40.0)


def test_the_gain_of_a_second_worker_is_told_beside_what_the_cores_allow() -> None:
    gains = [gain(0, ONE, 5000.0), gain(0, TWO, 9000.0), gain(1, ONE, 4000.0), gain(1, TWO, 8000.0)]
    assert of_two(gains, "decided before") == [1.8, 2.0]
    one = gains[0]
    assert allowed(gains, "decided before") == one.allowed / 4500.0
    others = [Gain(g.run, "new shapes", g.client_us, g.standin_us) for g in gains]
    said = tables([Held("pgbouncer", 1000, 2048.0, 0.5, 1.0, 4096)], [*gains, *others])
    assert "| pgbouncer | 1,000 | 2.0 | 0.50 | 4 |" in said
    assert "| decided before | 4,500 | 8,500 | 1.90 [1.80, 2.00] |" in said
