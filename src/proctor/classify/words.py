"""Classify, the words: which words in a column's or table's name stand for what, in several languages.

Data only; `names` reads it. A phrase is a run of words; `|` parts phrases. Accents are gone and all is lower case.
"""

from __future__ import annotations


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


# These say what the column holds, whatever the table is about.
STRONG: dict[str, str] = {
    "email": "email|e mail|mail|mail address|email address|e mail address|correo|correo electronico|courriel|mel"
    "|adresse mail|adresse email|adresse electronique|posta elettronica|indirizzo email|email adresse|mailadresse"
    "|e mail adresse|emailadres|correio eletronico|endereco email|почта|邮箱|メール|メールアドレス|电子邮件",
    "phone": "phone|phone number|phone no|telephone|telephone number|tel|tel no|tel number|mobile|mobile number"
    "|mobile phone|mobile no|cell|cell phone|cellphone|cell number|msisdn|fax|fax number|contact number|telefon"
    "|telefonnummer|handy|handynummer|mobilnummer|rufnummer|mobiltelefon|telephone portable|portable|numero telephone"
    "|telefono|numero telefono|movil|celular|cellulare|telefone|telemovel|telefoonnummer|telefoon|mobiel|телефон"
    "|电话|手机|電話番号|whatsapp|sms number",
    "given_name": "first name|firstname|fname|given name|givenname|forename|middle name|middlename|mname|nickname"
    "|nick name|preferred name|vorname|prenom|primer nombre|nombre pila|nome proprio|voornaam|имя|名|fornavn|fornamn",
    "family_name": "last name|lastname|lname|surname|family name|familyname|maiden name|birth name|second name"
    "|nachname|familienname|geburtsname|zuname|nom famille|nom naissance|apellido|apellidos|primer apellido|segundo"
    " apellido|cognome|sobrenome|apelido|achternaam|familienaam|фамилия|姓|efternavn|efternamn|etternavn|nazwisko"
    "|mothers maiden name|mother maiden name",
    "person_name": "customer name|client name|patient name|employee name|contact name|contact person|person name"
    "|holder name|cardholder|cardholder name|card holder|account holder|account holder name|member name|guest name"
    "|student name|passenger name|recipient name|recipient|receiver name|sender name|beneficiary name|beneficiary"
    "|driver name|owner name|tenant name|subscriber name|applicant name|candidate name|doctor name|physician name"
    "|user full name|buyer name|emergency contact|emergency contact name|next of kin|spouse name|parent name|guardian"
    "|guardian name|father name|mother name|fathers name|mothers name|child name|manager name|billing name|shipping"
    " name|ship to name|ship name|bill to name|ansprechpartner|kundenname|nom complet|nombre completo"
    "|nombre apellidos|nome"
    " completo|nome cliente|nombre cliente|nom client|nome cognome|volledige naam|фио|姓名|氏名|lead name|author name"
    "|signer name|signatory|insured name|policyholder|policy holder|attendee name|reviewer name|traveller name"
    "|imie nazwisko|signature name|legal first name|legal last name",
    "username": "username|user name|login|login name|user login|loginname|userid name|screen name|handle|benutzername"
    "|nom utilisateur|identifiant|nombre usuario|nome utente|nome usuario|gebruikersnaam|usuario login|twitter handle"
    "|github login|twitter|skype|skype name|telegram|linkedin|facebook|instagram",
    "birth_date": "dob|birth date|birthdate|date of birth|birthday|birth day|birth dt|date birth|bdate|born|born on"
    "|birth year|year of birth|yob|geburtsdatum|geburtstag|geb datum|gebdat|date naissance|naissance|fecha nacimiento"
    "|nacimiento|data nascita|nascita|data nascimento|nascimento|geboortedatum|дата рождения|出生日期|生年月日|birth"
    "|fodselsdato|fodelsedatum|data urodzenia",
    "us_ssn": "ssn|social security number|social security no|social security|soc sec|soc sec num|ssn number|ssnum"
    "|ssn last 4|ssn last four|last 4 ssn|social sec|itin",
    "uk_nino": "nino|ni number|national insurance number|national insurance no|national insurance",
    "de_steuerid": "steuer id|steuerid|steueridnr|steuer idnr|steueridentifikationsnummer|steuernummer"
    "|sozialversicherungsnummer|sv nummer|rentenversicherungsnummer",
    "fr_nir": "nir|numero securite sociale|securite sociale|number secu|num secu|insee|numero insee|no secu",
    "es_dni": "dni|nif|nie|dni nif|numero dni",
    "it_codice_fiscale": "codice fiscale|cod fiscale|codfisc|cod fisc|codicefiscale",
    "in_aadhaar": "aadhaar|aadhar|adhaar|uidai|aadhaar number|aadhar number",
    "in_pan": "pan number|pan no|pan card|pancard|pan card number",
    "br_cpf": "cpf|numero cpf|cpf cliente",
    "br_cnpj": "cnpj",
    "national_id": "national id|national identity number|national identification number|nationalid|identity number"
    "|identity card number|identity card|id card|id card number|idcard|government id|gov id|personal number"
    "|personal id number|personal identification number|citizen id|citizen number|id number|tax id|tax number|tin"
    "|taxpayer id|tax identification number|personnummer|personalausweis|ausweisnummer|cedula|curp|rfc number|rut"
    "|bsn|burgerservicenummer|pesel|egn|cnp|jmbg|nric|fin number|hkid|my number|cni|carte identite|carta identita"
    "|documento identidad|numero identidad|rg|svnr|ahv|ahv nummer|avs number|sin number|social insurance number|tfn"
    "|voter id|voter number|ppsn|pps number|身份证|身份证号|иин|снилс|инн",
    "passport": "passport|passport number|passport no|passportno|reisepass|passnummer|reisepassnummer|passeport"
    "|pasaporte|numero pasaporte|passaporto|passaporte|paspoort|paspoortnummer|паспорт|护照",
    "drivers_licence": "drivers licence|drivers license|driver licence|driver license|driving licence|driving license"
    "|license number|licence number|dl number|dl no|drivers licence number|drivers license number|driver license"
    " number|fuhrerschein|fuhrerscheinnummer|permis conduire|licencia conducir|patente guida|carta conducao|cnh"
    "|rijbewijs|rijbewijsnummer",
    "medical_id": "mrn|medical record number|medical record no|nhs number|nhs no|health insurance number|medicare"
    "|medicare number|medicaid number|insurance number|insurance member id|krankenversicherungsnummer|kvnr"
    "|versichertennummer|numero mutuelle|numero tarjeta sanitaria|health card number|hicn|ohip",
    "vehicle_plate": "license plate|licence plate|plate number|number plate|kennzeichen|immatriculation|matricula"
    " vehiculo|targa|kenteken|plate no|registration plate|vehicle registration|vin|vin number",
    "payment_card": "credit card|credit card number|creditcard|credit card no|debit card|debit card number|card number"
    "|card no|cardnumber|cardno|card num|cc number|cc num|cc no|ccnum|ccnumber|ccn|primary account number|payment card"
    "|card last 4|card last four|card last digits|kreditkarte|kreditkartennummer|kartennummer|carte bancaire"
    "|carte credit|numero carte"
    "|numero tarjeta|tarjeta credito|tarjeta|carta credito|numero carta|cartao|cartao credito|numero cartao"
    "|creditcardnummer|kaartnummer|card pan|银行卡号",
    "iban": "iban|iban number|iban code|iban nr|iban no",
    "bank_account": "bank account|bank account number|bank account no|account number|acct number|acct no|account no"
    "|acct num|accountnumber|kontonummer|konto nr|bankkonto|bankverbindung|numero compte|compte bancaire|rib|cuenta"
    " bancaria|numero cuenta|conto corrente|conto bancario|conta bancaria|conta corrente|rekeningnummer|bankrekening"
    "|routing number|aba number|sort code|bic|swift|swift code|clabe|upi id",
    "crypto_wallet": "wallet address|btc address|bitcoin address|eth address|ethereum address|crypto address"
    "|wallet key",
    "ip_address": "ip|ip address|ip addr|ipaddress|ipaddr|ipv4|ipv6|ipv4 address|ipv6 address|client ip|remote ip"
    "|user ip|source ip|src ip|remote addr|remote address|client addr|client address|login ip|last login ip|last ip"
    "|signup ip|registration ip|visitor ip|peer ip|forwarded for|x forwarded for|direccion ip|adresse ip|adresa ip"
    "|indirizzo ip|ip adresse|ip adres",
    "mac_address": "mac address|mac addr|macaddress|macaddr|hw address|hardware address|ethernet address|bssid",
    "device_id": "imei|imsi|meid|idfa|gaid|advertising id|android id|device imei|iccid|device fingerprint"
    "|browser fingerprint",
    "street": "street|street address|street name|street line|street number|house number|address line|address street"
    "|addr line|strasse|str nr|hausnummer|rue|voie|calle|via|indirizzo|rua|logradouro|straat|straatnaam|huisnummer"
    "|улица|ulica",
    "postal_address": "home address|billing address|shipping address|postal address|mailing address|delivery address"
    "|residential address|residence address|permanent address|current address|customer address|work address|full"
    " address|mail addr|home addr|billing addr|shipping addr|ship to|bill to|ship address|bill address|anschrift"
    "|wohnadresse|lieferadresse|rechnungsadresse|postanschrift|adresse postale|adresse livraison|adresse facturation"
    "|domicile|direccion|domicilio|endereco|morada|woonadres|адрес|住所|地址|place of residence|residence",
    "salary": "salary|base salary|annual salary|monthly salary|wage|wages|hourly wage|income|annual income|household"
    " income|compensation|bonus|net worth|net pay|gross pay|base pay|take home pay|payroll amount|pay rate|hourly rate"
    "|gehalt|jahresgehalt|monatsgehalt|lohn|einkommen|salaire|remuneration|revenu annuel|salario|sueldo|nomina"
    "|stipendio|retribuzione|renda|ordenado|vencimento base|salaris|loon|зарплата|工资|credit score|fico|fico score"
    "|schufa|commission pct|pension amount",
    "health": "diagnosis|diagnoses|icd10|icd 10|icd code|icd9|disease|illness|medication|medications|prescription"
    "|allergy|allergies|blood type|blood group|symptom|symptoms|medical history|medical condition|medical notes"
    "|health status|health condition|hiv|hiv status|pregnant|pregnancy|disability|bmi|blood pressure|heart rate"
    "|lab result|test result medical|vaccination|vaccine|chronic condition|diagnose|krankheit|medikament|blutgruppe"
    "|allergie|schwerbehinderung|diagnostic medical|maladie|traitement medical|groupe sanguin|diagnostico"
    "|enfermedad|medicamento|grupo sanguineo|alergias|diagnosi|malattia|farmaco|gruppo sanguigno|doenca|ziekte"
    "|medicatie|bloedgroep|mental health|smoker|is smoker|is pregnant|sick leave reason|dna|genome|genotype",
    "biometric": "fingerprint template|face embedding|faceprint|iris scan|voiceprint|biometric|biometrics"
    "|biometric data"
    "|biometric template|retina scan",
    "special_category": "religion|religious affiliation|faith|confession|konfession|ethnicity|ethnic group"
    "|ethnic origin"
    "|race|political party|political affiliation|political opinion|party affiliation|sexual orientation|sexual"
    " preference|union member|union membership|trade union|criminal record|convictions|religione|religao|etnia"
    "|orientation sexuelle|orientacion sexual|gewerkschaft|ethnie|veteran status",
    "gender": "gender|gender identity|sex|geschlecht|sexe|genero|sexo|genere|sesso|geslacht|pronouns|пол|性别",
    "nationality": "nationality|citizenship|country of birth|place of birth|birth place|birthplace|birth country"
    "|birth city|staatsangehorigkeit|nationalitat|geburtsort|nationalite|lieu naissance|nacionalidad|lugar nacimiento"
    "|nazionalita|luogo nascita|cittadinanza|nacionalidade|naturalidade|nationaliteit|geboorteplaats|immigration status"
    "|visa status",
    "secret": "password|passwd|passwort|kennwort|pwd|pass word|passphrase|password hash|passwd hash|pw hash|pwhash"
    "|hashed password|encrypted password|password digest|password salt|salt|mot passe|motdepasse|contrasena|clave"
    " acceso|senha|wachtwoord|пароль|密码|secret|client secret|shared secret|secret key|api key|apikey|api secret"
    "|api token|access token|access key|refresh token|auth token|authentication token|bearer token|session token"
    "|session key|id token|reset token|password reset token|reset password token|confirmation token|remember token"
    "|verification token|private key|privkey|encryption key|signing key|totp secret|otp secret|mfa secret|2fa secret"
    "|recovery code|recovery codes|backup codes|security question|security answer|secret answer|secret question|pin"
    "|pin hash|card pin|cvv|cvc|cvv2|cvc2|card cvv|credentials|credential|webhook secret|ssh key|ssh private key"
    "|license key|oauth token|token hash|csrf token|cookie|jwt|magic link token|one time password|otp|token secret",
}

