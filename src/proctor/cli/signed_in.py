"""Which gateway somebody has signed in to with `proctor login`, and a token for it that holds for a while.

In come the wallet and what the command line says; out go the gateway's address and a token, renewed where it had to be.
"""

from __future__ import annotations

from pathlib import Path

from proctor.cli.client import where_is
from proctor.cli.ground import Exit, fail, settings_of
from proctor.cli.sign_in import Provider, SignInAgain, shown_token
from proctor.cli.wallet import Signed, Wallet


def fresh(wallet: Wallet, where: str) -> tuple[str, Signed]:
    """Return a token that holds for a while, by the refresh token where the one we have does not."""
    signed = wallet.gateways.get(where)
    if signed is None:
        fail(f"you are not signed in at {where}", then=f"proctor login --url {where}", code=Exit.USAGE)
    token = shown_token(signed.described, signed.tokens)
    if token is None and signed.tokens.refresh_token:
        try:
            signed = Signed(signed.described, Provider.of(signed.described).refreshed(signed.tokens))
        except SignInAgain:
            del wallet.gateways[where]
            raise
        wallet.gateways[where] = signed
        token = shown_token(signed.described, signed.tokens)
    if token is None:
        fail("the sign-in has expired", then=f"proctor login --url {where}")
    return token, signed


def where_of(config: Path, url: str, wallet: Wallet) -> str:
    """Return the gateway that is meant: the one that was named, the only one known, or that of the settings here."""
    if url:
        return url.rstrip("/")
    if len(wallet.gateways) == 1:
        return next(iter(wallet.gateways))
    if config.exists():
        return where_is(settings_of(config, secrets=False), "")[0]
    return fail("which gateway?", then="give --url https://HOST:8088, or set PROCTOR_URL", code=Exit.USAGE)
