-- What a session itself needs.

-- Are we served by the process that greeted us, and did the pins arrive?
-- name: session_check one
select pg_backend_pid() = (:{pid})::int as is_direct,
  current_setting('search_path') = :{search_path}
    and current_setting('timezone') = 'UTC'
    and current_setting('standard_conforming_strings') = 'on'
    and current_setting('idle_in_transaction_session_timeout') = '1min'
    as is_pinned;

-- name: session_begin_query nothing
begin;

-- name: session_commit_query nothing
commit;
