"""Station 8, what is withheld: an answer that the client is not told before the rows behind it are counted.

Takes whole messages, bounded; gives them back in order, with the end of the statement apart. Knows no rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ROWS = (b"D", b"d")
COMPLETE, SUSPENDED, NOTICE = b"C", b"s", b"N"


@dataclass(slots=True)
class Spool:
    """The messages of one answer. Over its limit the rows are dropped: they will not be told."""

    limit: int
    held: list[bytes] = field(default_factory=list)
    size: int = 0
    over: bool = False

    def take(self, said: list[bytes]) -> None:
        """Keep messages that would have been sent."""
        self.held += said
        self.size += sum(map(len, said))
        if self.size > self.limit:
            self.over = True
        if self.over:
            self.held = [message for message in self.held if message[:1] not in ROWS]

    def told(self) -> bytes:
        """Return everything as it came."""
        return b"".join(self.held)

    def ended(self, ending: list[bytes]) -> bytes:
        """Return the answer with what the end of the transaction gave put where the server would have.

        Its notices come before the statement is said to be complete, and an error takes the place of that; what
        others were notified of follows.
        """
        at = max(
            (i for i, message in enumerate(self.held) if message[:1] in (COMPLETE, SUSPENDED)), default=len(self.held)
        )
        rest = self.held[at:]
        if any(message[:1] == b"E" for message in ending):
            rest = [message for message in rest if message[:1] not in (COMPLETE, SUSPENDED)]
        early = [message for message in ending if message[:1] in (NOTICE, b"E")]
        late = [message for message in ending if message[:1] not in (NOTICE, b"E")]
        return b"".join([*self.held[:at], *early, *rest, *late])
