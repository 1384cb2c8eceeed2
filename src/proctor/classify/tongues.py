"""Classify, the words, in further tongues: phrases for what a column holds, beside those that `words` has.

Data only, in the same form: without accents, in lower case, without articles and prepositions (`names` drops those).
"""

from __future__ import annotations

# English in its offices, German, French, Spanish, Italian, Portuguese, Dutch; Nordic tongues; Polish, Czech, Slovak,
# Croatian, Slovene, Romanian; Russian; Turkish; Finnish, Estonian; Chinese, Japanese, Korean.
STRONG: dict[str, str] = {
    "email": "eml|mailaddr|email addr|mail addr|e mail addr|mailbox|mail box|electronic mail|notification email"
    "|epost|e post|e postadresse|epostadress|epostadresse|poczta|adres email|poczta elektroniczna|emailova adresa"
    "|mailova adresa|eposta|e posta|sahkoposti|sahkopostiosoite|elektronska posta|posta electronica"
    "|elektronicka posta|epasts|이메일|电邮|adresse couriel|couriel|adresa email|adresa e mail|e posta adresi"
    "|correo e|elektronische post",
    "phone": "fone|ph no|telephone no|phone nbr|phn|contact phone|home phone|work phone|telefonnr|mobiltelefon"
    "|mobilnr|mobil|telefonnumer|numer telefonu|telefon komorkowy|komorka|mobilni telefon|telefonni cislo"
    "|telefono cislo|broj telefona|cep telefonu|cep tel|telefon numarasi|puhelin|puhelinnumero|matkapuhelin"
    "|numar telefon|telefonszam|mobilszam|전화번호|휴대폰|携帯電話|手机号|手机号码|联系电话|dien thoai|so dien thoai"
    "|nomor telepon|no hp|no telp|sms no|sms nbr|daytime phone|evening phone|tel fixe|tel portable|numero portable"
    "|numero celular|tlf|tlf nr",
    "given_name": "first names|given names|forenames|frst name|fst name|nombre pila|nombre propio|imie|imiona"
    "|drugie imie|fornavn|fornamn|etunimi|etunimet|krestni jmeno|jmeno|meno|ime|prenume|eesnimi|isim|keresztnev"
    "|utonev|名前|prenom usuel|primeiro nome|nome battesimo|segundo nombre|erster vorname|tussenvoegsel|nama depan"
    "|имя отчество|отчество",
    "family_name": "surnames|lst name|ultimo nome|nome familia|nom usage|apellido paterno|apellido materno"
    "|nazwisko|nazwisko rodowe|etternavn|sukunimi|prijmeni|priezvisko|prezime|priimek|nume familie|perekonnanimi"
    "|soyad|soyadi|soyisim|vezeteknev|cognome nubile|nama belakang|slaktnamn",
    "person_name": "person name|person nm|legal name|full names|name on card|name card|titulaire|titular|titolare"
    "|intestatario|intestatario conto|karteninhaber|kontoinhaber|kreditkarteninhaber|vollstandiger name"
    "|nombre titular|nom titulaire|prenom nom|nom prenom|cognome nome|apellidos nombre|nombres|imie nazwisko"
    "|imie i nazwisko|nazwa klienta|fullstandigt namn|fullt namn|fullt navn|navn|namn|jmeno prijmeni|jmeno a prijmeni"
    "|cele jmeno|ime prezime|ime in priimek|nume complet|nume prenume|ad soyad|adi soyadi|koko nimi|nimi|teljes nev"
    "|nama lengkap|ho ten|ho va ten|shimei|名前漢字|성명|이름|客户姓名|联系人|収件人|subscriber full name"
    "|traveler name|emergency contact person|nominee|nominee name|payee name|payer name|drawer name|signee"
    "|remitter name|consignee name",
    "username": "login id|logon|logon name|logon id|userlogin|anmeldename|nutzername|kennung|nom d utilisateur"
    "|nombre usuario|nombre de usuario|nazwa uzytkownika|login uzytkownika|anvandarnamn|brukernavn|brugernavn"
    "|uzivatelske jmeno|prihlasovaci jmeno|korisnicko ime|kullanici adi|kayttajatunnus|kayttajanimi|nume utilizator"
    "|logowanie|用户名|ユーザー名",
    "birth_date": "birthdt|birth dte|dt birth|dt of birth|birth year|bday|birthday date|date naiss|ne le|nee le"
    "|jour naissance|annee naissance|fecha nac|fec nac|fec nacimiento|ano nacimiento|nato il|data nasc|dt nasc"
    "|dt nascimento|geb dat|geburtsjahr|data urodzenia|data ur|rok urodzenia|fodselsdag|fodt|fodd|fodelsear"
    "|syntymaaika|syntymapaiva|datum narozeni|narozeni|datum narodenia|datum rodenja|datum rojstva|data nasterii"
    "|dogum tarihi|dogum gunu|szuletesi datum|synniaeg|ngay sinh|tanggal lahir|tgl lahir|생년월일",
    "national_id": "identity no|citizen no|national identity no|identification no card|national identification no"
    "|national no|citizen id no|identity nbr|personal identity number|personal identity code|identification number"
    "|identification no|id no|personal code|civil id|emirates id|iqama|documento nacional|numero documento"
    "|numero identificacion|cedula identidad|curp|rodne cislo|rc cislo|oib|emso|isikukood|henkilotunnus|hetu"
    "|fodselsnummer|cpr|cpr nummer|personnr|tc kimlik|tc kimlik no|kimlik no|szemelyi szam|adoazonosito|mynumber"
    "|my number|個人番号|マイナンバー|주민등록번호|차민번호|nik|ktp|so cmnd|cccd|numer dowodu|dowod osobisty"
    "|nr dowodu|obcansky prukaz|cislo op|rg numero|bilhete identidade|cartao cidadao|nif contribuinte|steuernr|pps no"
    "|personalausweisnummer|ausweis nr|id karte|kennitala|tckn|uid number|egn number|amka|afm",
    "passport": "passport nbr|passport num|travel document|travel document no|travel document number|paszport"
    "|numer paszportu|pass nr|passnr|cestovni pas|cislo pasu|pasoport|pasaport|pasaport no|passi|passin numero"
    "|utlevel|旅券番号|여권번호|ho chieu|paspor|numero passaporto|no passeport|num passeport",
    "drivers_licence": "driver licence no|driver license no|driving license no|driving licence no|dl num|dl nbr"
    "|permis|no permis|numero permis|permis conduire no|carnet conducir|permiso conducir|patente|numero patente"
    "|carteira motorista|carta conducao|prawo jazdy|numer prawa jazdy|korkort|korkortsnummer|forerkort|korekort"
    "|ajokortti|ridicsky prukaz|vozacka dozvola|surucu belgesi|ehliyet|ehliyet no|permis auto|jogositvany|運転免許"
    "|운전면허|sim number driver|giay phep lai xe",
    "payment_card": "card nbr|credit card num|credit card nbr|debit card no|cardnum|pan last four|numer karty"
    "|nr karty|kortnummer|kredittkort|kreditkort|kreditkortsnummer|cislo karty|platebni karta|broj kartice|kart no"
    "|kart numarasi|kredi karti|korttinumero|luottokortti|numar card|kartyaszam|クレジットカード|カード番号|카드번호"
    "|信用卡号|银行卡|numero cartao credito|num carte|no carte|cb",
    "iban": "bank iban|acct iban|coordinate bancarie|coordonnees bancaires|account iban|numer iban",
    "bank_account": "bankaccount|bank acct|bank acct no|bank acc no|account nbr|acct nbr|konto nummer|konto nr"
    "|kontonr|compte no|numero cuenta|numero conto|numero conta|conta numero|nr conta|numer konta|nr konta"
    "|numer rachunku|nr rachunku|rachunek bankowy|bankkontonummer|cislo uctu|bankovni ucet|broj racuna|hesap no"
    "|hesap numarasi|banka hesap|tilinumero|pankkitili|cont bancar|bankszamla|bankszamlaszam|口座番号|계좌번호"
    "|银行账号|银行账户|so tai khoan|nomor rekening|no rekening|ifsc|swift bic|bic code|beneficiary account",
    "ip_address": "ip addr|addr ip|adres ip|ip adresa|ip adresi|ip osoite|endereco ip|adresse ip|seen ip"
    "|origin ip|host ip user|signin ip|sign in ip|ip from|from ip",
    "mac_address": "adresse mac|direccion mac|indirizzo mac|endereco mac|mac adresse|mac adres|wifi mac"
    "|device mac|wlan mac",
    "street": "street addr|street line1|street no|addr line1|addr line 1|address line1|address line2"
    "|address ligne|adresse ligne|address1|addr1|addr street|house no|house nbr|door no|flat no|strasse hausnr"
    "|strasse hausnummer|strasse nr|hausnr|numero voie|nom voie|via numero civico|numero civico|calle numero|ulica nr"
    "|ulica numer|nr domu|numer domu|gatuadress|gateadresse|gateadr|vejnavn|katuosoite|ulice|ulice cislo|ulica broj"
    "|sokak|cadde|cadde sokak|strada numar|utca|番地|街道|nazwa ulicy|jalan|kucni broj",
    "postal_address": "addrs|home addr|home address|residence|residence address|residential address|residenza"
    "|domicile|domicilio|domicilio fiscal|direccion envio|direccion postal|direccion domicilio|adresse livraison"
    "|adresse postale|adresse facturation|adresse domicile|lieferadresse|rechnungsadresse|wohnadresse|anschrift"
    "|postanschrift|indirizzo spedizione|indirizzo residenza|morada|endereco entrega|endereco residencial"
    "|adres zamieszkania|adres zameldowania|adres korespondencyjny|adres dostawy|bostadsadress|postadress|hemadress"
    "|hjemmeadresse|boligadresse|kotiosoite|postiosoite|adresa bydliste|adresa trvale|bydliste|adresa domiciliu"
    "|adresa domiciliului|domiciliu|prebivaliste|ev adresi|lakcim|住所|現住所|주소|联系地址|收货地址|dia chi|alamat"
    "|alamat rumah|mailing addr|postal addr|full addr|permanent address|correspondence address|delivery address"
    "|residential addr",
    "city": "home city|residence city|city residence|wohnort|ville residence|ciudad residencia|citta residenza"
    "|cidade residencia|miejscowosc|miasto zamieszkania|hemort|kotikunta",
    "salary": "bruttogehalt|nettogehalt|jahresgehalt|monatsgehalt|jahreseinkommen|einkommen jahr|monatslohn"
    "|bruttolohn|nettolohn|revenu annuel|revenu mensuel|revenus|salaire brut|salaire net|remuneracion"
    "|ingresos anuales|ingreso|ingreso mensual|sueldo bruto|salario bruto|reddito annuo|reddito mensile|retribuzione"
    "|stipendio lordo|renda|renda mensal|renda anual|remuneracao|vencimento mensal|basepay|base pay|base wage"
    "|gross salary|net salary|gross pay|net pay|monthly pay|yearly income|annual pay|annual wage|hourly rate pay"
    "|pay rate|take home pay|net worth|networth|household income|wynagrodzenie|pensja|zarobki|placa|lonn|manadslon"
    "|manedslonn|inkomst|palkka|tulot|kuukausipalkka|mzda|prijem mesicni|placa neto|salariu|venit|maas|ucret|fizetes"
    "|jovedelem|給与|年収|月収|급여|연봉|工资|薪资|收入|luong|gaji|penghasilan|rank salary|salary band amount",
    "health": "diagnosis|diagnosis text|diagnosis code|diag code|diagnoza|diagnoosi|diagnos|diagnostyka"
    "|chronic disease|chronic condition|allergy list|vorerkrankungen|vorerkrankung|krankheit|krankheiten|maladie"
    "|maladies|antecedents medicaux|enfermedad|enfermedades|malattia|malattie|doenca|doencas|choroba|choroby|sjukdom"
    "|sykdom|sygdom|sairaus|sairaudet|nemoc|nemoci|bolest|hastalik|betegseg|teshis|alergie|alergia|alergias|allergie"
    "|allergier|allergiat|grupa krwi|blodgrupp|blodtype|veriryhma|krevni skupina|kan grubu|vercsoport|grupa sanguina"
    "|gruppo sanguigno|tipo sanguineo|grupo sanguineo|診断|病歴|血液型|진단|혈액형|诊断|病史|血型|过敏史|病名",
    "gender": "sex cd|gender cd|gender code|sex code|plec|kjonn|kon kode|sukupuoli|pohlavi|pohlavie|spol|cinsiyet"
    "|gioi tinh|jenis kelamin|性別|성별|пол человека|geschl",
    "nationality": "countryofbirth|birth country|obywatelstwo|narodowosc|miejsce urodzenia|medborgarskap"
    "|nationalitet|fodelseort|fodested|statsborgerskap|kansalaisuus|syntymapaikka|statni prislusnost|misto narozeni"
    "|narodnost|drzavljanstvo|cetatenie|uyruk|dogum yeri|allampolgarsag|szuletesi hely|国籍|出身地|국적|出生地"
    "|quoc tich|kewarganegaraan",
    "secret": "pwd hash|password enc|login password|passwd hash|jeton acces|jeton|cle api|cle secrete|cle acces"
    "|clave api|clave secreta|token acceso|token accesso|chiave api|chiave segreta|chave api|chave secreta"
    "|token acesso|api schlussel|geheimnis|zugangstoken|haslo|losenord|passord|adgangskode|kodeord|salasana|heslo"
    "|lozinka|geslo|parola|sifre|jelszo|mat khau|kata sandi|パスワード|暗証番号|비밀번호|口令|mot passe|mdp"
    "|contrasenia|palavra passe|private token|service token|device secret|signing secret|hash password|passhash"
    "|pass hash|pin code hash|otp seed|seed phrase|mnemonic",
    "vehicle_plate": "plate nbr|car plate|number plate no|tablica rejestracyjna|nr rejestracyjny"
    "|registreringsnummer|rekisterinumero|spz|plaka|rendszam|registarska oznaka",
    "device_id": "device imei|imei no|imei number|push token id",
    "geolocation": "home lat|home lng|home lon|last lat|last lng|last lon|user lat|user lng|home latitude"
    "|home longitude|last latitude|last longitude",
}  # fmt: skip

