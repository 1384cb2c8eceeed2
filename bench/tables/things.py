"""What columns hold that is nobody's: the numbers, hashes, dates and names that look like a person's and are not."""
# ruff: noqa: E501 - a kind of column reads best as a row of a table

from __future__ import annotations

import json
from random import Random

from bench.tables import numbers
from bench.tables.cultures import Culture
from bench.tables.kinds import TEXT, Kind, Value

WORDS = (
    "blue",
    "green",
    "steel",
    "wooden",
    "smart",
    "compact",
    "mini",
    "pro",
    "classic",
    "garden",
    "kitchen",
    "travel",
    "office",
    "winter",
    "summer",
    "desk",
    "lamp",
    "chair",
    "bottle",
    "cable",
    "mouse",
    "keyboard",
    "table",
    "bag",
    "jacket",
    "tent",
    "knife",
    "mug",
    "plate",
    "cover",
    "frame",
    "filter",
    "pump",
    "valve",
    "sensor",
)
FIRMS = (
    "Acme",
    "Globex",
    "Initech",
    "Umbrella",
    "Northwind",
    "Contoso",
    "Stark",
    "Wayne",
    "Hooli",
    "Vandelay",
    "Jordan",
    "Morgan",
    "Paris",
    "Rossi",
    "Müller",
)
ENDINGS = (
    "Ltd",
    "GmbH",
    "Inc.",
    "S.A.",
    "& Sons",
    "AG",
    "SARL",
    "S.p.A.",
    "Holdings",
    "LLC",
    "Group",
    "Lda",
    "e.K.",
    "Pvt Ltd",
)
PLACES = ("Berlin", "Lyon", "Austin", "Porto", "Milano", "Leeds", "Madrid", "Pune", "Recife", "Ghent")
TITLES = ("Rose Gold Ring", "May Flower", "Austin Table", "Charlotte Sofa", "Jordan Air One", "Paris By Night", "Oliver Twist",
          "Emma", "Anna Karenina", "Harry And The Sea", "Mercedes Model", "Virginia Blend", "Georgia Peach Tea")  # fmt: skip


def _words(rng: Random, _: Culture) -> str:
    return " ".join(rng.sample(WORDS, rng.randrange(2, 5))).capitalize()


def _product(rng: Random, culture: Culture) -> str:
    return rng.choice(TITLES) if rng.random() < 0.3 else _words(rng, culture).title()


def _company(rng: Random, culture: Culture) -> str:
    if rng.random() < 0.2:
        return f"{rng.choice(culture.family)} {rng.choice(ENDINGS)}"
    return f"{rng.choice(FIRMS)} {rng.choice(('Logistics', 'Media', 'Foods', 'Systems', 'Bank', ''))} {rng.choice(ENDINGS)}".replace(
        "  ", " "
    )


def _moment(rng: Random, _: Culture) -> str:
    day = f"{rng.randrange(2019, 2026)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
    return (
        f"{day} {rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}.{rng.randrange(1000000):06d}+00"
    )


def _day(rng: Random, culture: Culture) -> str:
    return _moment(rng, culture)[:10]


def _version(rng: Random, _: Culture) -> str:
    parts = [rng.randrange(0, 13), rng.randrange(0, 20), rng.randrange(0, 40), rng.randrange(0, 9)]
    return ".".join(map(str, parts[: rng.choice((2, 3, 3, 4))]))


def _hash(bits: int) -> Value:
    return lambda rng, _: f"{rng.getrandbits(bits):0{bits // 4}x}"


def _uuid(rng: Random, _: Culture) -> str:
    h = f"{rng.getrandbits(128):032x}"
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"


def _sku(rng: Random, _: Culture) -> str:
    return rng.choice((f"SKU-{rng.randrange(10000):04d}-{rng.randrange(10000):04d}", f"{numbers.letters(rng, 3)}{rng.randrange(100000):05d}",
                       f"{numbers.letters(rng, 2)}-{rng.randrange(100):02d}-{rng.randrange(1000):03d}"))  # fmt: skip


def _order(rng: Random, _: Culture) -> str:
    return rng.choice(
        (
            f"ORD-{rng.randrange(2019, 2026)}-{rng.randrange(10**6):06d}",
            f"PO {rng.randrange(1000):03d}-{rng.randrange(100):02d}",
            f"{rng.randrange(10**9):09d}",
        )
    )


def _many(of: Value, separator: str = ",") -> Value:
    return lambda rng, c: separator.join(of(rng, c) for _ in range(rng.randrange(1, 4)))


def _one(choices: str) -> Value:
    parts = choices.split("|")
    return lambda rng, _: rng.choice(parts)


def _between(low: int, high: int) -> Value:
    return lambda rng, _: str(rng.randrange(low, high))


def _settings(rng: Random, _: Culture) -> str:
    return json.dumps(
        {
            "theme": rng.choice(("dark", "light")),
            "size": rng.randrange(9),
            "name": rng.choice(TITLES),
            "id": rng.randrange(10**9),
        }
    )


