"""How a denial, a hold or a fault is told to the client, and how much of the database's own words passes.

Takes decisions and error fields, gives the fields of an ErrorResponse. A statement that touched anything sensitive has
its errors reduced to the code and a safe sentence, since messages quote values.
"""

from __future__ import annotations

from collections.abc import Iterable

from proctor.errors import Fault
from proctor.policy.rules import MASKED_KEYS
from proctor.terms import Analysis, Deny, Hold, Ticket, TicketState

MARKER = "refused"
"""What the upstream gets in the place of a refused statement: a syntax error, so that its transaction fails as the
client is told, and the answer keeps its place in the pipeline."""

ON_TABLES = frozenset({"copy", "truncate", "analyze", "vacuum", "lock", "alter table", "drop table", "create index"})
"""Utility statements on relations that the snapshot always has; the server looks for these only when it runs them."""

UNASKED = "PR000"
"""The code of what is no error: the session was not opened to run anything."""
UNREASONED = "PR001"
"""The code for a session that can ask: somebody would have to approve this, and nobody has said why it should run."""
KEPT = frozenset("SVCstcdn")
SAFE = {
    "22": "a value did not fit the operation",
    "23": "a constraint was violated",
    "25": "the transaction's state does not permit this",
    "40": "the transaction was rolled back by the database",
    "42": "the statement is wrong in its syntax, names, types or rights",
    "53": "the database lacks resources",
    "54": "a limit of the database was exceeded",
    "55": "an object is not in the state this needs",
    "57": "the operation was stopped",
    "58": "the database met a system error",
}


def error(sqlstate: str, message: str, *, detail: str = "", hint: str = "", severity: str = "ERROR") -> dict[str, str]:
    """Return the fields of an ErrorResponse of our own."""
    fields = {"S": severity, "V": severity, "C": sqlstate, "M": message}
    if detail:
        fields["D"] = detail
    if hint:
        fields["H"] = hint
    return fields


def denial(decision: Deny, exchange: str, *, instead: str = "", ask: str = "") -> dict[str, str]:
    """Tell a denial: what, by which rule, what to do or to send instead, and where to ask."""
    rule = decision.rules[0] if decision.rules else "default"
    detail = f"Rule {rule} decided; exchange {exchange}."
    hint = "\n".join(line for line in (decision.hint, instead, ask) if line)
    return error("42501", f"refused: {decision.reason}", detail=detail, hint=hint)


def whom_to_ask(approvers: Iterable[str], console: str) -> str:
    """Return a line that says who knows about a rule, and where they are."""
    groups = " or ".join(sorted(approvers))
    return f"Ask {groups}{f', or look at {console}' if console else ''}." if groups else ""


def masked(complaint: str, exchange: str) -> dict[str, str]:
    """Tell that data of a COPY holds a masked value."""
    detail = f"Rule {MASKED_KEYS.id} decided; exchange {exchange}."
    return error("42501", f"refused: {complaint}", detail=detail, hint="Leave the column out, or copy true values.")


def held(decision: Hold, ticket: Ticket, exchange: str, console: str) -> dict[str, str]:
    """Tell a hold that is not waited for, with the ticket to have approved."""
    rule = decision.rules[0] if decision.rules else "default"
    who = ", ".join(sorted(decision.approvers)) or "an approver"
    detail = f"Rule {rule} holds it; exchange {exchange}; ticket {ticket.id}, waiting for {who}."
    hint = f"Once `proctor approvals approve {ticket.id}` or {console} has it approved, run the same statement again."
    return error("42501", f"held for approval: {decision.reason}", detail=detail, hint=hint)


def unreasoned(decision: Hold, exchange: str) -> dict[str, str]:
    """Tell a hold for which a reason is wanted before anybody is asked."""
    rule = decision.rules[0] if decision.rules else "default"
    detail = f"Rule {rule} holds it; exchange {exchange}."
    return error(UNREASONED, f"held until there is a reason: {decision.reason}", detail=detail, hint="Say why.")