# These say so only in a table about persons (or when the values agree).
WEAK: dict[str, str] = {
    "person_name": "name|full name|fullname|display name|legal name|real name|complete name|nom|nombre|nome|naam"
    "|vollstandiger name|alias|contact|person|customer|client|patient|employee|author|manager|doctor|physician|spouse"
    "|father|mother|partner|cust name|emp name|pat name|title name|ad soyad|имя фамилия|kunde|mitarbeiter|initials"
    "|signature|passenger|guest|member",
    "postal_address": "address|addr|adresse|adres|address full|location address|indirizzo completo|adresa|wohnort",
    "city": "city|town|home town|hometown|ort|stadt|ville|commune|ciudad|localidad|municipio|citta|comune|cidade|stad"
    "|woonplaats|plaats|город|城市|suburb|district|village",
    "postal_code": "postal code|post code|postcode|zip|zip code|zipcode|zip4|plz|postleitzahl|code postal|cp|codigo"
    " postal|cap|codice postale|cep|codigo postal|pin code|pincode|индекс|邮编|postnr",
    "age": "age|alter|edad|eta|idade|leeftijd|возраст",
    "geolocation": "latitude|longitude|lat|lng|lon|long|latlon|latlng|lat lng|lat lon|geo|geolocation|geo location"
    "|gps|gps location|gps coordinates|coordinates|coords|geom|location|last location|home location|current location"
    "|last position",
    "salary": "balance|account balance|credit limit|debt|loan amount|rent|pay|earnings|net|gross|revenu|reddito"
    "|ingresos|mortgage|spending|lifetime value|ltv|total spent|donation amount|tax amount|equity|stock options"
    "|credit rating|compte solde|saldo",
    "health": "condition|treatment|weight|height|medical|therapy|procedure|insurance|care notes|symptome|smoking"
    "|alcohol|diet|dose|dosage|lab value|temperature|pulse|glucose|cholesterol|admission reason|vitals|poids|taille"
    "|gewicht|grosse|peso|altura|estatura|altezza",
    "nationality": "marital status|marital|civil status|familienstand|etat civil|estado civil|stato civile|country of"
    " origin|mother tongue|native language|origin",
    "special_category": "party|union|belief|beliefs|orientation|conviction|veteran",
    "username": "user|userid|nick|account name|profile name|screenname|social profile|profile url|avatar url|uid name",
    "secret": "token|code secret|pass|otp code|code pin",
    "free_text": "note|answer|answers|notes|comment|comments|remark|remarks|description|bio|biography|about"
    "|about me|message|messages"
    "|body|text|content|memo|feedback|review|reason|details|summary|history|observation|observations|complaint"
    "|annotation"
    "|bemerkung|bemerkungen|notiz|notizen|kommentar|beschreibung|anmerkung|commentaire|commentaires|remarque|remarques"
    "|nota|notas|observaciones|comentario|comentarios|descripcion|note interne|commento|commenti|osservazioni"
    "|descrizione"
    "|observacoes|descricao|opmerking|opmerkingen|notitie|notities|omschrijving|transcript|conversation|statement"
    "|cover letter|resume|cv|free text|freetext|additional info|additional information|other info|misc|profile text"
    "|заметки|备注|примечание|subject|special requests|special instructions|delivery instructions|instructions",
    "national_id": "identification|document number|doc number|document no|ref fiscal|registration number|vat number"
    "|vat id|personnel number|license|licence|documento|matricule|id document|identity",
    "payment_card": "card|last 4|last four|cc|pan|carte|karte|carta|kaart",
    "bank_account": "account|acct|konto|compte|cuenta|conto|conta|rekening|bank details|bank info",
    "ip_address": "addr ip|last seen from|origin ip",
    "mac_address": "mac",
    "device_id": "device|device id|user agent|useragent|serial number|cookie id|visitor id|fingerprint"
    "|push token|device token",
    "document": "profile|personal data|personal info|personal information|contact info|contact details|contact data"
    "|identity data|kyc|kyc data|pii|customer data|user data|form data|raw profile|attributes|traits|metadata personal",
    "phone": "contact no|whatsapp no|fixe|gsm|natel|landline|home number|work number|pager",
    "family_name": "last|sur name|second surname|suffix name",
    "given_name": "first|middle|given|known as|rufname",
    "birth_date": "anniversary|death date|date of death|deceased on",
}

