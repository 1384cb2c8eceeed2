"""The commands and their help, as one application."""

from __future__ import annotations

import typer

from proctor.cli import audit, bridge, connecting, desk, evidence, granting, house, policy, survey
from proctor.cli.ground import EXIT_CODES

app = typer.Typer(
    name="proctor",
    help="An identity-aware database gateway: masks, rules, approvals, and a journal that anyone can verify.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
house.add_to(app)
connecting.add_to(app)
survey.add_to(app)
policy.add_to(app)
app.add_typer(desk.approvals, name="approvals")
app.add_typer(granting.grants, name="grants")
app.add_typer(desk.sessions, name="sessions")
audit.add_to(app)
evidence.add_to(app)
bridge.add_to(app)
