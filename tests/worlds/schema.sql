-- On top of the corpus's tables, in each world: the shapes that a column can hide in. `:world` picks the sensitive values.
set role dba;
create type home as (street text, zip text);
create domain mail as text;
create table people (id int primary key, full_name text, email mail unique, ssn text, dob date, salary numeric,
    address home, phones text[], profile jsonb, notes text, team text, joined date,
    phone text generated always as (phones[1]) stored);
create table visits (id int, person_id int, doctor text, ssn text, day date) partition by range (id);
create table visits_low partition of visits for values from (0) to (20);
create table visits_high partition of visits for values from (20) to (1000);
create table staff (badge int) inherits (people);
create table safe (id int primary key, label text, n numeric, day date, tags text[], doc jsonb);
create index people_by_name on people (full_name, id);

-- What a value of the first world becomes in this one: the same, another out of the blue, or a new name.
select set_config('worlds.name', :'world', false) as world \gset
create function pg_temp.said(n int) returns int language sql as
    $$ select case current_setting('worlds.name') when 'one' then n when 'other' then (n * 7 + 3) % 41 else n + 50 end $$;
insert into people (id, full_name, email, ssn, dob, salary, address, phones, profile, notes, team, joined)
    select g, (array['Ann','Bob','Cleo','Dan','Eve','Fay','Gus','Hal','Ida','Jon','Kim','Lea'])[1 + s % 12] || ' Q' || s,
        's' || s || '.' || g / 12 || '@home.example', lpad((500 + s)::text, 3, '0') || '-' || (10 + s) || '-' || (1000 + s * 7),
        date '1970-01-01' + s * 97, 30000 + s * 1111, row(s || ' Elm St', lpad((10000 + s * 3)::text, 5, '0'))::home,
        array['+1-202-555-' || (1000 + s), '+1-303-555-' || (2000 + s)],
        jsonb_build_object('ssn', (600 + s) || '-22-' || (3000 + s), 'k', s), case when g % 4 = 0 then null else 'note ' || s end,
        'team' || g % 3, date '2020-01-01' + g
    from (select g, pg_temp.said(g % 12) as s from generate_series(1, 30) g) x;
insert into staff (id, full_name, email, ssn, dob, salary, team, joined, badge)
    select 100 + g, 'Staff ' || s, 'staff' || s || '@home.example', '700-11-' || (4000 + s), date '1980-05-05' + s, 50000 + s, 'team9',
        date '2021-01-01', g from (select g, pg_temp.said(g) as s from generate_series(1, 6) g) x;
insert into visits select g, 1 + g % 30, 'Dr ' || chr(65 + s), lpad((500 + s)::text, 3, '0') || '-' || (10 + s) || '-' || (1000 + s * 7),
    date '2023-01-01' + g from (select g, pg_temp.said(g % 12) as s from generate_series(1, 40) g) x;
insert into safe select g, 'label' || g % 5, g * 1.5, date '2022-02-01' + g, array['t' || g % 3, 'u'], jsonb_build_object('n', g % 4)
    from generate_series(1, 20) g;
create view known as select id, full_name as called, ssn as number, salary as pay, dob as birthday, team from people where id < 20;
create view everyone as select id, ssn, full_name as name from people union all select id, ssn, doctor from visits;
create view teams as select team, count(*) as members, max(full_name) as last, sum(salary) as cost from people group by team;
create view nested as select k.id, upper(k.called) as loud, k.number, v.doctor, v.day
    from known k left join visits v on v.person_id = k.id;
create materialized view kept as select id, ssn, email, left(full_name, 1) as initial from people;
grant select, insert, update, delete on people, visits, visits_low, visits_high, staff, safe to alice;
grant select on known, everyone, teams, nested, kept to alice;
reset role;
-- The planner knows nothing of either world: plans, and with them the order of rows, are the same in both.
delete from pg_statistic;
