"""What we say ourselves: round trips through the other leg, and what cannot be said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.errors import ClientFault
from proctor.wire import messages as say
from proctor.wire import talk
from proctor.wire.client_leg import ClientLeg
from proctor.wire.scram import SCRAM, ScramClient, ScramServer, Verifier
from proctor.wire.upstream_leg import UpstreamLeg

NAMES = st.text(alphabet=st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=12)
VALUES = st.lists(st.none() | st.binary(max_size=20), max_size=5)
SHORTS = st.integers(0, 1)


def client() -> ClientLeg:
    leg = ClientLeg()
    leg.feed(say.startup({"user": "a"}))
    leg.proven()
    return leg


def upstream() -> UpstreamLeg:
    leg = UpstreamLeg()
    leg.feed(say.AUTH_OK + say.ready())
    return leg


@given(NAMES, NAMES, VALUES, SHORTS, st.lists(SHORTS, max_size=3))
def test_a_bind_comes_through_as_it_was_said(
    portal: str, statement: str, values: list[bytes | None], form: int, results: list[int]
) -> None:
    raw = say.bind(portal, statement, [form], values, results)
    expected = talk.Bind(portal.encode(), statement.encode(), (form,), tuple(values), tuple(results), raw)
    assert client().feed(raw) == [expected]


@given(NAMES, NAMES, st.lists(st.integers(0, 2**32 - 1), max_size=4))
def test_a_parse_comes_through_as_it_was_said(name: str, sql: str, types: list[int]) -> None:
    raw = say.parse(name, sql, types)
    assert client().feed(raw) == [talk.Prepare(name.encode(), sql.encode(), tuple(types), raw)]


@given(
    st.lists(
        st.builds(
            talk.Field,
            NAMES,
            st.integers(0, 2**32 - 1),
            st.integers(-(2**15), 2**15 - 1),
            st.integers(0, 2**32 - 1),
            st.integers(-(2**15), 2**15 - 1),
            st.integers(-(2**31), 2**31 - 1),
            SHORTS,
        ),
        max_size=4,
    )
)
def test_a_shape_comes_through_as_it_was_said(fields: list[talk.Field]) -> None:
    raw = say.row_description(fields)
    assert upstream().feed(raw) == [talk.Shape(fields, raw)]


@given(st.dictionaries(st.sampled_from("SVCMDHPWstcdnFLR"), NAMES, max_size=6))
def test_an_error_comes_through_as_it_was_said(fields: dict[str, str]) -> None:
    error, notice = say.error_response(fields), say.notice_response(fields)
    assert upstream().feed(error + notice) == [talk.Failed(fields, error), talk.Notice(fields, notice)]


@given(st.lists(st.lists(st.none() | NAMES, max_size=4), max_size=4))
def test_rows_are_read_as_they_were_said(rows: list[list[str | None]]) -> None:
    raw = b"".join(say.data_row([None if cell is None else cell.encode() for cell in row]) for row in rows)
    assert say.read_rows(raw) == [tuple(row) for row in rows]


@pytest.mark.parametrize("raw", [say.ready(), say.data_row([b"a"])[:-1], b"D", say.frame(b"D", b"\0\1\0\0\0\1ab")])
def test_what_are_no_rows_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="row"):
        say.read_rows(raw)


def test_a_string_with_a_nul_cannot_be_said() -> None:
    """It would end early on the other side, and the rest would be somebody's next field."""
    for build in (
        lambda: say.query("a\0b"),
        lambda: say.startup({"user": "a\0b"}),
        lambda: say.error_response({"M": "\0"}),
    ):
        with pytest.raises(ValueError, match="NUL"):
            build()


def test_only_statements_and_portals_are_described_or_closed() -> None:
    for build in (say.describe, say.close):
        with pytest.raises(ValueError, match="statements"):
            build(b"X", "")


def test_a_status_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="idle"):
        say.ready("X")


