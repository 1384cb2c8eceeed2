-- Make a copy of the first world one that agrees with it in what masks may show of a part of a value, and in nothing else.
\ir part.sql
update customers set full_name = pg_temp.name(full_name), email = pg_temp.part(email), phone = pg_temp.part(phone),
    ssn = pg_temp.part(ssn), card_number = pg_temp.part(card_number), dob = pg_temp.part(dob), salary = pg_temp.part(salary),
    notes = pg_temp.name(notes),
    address = (select coalesce(jsonb_object_agg(key, pg_temp.name(value)), '{}') from jsonb_each_text(address));
cluster customers using customers_pkey;
