-- Advisory locks of the session: two numbers, ours and the kind's.

-- name: lock_try_query one
select pg_try_advisory_lock((:{class})::int, (:{kind})::int) as is_taken;

-- name: lock_patience_query one
select set_config('lock_timeout', :{milliseconds}, true);

-- name: lock_wait_query one
select pg_advisory_lock((:{class})::int, (:{kind})::int);

-- name: lock_ask_query one
select 1;