WEAK: dict[str, str] = {
    "given_name": "ad|mei|ten",
    "family_name": "sei|ho",
    "gender": "kon|nem",
    "health": "tani|diag",
    "postal_address": "adresi|osoite",
    "birth_date": "geb",
    "person_name": "persona|osoba|osoby|nev|jmeno osoby|navn person|ten khach|nama|kisi",
    "city": "city name|town name|cidade natal|poblacion|localite|miasto|miejscowosc|kommune|kommun|kaupunki|kunta"
    "|mesto|obec|grad|oras|localitate|sehir|ilce|varos|telepules|市|市区町村|도시|thanh pho|kota",
    "postal_code": "postal cd|zip cd|post cd|zip no|code postale|kod pocztowy|kod poczt|postnummer|postinumero"
    "|psc|postanski broj|cod postal|posta kodu|iranyitoszam|郵便番号|우편번호|邮政编码|ma buu chinh|kode pos|plz ort",
    "geolocation": "latitud|longitud|latitudine|longitudine|breitengrad|langengrad|szerokosc geograficzna"
    "|dlugosc geograficzna|latitud hogar|enlem|boylam|緯度|経度|coord|posicion gps|position gps",
    "age": "wiek|alder|ika|vek|yas|eletkor|年齢|나이|年龄|tuoi|umur|starost|varsta",
    "free_text": "uwagi|notatki|opis|anteckningar|anmarkningar|merknader|noter|bemaerkninger|muistiinpanot"
    "|huomautukset|poznamky|poznamka|napomena|napomene|opombe|observatii|mentiuni|notlar|aciklama|megjegyzes"
    "|megjegyzesek|備考|メモ|비고|메모|ghi chu|catatan|keterangan|anotacoes|anotacao|apunte|apuntes|annotazioni"
    "|memo text|case notes|agent notes|visit notes|remark|anotaciones|apontamentos",
    "username": "usuario|utente|utilisateur|anvandare|bruker|bruger|uzivatel|korisnik|kullanici",
    "salary": "lon|plat|plata|gelir|ltv amount|wealth|assets value|outstanding balance",
}  # fmt: skip
