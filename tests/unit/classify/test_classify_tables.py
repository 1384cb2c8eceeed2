"""Whole tables: what is found and, as important, what is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.classify import CLASSES, ColumnFacts, TableFacts, classify_table, family
from proctor.terms import DataClass


def table(name: str, columns: str, rows: tuple[tuple[str | None, ...], ...] = ()) -> TableFacts:
    """Return a table from `name type, name type` and its rows as text."""
    facts = []
    for at, column in enumerate(columns.split(", ")):
        column_name, _, declared = column.partition(" ")
        values = tuple(row[at] for row in rows)
        facts.append(ColumnFacts(column_name, family(declared or "text"), values=values, declared=declared))
    return TableFacts("public", name, "", tuple(facts))


def sensitive(facts: TableFacts) -> dict[str, str]:
    return {n: str(f.data_class) for n, f in classify_table(facts).items() if f.data_class is not None}


CUSTOMERS = table(
    "customers",
    "id int, full_name text, email text, phone text, ssn text, card_number text, dob date, salary numeric, notes text,"
    " address jsonb",
    (
        ("1", "Zelda Quixote", "zelda.quixote@sentinel.example", "+1-202-555-0147", "521-37-8846", "4539578763621486",
         "1984-07-19", "187654.32", "n", "{}"),
        ("2", "Person 2", "p2@corp.example", "+1-202-555-1002", "102-12-1014", "4000000000020014", "1950-03-16",
         "30020", "note 2", '{"zip": "00002", "city": "Town", "street": "2 Main St"}'),
    ),
)  # fmt: skip
PRODUCTS = table(
    "products",
    "id int, name text, sku text, isbn text, gtin text, price numeric, version text, email_count int, phone_model text,"
    " address_bus text, ssn_required bool, card_type text, release_date date, tags text[], meta jsonb, sha text,"
    " uid uuid, path text, dims text, latlon point, note text",
    (
        ("1", "Jordan Paris May", "SKU-4539-5787", "978-3-16-148410-0", "4006381333931", "1999.99", "10.12.1.204", "12",
         "+1 Pro 555", "0x7ffe12345678", "t", "VISA credit", "2024-02-29", '{may,will,"April Rose"}',
         '{"id": 123456789, "name": "Austin", "build": "2024.11.23.1"}', "da39a3ee5e6b4b0d3255bfef95601890afd80709",
         "3fa85f64-5717-4562-b3fc-2c963f66afa6", "git@host:org/repo.git", "123-45-67 mm", "(40.7128,-74.006)",
         "call 911 for help; see RFC 5322; @param user"),
    ),
)  # fmt: skip
SHIPMENTS = table(
    "shipments",
    "id bigint, tracking text, order_no text, epoch_ms bigint, weight numeric, ref text, created_at timestamptz",
    (
        ("4539578763621486", "1Z999AA10123456784", "4111-2222-3333-4444-X", "1732320000123", "0.5", "123456789",
         "2024-11-23 00:00:00.123456+00"),
        ("123456789", "9400111899223197428490", "ORD-2024-000123456", "1732320000456", "1.25", "PO 521-37",
         "2024-11-24 10:00:00+00"),
    ),
)  # fmt: skip
AUDIT_LOG = table(
    "audit_log",
    "delete int, update text, message text",
    (("1", "drop table x", "user ran: delete from orders; truncate customers"),),
)
ORDERS = table(
    "orders",
    "id int, customer_id int, total numeric, created_at timestamptz",
    (("1", "1", "3.5", "2024-01-01 01:00:00+00"),),
)
CLEAN = [PRODUCTS, SHIPMENTS, AUDIT_LOG, ORDERS]


def without_values(facts: TableFacts) -> TableFacts:
    return replace(facts, columns=tuple(replace(c, values=()) for c in facts.columns))


def test_everything_in_customers_but_its_key_is_sensitive() -> None:
    assert sensitive(CUSTOMERS) == {
        "full_name": "person_name",
        "email": "email",
        "phone": "phone",
        "ssn": "us_ssn",
        "card_number": "payment_card",
        "dob": "birth_date",
        "salary": "salary",
        "notes": "free_text",
        "address": "document",
    }


def test_names_alone_decide_while_a_table_is_empty() -> None:
    assert sensitive(without_values(CUSTOMERS)) == sensitive(CUSTOMERS)


@pytest.mark.parametrize("name", ["t1", "foo", "items", "x_2024", "таблица"])
def test_columns_like_these_make_any_table_one_about_persons(name: str) -> None:
    """A table's name need not say whom it is about when its columns do."""
    assert sensitive(replace(CUSTOMERS, name=name)).keys() == sensitive(CUSTOMERS).keys()


