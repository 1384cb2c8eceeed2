"""What `approvals show` prints: one ticket as an approver reads it, from who asks to what would change.

In comes the API's answer; out goes text for a terminal, in which no stranger's text can move the cursor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from proctor.cli.ground import one_line, visible

Answer = Mapping[str, Any]
FIELDS = ("id", "state", "requester", "on_behalf_of", "database", "reason", "created", "expires", "why_held")
WIDEST = 32  # of a cell of the sample


def told(ticket: Answer) -> str:
    """Return the ticket as text."""
    return "\n".join(_lines(ticket))


def _lines(ticket: Answer) -> Iterator[str]:
    for field in FIELDS:
        if ticket.get(field) is not None:
            yield f"{field:13} {_put(ticket[field])}"
    yield f"{'approvers':13} {_put(', '.join(ticket['approvers']))} ({ticket['quorum']} needed)"
    for vote in ticket.get("votes", ()):
        said = f"{vote['by']}, proven by {vote['proof'] or 'unknown'}, {vote['at']}"
        because = f": {vote['because']}" if vote["because"] else ""
        yield f"{vote['vote']:13} {_put(said + because)}"
    proposal = ticket.get("proposal")
    yield ""
    yield visible(str(ticket["statement"] if proposal is None else proposal["statement"]))
    if proposal is not None:
        yield from _proposal(proposal)


def _proposal(proposal: Answer) -> Iterator[str]:
    for number, value in enumerate(proposal["parameters"], start=1):
        yield f"  ${number} = {_value(value)}"
    if proposal["in_transaction"]:
        yield "  in an open transaction, which holds its locks while this waits"
    yield from _listed("held by", (f"{each['id']}: {each['reason']}" for each in proposal["rules"]))
    yield from _listed("touches", map(_touch, proposal["touches"]))
    yield from _listed("not seen through", proposal["opaque"])
    yield from _listed("sensitive", map(_sensitive, proposal["sensitive"]))
    impact = proposal["impact"]
    if impact is None:
        return
    yield from _listed("plan", (line for line in impact["plan"]), keep=True)
    rows = impact["rows"]
    yield ""
    yield f"would change {rows} row{'' if rows == 1 else 's'}" if rows is not None else f"not tried: {impact['whynot']}"
    if proposal["sample"] is not None:
        yield from _sample(proposal["sample"])


def _listed(title: str, lines: Iterator[str] | Sequence[str] | map[str], *, keep: bool = False) -> Iterator[str]:
    found = list(lines)
    if found:
        yield ""
        yield f"{title}:"
        yield from (f"  {visible(line) if keep else one_line(line)}" for line in found)


def _touch(touch: Answer) -> str:
    columns = f" ({', '.join(touch['columns'])})" if touch["columns"] else ""
    rows = f", about {touch['estimated_rows']} rows" if touch["estimated_rows"] is not None else ""
    manner = f" [{', '.join(touch['manner'])}]" if touch["manner"] else ""
    return f"{touch['action']} {touch['object']}{columns}{rows}{manner}"


def _sensitive(each: Answer) -> str:
    place = f" as {each['place']}" if each["place"] else ""
    return f"{each['column']} ({each['class']}): {each['becomes']}{place}"


def _sample(sample: Answer) -> Iterator[str]:
    masked = ", ".join(sample["masked"])
    yield f"some of them{f' ({one_line(masked)} masked)' if masked else ''}:"
    yield "    " + " | ".join(one_line(name) for name in sample["columns"])
    before, after = list(sample["before"]), list(sample["after"])
    for at in range(max(len(before), len(after))):
        for mark, rows in (("-", before), ("+", after)):
            if at < len(rows):
                yield f"  {mark} " + " | ".join(_value(cell)[:WIDEST] for cell in rows[at])


def _value(cell: object) -> str:
    return "NULL" if cell is None else one_line(str(cell))


def _put(value: object) -> str:
    return visible(str(value)).replace("\n", "\n" + " " * 14)
