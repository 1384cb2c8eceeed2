"""What columns hold about people: for each kind its class, its types, how its values look, and what it is called."""
# ruff: noqa: E501 - a kind of column reads best as a row of a table

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from bench.tables import numbers
from bench.tables.cultures import Culture

Value = Callable[[Random, Culture], str]
DOMAINS = ("gmail.example", "web.example", "mail.example.org", "corp.example.com", "example.co.uk", "poste.example.it")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of column. `label` is the class that a reader of the table would give it, None for what is no person's."""

    label: str | None
    types: tuple[str, ...]
    value: Value
    names: dict[str, str]
    """By language, names parted by commas, their words by blanks."""
    told: bool = True
    """Its values alone tell what it is, so that it may go by a name that means nothing."""
    misleading: str = ""
    """Names that say something else than what is in it."""
    needles: bool = False
    """Its values are texts with personal values inside, in brackets that come off."""
    cultures: tuple[str, ...] = field(default=())


def plain(text: str) -> str:
    """Return the text in ASCII letters."""
    text = text.replace("ß", "ss").replace("ı", "i").replace("ł", "l").replace("ø", "o")
    return "".join(c for c in unicodedata.normalize("NFKD", text) if c.isascii())


def given(rng: Random, culture: Culture) -> str:
    """Return a given name, seldom two."""
    name = rng.choice(culture.given)
    return f"{name} {rng.choice(culture.given)}" if rng.random() < 0.05 else name


def family(rng: Random, culture: Culture) -> str:
    """Return a family name; two in Spain and Brazil."""
    if culture.code in {"es", "br"} and rng.random() < 0.7:
        return f"{rng.choice(culture.family)} {rng.choice(culture.family)}"
    return rng.choice(culture.family)


def person(rng: Random, culture: Culture) -> str:
    """Return a full name, sometimes family name first or with a title."""
    first, last = given(rng, culture), family(rng, culture)
    chance = rng.random()
    if chance < 0.06:
        return f"{last}, {first}"
    if chance < 0.10:
        return f"{rng.choice(('Dr.', 'Mr.', 'Mrs.', 'Prof.'))} {first} {last}"
    return f"{first} {last}"


def email(rng: Random, culture: Culture) -> str:
    """Return an e-mail address."""
    first, last = (plain(f(rng, culture)).replace(" ", "").lower() for f in (given, family))
    first, last = (part.replace("'", "").replace(".", "") for part in (first, last))
    number = rng.choice(("", "", str(rng.randrange(100))))
    first = first or f"user{rng.randrange(1000)}"  # in letters that no mailbox has
    return f"{first}{rng.choice(('.', '_', ''))}{last}{number}@{rng.choice(DOMAINS)}"


def street(rng: Random, culture: Culture) -> str:
    """Return a street with its number."""
    return culture.address(rng, rng.choice(culture.streets))


def address(rng: Random, culture: Culture) -> str:
    """Return a whole address in one line."""
    place = f"{culture.postal(rng)} {rng.choice(culture.cities)}"
    return f"{street(rng, culture)}, {place}"


def birthday(rng: Random, _: Culture) -> str:
    """Return a date of birth."""
    return f"{rng.randrange(1935, 2006)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"


def written_birthday(rng: Random, culture: Culture) -> str:
    """Return a date of birth as people write it."""
    year, month, day = birthday(rng, culture).split("-")
    return f"{month}/{day}/{year}" if culture.code == "us" else f"{day}.{month}.{year}"


def passport(rng: Random, culture: Culture) -> str:
    """Return a passport number."""
    if culture.code in {"us", "uk"}:
        return numbers.digits(rng, 9)
    return numbers.letters(rng, 2) + numbers.digits(rng, 7)


def licence(rng: Random, culture: Culture) -> str:
    """Return a driver's licence number."""
    if culture.code == "uk":
        return f"{numbers.letters(rng, 5)}{numbers.digits(rng, 6)}{numbers.letters(rng, 2)}9{numbers.letters(rng, 2)}"
    return rng.choice(
        (numbers.letters(rng, 1) + numbers.digits(rng, 8), numbers.letters(rng, 2) + numbers.digits(rng, 9))
    )