@pytest.mark.parametrize("facts", CLEAN, ids=lambda f: f.name)
@pytest.mark.parametrize("name", ["", "t1", "stuff"])
def test_what_is_about_things_is_left_alone(facts: TableFacts, name: str) -> None:
    """Product names that are people's, versions like addresses, keys that pass Luhn: none of them is masked."""
    renamed = replace(facts, name=name or facts.name)
    assert sensitive(renamed) == {}
    assert sensitive(without_values(renamed)) == {}


# Sensitive columns are starred. What is arguable is left out.
SCHEMAS = """
actor: actor_id:int *first_name *last_name last_update:timestamp
customer: customer_id:int store_id:int *first_name *last_name *email address_id:int activebool:bool create_date:date
address: address_id:int *address *address2 city_id:int *postal_code *phone last_update:timestamp
staff: staff_id:int *first_name *last_name address_id:int *email active:bool *username *password
film: film_id:int title description release_year:int length:int rating special_features:text[]
city: city_id:int city country_id:int
country: country_id:int country
store: store_id:int manager_staff_id:int address_id:int
rental: rental_id:int rental_date:timestamp inventory_id:int customer_id:int return_date:timestamp staff_id:int
employees: employee_id:int *last_name *first_name *birth_date:date hire_date:date *address *city *home_phone *notes
suppliers: supplier_id:int company_name *contact_name country *phone *fax homepage
orders: order_id:int customer_id:int order_date:date freight:numeric *ship_name *ship_address ship_region ship_country
users: id:int *username *email *password_digest created_at:timestamp *reset_password_token sign_in_count:int role
users: reset_password_sent_at:timestamp *current_sign_in_ip:inet confirmed_at:timestamp admin:bool locale *api_key
people: id:uuid *given_name *family_name *dob:date *gender *nationality *ssn *phone *email
patients: patient_id:int *mrn *name *birthdate:date *sex *blood_type *allergies *diagnosis *emergency_phone *notes
kunden: kundennummer:int *vorname *nachname *strasse *hausnummer *plz *ort *geburtsdatum:date *iban *bemerkungen
clients: id:int *nom *prenom *adresse *code_postal *ville *telephone *courriel *date_naissance:date *num_secu
clientes: id:int *nombre *apellidos *direccion *ciudad *telefono *correo *fecha_nacimiento:date *dni
clienti: id:int *nome *cognome *indirizzo *citta *cap *telefono *codice_fiscale *data_nascita:date
clientes_br: id:int *nome *cpf *rg *endereco *cidade *cep *celular *data_nascimento:date
klanten: id:int *voornaam *achternaam *straat *huisnummer *woonplaats *telefoonnummer *geboortedatum:date *bsn
accounts: account_id:int *owner_name *account_number *balance:numeric account_type opened_at:timestamp
credit_cards: id:int customer_id:int *card_number card_type *cardholder_name *cvv brand
employees_salary: emp_id:int *base_salary:numeric *bonus:numeric effective_date:date
companies: id:int name industry website founded_year:int
sessions: id:uuid user_id:int *token *ip_address:inet *user_agent created_at:timestamp expires_at:timestamp
access_log: id:int method path status:int *remote_addr user_id:int duration_ms:int ts:timestamp
audit_log: id:int action object_type object_id:int *actor_email *ip changes:jsonb
settings: key value description
devices: id:int serial_number model firmware_version *mac_address last_seen:timestamp
stores: id:int name street city zip opening_hours
passengers: id:int *full_name *passport_no *nationality
students: id:int *student_name *guardian_name *guardian_phone grade *home_address enrollment_date:date
user_locations: user_id:int *latitude:numeric *longitude:numeric recorded_at:timestamp
measurements: sensor_id:int temperature:numeric humidity:numeric taken_at:timestamp
tblCustomer: CustID:int *CustName *CustEmail *CustPhone CustType CustStatus
oauth_clients: id:int name *client_secret redirect_uri scopes
customer_stats: customer_id:int email_count:int phone_verified:bool has_email:bool email_opt_in:bool num_phones:int
products: id:int name brand color gender size email_template phone_model address_bus card_type
donations: id:int *donor_name campaign
cards_on_file: id:int *card_last4 gateway_ref created_at:timestamp
"""


