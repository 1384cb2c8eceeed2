-- What becomes of a value in the world that is alike in what `partial` and `generalise` show, in the length of each value, and
-- in which are equal: another value. `name` is for those of which these masks show nothing.
create function pg_temp.name(said text) returns text language sql immutable as
    $$ select translate(said, '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZaeo', '7890123456BCDEFGHIJKLMNOPQRSTUVWXYZAeoa') $$;
create function pg_temp.part(said text) returns text language sql immutable as
    $$ select case when said like '%@%' then left(said, 1) || translate(substr(split_part(said, '@', 1), 2), '0123456789ae', 'qkrstuvwxyea') || '@' || split_part(said, '@', 2)
        when said like '+1-%' then '+1-' || pg_temp.name(substr(left(said, -4), 4)) || right(said, 4)
        else pg_temp.name(left(said, -4)) || right(said, 4) end $$;
create function pg_temp.part(said date) returns date language sql immutable as
    $$ select date_trunc('year', said)::date + (extract(doy from said)::int + 99) % 365 $$;
create function pg_temp.part(said numeric) returns numeric language sql immutable as
    $$ select said - mod(said, p) + mod(mod(said, p) + div(p, 3), p) from (select trunc(power(10::numeric, length(trunc(said)::text) - 1), scale(said)) as p) x $$;
