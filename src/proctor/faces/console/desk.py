"""Pages of the desk: approvals, reviews of broken glass, and grants. Each asks `control`, which authorizes."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from proctor.control import Refused, column_named
from proctor.faces.console.stage import Guest, Stage, to
from proctor.terms import Identity, Ticket, TicketState


def add_to(stage: Stage) -> None:
    """Add the pages."""
    _add_approvals(stage)
    _add_grants(stage)


def _add_approvals(stage: Stage) -> None:
    control = stage.control

    async def approvals(guest: Guest) -> Response:
        found = await control.approvals(guest.me)
        reviews = await control.unreviewed(guest.me)
        inbox = [one for one in found if may_decide(guest.me, one)]
        mine = [one for one in found if guest.me.subject in (one.requester, one.on_behalf_of)]
        rest = [one for one in found if one not in inbox and one not in mine and one not in reviews]
        return stage.show(guest, "approvals.html", inbox=inbox, mine=mine[:50], others=rest[:100], reviews=reviews)

    async def ticket(guest: Guest) -> Response:
        found = await control.approval(guest.me, guest.place("ticket"))
        stage.got(guest, found)
        assert isinstance(found, Ticket)
        shown = await control.shown(guest.me, found)
        asked = guest.me.subject in (found.requester, found.on_behalf_of)
        may = {
            "decide": may_decide(guest.me, found),
            "review": found.glass and found.review is None and not asked and bool(guest.me.groups & found.approvers),
            "cancel": asked and not found.glass and found.state in (TicketState.PENDING, TicketState.APPROVED),
        }
        return stage.show(
            guest,
            "ticket.html",
            one=found,
            proposal=shown and shown.proposal,
            impact=shown and shown.impact,
            sample=shown and shown.sample,
            may=may,
        )

    async def decide(guest: Guest) -> Response:
        name, step, because = guest.place("ticket"), guest.said("step"), guest.said("because") or None
        done: Ticket | Refused
        if step == "approve":
            done = await control.approve(guest.me, name, because)
        elif step == "deny":
            done = await control.deny(guest.me, name, because)
        elif step == "review":
            done = await control.review(guest.me, name, because)
        elif step == "cancel":
            done = await control.cancel(guest.me, name)
        else:
            done = Refused("invalid", "say what to do: approve, deny, review or cancel")
        stage.got(guest, done)
        return to(f"/console/approvals/{quote(name, safe='')}?done={step}")

    stage.get("approvals", approvals)
    stage.get("approvals/{ticket}", ticket)
    stage.post("approvals/{ticket}", decide)


def _add_grants(stage: Stage) -> None:
    control = stage.control

    async def grants(guest: Guest) -> Response:
        return stage.show(guest, "grants.html", grants=await control.grants.list(guest.me))

    async def ask(guest: Guest) -> Response:
        named, minutes = column_named(guest.said("column")), guest.said("minutes")
        if named is None or not minutes.isdecimal() or len(minutes) > 6:
            stage.got(guest, Refused("invalid", "name a column as DATABASE.SCHEMA.TABLE.COLUMN, and minutes"))
        assert named is not None
        done = await control.grants.request(guest.me, *named, int(minutes) * 60, guest.said("because"))
        stage.got(guest, done)
        return to("/console/grants?done=asked")

    async def decide(guest: Guest) -> Response:
        steps = {"approve": control.grants.approve, "deny": control.grants.deny, "revoke": control.grants.revoke}
        step = steps.get(guest.said("step"))
        if step is None:
            stage.got(guest, Refused("invalid", "say what to do: approve, deny or revoke"))
        assert step is not None
        done = await step(guest.me, guest.place("grant"), guest.said("because") or None)
        stage.got(guest, done)
        return to(f"/console/grants?done={guest.said('step')}")

    stage.get("grants", grants)
    stage.post("grants", ask)
    stage.post("grants/{grant}", decide)


def may_decide(me: Identity, ticket: Ticket) -> bool:
    """Say whether to offer a decision; `control` says whether it counts."""
    asked = me.subject in (ticket.requester, ticket.on_behalf_of, *ticket.decided_by)
    return ticket.state is TicketState.PENDING and not ticket.glass and not asked and bool(me.groups & ticket.approvers)