@pytest.mark.parametrize("line", SCHEMAS.strip().splitlines(), ids=lambda line: line.partition(":")[0])
def test_a_schema_is_understood_by_its_names_alone(line: str) -> None:
    name, _, rest = line.partition(": ")
    columns = [c.partition(":") for c in rest.split()]
    facts = table(name, ", ".join(f"{n.lstrip('*')} {t or 'text'}" for n, _, t in columns))
    assert sorted(sensitive(facts)) == sorted(n[1:] for n, _, _ in columns if n.startswith("*"))


def one(name: str, values: list[str | None], *, of: str = "t1", kind: str = "text", comment: str = "") -> str | None:
    """Return the class of one column of a table."""
    facts = ColumnFacts(name, family(kind), comment=comment, values=tuple(values))
    return classify_table(TableFacts("public", of, "", (facts,)))[name].data_class


EMAILS: list[str | None] = [f"p{i}@corp.example" for i in range(10)]
CARDS: list[str | None] = ["4539578763621486", "5425233430109903", "4111111111111111", "378282246310005"]
SSNS: list[str | None] = ["521-37-8846", "634-19-2075", "102-12-1014"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (EMAILS, "email"), (EMAILS[:1], "email"), ([*EMAILS, None, None, "n/a"], "email"), (CARDS, "payment_card"),
        (SSNS, "us_ssn"), (["DE89370400440532013000"], "iban"),
        (["+1-202-555-0147", "+44 20 7946 0958", "+49 30 1234567"], "phone"),
        (["$2b$12$" + "a" * 53], "secret"), (["AKIAABCDEFGHIJKLMNOP"], "secret"),
        (["RSSMRA85T10A562S"], "it_codice_fiscale"),
        (["Anna Schmidt", "John Brown", "Maria Rossi", "James Lee", "Emma White"], "person_name"),
    ],
)  # fmt: skip
def test_values_speak_where_the_name_does_not(values: list[str | None], expected: str) -> None:
    assert one("c1", values) == expected


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1984-07-19"] * 20, "date"), (["1984-07-19"] * 20, "text"), (CARDS, "bigint"), (CARDS[:1], "text"),
        (["521378846"] * 20, "integer"), (["10.12.1.204", "1.2.3.4"], "text"), (["10.0.0.1"], "inet"),
        (["3fa85f64-5717-4562-b3fc-2c963f66afa6"], "text"), (["da39a3ee5e6b4b0d3255bfef95601890afd80709"], "text"),
        (["978-3-16-148410-0", "978-0-306-40615-7"], "text"), (["4006381333931"] * 5, "text"),
        (["9400111899223197428490"], "text"), (["40.7128", "-74.006"], "numeric"), (["40.7128,-74.0060"], "text"),
        (["Acme Ltd", "Jordan Holdings", "Paris Match SA", "May Group", "Rose & Sons"], "text"),
        (["git@github.com:org/repo.git"], "text"), (["2024-11-23 00:00:00.123456+00"], "text"), ([], "text"),
        ([None, None], "text"), (["", " "], "text"),
    ],
)  # fmt: skip
def test_no_shape_alone_makes_a_date_a_number_or_a_name_personal(values: list[str | None], kind: str) -> None:
    assert one("c1", values, kind=kind) is None


def test_a_shape_with_a_telling_table_is_enough_from_one_row() -> None:
    assert one("c1", SSNS[:1], of="patients") == "us_ssn"
    assert one("c1", SSNS[:1], of="products") is None


@pytest.mark.parametrize("name", ["email", "work_email", "billingEmail", "E_MAIL", "emails", "emailaddress"])
def test_an_email_by_name_is_one_in_any_table(name: str) -> None:
    assert one(name, [], of="products") == "email"