# After what it qualifies, such a word makes the column about something else: `email_count`, `phone_model`, `card_type`.
NEGATIVE_TAIL = words_of(
    """
    count cnt counts counter total totals type types typ kind id ids uuid guid model models required mandatory
    verified verification confirmed confirmation valid validated validation flag status state at on date time
    timestamp ts enabled disabled active opt optin optout in out subscribed subscription consent consented allowed
    preference preferences prefs pref template templates format provider vendor service server port domain client
    queue campaign list length len size bus brand network issuer scheme color colour version versions code codes
    rank ratio rate percent pct checksum index idx order sort label icon link policy rule rules regex pattern masked
    source channel method mode level tier plan group category class error errors retry retries attempts attempt sent
    delivered bounced opened clicked seen unread expiry expires expired expiration exp pk fk seq currency unit units
    lang language locale timezone tz zone table column field schema queue topic bucket endpoint driver engine plugin
    module handler api app sdk count1 quota visible hidden public private shared primary default changed updated
    created modified deleted requested failed success limit max min avg sum threshold precision interval duration
    ttl anzahl typ art nombre_de case book space pool range prefix mask netmask gateway cidr width height plan score
    change verify prompt reminder reminders notification notifications alert alerts setting settings config options
    option feature features subject hash hashed template vorlage plantilla modelo modele modello modell memory memoria
    memoire speicher screen
    """
)
# Before what it qualifies: `is_email`, `num_phones`, `has_passport`.
NEGATIVE_HEAD = words_of(
    """
    is has was are number can should must will does did num nb nbr count cnt total avg sum max min mean median allow
    allows allowed require requires required need needs enable enables use uses show hide send skip include exclude
    accepts accept default template memory mem virtual logical physical contract token bus smart tipo modelo modele
    modello modell plantilla vorlage gabarit modeles
    """
)
# Such a word before or after `name`, `address`, `description` … says that it is a thing's.
THING_QUALIFIER = words_of(
    """
    product item article brand company business firm organisation organization org vendor supplier manufacturer
    merchant shop store bank branch file folder directory dir path host server node cluster database db schema table
    column field index type class category group team role permission project task job step event event action queue
    topic service app application module package repo repository region country state province currency language
    unit model device sensor machine asset warehouse building site room station airport hotel restaurant city street
    road river park school course subject department division unit position title plan tier product template image
    picture photo video song album track movie film book game recipe ingredient drug medicine color colour size
    feature flag setting config metric dashboard report campaign channel list tag label domain key variable
    parameter attribute property function method constraint trigger object bucket tenant environment cookie session
    browser os platform process thread program test suite build release version status stage pipeline workflow rule
    policy common scientific generic species team league club category domain bus memory contract port tournament
    stadium firma unternehmen produkt artikel datei societe produit fichier entreprise empresa producto producto
    azienda prodotto bedrijf banque banco banca printer network interface account job shipping_method carrier
    event_type display_type vessel ship aircraft vehicle employer paint manufacturer maker partner_company
    """
)

