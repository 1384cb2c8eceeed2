"""The Merkle log: RFC 6962's tree, C2SP's files, and a signer that never contradicts itself."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from proctor.audit import tlog as module
from proctor.audit.note import Checkpoint, SigningKey, Untrusted, Verifier, open_checkpoint, open_note, read_checkpoint
from proctor.audit.proof import Receipt, consistent, includes, prove_consistency, prove_inclusion
from proctor.audit.tiles import (
    EMPTY,
    Misshapen,
    Tiles,
    bundle_path,
    leaf_hash,
    node_hash,
    pack,
    root_of,
    tile_path,
    tree_hash,
    unpack,
)
from proctor.audit.tlog import Log, Signer
from proctor.errors import ConfigFault, HouseFault

ORIGIN = "proctor.test/log"

# Certificate Transparency's classic vectors: eight leaves, and the root after each.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = [1, 2, 3, 7, 8, 9, 255, 256, 257, 300, 511, 512, 513]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def entries(count: int, start: int = 0) -> list[bytes]:
    return [b"entry %d" % number for number in range(start, start + count)]


@pytest.fixture
def key(tmp_path):
    return SigningKey.load(tmp_path / "keys" / "log.pem")


@pytest.fixture
def opened(tmp_path, key):
    def open_log(name: str = "log") -> Log:
        return Log.open(tmp_path / name, Signer(key, "proctor.test/log", tmp_path / "keys" / f"{name}.signed"))

    return open_log


def test_an_empty_tree_has_the_root_of_nothing():
    assert sha256(b"").digest() == EMPTY == root_of([]) == tree_hash([])


@pytest.mark.parametrize("count", range(1, 9))
def test_the_classic_vectors_give_their_roots(opened, count):
    log = opened()
    assert log.append(LEAVES[:count]).root.hex() == ROOTS[count - 1]


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_that_of_the_definition_however_the_entries_came(opened, size):
    log = opened()
    for number in (*range(0, size, 100), size):
        log.append(entries(number - log.size, log.size))
    assert log.root == naive_root(entries(size))
    assert log.tiles.root() == log.root


@pytest.mark.parametrize(("number", "path"), [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")])
def test_a_tiles_path_is_in_groups_of_three(number, path):
    assert tile_path(3, number) == f"tile/3/{path}"
    assert bundle_path(number, 17) == f"tile/entries/{path}.p/17"


def test_a_tree_of_256_has_one_full_tile_and_a_partial_one_above(opened):
    log = opened()
    log.append(entries(256))
    files = sorted(str(path.relative_to(log.folder)) for path in (log.folder / "tile").rglob("*") if path.is_file())
    assert files == ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]
    assert (log.folder / "tile/0/000").stat().st_size == 8192


def test_partial_tiles_stay_for_every_published_size_until_the_full_one_is_there(opened):
    log = opened()
    for _ in range(3):
        log.append(entries(1))
    assert sorted(path.name for path in (log.folder / "tile/0/000.p").iterdir()) == ["1", "2", "3"]
    log.append(entries(253))
    assert not (log.folder / "tile/0/000.p").exists()
    assert Tiles(log.folder, 3).root() == naive_root([b"entry 0"] * 3)


def test_an_entry_of_65535_bytes_is_taken_and_one_more_is_not(opened):
    log = opened()
    log.append([b"x" * 65_535])
    assert log.tiles.entry(0) == b"x" * 65_535
    with pytest.raises(ValueError, match="65,535"):
        log.append([b"x" * 65_536])


def test_what_is_long_on_disk_leaves_memory_and_the_newest_stays(opened, monkeypatch):
    given_back = []
    monkeypatch.setattr(module, "give_back", lambda name: given_back.append(str(Path(name).relative_to(log.folder))))
    log = opened()
    size = len(pack(b"x" * 100)) * 256
    monkeypatch.setattr(module, "KEPT", 2 * size)
    for _ in range(4):
        log.append([b"%0100d" % number for number in range(256)])
    assert given_back == ["tile/entries/000", "tile/entries/001"]
    assert log.tiles.entry(1) == b"%0100d" % 1


def test_a_log_that_was_interrupted_must_be_opened_anew(opened):
    log = opened()
    with pytest.raises(ValueError, match="65,535"):
        log.append([b"good", b"x" * 65_536])
    with pytest.raises(HouseFault, match="open it anew"):
        log.append([b"good"])
    assert opened().append([b"good"]).size == 1


@pytest.mark.parametrize("size", SIZES)
def test_a_log_opened_again_goes_on_as_if_it_had_never_been_closed(opened, size):
    opened().append(entries(size))
    again = opened()
    again.append(entries(5, size))
    assert again.root == naive_root(entries(size + 5))


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x05abc", b"\x00\x01ab"])
def test_a_bundle_whose_lengths_lead_out_of_it_is_misshapen(bundle):
    with pytest.raises(Misshapen):
        list(unpack(bundle))


def test_a_bundle_reads_back():
    assert list(unpack(b"".join(map(pack, [b"", b"a", b"bc"])))) == [b"", b"a", b"bc"]


# -- the signer


def test_the_signer_refuses_a_log_that_was_rolled_back(opened, tmp_path):
    log = opened()
    log.append(entries(3))
    shutil.copytree(log.folder, tmp_path / "backup")
    log.append(entries(3, 3))
    shutil.rmtree(log.folder)
    shutil.copytree(tmp_path / "backup", log.folder)
    with pytest.raises(HouseFault, match="cannot be continued"):
        opened()


def test_the_signer_refuses_a_tree_that_does_not_contain_the_last_one(key, tmp_path):
    signer = Signer(key, "proctor.test/log", tmp_path / "signed")
    signer.sign(2, naive_root(entries(2)), [])
    with pytest.raises(HouseFault, match="rolled back or changed"):
        signer.sign(3, naive_root(entries(3)), [leaf_hash(b"something else")])
    with pytest.raises(HouseFault):
        signer.sign(2, naive_root(entries(2, 7)), [])
    with pytest.raises(HouseFault):
        signer.sign(1, naive_root(entries(1)), [])
    signer.sign(3, naive_root(entries(3)), [leaf_hash(b"entry 2")])


def test_the_signer_remembers_across_a_restart(key, tmp_path):
    Signer(key, "proctor.test/log", tmp_path / "signed").sign(2, naive_root(entries(2)), [])
    with pytest.raises(HouseFault):
        Signer(key, "proctor.test/log", tmp_path / "signed").sign(1, naive_root(entries(1)), [])


def test_a_signer_that_has_lost_its_mind_does_not_start(key, tmp_path):
    (tmp_path / "signed").write_text("rubbish")
    with pytest.raises(HouseFault, match="memory"):
        Signer(key, "proctor.test/log", tmp_path / "signed")


def test_a_crash_between_the_signers_memory_and_the_checkpoint_is_made_good(opened):
    log = opened()
    log.append(entries(3))
    before = log.checkpoint
    log.append(entries(300, 3))
    after = log.checkpoint
    (log.folder / "checkpoint").write_bytes(before)
    assert opened().size == 303
    assert (log.folder / "checkpoint").read_bytes() == after


def test_the_key_is_for_its_owner_alone(tmp_path):
    SigningKey.load(tmp_path / "log.pem")
    assert (tmp_path / "log.pem").stat().st_mode & 0o777 == 0o600
    (tmp_path / "log.pem").chmod(0o640)
    with pytest.raises(ConfigFault, match="others can read"):
        SigningKey.load(tmp_path / "log.pem")


def test_a_key_that_is_none_is_not_used(tmp_path):
    (tmp_path / "log.pem").touch(0o600)
    with pytest.raises(ConfigFault, match="no key"):
        SigningKey.load(tmp_path / "log.pem")


# -- notes


def test_the_key_of_the_go_checksum_database_has_the_id_it_claims():
    key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert str(Verifier.read(key)) == key


@pytest.mark.parametrize(
    "key",
    ["", "x", "a+b", "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "a b+00000000+AQ=="],
)
def test_a_verifier_key_that_is_none_is_not_trusted(key):
    with pytest.raises(Untrusted):
        Verifier.read(key)


@pytest.fixture
def note(key):
    return key.sign("proctor.test/log\n3\n" + "A" * 43 + "=\n", "proctor.test/log")


def test_a_note_says_what_was_signed(key, note):
    assert open_checkpoint(note, key.verifier("proctor.test/log")) == Checkpoint("proctor.test/log", 3, bytes(32))


def test_a_signature_of_a_stranger_beside_ours_is_ignored(key, note, tmp_path):
    stranger = SigningKey.load(tmp_path / "other.pem")
    line = stranger.sign("x\n", "witness.example").decode().split("\n\n")[1]
    assert open_note(note + line.encode(), [key.verifier("proctor.test/log")])


def test_a_known_key_whose_signature_fails_spoils_the_note(key, note):
    broken = key.sign("something else\n", "proctor.test/log").decode().split("\n\n")[1]
    with pytest.raises(Untrusted, match="not that key's"):
        open_note(note + broken.encode(), [key.verifier("proctor.test/log")])


def test_a_note_of_too_many_signatures_is_not_looked_at(key, note):
    line = note.decode().split("\n\n")[1].encode()
    with pytest.raises(Untrusted, match="too many"):
        open_note(note + line * 200, [key.verifier("proctor.test/log")])


@pytest.mark.parametrize("change", [lambda n: n[:-1], lambda n: n.replace(b"\n\n", b"\n"), lambda n: b"\xff" + n])
def test_a_note_out_of_shape_is_not_trusted(key, note, change):
    with pytest.raises(Untrusted):
        open_note(change(note), [key.verifier("proctor.test/log")])


@pytest.mark.parametrize("place", range(0, 60, 3))
def test_a_note_with_one_flipped_bit_is_not_trusted(key, note, place):
    changed = bytearray(note)
    changed[place] ^= 2
    with pytest.raises(Untrusted):
        open_checkpoint(bytes(changed), key.verifier("proctor.test/log"))


@pytest.mark.parametrize(
    "text",
    [
        "log\n03\n" + "A" * 43 + "=\n",
        "log\n-1\n" + "A" * 43 + "=\n",
        "log\n3\n" + "A" * 42 + "B=\n",
        "log\n3\nAAAA\n",
        "log\n3\n",
        "\n3\n" + "A" * 43 + "=\n",
    ],
)
def test_a_checkpoint_has_one_spelling(text):
    with pytest.raises(Untrusted):
        read_checkpoint(text)


# -- proofs


@pytest.fixture(scope="module")
def forest(tmp_path_factory):
    """A log of 600 entries, to be read at any size."""
    folder = tmp_path_factory.mktemp("forest")
    key = SigningKey.load(folder / "log.pem")
    log = Log.open(folder / "log", Signer(key, "proctor.test/log", folder / "signed"))
    for size in (1, 2, 3, 5, 8, 13, 255, 256, 257, 300, 512, 600):
        log.append(entries(size - log.size, log.size))
    return log


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 255, 256, 257, 300, 512, 600])
def test_every_entry_is_proven_to_be_in_the_tree_and_no_other_is(forest, size):
    tiles = Tiles(forest.folder, size)
    root = naive_root(entries(size))
    for index in {*range(0, size, 37), size - 1}:
        proof = prove_inclusion(tiles, index)
        leaf = leaf_hash(b"entry %d" % index)
        assert includes(root, size, index, leaf, proof)
        assert not includes(root, size, index, leaf_hash(b"another"), proof)
        assert not includes(root, size, index, leaf, [*proof, EMPTY])
        assert not proof or not includes(root, size, index, leaf, proof[:-1])
        assert size == 1 or not includes(root, size, (index + 1) % size, leaf, proof)
        assert not includes(root, size, size, leaf, proof)


@pytest.mark.parametrize("later", [1, 2, 3, 8, 13, 256, 257, 600])
def test_every_earlier_tree_is_proven_to_be_part_of_a_later_one(forest, later):
    tiles = Tiles(forest.folder, later)
    root = naive_root(entries(later))
    for size in {0, 1, 2, 3, 4, 5, 8, 13, 255, 256, 257, 300, later} & set(range(later + 1)):
        proof = prove_consistency(tiles, size)
        assert consistent(size, naive_root(entries(size)), later, root, proof)
        if size:
            assert not consistent(size, naive_root(entries(size, 1)), later, root, proof)
            assert not consistent(size, naive_root(entries(size)), later, root, [*proof, EMPTY])
        if proof:
            assert not consistent(size, naive_root(entries(size)), later, root, proof[:-1])
            assert not consistent(size, naive_root(entries(size)), later, EMPTY, proof)


def test_there_is_no_proof_of_what_is_not_there(forest):
    with pytest.raises(IndexError):
        prove_inclusion(forest.tiles, 600)
    with pytest.raises(IndexError):
        prove_consistency(forest.tiles, 601)


def test_a_receipt_proves_its_entry_to_who_has_the_key(forest):
    receipt = Receipt.read(bytes(Receipt.of(forest.tiles, 300, forest.checkpoint)))
    assert bytes(receipt).startswith(b"c2sp.org/tlog-proof@v1\nindex 300\n")
    assert receipt.proves(b"entry 300", forest.signer.verifier)
    assert not receipt.proves(b"entry 301", forest.signer.verifier)


def test_a_receipt_under_a_strangers_key_proves_nothing(forest, tmp_path):
    receipt = Receipt.of(forest.tiles, 300, forest.checkpoint)
    with pytest.raises(Untrusted):
        receipt.proves(b"entry 300", SigningKey.load(tmp_path / "x.pem").verifier("proctor.test/log"))


def test_the_unsigned_extra_line_of_a_receipt_is_passed_over(forest):
    data = bytes(Receipt.of(forest.tiles, 7, forest.checkpoint))
    assert Receipt.read(data.replace(b"\nindex", b"\nextra aGVsbG8=\nindex", 1)).index == 7


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"c2sp.org/tlog-proof@v1\nindex 1\n",
        b"c2sp.org/tlog-proof@v2\nindex 1\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex 01\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex 1\n" + b"A" * 43 + b"=" + b"\n" + (b"A" * 43 + b"=\n") * 64 + b"\nx",
    ],
)
def test_a_receipt_out_of_shape_is_not_read(data):
    with pytest.raises(Untrusted):
        Receipt.read(data)


def test_a_second_memory_outside_of_the_backup_fences_a_signer_that_was_restored(key, tmp_path):
    """Log, journal and the signer's own memory come from one backup; the fence does not, and remembers more."""
    import shutil

    def opened(folder: Path) -> Log:
        return Log.open(folder / "log", Signer(key, ORIGIN, folder / "signed", fence=tmp_path / "fence"))

    house = tmp_path / "house"
    opened(house).append([b"one", b"two"])
    shutil.copytree(house, tmp_path / "backup")
    opened(house).append([b"three"])
    shutil.rmtree(house)
    shutil.copytree(tmp_path / "backup", house)
    with pytest.raises(HouseFault, match="cannot be continued"):
        opened(house)
    signer = Signer(key, ORIGIN, house / "signed", fence=tmp_path / "fence")
    with pytest.raises(HouseFault, match="does not contain what was signed before"):
        signer.sign(2, EMPTY, [])
    assert signer.last.size == 3