def test_a_fault_is_told_with_its_code_and_hint() -> None:
    fields = say.fault_fields(ClientFault("no", sqlstate="28000", hint="Try harder."), "ERROR")
    assert fields == {"S": "ERROR", "V": "ERROR", "C": "28000", "M": "no", "H": "Try harder."}
    assert "H" not in say.fault_fields(ClientFault("no"))


@pytest.mark.parametrize("payload", [b"", b"X", b"X\0", b"X\0\0\0\0\5ab", b"X\0\0\0\0\1ab", b"X\0\xff\xff\xff\xffa"])
def test_a_malformed_sasl_response_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="SASL"):
        say.parse_sasl_initial(payload)


def test_a_sasl_response_may_come_without_data() -> None:
    assert say.parse_sasl_initial(b"X\0\xff\xff\xff\xff") == ("X", b"")


@pytest.mark.parametrize("payload", [b"", b"abc", b"a\0b\0", b"a\0\0"])
def test_a_malformed_password_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="malformed"):
        say.parse_password(payload)


def test_a_password_comes_through() -> None:
    leg = ClientLeg()
    leg.feed(say.startup({"user": "a"}))
    (proof,) = leg.feed(say.password("pässword"))
    assert isinstance(proof, talk.Proof)
    assert say.parse_password(proof.payload) == "pässword"


def test_an_offer_of_mechanisms_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="mechanisms"):
        say.parse_sasl_mechanisms(b"SCRAM-SHA-256\0")


def test_two_of_our_legs_log_in_and_talk_to_each_other() -> None:
    """The whole way: encryption declined, SCRAM, a batch, an answer, a copy, and good-bye."""
    here, there = UpstreamLeg(), ClientLeg()
    verifier = Verifier.make("pencil", bytes(16), 2)
    mine, theirs = ScramClient("pencil", "a" * 24), ScramServer(verifier, "b" * 24)

    assert there.feed(say.ssl_request()) == [talk.WantsTls()]
    (login,) = there.feed(say.startup({"user": "alice", "database": "shop"}))
    assert login == talk.Login("alice", "shop", {})
    (offer,) = here.feed(say.auth_sasl([SCRAM]))
    assert isinstance(offer, talk.AuthAsk)
    assert say.parse_sasl_mechanisms(offer.payload) == (SCRAM,)

    (proof,) = there.feed(say.sasl_initial(mine.mechanism, mine.first()))
    assert isinstance(proof, talk.Proof)
    mechanism, data = say.parse_sasl_initial(proof.payload)
    (challenge,) = here.feed(say.auth_sasl_continue(theirs.first(data, mechanism)))
    assert isinstance(challenge, talk.AuthAsk)
    (proof,) = there.feed(say.sasl_response(mine.final(challenge.payload)))
    assert isinstance(proof, talk.Proof)
    final = theirs.final(proof.payload)
    there.proven()
    events = here.feed(say.auth_sasl_final(final) + say.AUTH_OK + say.backend_key_data(1, b"abcd") + say.ready())
    assert isinstance(events[0], talk.AuthAsk)
    mine.verify(events[0].payload)
    assert events[-1] == talk.Ready("I", say.ready())

    batch = say.parse("", "select 1") + say.bind("", "") + say.describe(b"P", "") + say.execute() + say.sync()
    kinds = [type(event) for event in there.feed(batch)]
    assert kinds == [talk.Prepare, talk.Bind, talk.Describe, talk.Run, talk.Sync]
    field = talk.Field("x", 0, 0, 23, 4, -1, 0)
    answer = say.PARSE_COMPLETE + say.BIND_COMPLETE + say.row_description([field]) + say.data_row([b"1"])
    kinds = [type(event) for event in here.feed(answer + say.command_complete("SELECT 1") + say.ready())]
    assert kinds == [talk.Prepared, talk.Bound, talk.Shape, talk.Rows, talk.Done, talk.Ready]
    assert there.feed(say.terminate()) == [talk.Bye()]