PERSON_TABLE = words_of(
    """
    customer client consumer patient user person people human individual employee staff worker member contact
    student pupil teacher professor guest subscriber applicant candidate driver passenger tenant owner beneficiary
    insured policyholder citizen resident voter donor borrower lender buyer shopper attendee participant visitor
    traveller traveler player author writer actor artist director doctor physician nurse clinician practitioner
    caregiver provider lead prospect profile personnel crew parent child guardian spouse dependent relative friend
    follower recipient sender signup registrant enrollee inmate prisoner suspect victim witness offender defendant
    debtor creditor claimant cardholder accountholder household manager supervisor salesperson salesman
    freelancer contractor
    volunteer alumni graduate scholar researcher respondent survivor reviewer signatory payee payer account identity
    speaker coach athlete kunde kunden mitarbeiter benutzer nutzer patienten mitglied mitglieder personal schuler
    lehrer angestellte ansprechpartner bewerber versicherte fahrer gast gaste mieter utilisateur salarie salaries
    employe employes personne personnes adherent eleve etudiant locataire contribuable abonne beneficiaire
    conducteur candidat medecin cliente clientes empleado empleados usuario usuarios persona personas paciente
    pacientes alumno alumnos estudiante trabajador socio socios afiliado ciudadano contacto contactos conductor
    inquilino clienti utente utenti dipendente dipendenti persone pazienti paziente studente studenti socio contatto
    contatti pessoa pessoas funcionario funcionarios aluno alunos utilizador trabalhador colaborador klant klanten
    medewerker medewerkers gebruiker gebruikers persoon personen patienten lid leden werknemer клиент клиенты
    пользователь пользователи сотрудник сотрудники пациент 客户 用户 员工 患者 顧客 社員 kund kunder anvandare
    medarbetare
    pracownik klient klienci osoba osoby uzytkownik
    """
)
# A table of such things belongs to somebody.
ATTRIBUTE_TABLE = words_of(
    """
    address adresse direccion indirizzo endereco adres addr email phone telephone telefon contact anschrift adressen
    salary payroll wage gehalt salaire card creditcard wallet bankaccount iban passport licence license document
    diagnosis prescription admission appointment visit encounter allergy medication immunization vaccination claim
    reservation booking enrollment enrolment registration application membership hire hr kyc pii personal credential
    login session signin chat conversation ticket complaint feedback survey response cv resume whois
    """
)
THING_TABLE = words_of(
    """
    product item article sku company business firm organisation organization corporation supplier manufacturer brand
    vendor merchant file folder directory category tag country region currency language setting config configuration
    feature permission privilege role group department project task job build release version package repo
    repository branch commit host server node cluster device sensor machine asset part component warehouse store
    shop site building room log audit migration schema metric measurement order orderline shipment inventory stock
    price plan game movie film book song track album course recipe hotel restaurant city station airport flight
    route bank unit template page menu report dashboard query status type catalog catalogue event queue
    message_queue alembic django flyway model variant collection bundle promotion discount coupon carrier port
    vessel tool material ingredient drug species animal pet plant vehicle car league stadium section lookup code
    dictionary translation locale holiday calendar cron worker_pool cache lock state territory genre dependency
    produkt produkte artikel firma unternehmen bestellung bestellungen lager lieferant datei produit commande
    entreprise societe fournisseur fichier producto pedido empresa proveedor archivo prodotto ordine azienda
    fornitore produto encomenda fornecedor bestelling bedrijf leverancier
    """
)
# Words of a table's name that say nothing of what it is about.
NOISE_TABLE = words_of(
    """
    archive archived backup bak old new tmp temp copy hist history view v vw mv mat dim fact fct stg staging raw tbl
    tb t table data list info information detail details master export import test tests prod dev main all base app
    public current latest active inactive deleted log_ snapshot partition part_ p y m d default entity record
    records record row rows set core common crm erp hr_ sales dbo auth sys x
    """
)
