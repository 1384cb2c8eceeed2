"""Beside the stations: reads the table `[keys]` of the settings file.

In comes a `Section`; out come the sources of the keys. Reads no key.
"""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

from proctor.app.section import Section
from proctor.edge.config import Keys, KeySource

SIGN_FILE = "log.pem"
REVEAL_FILE = "reveal.pem"


def read_keys(section: Section, folder: Path) -> Keys:
    """Return what `[keys]` says."""
    keys = Keys(
        _key(section, "mask", folder),
        _key(section, "bind", folder),
        _sign_key(section, folder),
        _reveal_key(section, folder),
    )
    section.close()
    return keys


def _key(section: Section, name: str, folder: Path) -> KeySource:
    if name not in section:
        section.take(name)
        return KeySource(file=folder / f"{name}.key", made=True)
    source = section.section(name)
    given = [way for way in ("file", "env", "command") if way in source]
    if len(given) != 1:
        section.note(name, 'write { file = "…" }, { env = "…" } or { command = ["…"] }')
    file = source.readable("file") if section.report.secrets else source.path_of("file")
    key = KeySource(file, source.text("env") or None, source.texts("command"))
    source.close()
    return key


def _sign_key(section: Section, folder: Path) -> KeySource:
    """Read where the log's signing key is: a file, or a command that signs with a key it keeps to itself.

    Beside the file, or else in the state's folder of keys, the signer remembers what it has signed.
    """
    if "sign" not in section:
        section.take("sign")
        return KeySource(file=folder / SIGN_FILE, made=True)
    source = section.section("sign")
    command, public = source.texts("command"), source.text("public")
    if command:
        if len(_raw(public)) != 32:
            source.note("public", "write the Ed25519 public key, its 32 bytes in base64, that the command signs with")
        source.close()
        return KeySource(command=command, public=_raw(public))
    file = source.path_of("file")
    if file is None or file.name != SIGN_FILE or public:
        section.note(
            "sign",
            f'write {{ file = "…/{SIGN_FILE}" }}, beside which the signer keeps its memory, '
            'or { command = ["…"], public = "…" }',
        )
    source.close()
    return KeySource(file=file, made=True)


def _reveal_key(section: Section, folder: Path) -> KeySource:
    """Read where the reveal key is: its private half in this file, its public half beside it, as `.pub`."""
    if "reveal" not in section:
        section.take("reveal")
        return KeySource(file=folder / REVEAL_FILE, made=True)
    source = section.section("reveal")
    file = source.path_of("file")
    if file is None or file.suffix != ".pem":
        section.note("reveal", f'write {{ file = "…/{REVEAL_FILE}" }}; its public half lies beside it as .pub')
    source.close()
    return KeySource(file=file, made=True)


def _raw(public: str) -> bytes:
    try:
        return b64decode(public, validate=True)
    except ValueError:
        return b""
