-- What is in these shapes, in each world: `:world` picks the sensitive values.
set role dba;
-- What a value of the first world becomes in this one: the same, another out of the blue, a new name, or one that is alike in part.
select set_config('worlds.name', :'world', false) as world, :'world' = 'alike' as alike \gset
\if :alike
\ir part.sql
\else
create function pg_temp.name(said text) returns text language sql immutable as $$ select said $$;
create function pg_temp.part(said anyelement) returns anyelement language sql immutable as $$ select said $$;
\endif
create function pg_temp.said(n int) returns int language sql as
    $$ select case current_setting('worlds.name') when 'other' then (n * 7 + 3) % 41 when 'renamed' then n + 50 else n end $$;
insert into people (id, full_name, email, ssn, dob, salary, address, phones, profile, notes, team, joined)
    select g, pg_temp.name((array['Ann','Bob','Cleo','Dan','Eve','Fay','Gus','Hal','Ida','Jon','Kim','Lea'])[1 + s % 12] || ' Q' || s),
        pg_temp.part('s' || s || '.' || g / 12 || '@home.example'),
        pg_temp.part(lpad((500 + s)::text, 3, '0') || '-' || (10 + s) || '-' || (1000 + s * 7)),
        pg_temp.part(date '1970-01-01' + s * 97), pg_temp.part(30000 + s * 1111::numeric),
        row(pg_temp.name(s || ' Elm St'), pg_temp.name(lpad((10000 + s * 3)::text, 5, '0')))::home,
        array[pg_temp.part('+1-202-555-' || (1000 + s)), pg_temp.part('+1-303-555-' || (2000 + s))],
        jsonb_build_object('ssn', pg_temp.part((600 + s) || '-22-' || (3000 + s)), 'k', pg_temp.name(s::text)::int),
        case when g % 4 = 0 then null else pg_temp.name('note ' || s) end,
        'team' || g % 3, date '2020-01-01' + g
    from (select g, pg_temp.said(g % 12) as s from generate_series(1, 30) g) x;
insert into staff (id, full_name, email, ssn, dob, salary, team, joined, badge)
    select 100 + g, pg_temp.name('Staff ' || s), pg_temp.part('staff' || s || '@home.example'), pg_temp.part('700-11-' || (4000 + s)),
        pg_temp.part(date '1980-05-05' + s), pg_temp.part(50000 + s::numeric), 'team9',
        date '2021-01-01', g from (select g, pg_temp.said(g) as s from generate_series(1, 6) g) x;
insert into visits select g, 1 + g % 30, pg_temp.name('Dr ' || chr(65 + s)),
        pg_temp.part(lpad((500 + s)::text, 3, '0') || '-' || (10 + s) || '-' || (1000 + s * 7)),
    date '2023-01-01' + g from (select g, pg_temp.said(g % 12) as s from generate_series(1, 40) g) x;
insert into safe select g, 'label' || g % 5, g * 1.5, date '2022-02-01' + g, array['t' || g % 3, 'u'], jsonb_build_object('n', g % 4)
    from generate_series(1, 20) g;
refresh materialized view kept;
reset role;
-- The planner knows nothing of either world: plans, and with them the order of rows, are the same in both.
delete from pg_statistic;
