-- What every later migration stands on: schemas, ids, the tenant of a
-- transaction, refusals, and the one way in which tables are kept apart.
--
-- Roles (made by `diurnalctl db-init`): diurnal_owner owns everything and runs
-- migrations; diurnal_api, diurnal_reconcile and diurnal_deliver log in.  None
-- of them bypasses row-level security, and it is forced on the owner as well.

create schema diurnal;
create schema api;
comment on schema diurnal is 'Tables and functions';
comment on schema api is 'Views that render the API''s JSON';

grant usage on schema diurnal to diurnal_api, diurnal_reconcile, diurnal_deliver;
grant usage on schema api to diurnal_api;
alter default privileges revoke execute on functions from public;

-- GIN indexes whose first column is the tenant.
create extension btree_gin with schema diurnal;

set local search_path = diurnal, pg_temp;

-- RFC 9562, version 7: milliseconds, then random bits.  A version 4 has its
-- variant already, and bits 52 and 53 make 7 of its 4.
create function uuid_v7() returns uuid
language sql volatile parallel safe
return encode(set_bit(set_bit(
    overlay(uuid_send(gen_random_uuid())
      placing substring(int8send(floor(date_part('epoch', clock_timestamp()) * 1000)::bigint) from 3)
      from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid;

-- The tenant of this transaction; null while none is set, so that every
-- comparison with it fails.  enter() sets it.
create function tenant() returns uuid
language sql stable parallel safe
return nullif(current_setting('diurnal.organization', true), '')::uuid;

-- The user on whose behalf this transaction runs; null for nobody.
create function principal() returns uuid
language sql stable parallel safe
return nullif(current_setting('diurnal.user', true), '')::uuid;

-- Refuse with one of the SQLSTATEs of include/db/session.h.
create function refuse(state text, message text) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$ begin raise exception using errcode = state, message = message; end $$;

-- Timestamps as the API sends them.
create function api.stamp(at timestamptz) returns text
language sql immutable parallel safe strict
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- Keep a table's tenants apart: one policy a verb for the application role,
-- forced on everyone, and one for the workers that serve all tenants.
create procedure isolate(relation regclass, workers regrole[] default '{}')
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  worker regrole;
begin
  execute format('alter table %s enable row level security, force row level security', relation);
  execute format('create policy tenant_select on %s for select to diurnal_api
    using (organization_id = diurnal.tenant())', relation);
  execute format('create policy tenant_insert on %s for insert to diurnal_api
    with check (organization_id = diurnal.tenant())', relation);
  execute format('create policy tenant_update on %s for update to diurnal_api
    using (organization_id = diurnal.tenant()) with check (organization_id = diurnal.tenant())', relation);
  execute format('create policy tenant_delete on %s for delete to diurnal_api
    using (organization_id = diurnal.tenant())', relation);
  foreach worker in array workers loop
    execute format('create policy %I on %s to %s using (true) with check (true)',
      worker::text || '_all', relation, worker);
  end loop;
end
$$;

-- One row of facts about the installation as a whole.
create table installation (
  only_row boolean primary key default true check (only_row),
  id uuid not null default uuid_v7(),
  created_at timestamptz not null default now(),
  setup_spent_at timestamptz         -- when the set-up token was used up
);
insert into installation default values;
grant select on installation to diurnal_api, diurnal_reconcile;

-- Tables that grow for ever are partitioned by month.
create table partitioned_tables (
  relation regclass primary key,
  keep_months int not null check (keep_months > 0)
);

-- Make the partitions around a time, drop those past their keeping.  A month
-- whose rows already went to the default partition stays there.
create function tend_partitions(at timestamptz) returns int
language plpgsql security definer set search_path = diurnal, pg_temp
as $$
declare
  parent record;
  child record;
  month date;
  made int := 0;
begin
  for parent in select relation, keep_months, relname
      from partitioned_tables join pg_class on pg_class.oid = relation loop
    for month in select generate_series(date_trunc('month', at at time zone 'UTC'),
        date_trunc('month', at at time zone 'UTC') + interval '2 months', interval '1 month') loop
      continue when to_regclass(format('diurnal.%I', parent.relname || to_char(month, '_YYYY_MM'))) is not null;
      begin
        execute format('create table %I partition of %s for values from (%L) to (%L)',
          parent.relname || to_char(month, '_YYYY_MM'), parent.relation,
          month::timestamp at time zone 'UTC', (month + interval '1 month') at time zone 'UTC');
        execute format('alter table %I enable row level security, force row level security',
          parent.relname || to_char(month, '_YYYY_MM'));
        made := made + 1;
      exception when check_violation then
        null;
      end;
    end loop;
    for child in select inhrelid::regclass as relation, relname
        from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent = parent.relation
          and relname ~ '_\d{4}_\d{2}$'
          and to_date(right(relname, 7), 'YYYY_MM')
            < date_trunc('month', at) - make_interval(months => parent.keep_months) loop
      -- What a foreign key points to can be dropped only when detached.
      execute format('alter table %s detach partition %s', parent.relation, child.relation);
      execute format('drop table %s', child.relation);
    end loop;
  end loop;
  return made;
end
$$;
grant execute on function tend_partitions(timestamptz) to diurnal_reconcile;
grant execute on function uuid_v7(), tenant(), principal(), refuse(text, text), api.stamp(timestamptz)
  to diurnal_api, diurnal_reconcile, diurnal_deliver;
