-- What db-init asks the server.

-- name: provision_self_query one
select rolsuper as is_superuser, rolname as name
from pg_roles
where rolname = current_user;

-- name: provision_role_query one
select case
    when rolname is null then 'missing'
    when rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication or rolinherit
      or rolcanlogin <> (:{can_login})::boolean then 'different'
    else 'right'
  end as state
from (values (:{name})) as wanted (name)
  left join pg_roles on rolname = wanted.name;

-- name: provision_database_query one
-- The server itself quotes the name.
select case
    when datname is null then 'missing'
    when pg_encoding_to_char(encoding) <> 'UTF8' then 'unusable'
    when pg_get_userbyid(datdba) <> 'diurnal_owner' then 'different'
    else 'right'
  end as state,
  wanted.name in ('postgres', 'template0', 'template1') as is_the_servers,
  format('create database %I owner diurnal_owner template template0 encoding ''UTF8'''
    ' lc_collate ''C.UTF-8'' lc_ctype ''C.UTF-8''', wanted.name) as make,
  format('alter database %I owner to diurnal_owner', wanted.name) as mend
from (values (:{name})) as wanted (name)
  left join pg_database on datname = wanted.name;
