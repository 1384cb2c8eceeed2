"""Station 1, its memory: whom the company's directory has told us of. People and groups, and who may not come in.

In come resources as SCIM tells of them; out go these, and what the directory makes of an identity at the door. A user
who was removed stays as one who may not come in, until somebody of that name is told of anew. Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from proctor.edge.line import Prepared
from proctor.edge.shelf import Shelf, microseconds, moment_of
from proctor.edge.tables import members, provisioned
from proctor.errors import ClientFault
from proctor.terms import Identity, Kind

USER, GROUP = "user", "group"
MAX_RESOURCES = 50_000
MAX_MEMBERS = 20_000
AT_ONCE = 200
Document = Mapping[str, object]
Related = dict[str, list[tuple[str, str]]]
_ENCODE = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Resource:
    """A user or a group. `related`: of a user its groups, of a group its members, each by id and name."""

    id: str
    sort: str
    name: str
    subject: str
    active: bool
    document: Document
    created: datetime
    changed: datetime
    version: int
    related: tuple[tuple[str, str], ...] = ()


Some = tuple[Resource, ...]
_STANDING = Prepared(
    select(provisioned.c.active, provisioned.c.removed).where(
        provisioned.c.sort == USER,
        provisioned.c.subject.in_([bindparam("one"), bindparam("two"), bindparam("three")]),
    )
)
_GROUPS = Prepared(
    select(provisioned.c.name)
    .join(members, members.c.group == provisioned.c.id)
    .where(
        members.c.user.in_(
            select(provisioned.c.id).where(provisioned.c.sort == USER, provisioned.c.subject == bindparam("subject"))
        )
    )
)


class PeopleBook:
    """The people and groups of the directory."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    # ---- at the door

    def admitted(self, asker: Identity, given: Mapping[str, str]) -> Identity | None:
        """Return the identity with what groups the directory gives; None if it, its owner or whom it acts for has left.

        `given` says which group of the directory is which of the house. Only people get any.
        """
        one = asker.subject.casefold()
        two, three = (asker.on_behalf_of or one).casefold(), (asker.registration.owner or one).casefold()
        with self.shelf.looking() as state:
            known = state.run(_STANDING, one=one, two=two, three=three)
            if not all(active and not removed for active, removed in known):
                return None
            if asker.kind is not Kind.HUMAN or not given:
                return asker
            groups = frozenset(given[str(name)] for (name,) in state.run(_GROUPS, subject=one) if name in given)
        return replace(asker, groups=asker.groups | groups) if groups else asker

    # ---- the directory's side

    def get(self, sort: str, name: str) -> Resource | None:
        """Return a resource by its id."""
        with self.shelf.reading() as connection:
            return _get(connection, sort, name)

    def some(self, sort: str, behind: Resource | None = None, *, name: str | None = None, skip: int = 0) -> Some:
        """Return the next of a sort behind one of them, the oldest first and few at a time; `name` picks by the name.

        Nobody reads all that the directory has told of at once: it is fifty thousand documents at most.
        """
        there = _there(sort, name)
        if behind is not None:
            at = microseconds(behind.created)
            later = and_(provisioned.c.created == at, provisioned.c.id > behind.id)
            there = and_(there, or_(provisioned.c.created > at, later))
        order = (provisioned.c.created, provisioned.c.id)
        query = select(provisioned).where(there).order_by(*order).offset(skip).limit(AT_ONCE)
        with self.shelf.reading() as connection:
            rows = connection.execute(query).mappings().all()
            related = _all_related(connection, sort, [row["id"] for row in rows])
            return tuple(_resource(row, tuple(related.get(row["id"], ()))) for row in rows)

    def count(self, sort: str, *, name: str | None = None) -> int:
        """Return how many there are of a sort."""
        with self.shelf.reading() as connection:
            wanted = select(func.count()).select_from(provisioned).where(_there(sort, name))
            return int(connection.execute(wanted).scalar_one())

    def create(self, resource: Resource, belonging: Iterable[str]) -> Resource | None:
        """Keep a new resource, a group with its members; None if there is one of that name."""
        folded = resource.name.casefold()
        same = and_(provisioned.c.sort == resource.sort, provisioned.c.folded == folded)
        with self.shelf.writing() as connection:
            if connection.execute(select(func.count()).select_from(provisioned)).scalar_one() >= MAX_RESOURCES:
                raise ClientFault(f"{MAX_RESOURCES} people and groups are known already", sqlstate="53400")
            connection.execute(delete(provisioned).where(same, provisioned.c.removed == 1))
            if connection.execute(select(provisioned.c.id).where(same)).first() is not None:
                return None
            connection.execute(insert(provisioned).values(id=resource.id, sort=resource.sort, **_row(resource)))
            _put_members(connection, resource, belonging)
            return _get(connection, resource.sort, resource.id)

    def replace(self, resource: Resource, belonging: Iterable[str], seen: int) -> Resource | str:
        """Put this in the place of what has its id; else say what is wrong: `missing`, `changed` or `taken`.

        `seen` is the version that it was made from.
        """
        key = and_(provisioned.c.sort == resource.sort, provisioned.c.id == resource.id, provisioned.c.removed == 0)
        folded = resource.name.casefold()
        with self.shelf.writing() as connection:
            version = connection.execute(select(provisioned.c.version).where(key)).scalar()
            if version is None:
                return "missing"
            if version != seen:
                return "changed"
            taken = select(provisioned.c.id).where(
                provisioned.c.sort == resource.sort, provisioned.c.folded == folded, provisioned.c.id != resource.id
            )
            if connection.execute(taken).first() is not None:
                return "taken"
            values = {**_row(resource), "version": version + 1}
            connection.execute(update(provisioned).where(key).values(**values))
            _put_members(connection, resource, belonging)
            return _get(connection, resource.sort, resource.id) or "missing"

    def remove(self, sort: str, name: str, at: datetime) -> Resource | None:
        """Take a resource away, and return it as it was. A user stays as one who may not come in."""
        with self.shelf.writing() as connection:
            before = _get(connection, sort, name)
            if before is None:
                return None
            connection.execute(delete(members).where((members.c.user if sort == USER else members.c.group) == name))
            if sort == GROUP:
                connection.execute(delete(provisioned).where(provisioned.c.id == name))
            else:
                gone = {"active": 0, "removed": 1, "document": "{}", "changed": microseconds(at)}
                connection.execute(update(provisioned).where(provisioned.c.id == name).values(**gone))
            return before

    def subjects(self, ids: Iterable[str]) -> frozenset[str]:
        """Return by what the house knows these users, as it is compared."""
        wanted = select(provisioned.c.subject).where(provisioned.c.sort == USER, provisioned.c.id.in_([*ids]))
        with self.shelf.reading() as connection:
            return frozenset(map(str, connection.execute(wanted).scalars()))


