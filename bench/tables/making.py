"""Tables put together: columns of known kinds under good, odd, misleading and meaningless names, with dirty values."""
# ruff: noqa: E501 - a kind of column reads best as a row of a table

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bench.tables.cultures import CULTURES, Culture
from bench.tables.kinds import PEOPLE, Kind, plain
from bench.tables.things import THINGS

ROWS = 200
DIRT = ("n/a", "-", "unknown", "?", "TBD", "null", "xxx", "see notes", "0", "none")
Style = Callable[[str, Random], str]

PERSON_TABLES = {
    "en": "customers,users,employees,patients,tbl_customer,app_user,members,dim_customer,contacts,crm_leads,accounts_people",
    "de": "kunden,mitarbeiter,benutzer,patienten,tbl_kunde,mitglieder",
    "fr": "clients,utilisateurs,salaries,patients,adherents",
    "es": "clientes,usuarios,empleados,pacientes,personas",
    "it": "clienti,utenti,dipendenti,pazienti,persone",
    "pt": "clientes,usuarios,funcionarios,pacientes,pessoas",
}
THING_TABLES = {
    "en": "products,orders,shipments,inventory,releases,suppliers,audit_log,events,invoices,stores,devices",
    "de": "produkte,bestellungen,artikel,lager,lieferanten",
    "fr": "produits,commandes,articles,fournisseurs,stocks",
    "es": "productos,pedidos,articulos,proveedores",
    "it": "prodotti,ordini,articoli,fornitori",
    "pt": "produtos,pedidos,fornecedores,estoque",
}
MEANINGLESS_TABLES = "t1,data,tab_17,x_import,staging_3,tmp_load,table_b,export_2024,zz9"
MEANINGLESS = "c1,col7,f_17,attr3,field_12,x,val2,a_04,u1,k9,data_3,fld22,c_23,z1,v5,item4,p_2,q77,w03,y6"


@dataclass(frozen=True, slots=True)
class MadeColumn:
    """A column with the class that it has in truth. `hidden` are its cells that hold something of a person's."""

    name: str
    type: str
    values: tuple[str | None, ...]
    label: str | None
    hidden: tuple[str, ...]
    naming: str


@dataclass(frozen=True, slots=True)
class MadeTable:
    """A table of made columns."""

    name: str
    columns: tuple[MadeColumn, ...]
    locale: str


def _snake(words: str, _: Random) -> str:
    return words.replace(" ", "_")


def _camel(words: str, _: Random) -> str:
    first, *rest = words.split()
    return first + "".join(w.capitalize() for w in rest)


def _pascal(words: str, _: Random) -> str:
    return "".join(w.capitalize() for w in words.split())


def _upper(words: str, _: Random) -> str:
    return words.replace(" ", "_").upper()


def _prefixed(words: str, rng: Random) -> str:
    return rng.choice(("cust_", "usr_", "p_", "tbl_")) + words.replace(" ", "_")


def _run(words: str, _: Random) -> str:
    return words.replace(" ", "")