def unapproved(ticket: Ticket, exchange: str) -> dict[str, str]:
    """Tell that a ticket ended without approval."""
    if ticket.state is TicketState.VOIDED:
        message = f"refused: ticket {ticket.id} was voided: what the statement depends on has changed since"
        return error("42501", message, detail=f"Exchange {exchange}.", hint="Run it again to open a new ticket.")
    by = f" by {', '.join(ticket.decided_by)}" if ticket.decided_by else ""
    message = f"refused: ticket {ticket.id} was {ticket.state.value}{by}"
    detail = f"Exchange {exchange}." + (f" Reason given: {ticket.because}" if ticket.because else "")
    return error("42501", message, detail=detail, hint="Ask the approver, or run it again to open a new ticket.")


def missing(analysis: Analysis) -> dict[str, str] | None:
    """Tell that a table or column of a utility statement is not there, as the server would once it ran it."""
    wrong, _, rest = analysis.trouble.partition(" is not in the snapshot")
    if not wrong or rest or analysis.trouble == wrong or analysis.kind not in ON_TABLES:
        return None
    return error("42703" if wrong.startswith("column ") else "42P01", f"{wrong} does not exist")


def fault(broken: Fault, exchange: str = "") -> dict[str, str]:
    """Tell a fault in one safe sentence."""
    detail = f"Exchange {exchange}." if exchange else ""
    return error(broken.sqlstate, broken.message, detail=detail, hint=broken.hint)


def nothing_to_ask() -> dict[str, str]:
    """Tell somebody who only asks for approval that none is needed."""
    return error(UNASKED, "nobody has to approve this: it would run as it stands", hint="Run it.")


def story(told: str) -> dict[str, str]:
    """Tell what would be decided, to somebody who only asks; the story is in the detail."""
    return error(UNASKED, "explained, and not run", detail=told)


def overdue(seconds: float) -> dict[str, str]:
    """Tell that a statement was cancelled since it ran for too long."""
    message = f"canceling statement due to the gateway's statement timeout ({seconds:g} s)"
    return error("57014", message, hint="Ask for less at once, or have limits.statement raised.")


def waiting(decision: Hold, ticket: Ticket, console: str, *, locks: float = 0) -> dict[str, str]:
    """Return the notice for a client that waits; `locks` is for how long its open transaction may keep them."""
    who = ", ".join(sorted(decision.approvers)) or "an approver"
    warning = {"D": f"The open transaction keeps its locks meanwhile, for up to {locks:g} s."} if locks else {}
    return {
        **warning,
        "S": "NOTICE",
        "V": "NOTICE",
        "C": "00000",
        "M": f"held for approval: {decision.reason} (ticket {ticket.id}, waiting for {who})",
        "H": f"An approver runs `proctor approvals approve {ticket.id}` or opens {console}; cancel to give up.",
    }


def waiting_still(ticket: Ticket) -> dict[str, str]:
    """Return the notice that keeps a waiting client's connection alive."""
    return {"S": "NOTICE", "V": "NOTICE", "C": "00000", "M": f"still held for approval (ticket {ticket.id})"}


def broken(ticket: Ticket) -> dict[str, str]:
    """Return the notice for somebody who has broken the glass."""
    return {
        "S": "WARNING",
        "V": "WARNING",
        "C": "01000",
        "M": f"the glass is broken: this runs against rule {', '.join(ticket.rules)}, and is on record as {ticket.id}",
        "H": f"It stays open until somebody else runs `proctor approvals review {ticket.id}`.",
    }


def reduced(fields: dict[str, str]) -> dict[str, str]:
    """Return an error or notice without anything that could quote a value."""
    kept = {k: v for k, v in fields.items() if k in KEPT}
    sentence = SAFE.get(fields.get("C", "")[:2], "the database reported an error")
    kept["M"] = f"{sentence} (details withheld: the statement touches sensitive data)"
    return kept


def without_details(fields: dict[str, str]) -> dict[str, str]:
    """Return an error or notice without what may show a whole row.

    Its sentence speaks of what was asked for alone, unless a function was at work, a trigger's for example.
    """
    return reduced(fields) if "W" in fields else {k: v for k, v in fields.items() if k != "D"}


FUNCTION_CALL = error(
    "0A000",
    "the function-call message is not supported through this gateway",
    hint="Call the function in a SELECT; drivers do so when told not to use the fast path.",
)