def _get(connection: Connection, sort: str, name: str) -> Resource | None:
    key = and_(provisioned.c.sort == sort, provisioned.c.id == name, provisioned.c.removed == 0)
    row = connection.execute(select(provisioned).where(key)).mappings().first()
    return None if row is None else _resource(row, tuple(_all_related(connection, sort, [name]).get(name, ())))


def _there(sort: str, name: str | None) -> ColumnElement[bool]:
    there = and_(provisioned.c.sort == sort, provisioned.c.removed == 0)
    return there if name is None else and_(there, provisioned.c.folded == name.casefold())


def _all_related(connection: Connection, sort: str, names: list[str]) -> Related:
    own, other = (members.c.user, members.c.group) if sort == USER else (members.c.group, members.c.user)
    query = select(own, provisioned.c.id, provisioned.c.name).join(provisioned, provisioned.c.id == other)
    query = query.where(own.in_(names))
    found: Related = {}
    for mine, key, said in connection.execute(query.order_by(provisioned.c.folded)):
        found.setdefault(mine, []).append((key, said))
    return found


def _put_members(connection: Connection, resource: Resource, belonging: Iterable[str]) -> None:
    if resource.sort != GROUP:
        return
    wanted = sorted(set(belonging))
    if len(wanted) > MAX_MEMBERS:
        raise ClientFault(f"a group has at most {MAX_MEMBERS} members", sqlstate="53400")
    known = select(provisioned.c.id).where(provisioned.c.sort == USER, provisioned.c.removed == 0)
    there = set(connection.execute(known).scalars()) if wanted else set()
    if not there.issuperset(wanted):
        raise ClientFault("a member is nobody that the directory has told of", sqlstate="22023")
    connection.execute(delete(members).where(members.c.group == resource.id))
    if wanted:
        connection.execute(insert(members), [{"group": resource.id, "user": each} for each in wanted])


def _row(resource: Resource) -> dict[str, str | int]:
    return {
        "name": resource.name,
        "folded": resource.name.casefold(),
        "subject": resource.subject.casefold(),
        "active": int(resource.active),
        "removed": 0,
        "version": resource.version,
        "document": _ENCODE(resource.document).decode(),
        "created": microseconds(resource.created),
        "changed": microseconds(resource.changed),
    }


def _resource(row: RowMapping, related: tuple[tuple[str, str], ...]) -> Resource:
    return Resource(
        row["id"],
        row["sort"],
        row["name"],
        row["subject"],
        bool(row["active"]),
        msgspec.json.decode(row["document"], type=dict[str, object]),
        moment_of(row["created"]),
        moment_of(row["changed"]),
        row["version"],
        related,
    )
