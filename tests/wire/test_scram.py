"""SCRAM-SHA-256 on both sides: the vector of the RFC, what is refused, and who is who."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.errors import ClientFault, UpstreamFault
from proctor.wire.scram import SCRAM_PLUS, ScramClient, ScramServer, Verifier, _printable, _xor, md5_password, prepare

# RFC 7677, section 3
SALT = b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
CLIENT_FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
CLIENT_FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

PENCIL = Verifier.make("pencil", SALT)
# The vector's keys in the text form, and what a real PostgreSQL 15 stored for two passwords.
STORED = (
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
    ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
)
OF_A_SERVER = [
    (
        "pencil",
        "SCRAM-SHA-256$4096:fkNf3xqyW7knze9Iuqep0w==$+S5RSyrrcfp7Gaxd338drGGF1lVAq0Ea++7gXfCeWBg="
        ":QXiktscuMbXxJ3NakxVncJ6ZaFLPNXVpde6kiBuMYW0=",
    ),
    (
        "pässwörd\u00a0x",
        "SCRAM-SHA-256$4096:IPdBJ3oLjkgeI60Tcsdwig==$reQUmnglXgmf7zi+MLRuTSX2YZ49Ddjd1A/KlDZGbiY="
        ":ieaacEhTNUcK0vGvy9n5jHGnHZLQmfYP9yCrSwnneE0=",
    ),
]
NONCE = "abcdefghijklmnopqrstuvwx"
BINDING = bytes(range(32))


def login(password: str, verifier: Verifier, **how: bytes | None) -> None:
    client = ScramClient(password, NONCE, **how)
    server = ScramServer(verifier, SERVER_NONCE, **how)
    client.verify(server.final(client.final(server.first(client.first(), client.mechanism))))


def cheap(password: str) -> Verifier:
    return Verifier.make(password, SALT, 2)


def test_the_vector_of_rfc_7677_holds_on_the_servers_side() -> None:
    server = ScramServer(PENCIL, SERVER_NONCE)
    assert server.first(CLIENT_FIRST) == SERVER_FIRST
    assert server.final(CLIENT_FINAL) == SERVER_FINAL


def test_both_sides_understand_each_other() -> None:
    login("pencil", PENCIL)
    login("pencil", PENCIL, binding=BINDING)


def test_a_verifier_reads_and_writes_as_the_servers_store_it() -> None:
    assert str(PENCIL) == STORED
    assert Verifier.parse(STORED) == PENCIL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "md5" + "0" * 32,
        STORED.replace("256$", "512$"),
        STORED.replace("4096", "0"),
        STORED.replace("4096", "-1"),
        STORED.replace("4096", "٣"),
        STORED.replace("4096", "9999999999"),
        STORED[:-1],
        STORED.replace("WG5d", "WG5"),
        STORED + "$x",
        STORED.replace("W22Z", "W2*Z"),
    ],
)
def test_what_is_no_verifier_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Verifier.parse(text)


def test_a_verifier_does_not_show_its_keys() -> None:
    assert repr(PENCIL) == "Verifier(…)"
    assert f"{PENCIL!r}".count("WG5d") == 0


@pytest.mark.parametrize(("password", "text"), OF_A_SERVER)
def test_a_verifier_of_a_real_server_knows_its_password(password: str, text: str) -> None:
    verifier = Verifier.parse(text)
    assert verifier == Verifier.make(password, verifier.salt)
    assert verifier.fits(password)
    assert not verifier.fits(password + " ")


# ---- who fails


def test_a_wrong_password_fails_by_28p01() -> None:
    with pytest.raises(ClientFault) as caught:
        login("pen", cheap("pencil"))
    assert caught.value.sqlstate == "28P01"


def test_a_user_who_does_not_exist_looks_like_one_who_does() -> None:
    """The same salt each time, as many iterations, the same failure: nothing tells who exists."""
    mock = Verifier.mock(b"secret of the house", "nobody", 2)
    assert mock == Verifier.mock(b"secret of the house", "nobody", 2)
    assert mock.salt != Verifier.mock(b"secret of the house", "somebody", 2).salt
    assert len(mock.salt) == len(PENCIL.salt)
    with pytest.raises(ClientFault) as caught:
        login("pencil", mock)
    with pytest.raises(ClientFault) as other:
        login("pen", cheap("pencil"))
    assert (caught.value.sqlstate, caught.value.message) == (other.value.sqlstate, other.value.message)
    assert not mock.fits("pencil")


def test_a_mock_is_doomed_even_if_somebody_knows_its_keys() -> None:
    real = cheap("pencil")
    doomed = Verifier(real.iterations, real.salt, real.stored_key, real.server_key, doomed=True)
    assert not doomed.fits("pencil")
    with pytest.raises(ClientFault):
        login("pencil", doomed)


def test_a_proof_fits_once() -> None:
    server = ScramServer(PENCIL, SERVER_NONCE)
    server.first(CLIENT_FIRST)
    server.final(CLIENT_FINAL)
    with pytest.raises(ClientFault):
        server.final(CLIENT_FINAL)


def test_a_proof_fits_no_other_nonce() -> None:
    server = ScramServer(PENCIL, "x" * 24)
    server.first(CLIENT_FIRST)
    with pytest.raises(ClientFault):
        server.final(CLIENT_FINAL)


def test_the_messages_come_in_their_order() -> None:
    server = ScramServer(PENCIL, SERVER_NONCE)
    with pytest.raises(ClientFault):
        server.final(CLIENT_FINAL)
    server.first(CLIENT_FIRST)
    with pytest.raises(ClientFault):
        server.first(CLIENT_FIRST)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"n",
        b"n,,",
        b"n,,n=user",
        b"n,,r=abc,n=user",
        b"n,,n=user,r=",
        b"n,,n=user,r=a\x7fb",
        b"n,,n=user,r=a b",
        b"n,,n=user,r=ab,",
        b"n,,n=user,r=ab,junk",
        b"n,,m=x,n=user,r=ab",
        b"x,,n=user,r=abc",
        b"p=tls-unique,,n=user,r=abc",
        b"p=tls-server-end-point,,n=user,r=abc",
        b"n,,n=user,r=" + b"a" * 5000,
    ],
)
def test_a_malformed_first_message_is_refused(message: bytes) -> None:
    with pytest.raises(ClientFault) as caught:
        ScramServer(PENCIL, SERVER_NONCE).first(message)
    assert caught.value.sqlstate == "08P01"


def test_an_authorization_identity_is_refused() -> None:
    with pytest.raises(ClientFault) as caught:
        ScramServer(PENCIL, SERVER_NONCE).first(b"n,a=root,n=user,r=abc")
    assert caught.value.sqlstate == "0A000"


def test_unknown_extensions_are_let_pass() -> None:
    assert ScramServer(PENCIL, SERVER_NONCE).first(b"n,,n=user,r=abc,x=1").startswith(b"r=abc%")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        CLIENT_FINAL.replace(b",p=", b",q="),
        CLIENT_FINAL.replace(b"dHzb", b"dH*b"),
        CLIENT_FINAL[:-4],
        CLIENT_FINAL.replace(b"r=rOpr", b"r=xOpr"),
        CLIENT_FINAL.replace(b",r=", b",x=1,r="),
        CLIENT_FINAL + b"x" * 5000,
        b"c=biws,p=" + CLIENT_FINAL[-44:],
    ],
)
def test_a_malformed_final_message_is_refused(message: bytes) -> None:
    server = ScramServer(PENCIL, SERVER_NONCE)
    server.first(CLIENT_FIRST)
    with pytest.raises(ClientFault):
        server.final(message)


# ---- channel binding


def test_a_client_that_was_told_of_no_binding_was_lied_to() -> None:
    """RFC 5802, section 6: its `y` says that it could bind, and we did offer it."""
    with pytest.raises(ClientFault, match="negotiated away"):
        ScramServer(PENCIL, SERVER_NONCE, binding=BINDING).first(b"y,,n=user,r=abc")
    assert ScramServer(PENCIL, SERVER_NONCE).first(b"y,,n=user,r=abc")


def test_a_client_that_cannot_bind_need_not() -> None:
    client = ScramClient("pencil", NONCE)
    server = ScramServer(cheap("pencil"), SERVER_NONCE, binding=BINDING)
    client.verify(server.final(client.final(server.first(client.first()))))


def test_another_certificate_between_us_and_the_client_is_seen() -> None:
    client = ScramClient("pencil", NONCE, binding=b"another certificate")
    server = ScramServer(cheap("pencil"), SERVER_NONCE, binding=BINDING)
    with pytest.raises(ClientFault, match="binding"):
        server.final(client.final(server.first(client.first(), SCRAM_PLUS)))


def test_a_changed_flag_is_seen() -> None:
    client = ScramClient("pencil", NONCE)
    server = ScramServer(cheap("pencil"), SERVER_NONCE)
    first = client.first()
    with pytest.raises(ClientFault, match="binding"):
        server.final(client.final(server.first(b"y" + first[1:])))


@pytest.mark.parametrize(
    ("mechanism", "message"),
    [(SCRAM_PLUS, b"n,,n=,r=abc"), (SCRAM_PLUS, b"y,,n=,r=abc"), ("SCRAM-SHA-1", b"n,,n=,r=abc"), ("", b"n,,n=,r=abc")],
)
def test_flag_and_mechanism_must_agree(mechanism: str, message: bytes) -> None:
    with pytest.raises(ClientFault):
        ScramServer(PENCIL, SERVER_NONCE, binding=BINDING).first(message, mechanism)


def test_binding_cannot_be_chosen_where_it_was_not_offered() -> None:
    with pytest.raises(ClientFault, match="mechanism"):
        ScramServer(PENCIL, SERVER_NONCE).first(b"p=tls-server-end-point,,n=,r=abc", SCRAM_PLUS)


# ---- the client's side


def test_the_client_finds_out_a_server_that_does_not_know_the_password() -> None:
    """Otherwise anybody in between could let us in and read along."""
    client = ScramClient("pencil", NONCE)
    server = ScramServer(cheap("pencil"), SERVER_NONCE)
    client.final(server.first(client.first()))
    for forged in (b"", b"v=", SERVER_FINAL, b"v=" + b64encode(bytes(32))):
        with pytest.raises(UpstreamFault, match="did not prove"):
            client.verify(forged)


def test_a_server_that_says_nothing_has_proven_nothing() -> None:
    with pytest.raises(UpstreamFault):
        ScramClient("pencil", NONCE).verify(b"v=")


def test_a_servers_refusal_is_told() -> None:
    with pytest.raises(UpstreamFault, match="refused"):
        ScramClient("pencil", NONCE).verify(b"e=invalid-proof")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"r=" + NONCE.encode() + b",s=QSXCR+Q6sek8bf92,i=4096",
        b"r=another,s=QSXCR+Q6sek8bf92,i=4096",
        b"r=" + NONCE.encode() + b"x,s=*,i=4096",
        b"r=" + NONCE.encode() + b"x,s=QSXCR+Q6sek8bf92,i=0",
        b"r=" + NONCE.encode() + b"x,s=QSXCR+Q6sek8bf92,i=1000001",
        b"r=" + NONCE.encode() + b"x,s=QSXCR+Q6sek8bf92,i=x",
        b"m=x,r=" + NONCE.encode() + b"x,s=QSXCR+Q6sek8bf92,i=1",
        b"r=" + NONCE.encode() + b"x,s=QSXCR+Q6sek8bf92",
        b"r=" + NONCE.encode() + b"x" * 5000 + b",s=QSXCR+Q6sek8bf92,i=1",
    ],
)
def test_a_malformed_or_replayed_challenge_is_refused(message: bytes) -> None:
    with pytest.raises(UpstreamFault):
        ScramClient("pencil", NONCE).final(message)


@pytest.mark.parametrize("nonce", ["", "short", "x" * 17, "a,b" * 10, "ü" * 20, "a b" * 10])
def test_a_weak_nonce_is_our_own_mistake(nonce: str) -> None:
    with pytest.raises(ValueError, match="nonce"):
        ScramServer(PENCIL, nonce)


# ---- passwords


@pytest.mark.parametrize(
    ("password", "prepared"),
    [
        ("I\u00adX", b"IX"),
        ("user", b"user"),
        ("\u00aa", b"a"),
        ("\u2168", b"IX"),
        ("a\u00a0b", b"a b"),
        ("\u0007", b"\x07"),
        ("\u0627\u0031", "\u0627\u0031".encode()),
        ("\u00ad", "\u00ad".encode()),
    ],
    ids=ascii,
)
def test_a_password_is_prepared_as_the_servers_do(password: str, prepared: bytes) -> None:
    """RFC 4013, section 3, save that what it forbids goes in as it is."""
    assert prepare(password) == prepared


@given(st.text(min_size=1, max_size=12).filter(lambda word: not any(0xD800 <= ord(c) < 0xE000 for c in word)))
def test_any_password_opens_its_own_lock(password: str) -> None:
    login(password, cheap(password))


@given(st.binary(max_size=60), st.binary(max_size=120))
def test_any_messages_are_answered_or_refused(first: bytes, final: bytes) -> None:
    for opening in (first, b"n,,n=,r=abc" + first):
        server = ScramServer(PENCIL, SERVER_NONCE)
        try:
            server.first(opening)
            server.final(final)
        except ClientFault:
            continue
        raise AssertionError("arbitrary bytes have proven something")


def test_md5_is_what_the_older_servers_ask_for() -> None:
    """A real server took this form; the number was computed by hand: md5(hex(md5("geheim" "m1")) + salt)."""
    assert md5_password("m1", "geheim", b"\1\2\3\4") == "md56d0c54636fdc86e9da6a6af42ad0ab64"


def test_the_password_before_fits_as_well_until_it_is_taken_away() -> None:
    """A program's secret is changed in two places that nobody changes at once."""
    former = Verifier.make("graphite", PENCIL.salt, PENCIL.iterations)
    both = replace(PENCIL, former=former)
    for verifier, password, good in (
        (both, "pencil", True), (both, "graphite", True), (both, "chalk", False),
        (PENCIL, "graphite", False), (replace(both, doomed=True), "pencil", False),
    ):  # fmt: skip
        assert verifier.fits(password) is good
        server, client = ScramServer(verifier, SERVER_NONCE), ScramClient(password, "c" * 24)
        proof = client.final(server.first(client.first()))
        if good:
            client.verify(server.final(proof))
        else:
            with pytest.raises(ClientFault, match="password authentication failed"):
                server.final(proof)
    assert str(both) == str(PENCIL), "and is written nowhere"


@given(st.binary(max_size=4))
def test_a_nonce_is_printable_where_each_letter_is_and_is_no_comma(word: bytes) -> None:
    assert _printable(word) == all(0x21 <= letter <= 0x7E and letter != 0x2C for letter in word)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_two_keys_are_combined_bit_by_bit(one: bytes, other: bytes) -> None:
    assert _xor(one, other) == bytes(a ^ b for a, b in zip(one, other, strict=True))
    with pytest.raises(ValueError, match="equally long"):
        _xor(one, other[1:])