def _log(rng: Random, culture: Culture) -> str:
    return rng.choice((f"GET /items/{rng.randrange(999)} 200 in {rng.randrange(99)} ms", f"retry {rng.randrange(9)} of job {_uuid(rng, culture)}",
                       f"cache miss for key {rng.getrandbits(64):x}", f"released {_version(rng, culture)} on {_day(rng, culture)}"))  # fmt: skip


def _path(rng: Random, _: Culture) -> str:
    return f"/srv/{rng.choice(WORDS)}/{rng.choice(WORDS)}-{rng.randrange(999)}.png"


def _money(rng: Random, _: Culture) -> str:
    return f"{rng.uniform(1, 900):.2f}"


def _point(rng: Random, _: Culture) -> str:
    return f"{rng.uniform(-60, 60):.5f}, {rng.uniform(-170, 170):.5f}"


# `told` says here that the column may also stand under a name that means nothing.
THINGS: tuple[Kind, ...] = (
    Kind(None, ("timestamptz", "timestamp"), _moment, {"en": "created at, updated at, last login at, email verified at, ship date", "de": "erstellt am, geändert am",
        "fr": "créé le, date de création", "es": "creado el, fecha alta", "it": "creato il, data creazione", "pt": "criado em, data criação"}),
    Kind(None, ("date", "text"), _day, {"en": "order date, due date, hire date, release date, valid until", "de": "bestelldatum, gültig bis", "fr": "date commande, échéance",
        "es": "fecha pedido, vencimiento", "it": "data ordine, scadenza", "pt": "data pedido, vencimento"}),
    Kind(None, ("bigint", "numeric"), lambda rng, _: numbers.card(rng).replace(" ", "").replace("-", ""), {"en": "id, order id, event id, account id, external id", "de": "id, vorgang id",
        "fr": "id, id commande", "es": "id, id pedido", "it": "id, id ordine", "pt": "id, id pedido"}),
    Kind(None, ("bigint", "text"), lambda rng, _: str(rng.randrange(1_500_000_000_000, 1_800_000_000_000)), {"en": "epoch ms, ts, event time", "de": "zeitstempel", "fr": "horodatage",
        "es": "marca de tiempo", "it": "marca temporale", "pt": "carimbo de tempo"}),
    Kind(None, TEXT, _hash(160), {"en": "sha1, checksum, commit, etag, content hash", "de": "prüfsumme", "fr": "somme de contrôle", "es": "suma de control", "it": "somma di controllo", "pt": "hash arquivo"}),
    Kind(None, TEXT, _hash(256), {"en": "sha256, digest, file hash", "de": "datei hash", "fr": "empreinte fichier", "es": "huella archivo", "it": "impronta file", "pt": "hash conteúdo"}),
    Kind(None, ("uuid", "text"), _uuid, {"en": "uuid, request id, trace id, correlation id, guid", "de": "uuid, vorgangs uuid", "fr": "uuid", "es": "uuid", "it": "uuid", "pt": "uuid"}),
    Kind(None, TEXT, _sku, {"en": "sku, product code, part number, article no", "de": "artikelnummer, produktcode", "fr": "référence article, code produit", "es": "código producto, referencia",
        "it": "codice prodotto, articolo", "pt": "código produto, referência"}),
    Kind(None, TEXT, _version, {"en": "version, app version, firmware, build", "de": "version, softwarestand", "fr": "version", "es": "versión", "it": "versione", "pt": "versão"}),
    Kind(None, TEXT, lambda rng, _: numbers.isbn(rng), {"en": "isbn, isbn13", "de": "isbn", "fr": "isbn", "es": "isbn", "it": "isbn", "pt": "isbn"}),
    Kind(None, ("text", "bigint"), lambda rng, _: numbers.gtin(rng), {"en": "ean, gtin, barcode, upc", "de": "ean, strichcode", "fr": "code barres", "es": "código barras", "it": "codice a barre", "pt": "código barras"}),
    Kind(None, TEXT, lambda rng, _: numbers.tracking(rng), {"en": "tracking number, tracking no, shipment ref", "de": "sendungsnummer", "fr": "numéro de suivi", "es": "número seguimiento",
        "it": "codice spedizione", "pt": "código rastreio"}),
    Kind(None, TEXT, _order, {"en": "order no, invoice number, po number, reference", "de": "bestellnummer, rechnungsnummer", "fr": "numéro de commande, numéro de facture", "es": "número pedido, número factura",
        "it": "numero ordine, numero fattura", "pt": "número pedido, nota fiscal"}),
    Kind(None, TEXT, _company, {"en": "company, company name, supplier, manufacturer, vendor name", "de": "firma, firmenname, lieferant, hersteller", "fr": "société, raison sociale, fournisseur", "es": "empresa, razón social, proveedor",
        "it": "azienda, ragione sociale, fornitore", "pt": "empresa, razão social, fornecedor"}),
    Kind(None, TEXT, _product, {"en": "product name, title, item name, model, brand", "de": "produktname, bezeichnung, titel", "fr": "nom du produit, titre, libellé", "es": "nombre producto, título",
        "it": "nome prodotto, titolo", "pt": "nome produto, título"}),
    Kind(None, TEXT, _words, {"en": "description, summary, short text, category", "de": "beschreibung, kategorie", "fr": "description, catégorie", "es": "descripción, categoría", "it": "descrizione, categoria", "pt": "descrição, categoria"}),
    Kind(None, TEXT, _one("active|blocked|new|closed|pending"), {"en": "status, state, account status, phone status", "de": "status, zustand", "fr": "statut, état", "es": "estado", "it": "stato", "pt": "situação"}),
    Kind(None, ("numeric", "double precision"), _money, {"en": "price, total, amount, tax, shipping cost, discount", "de": "preis, betrag, summe", "fr": "prix, montant", "es": "precio, importe", "it": "prezzo, importo", "pt": "preço, valor"}),
    Kind(None, ("integer", "smallint"), _between(0, 500), {"en": "quantity, email count, login count, rank, position", "de": "menge, anzahl, rang", "fr": "quantité, nombre", "es": "cantidad", "it": "quantità", "pt": "quantidade"}),
    Kind(None, ("boolean",), _one("t|f"), {"en": "active, is admin, has email, phone verified, passport required", "de": "aktiv, gelöscht", "fr": "actif, supprimé", "es": "activo", "it": "attivo", "pt": "ativo"}),
    Kind(None, ("text", "point"), _point, {"en": "store location, warehouse position, tower coords", "de": "lager position", "fr": "position dépôt", "es": "posición almacén", "it": "posizione magazzino", "pt": "posição depósito"}),
    Kind(None, TEXT, _one("EUR|USD|GBP|BRL|INR"), {"en": "currency, currency code", "de": "währung", "fr": "devise", "es": "moneda", "it": "valuta", "pt": "moeda"}),
    Kind(None, TEXT, _one("en|de|fr|es|it|pt"), {"en": "language, locale, lang code", "de": "sprache", "fr": "langue", "es": "idioma", "it": "lingua", "pt": "idioma"}),
    Kind(None, TEXT, _one("iPhone 14|Pixel 8|+1 Pro 555|Galaxy S23|Moto G"), {"en": "phone model, device model", "de": "handymodell", "fr": "modèle téléphone", "es": "modelo móvil", "it": "modello cellulare", "pt": "modelo celular"}, told=False),
    Kind(None, TEXT, _one("VISA|MASTERCARD|AMEX"), {"en": "card type, card brand, payment method", "de": "kartentyp, zahlungsart", "fr": "type de carte", "es": "tipo tarjeta", "it": "tipo carta", "pt": "tipo cartão"}, told=False),
    Kind(None, TEXT, _one("welcome_mail|invoice_mail|reminder"), {"en": "email template, mail type, email subject key", "de": "mailvorlage", "fr": "modèle email", "es": "plantilla correo", "it": "modello email", "pt": "modelo email"}, told=False),
    Kind(None, TEXT, lambda rng, _: f"0x{rng.getrandbits(48):012x}", {"en": "address bus, mem address, offset", "de": "speicheradresse", "fr": "adresse mémoire", "es": "dirección memoria", "it": "indirizzo memoria", "pt": "endereço memória"}, told=False),
    Kind(None, TEXT, _path, {"en": "path, file name, image url, avatar path", "de": "dateiname, pfad", "fr": "chemin, nom de fichier", "es": "ruta, nombre archivo", "it": "percorso, nome file", "pt": "caminho, nome arquivo"}),
    Kind(None, TEXT, _log, {"en": "log line, message, event", "de": "protokoll, meldung", "fr": "journal, événement", "es": "registro, evento", "it": "registro, evento", "pt": "registro, evento"}),
    Kind(None, ("jsonb", "json"), _settings, {"en": "settings, config, metadata, options", "de": "einstellungen", "fr": "paramètres", "es": "ajustes", "it": "impostazioni", "pt": "configurações"}),
    Kind(None, ("text[]",), lambda rng, c: "{" + _many(_one("may|will|april|rose|blue|new"))(rng, c) + "}", {"en": "tags, labels", "de": "schlagworte", "fr": "étiquettes", "es": "etiquetas", "it": "etichette", "pt": "etiquetas"}),
    Kind(None, TEXT, lambda rng, _: f"{rng.randrange(100, 999)}-{rng.randrange(10, 99)}-{rng.randrange(10, 99)} mm", {"en": "dimensions, size, dims", "de": "maße, größe", "fr": "dimensions, taille", "es": "dimensiones", "it": "dimensioni", "pt": "dimensões"}),
    Kind(None, TEXT, lambda rng, _: rng.choice(PLACES), {"en": "warehouse city, store city, branch, airport name", "de": "lagerort, filiale", "fr": "ville dépôt", "es": "ciudad almacén", "it": "sede", "pt": "filial"}, told=False),
)  # fmt: skip
