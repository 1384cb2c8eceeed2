"""Station 1, beside its third lock: which certificates of clients are not to be believed any more.

In come files of an authority's lists (CRLs) and a certificate with its issuer's; out goes why it is not believed, or
None. Checks each list's signature and hour itself: OpenSSL looks at them in the handshake alone, and only where every
authority has one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from proctor.errors import ConfigFault

MAX_FILE = 8 << 20  # two hundred thousand revoked certificates: more would hold up all sessions while they are read
MOST_ISSUERS = 100
_ONE = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
_KNOWN = frozenset({x509.oid.ExtensionOID.CRL_NUMBER, x509.oid.ExtensionOID.AUTHORITY_KEY_IDENTIFIER})


@dataclass(frozen=True, slots=True)
class _List:
    """One list: the numbers on it, and when it is good."""

    raw: x509.CertificateRevocationList
    numbers: frozenset[int]


class Lists:
    """An authority's lists of revoked certificates, as its file has them."""

    def __init__(self, lists: Sequence[x509.CertificateRevocationList] = ()) -> None:
        self._lists = tuple(_List(each, frozenset(one.serial_number for one in each)) for each in lists)
        self._signed: dict[bytes, tuple[_List, ...]] = {}

    def disbelieved(self, chain: Sequence[bytes], now: datetime) -> str | None:
        """Return why the first certificate of a verified chain is not believed, None if it is."""
        if self.revoked(chain):
            return "the certificate is revoked"
        if not any(_at_its_hour(each.raw, now) for each in self._of_its_issuer(chain)):
            return "no list of revoked certificates that is good now is of its issuer"
        return None

    def revoked(self, chain: Sequence[bytes]) -> bool:
        """Tell whether a list of its issuer's, of whatever hour, has the first certificate of a verified chain."""
        ours = self._of_its_issuer(chain)
        return bool(ours) and any(
            x509.load_der_x509_certificate(chain[0]).serial_number in each.numbers for each in ours
        )

    def _of_its_issuer(self, chain: Sequence[bytes]) -> tuple[_List, ...]:
        """Return the lists that the issuer has signed: each is checked once, whatever the number of certificates."""
        if len(chain) < 2:
            return ()
        if chain[1] not in self._signed:
            issuer = x509.load_der_x509_certificate(chain[1])
            good = tuple(
                each for each in self._lists if each.raw.issuer == issuer.subject and _signed(each.raw, issuer)
            )
            if len(self._signed) >= MOST_ISSUERS:
                self._signed.clear()
            self._signed[chain[1]] = good
        return self._signed[chain[1]]


NO_LISTS = Lists()


def lists_of(path: Path) -> Lists:
    """Return the lists of a file; raise `ConfigFault` where there is none, or one that says what nobody here knows."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE + 1)
        if len(raw) > MAX_FILE:
            raise ValueError("larger than any honest one")
        found = tuple(x509.load_pem_x509_crl(each) for each in _ONE.findall(raw))
        strange = [each for one in found for each in one.extensions if each.critical and each.oid not in _KNOWN]
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is malformed, or too large"
        raise ConfigFault(f"{path} cannot be used for clients' certificates: {why}") from fault
    if strange:
        # A list of some certificates alone, or of what has changed, does not tell of all that are revoked.
        raise ConfigFault(f"{path} has a list that is not of all the certificates that its authority has revoked")
    if not found:
        raise ConfigFault(f"{path} has no list of revoked certificates")
    return Lists(found)


def _signed(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return bool(found.is_signature_valid(issuer.public_key()))  # type: ignore[arg-type]  # others raise TypeError
    except (TypeError, ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False


def _at_its_hour(found: x509.CertificateRevocationList, now: datetime) -> bool:
    following = found.next_update_utc
    return found.last_update_utc <= now and (following is None or now < following)