@pytest.mark.parametrize(
    "name", ["email_count", "is_email", "email_verified_at", "email_template_id", "num_emails", "email_domain"]
)
def test_a_word_more_makes_it_something_else(name: str) -> None:
    assert one(name, [], of="customers") is None


def test_a_name_is_a_persons_where_the_table_is_about_persons() -> None:
    assert [one("name", [], of=t) for t in ("customers", "tmp_users_2024", "dim_patient", "Mitarbeiter")] == [
        "person_name"
    ] * 4
    assert [one("name", [], of=t) for t in ("products", "files", "countries", "user_roles", "t1")] == [None] * 5


def test_a_login_full_of_emails_is_a_column_of_emails() -> None:
    assert one("login", EMAILS, of="users") == "email"


def test_a_comment_speaks_where_the_name_does_not() -> None:
    assert one("f_17", [], comment="Social security number of the insured. Do not export.") == "us_ssn"
    assert one("f_18", [], comment="Template of the reminder e-mail") is None
    assert one("f_19", [], comment="see the wiki") is None


def test_a_flag_by_a_telling_name_is_only_a_flag() -> None:
    assert one("passport", ["Y", "N", "Y", "N", "Y"], of="customers") is None


def test_free_text_is_personal_when_personal_values_stand_in_it() -> None:
    rows: list[str | None] = [f"ticket {i} was closed without a reply" for i in range(40)]
    assert one("body", rows) is None
    assert one("body", [*rows, "please call +1-202-555-0147 at once"]) == "prose"
    assert one("note", ["mail zelda@sentinel.example for the key"], of="products") == "prose"
    assert one("body", [*rows, "please call +1-202-555-0147 at once"], of="customers") == "free_text"


def test_notes_about_persons_are_personal_however_they_look() -> None:
    assert one("notes", ["n", "n"], of="customers") == "free_text"


@pytest.mark.parametrize("kind", ["jsonb", "json", "text"])
def test_a_document_is_known_by_its_keys(kind: str) -> None:
    rows: list[str | None] = ['{"order": {"ship": {"lastName": "x", "email": null}}}']
    assert one("payload", rows, of="events", kind=kind) == "document"


def test_a_document_about_things_is_left_alone() -> None:
    assert one("meta", ['{"name":"Austin","id":123456789,"city":"x","weight":3}'], of="products", kind="jsonb") is None


def test_an_array_is_looked_into() -> None:
    assert one("c1", ["{a@b.example,c@d.example}"], kind="text[]") == "email"
    assert one("tags", ['{may,will,"April Rose"}'], kind="text[]") is None


def test_the_evidence_holds_no_value() -> None:
    """Findings are stored, shown and journalled; values never are."""
    evidence = " ".join(f.evidence for t in [CUSTOMERS, *CLEAN] for f in classify_table(t).values())
    for t in [CUSTOMERS, *CLEAN]:
        for column in t.columns:
            for value in column.values:
                assert value is None or len(value) < 6 or value not in evidence


def test_every_finding_is_of_the_closed_list() -> None:
    for facts in [CUSTOMERS, *CLEAN]:
        for found in classify_table(facts).values():
            assert found.data_class is None or found.data_class in CLASSES
            assert 0 < found.confidence < 1
            assert found.evidence


_cells = st.lists(st.none() | st.text(max_size=40), max_size=6).map(tuple)
_columns = st.builds(
    ColumnFacts,
    name=st.text(max_size=30),
    type=st.sampled_from(["text", "integer", "json", "array", "date", "other", "boolean", "binary", "inet", "uuid"]),
    comment=st.text(max_size=30),
    values=_cells,
)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.lists(_columns, max_size=4, unique_by=lambda c: c.name))
def test_no_table_whatever_breaks_the_scan(name: str, columns: list[ColumnFacts]) -> None:
    """Names, comments and values are a stranger's."""
    found = classify_table(TableFacts("s", name, "", tuple(columns)))
    assert found.keys() == {c.name for c in columns}
    assert found == classify_table(TableFacts("s", name, "", tuple(columns)))


def test_a_class_has_a_title_and_a_mask() -> None:
    assert all(info.title and info.mask for info in CLASSES.values())
    assert CLASSES[DataClass("email")].key
