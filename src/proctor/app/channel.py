"""Between the processes: what supervisor and workers tell each other, one message at a time, sockets included."""

from __future__ import annotations

import array
import socket
from dataclasses import dataclass
from struct import pack, unpack

READY, DRAIN, RELOAD, CANCEL, CONNECTION, TROUBLE, GUEST = b"R", b"D", b"H", b"X", b"C", b"T", b"G"
MAX_MESSAGE = 4096


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its kind, its words, and a socket that came with it."""

    kind: bytes
    body: bytes = b""
    socket: socket.socket | None = None


class Channel:
    """One end of the talk, over a pair of local sockets that keep messages apart."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.setblocking(False)

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        """Return two ends that talk to each other."""
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(one), cls(other)

    def fileno(self) -> int:
        """Return the file descriptor to wait on."""
        return self.sock.fileno()

    def send(self, kind: bytes, body: bytes = b"", sock: socket.socket | None = None) -> bool:
        """Send one message; False when the other end is gone or takes nothing now."""
        extra = []
        if sock is not None:
            extra.append((socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [sock.fileno()])))
        try:
            self.sock.sendmsg([kind + body], extra)
        except (BlockingIOError, OSError):
            return False
        return True

    def receive(self) -> Message | None:
        """Return the next message, None when there is none now; raise `EOFError` when the other end is gone."""
        room = socket.CMSG_SPACE(4)
        try:
            data, extra, _, _ = self.sock.recvmsg(MAX_MESSAGE, room, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            raise EOFError from None  # killed with words of ours unread
        if not data:
            raise EOFError
        got = None
        for level, kind, payload in extra:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                got = socket.socket(fileno=array.array("i", payload[:4])[0])
        return Message(data[:1], data[1:], got)

    def close(self) -> None:
        """Hang up."""
        self.sock.close()


def pack_cancel(pid: int, secret: bytes) -> bytes:
    """Return the words of a cancel that is for another worker."""
    return pack("!i", pid) + secret


def unpack_cancel(body: bytes) -> tuple[int, bytes]:
    """Return whose query is to be cancelled, and the secret shown for it."""
    return unpack("!i", body[:4])[0], body[4:]
