-- Make a copy of the first world one in which every value of a sensitive column has another name: no name of the first is
-- among them, and equal values are still equal.
create function pg_temp.other(said text) returns text language sql as
    $$ select translate(said, '0123456789', '7890123456') $$;
update customers set full_name = translate(full_name, 'ZQPo', 'XYBu'), email = 'q' || email, phone = pg_temp.other(phone),
    ssn = pg_temp.other(ssn), card_number = pg_temp.other(card_number), dob = dob + 40000, salary = salary + 777000,
    notes = translate(notes, 'no', 'mi'), address = pg_temp.other(address::text)::jsonb;
cluster customers using customers_pkey;