def command_of(tmp_path: Path, story: str) -> tuple[str, ...]:
    import sys

    path = tmp_path / "sign.py"
    path.write_text(story)
    return (sys.executable, "-I", str(path))


SIGNS = """
import sys, base64
from cryptography.hazmat.primitives.serialization import load_pem_private_key
key = load_pem_private_key(open({pem!r}, "rb").read(), None)
sys.stdout.write(base64.b64encode(key.sign(sys.stdin.buffer.read())).decode() + "\\n")
"""


def test_a_command_signs_with_a_key_that_it_never_shows(key, tmp_path):
    from proctor.audit.note import CommandKey

    SigningKey.load(tmp_path / "kept.pem")
    kept = SigningKey.load(tmp_path / "kept.pem")
    public = kept.verifier(ORIGIN).public
    command = command_of(tmp_path, SIGNS.format(pem=str(tmp_path / "kept.pem")))
    log = Log.open(tmp_path / "log", Signer(CommandKey(command, public), ORIGIN, tmp_path / "signed"))
    log.append([b"one"])
    assert open_checkpoint(log.checkpoint, kept.verifier(ORIGIN)).size == 1


@pytest.mark.parametrize(
    ("story", "told"),
    [
        ("raise SystemExit(1)", "has failed"),
        ("print('rubbish!')", "has failed"),
        ("import base64; print(base64.b64encode(bytes(64)).decode())", "has not signed with the key in keys.sign"),
    ],
)
def test_a_command_that_does_not_sign_publishes_nothing(key, tmp_path, story, told):
    from proctor.audit.note import CommandKey

    signatory = CommandKey(command_of(tmp_path, story), key.verifier(ORIGIN).public)
    with pytest.raises(HouseFault, match=told):
        Log.open(tmp_path / "log", Signer(signatory, ORIGIN, tmp_path / "signed")).append([b"one"])
    assert not (tmp_path / "log" / "checkpoint").exists()
