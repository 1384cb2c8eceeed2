"""Proofs: that a record is in the log, and that a later log contains an earlier one (RFC 6962, RFC 9162, tlog-proof).

The prover follows RFC 6962's recursive definition, the verifier RFC 9162's loops, so that neither repeats the other's
mistake. Takes tiles, or proofs and roots; returns proofs, or whether they hold. Knows nothing of keys, except that a
`.tlog-proof` file carries a checkpoint.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from proctor.audit.note import Untrusted, Verifier, open_checkpoint
from proctor.audit.tiles import Tiles, leaf_hash, node_hash

HEADER: Final = "c2sp.org/tlog-proof@v1"
_LONGEST: Final = 63


def prove_inclusion(tiles: Tiles, index: int) -> list[bytes]:
    """Return the hashes that lead from an entry to the root (RFC 6962 §2.1.1)."""
    if not 0 <= index < tiles.size:
        raise IndexError("the log has no entry of this number")
    return _path(tiles, index, 0, tiles.size)


def _path(tiles: Tiles, index: int, low: int, high: int) -> list[bytes]:
    if high - low == 1:
        return []
    middle = low + _split(high - low)
    if index < middle:
        return [*_path(tiles, index, low, middle), tiles.subtree(middle, high)]
    return [*_path(tiles, index, middle, high), tiles.subtree(low, middle)]


def prove_consistency(tiles: Tiles, size: int) -> list[bytes]:
    """Return the hashes that show the first `size` entries to be the same as they were (RFC 6962 §2.1.2)."""
    if not 0 <= size <= tiles.size:
        raise IndexError("the log has not been that large")
    return [] if size in {0, tiles.size} else _subproof(tiles, size, 0, tiles.size, whole=True)


def _subproof(tiles: Tiles, size: int, low: int, high: int, *, whole: bool) -> list[bytes]:
    if size == high - low:
        return [] if whole else [tiles.subtree(low, high)]
    split = _split(high - low)
    if size <= split:
        return [*_subproof(tiles, size, low, low + split, whole=whole), tiles.subtree(low + split, high)]
    rest = _subproof(tiles, size - split, low + split, high, whole=False)
    return [*rest, tiles.subtree(low, low + split)]


def _split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the proof leads from this leaf's hash to this root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def consistent(size: int, root: bytes, later_size: int, later_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the proof shows the later log to begin with the earlier one (RFC 9162 §2.1.4.2)."""
    if not 0 <= size <= later_size:
        return False
    if size in {0, later_size}:
        return not proof and (size == 0 or root == later_root)
    hashes = [root, *proof] if size & (size - 1) == 0 else list(proof)
    if not hashes:
        return False
    place, last = size - 1, later_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    earlier = later = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            earlier, later = node_hash(sibling, earlier), node_hash(sibling, later)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            later = node_hash(later, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and earlier == root and later == later_root


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that a stranger needs to see that an entry is in the log: a `.tlog-proof` file."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def __bytes__(self) -> bytes:
        lines = [HEADER, f"index {self.index}", *(b64encode(step).decode() for step in self.proof), "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    @classmethod
    def of(cls, tiles: Tiles, index: int, checkpoint: bytes) -> Receipt:
        """Make the receipt of an entry; the checkpoint is the note of the tree that `tiles` shows."""
        return cls(index, tuple(prove_inclusion(tiles, index)), checkpoint)

    @classmethod
    def read(cls, data: bytes) -> Receipt:
        """Read a receipt; raises `Untrusted` for what is none."""
        head, blank, checkpoint = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
            if lines[1:2] and lines[1].startswith("extra "):
                del lines[1]  # nobody has signed it
            if not blank or lines[0] != HEADER or not lines[1].startswith("index ") or len(lines) > 2 + _LONGEST:
                raise ValueError
            index = lines[1].removeprefix("index ")
            if not index.isdecimal() or str(int(index)) != index:
                raise ValueError
            proof = tuple(b64decode(line, validate=True) for line in lines[2:])
            if any(len(step) != 32 for step in proof):
                raise ValueError
        except (ValueError, IndexError):
            raise Untrusted("this is no tlog-proof") from None
        return cls(int(index), proof, checkpoint)

    def proves(self, entry: bytes, verifier: Verifier) -> bool:
        """Say whether this entry is in the log that the key speaks for; raises `Untrusted` if the key does not."""
        said = open_checkpoint(self.checkpoint, verifier)
        return includes(said.root, said.size, self.index, leaf_hash(entry), self.proof)