STYLES: dict[str, Style] = {
    "snake": _snake, "camel": _camel, "pascal": _pascal, "upper": _upper, "prefixed": _prefixed, "run": _run,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """Where tables come from: countries, kinds, and ways of naming."""

    cultures: tuple[Culture, ...]
    people: tuple[Kind, ...]
    things: tuple[Kind, ...]
    styles: dict[str, Style]
    person_tables: dict[str, str]
    thing_tables: dict[str, str]
    native: float = 0.65
    """How many of the tables speak their country's language, the others English."""


BUILT_ON = Source(CULTURES, PEOPLE, THINGS, STYLES, PERSON_TABLES, THING_TABLES)


def tables(source: Source, count: int, seed: int) -> Iterator[MadeTable]:
    """Make that many tables: about people, about things, of both, and of names that say nothing."""
    rng = Random(seed)
    for at in range(count):
        culture = source.cultures[at % len(source.cultures)]
        yield _table(
            source,
            culture,
            rng,
            ("person", "person", "thing", "meaningless", "contact")[at // len(source.cultures) % 5],
        )


def _table(source: Source, culture: Culture, rng: Random, sort: str) -> MadeTable:
    language = culture.language if rng.random() < source.native else "en"
    # Nobody leaves the vowels out of words that nobody else in the house can read.
    style_name = rng.choice([name for name in source.styles if language == "en" or name != "no vowels"])
    style = source.styles[style_name]
    people = [k for k in source.people if not k.cultures or culture.code in k.cultures]
    if sort == "person":
        chosen = [*_distinct(people, 8, rng), *_distinct(source.things, 5, rng)]
        name = rng.choice(source.person_tables.get(language, source.person_tables["en"]).split(","))
    elif sort == "thing":
        chosen = _distinct(source.things, 11, rng)
        name = rng.choice(source.thing_tables.get(language, source.thing_tables["en"]).split(","))
    elif sort == "contact":  # things with somebody's address beside
        sure = [
            k for k in people if k.label in {"email", "phone", "secret", "iban", "free_text", "document"} and k.told
        ]
        chosen = [*_distinct(sure, 2, rng), *_distinct(source.things, 7, rng)]
        name = rng.choice(source.thing_tables.get(language, source.thing_tables["en"]).split(","))
    else:
        chosen = [
            *_distinct([k for k in people if k.told], 6, rng),
            *_distinct([k for k in source.things if k.told], 6, rng),
        ]
        name = rng.choice(MEANINGLESS_TABLES.split(","))
    rng.shuffle(chosen)
    columns: dict[str, MadeColumn] = {}
    for kind in chosen:
        column = _column(kind, culture, language, rng, sort, (style_name, style))
        columns.setdefault(column.name, column)
    return MadeTable(name, tuple(columns.values()), culture.code)


def _distinct(kinds: Sequence[Kind], count: int, rng: Random) -> list[Kind]:
    return rng.sample(list(kinds), min(count, len(kinds)))


def _column(
    kind: Kind, culture: Culture, language: str, rng: Random, sort: str, style: tuple[str, Style]
) -> MadeColumn:
    chance = rng.random()
    if sort == "meaningless":
        naming, name = "meaningless", rng.choice(MEANINGLESS.split(","))
    elif kind.misleading and kind.told and chance < 0.12 and sort == "person":
        naming, name = "misleading", style[1](rng.choice(kind.misleading.split(",")).strip(), rng)
    elif kind.label and kind.told and chance < 0.2 and sort == "person":
        naming, name = "meaningless", rng.choice(MEANINGLESS.split(","))
    else:
        names = kind.names.get(language) or kind.names.get(culture.language) or next(iter(kind.names.values()))
        words = rng.choice(names.split(",")).strip()
        naming, name = (
            style[0],
            style[1](words if rng.random() < 0.3 or not plain(words).strip() else plain(words), rng),
        )
    values, hidden = _cells(kind, culture, rng)
    return MadeColumn(name, rng.choice(kind.types), values, kind.label, hidden, naming)


def _cells(kind: Kind, culture: Culture, rng: Random) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    """Return the cells, up to three in ten of them dirty or missing, and what of them must not be seen."""
    dirty = rng.choice((0.0, 0.0, 0.05, 0.15, 0.3))
    missing = rng.choice((0.0, 0.0, 0.1, 0.5))
    values: list[str | None] = []
    hidden: list[str] = []
    for _ in range(ROWS):
        if rng.random() < missing:
            values.append(None)
        elif kind.label != "document" and rng.random() < dirty and "json" not in kind.types[0]:
            values.append(rng.choice(DIRT))
        else:
            value = kind.value(rng, culture)
            if kind.needles:
                hidden += re.findall(r"\[(.*?)\]", value)
                value = value.replace("[", "").replace("]", "")
            elif kind.label is not None:
                hidden.append(value)
            values.append(value)
    return tuple(values), tuple(hidden)
