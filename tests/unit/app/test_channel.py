"""The supervisor and its processes talk; one that is gone is gone, however it went."""

from __future__ import annotations

import socket

import pytest

from proctor.app.channel import DRAIN, Channel


def pair() -> tuple[Channel, Channel]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    theirs.setblocking(False)
    return Channel(ours), Channel(theirs)


def test_what_is_sent_arrives_whole() -> None:
    ours, theirs = pair()
    assert theirs.receive() is None
    assert ours.send(DRAIN, b"now")
    message = theirs.receive()
    assert message is not None
    assert (message.kind, message.body) == (DRAIN, b"now")
    ours.close()
    theirs.close()


def test_one_that_hung_up_is_gone() -> None:
    ours, theirs = pair()
    theirs.close()
    with pytest.raises(EOFError):
        ours.receive()
    ours.close()


def test_one_that_was_killed_with_words_unread_is_gone_as_well() -> None:
    ours, theirs = pair()
    assert ours.send(DRAIN)
    theirs.close()
    with pytest.raises(EOFError):
        ours.receive()
    ours.close()