def secret(rng: Random, _: Culture) -> str:
    """Return a hash of a password or a token, as programs store them."""
    some = "".join(rng.choice("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(53))
    return rng.choice((f"$2b$12${some}", f"$argon2id$v=19$m=65536,t=3,p=4${some[:22]}${some[:43]}", f"sk_live_{some[:24]}",
                       f"ghp_{some[:36]}", f"pbkdf2_sha256$260000${some[:12]}${some[:43]}="))  # fmt: skip


def token(rng: Random, _: Culture) -> str:
    """Return a random token of no known form."""
    return f"{rng.getrandbits(160):040x}"


def ip(rng: Random, _: Culture) -> str:
    """Return an address of the internet."""
    if rng.random() < 0.15:
        return f"2001:db8:{rng.getrandbits(16):x}:{rng.getrandbits(16):x}::{rng.getrandbits(16):x}"
    return ".".join(str(rng.randrange(1, 255)) for _ in range(4))


def mac(rng: Random, _: Culture) -> str:
    """Return a MAC address."""
    return ":".join(f"{rng.getrandbits(8):02x}" for _ in range(6))


REMARKS = (
    "Called about the invoice, will ring back on [{phone}].",
    "Please send the documents to [{email}] by Friday.",
    "Customer asked for a refund; card [{card}] was charged twice",
    "spoke with partner, new mail is [{email}] (confirmed)",
    "Reset done. Contact: [{email}], thanks!",
    "The parcel never arrived, phone [{phone}]",
    "Wrong account, refund to [{iban}] please",
)
DULL = (
    "Called about the invoice, will ring back tomorrow.",
    "No answer, left a message with the front desk",
    "Parcel arrived damaged, sent photos of the box.",
    "Asked for a quote for 20 units of the blue one",
    "Closed without a reply after 14 days",
    "Delivered to the back door, see order 2024-11-23",
)


def remark(rng: Random, culture: Culture) -> str:
    """Return a note of a clerk's; one in three holds a personal value."""
    if rng.random() < 0.66:
        return rng.choice(DULL)
    phone = culture.phone(rng)
    return rng.choice(REMARKS).format(
        phone=phone if phone.startswith("+") else "+44 20 7946 0123", email=email(rng, culture), card=numbers.card(rng),
        iban=numbers.iban(rng, culture.country),
    )  # fmt: skip


def document(rng: Random, culture: Culture) -> str:
    """Return a JSON document about a person."""
    who = {"firstName": given(rng, culture), "lastName": family(rng, culture), "email": email(rng, culture)}
    return json.dumps(
        {"customer": who, "items": [{"sku": f"A{rng.randrange(1000)}", "qty": rng.randrange(9)}], "total": 12.5},
        ensure_ascii=False,
    )


def hstore(rng: Random, culture: Culture) -> str:
    """Return an hstore about a person."""
    return f'"email"=>"{email(rng, culture)}", "phone"=>"{culture.phone(rng)}", "lang"=>"{culture.language}"'


def emails(rng: Random, culture: Culture) -> str:
    """Return an array of e-mail addresses."""
    return "{" + ",".join(email(rng, culture) for _ in range(rng.randrange(1, 4))) + "}"


def _one(choices: str) -> Value:
    parts = choices.split("|")
    return lambda rng, _: rng.choice(parts)


def _number(of: Callable[[Random], str]) -> Value:
    return lambda rng, _: of(rng)


def _between(low: int, high: int) -> Value:
    return lambda rng, _: str(rng.randrange(low, high))


def username(rng: Random, culture: Culture) -> str:
    """Return a login name."""
    return plain(rng.choice(culture.given)).lower().replace("-", "") + str(rng.randrange(1000))


TEXT = ("text", "varchar(255)", "character varying(120)")
PEOPLE: tuple[Kind, ...] = (
    Kind("person_name", TEXT, person, {
        "en": "full name, customer name, name, contact name, cardholder name, patient name, emergency contact name",
        "de": "name, kundenname, ansprechpartner, vollständiger name, karteninhaber",
        "fr": "nom complet, nom client, nom prénom, titulaire", "es": "nombre completo, nombre cliente, titular",
        "it": "nome cognome, nome completo, intestatario", "pt": "nome completo, nome cliente, nome, titular"},
        misleading="title, label, value, ref_text, descr"),
    Kind("given_name", TEXT, given, {
        "en": "first name, given name, fname, forename, f name, first nm", "de": "vorname, rufname",
        "fr": "prénom, prenom usuel", "es": "nombre, primer nombre, nombre de pila", "it": "nome, nome di battesimo",
        "pt": "primeiro nome, nome próprio"}, told=False),
    Kind("family_name", TEXT, family, {
        "en": "last name, surname, lname, family name, l name, maiden name", "de": "nachname, familienname, geburtsname",
        "fr": "nom, nom de famille, nom de naissance", "es": "apellidos, apellido, primer apellido",
        "it": "cognome, cognome da nubile", "pt": "sobrenome, apelido, último nome"}, told=False),
    Kind("email", (*TEXT, "citext"), email, {
        "en": "email, email address, e mail, work email, contact email, eml, mail addr", "de": "email, e mail adresse, mailadresse",
        "fr": "courriel, adresse email, mél", "es": "correo, correo electrónico, email", "it": "email, posta elettronica, indirizzo email",
        "pt": "email, correio eletrônico, e mail"}, misleading="login, username, ref, key, external id, description"),
    Kind("phone", TEXT, lambda rng, c: c.phone(rng), {
        "en": "phone, phone number, mobile, cell, tel no, home phone, contact no, ph no", "de": "telefon, handy, rufnummer, mobilnummer, tel nr",
        "fr": "téléphone, portable, numéro de téléphone, tél", "es": "teléfono, móvil, número de teléfono, celular",
        "it": "telefono, cellulare, numero di telefono", "pt": "telefone, celular, telemóvel, fone"},
        misleading="field3, reference, number, code"),
    Kind("postal_address", TEXT, address, {
        "en": "address, home address, billing address, shipping address, mailing addr", "de": "adresse, anschrift, wohnadresse, lieferadresse",
        "fr": "adresse, adresse postale, adresse de livraison", "es": "dirección, domicilio, dirección de envío",
        "it": "indirizzo, residenza, indirizzo di spedizione", "pt": "endereço, morada, endereço de entrega"},
        misleading="location, line, destination"),
    Kind("street", TEXT, street, {
        "en": "street, address line 1, addr1, street address", "de": "straße, strasse hausnr, straße und hausnummer",
        "fr": "rue, voie, adresse ligne 1", "es": "calle, vía", "it": "via, indirizzo", "pt": "rua, logradouro"}),
    Kind("city", TEXT, lambda rng, c: rng.choice(c.cities), {
        "en": "city, town, home city", "de": "ort, wohnort, stadt", "fr": "ville, commune", "es": "ciudad, localidad, población",
        "it": "città, comune", "pt": "cidade, município"}, told=False),
    Kind("postal_code", TEXT, lambda rng, c: c.postal(rng), {
        "en": "zip, postal code, zip code, postcode", "de": "plz, postleitzahl", "fr": "code postal, cp", "es": "código postal, cp",
        "it": "cap, codice postale", "pt": "cep, código postal"}, told=False),
    Kind("birth_date", ("date", "timestamp"), birthday, {
        "en": "dob, birth date, date of birth, birthday, bdate", "de": "geburtsdatum, geburtstag, geb datum", "fr": "date de naissance, date naiss, né le",
        "es": "fecha de nacimiento, fecha nac, nacimiento", "it": "data di nascita, data nascita, nato il", "pt": "data de nascimento, data nasc, nascimento"}, told=False),
    Kind("birth_date", TEXT, written_birthday, {
        "en": "dob, birth dt, date of birth", "de": "geburtsdatum, gebdat", "fr": "date naissance", "es": "fecha nacimiento", "it": "data nascita",
        "pt": "dt nascimento"}, told=False),
    Kind("us_ssn", TEXT, _number(numbers.ssn), {"en": "ssn, social security number, soc sec no, ssn no"}, misleading="ref no, file number", cultures=("us",)),
    Kind("uk_nino", TEXT, _number(numbers.nino), {"en": "nino, ni number, national insurance no"}, misleading="ref no, code", cultures=("uk",)),
    Kind("de_steuerid", TEXT, _number(numbers.steuer_id), {"de": "steuer id, steueridnr, steuernummer, idnr"}, told=False, cultures=("de",)),
    Kind("fr_nir", TEXT, _number(numbers.nir), {"fr": "nir, numéro de sécurité sociale, num sécu, no insee"}, misleading="code, matricule", cultures=("fr",)),
    Kind("es_dni", TEXT, _number(numbers.dni), {"es": "dni, nif, documento de identidad, nie"}, misleading="código, doc", cultures=("es",)),
    Kind("it_codice_fiscale", TEXT, _number(numbers.codice_fiscale), {"it": "codice fiscale, cod fisc, cf"}, misleading="codice, chiave", cultures=("it",)),
    Kind("in_aadhaar", TEXT, _number(numbers.aadhaar), {"en": "aadhaar, aadhaar no, uid number"}, cultures=("in",), told=False),
    Kind("in_pan", TEXT, _number(numbers.pan), {"en": "pan, pan no, pan card number"}, cultures=("in",), told=False),
    Kind("br_cpf", TEXT, _number(numbers.cpf), {"pt": "cpf, nr cpf, cpf cliente"}, misleading="documento, código", cultures=("br",)),
    Kind("br_cnpj", TEXT, _number(numbers.cnpj), {"pt": "cnpj, cnpj empresa"}, cultures=("br",)),
    Kind("passport", TEXT, passport, {
        "en": "passport, passport no, passport number", "de": "reisepass, passnummer", "fr": "passeport, numéro passeport", "es": "pasaporte",
        "it": "passaporto, numero passaporto", "pt": "passaporte"}, told=False),
    Kind("drivers_licence", TEXT, licence, {
        "en": "drivers license, driving licence no, dl number", "de": "führerschein, führerscheinnummer", "fr": "permis de conduire, no permis",
        "es": "carnet de conducir, permiso de conducir", "it": "patente, numero patente", "pt": "cnh, carteira de motorista"}, told=False),
    Kind("payment_card", TEXT, _number(numbers.card), {
        "en": "card number, credit card, cc number, pan", "de": "kreditkarte, kartennummer", "fr": "carte bancaire, numéro de carte",
        "es": "tarjeta, número tarjeta", "it": "carta di credito, numero carta", "pt": "cartão, número do cartão"}, misleading="payment ref, value"),
    Kind("iban", TEXT, lambda rng, c: numbers.iban(rng, c.country), {
        "en": "iban, iban no", "de": "iban, bankverbindung", "fr": "iban, rib", "es": "iban, cuenta bancaria", "it": "iban, coordinate bancarie",
        "pt": "iban, conta bancária"}, misleading="account ref, payload"),
    Kind("bank_account", ("text", "bigint"), lambda rng, _: numbers.digits(rng, 10), {
        "en": "account number, bank account, acct no", "de": "kontonummer, konto nr", "fr": "numéro de compte, compte bancaire", "es": "número de cuenta",
        "it": "conto corrente, numero conto", "pt": "conta corrente, número da conta"}, told=False),
    Kind("ip_address", ("text", "inet"), ip, {
        "en": "ip, ip address, last login ip, client ip, remote addr", "de": "ip adresse, ip", "fr": "adresse ip", "es": "dirección ip, ip",
        "it": "indirizzo ip", "pt": "endereço ip, ip"}, told=False),
    Kind("mac_address", ("text", "macaddr"), mac, {"en": "mac, mac address, device mac", "de": "mac adresse", "fr": "adresse mac", "es": "dirección mac",
        "it": "indirizzo mac", "pt": "endereço mac"}, told=False),
    Kind("geolocation", ("numeric", "double precision"), lambda rng, _: f"{rng.uniform(-60, 60):.6f}", {
        "en": "latitude, longitude, last lat, home lng", "de": "breitengrad, längengrad", "fr": "latitude, longitude", "es": "latitud, longitud",
        "it": "latitudine, longitudine", "pt": "latitude, longitude"}, told=False),
    Kind("salary", ("numeric", "integer"), _between(18000, 190000), {
        "en": "salary, annual income, base pay, wage, bonus, net worth", "de": "gehalt, jahreseinkommen, lohn, bruttogehalt", "fr": "salaire, revenu annuel, rémunération",
        "es": "salario, sueldo, ingresos anuales", "it": "stipendio, reddito annuo, retribuzione", "pt": "salário, renda mensal, remuneração"}, told=False),
    Kind("health", TEXT, _one("Asthma|Type 2 diabetes|Hypertension|none|Migraine|Penicillin allergy|J45.9|E11|F32.1"), {
        "en": "diagnosis, allergies, medical condition, blood type, medication", "de": "diagnose, allergien, blutgruppe, vorerkrankungen", "fr": "diagnostic, allergies, groupe sanguin",
        "es": "diagnóstico, alergias, grupo sanguíneo", "it": "diagnosi, allergie, gruppo sanguigno", "pt": "diagnóstico, alergias, tipo sanguíneo"}, told=False),
    Kind("gender", TEXT, _one("m|f|m|f|x"), {"en": "gender, sex", "de": "geschlecht", "fr": "sexe, genre", "es": "sexo, género", "it": "sesso, genere", "pt": "sexo, gênero"}, told=False),
    Kind("nationality", TEXT, lambda rng, c: rng.choice(c.nations), {
        "en": "nationality, citizenship, country of birth", "de": "staatsangehörigkeit, nationalität", "fr": "nationalité", "es": "nacionalidad", "it": "nazionalità, cittadinanza",
        "pt": "nacionalidade"}, told=False),
    Kind("secret", TEXT, secret, {
        "en": "password hash, api key, access token, pwd, secret", "de": "passwort, kennwort hash, api schlüssel", "fr": "mot de passe, clé api", "es": "contraseña, clave api",
        "it": "password, chiave api", "pt": "senha, chave api"}, misleading="value, data, extra"),
    Kind("secret", TEXT, token, {"en": "reset token, auth token, session token, api secret", "de": "api token, passwort", "fr": "jeton accès, mot de passe", "es": "contraseña, token acceso",
        "it": "token accesso, password", "pt": "senha, token acesso"}, told=False),
    Kind("username", TEXT, username, {"en": "username, login, user name", "de": "benutzername, anmeldename", "fr": "identifiant, nom utilisateur", "es": "usuario login, nombre de usuario",
        "it": "nome utente", "pt": "nome de usuário, usuário login"}, told=False),
    Kind("free_text", TEXT, remark, {
        "en": "notes, comments, remarks, message, body", "de": "bemerkungen, notiz, kommentar", "fr": "commentaires, remarque, observations", "es": "observaciones, notas, comentarios",
        "it": "note, osservazioni, commenti", "pt": "observações, comentários, anotações"}, misleading="status text, log, extra", needles=True),
    Kind("document", ("jsonb", "json", "text"), document, {"en": "payload, data, profile, details", "de": "daten, angaben", "fr": "données, détails", "es": "datos, detalles", "it": "dati, dettagli",
        "pt": "dados, detalhes"}),
    Kind("document", ("hstore",), hstore, {"en": "attributes, properties", "de": "attribute, merkmale", "fr": "attributs", "es": "atributos", "it": "attributi", "pt": "atributos"}),
    Kind("email", ("text[]",), emails, {"en": "emails, other emails", "de": "weitere emails", "fr": "courriels", "es": "correos", "it": "altre email", "pt": "emails"}),
)  # fmt: skip
