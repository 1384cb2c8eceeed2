-- On top of the corpus's tables, once for all worlds, so that whatever has a number has the same in each: the shapes that a column
-- can hide in.
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
create view known as select id, full_name as called, ssn as number, salary as pay, dob as birthday, team from people where id < 20;
create view everyone as select id, ssn, full_name as name from people union all select id, ssn, doctor from visits;
create view teams as select team, count(*) as members, max(full_name) as last, sum(salary) as cost from people group by team;
create view nested as select k.id, upper(k.called) as loud, k.number, v.doctor, v.day
    from known k left join visits v on v.person_id = k.id;
create materialized view kept as select id, ssn, email, left(full_name, 1) as initial from people with no data;
grant select, insert, update, delete on people, visits, visits_low, visits_high, staff, safe to alice;
grant select on known, everyone, teams, nested, kept to alice;
reset role;
