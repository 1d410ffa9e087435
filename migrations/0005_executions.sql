-- What is done about it: executions, the intents behind those in flight, the
-- reconciler's epoch, and what the API asks of the reconciler.

set local search_path = diurnal, pg_temp;

create table executions (
  organization_id uuid not null,
  id uuid not null default uuid_v7(),
  resource_id uuid not null,
  action text not null check (action in ('START', 'STOP')),
  desired_state text not null check (desired_state in ('RUNNING', 'STOPPED')),
  actual_state_before text not null check (actual_state_before in ('RUNNING', 'STOPPED', 'UNKNOWN')),
  status text not null default 'completed' check (status in ('pending', 'completed', 'failed', 'superseded')),
  success boolean not null default false,
  error_message text,
  reason jsonb not null default '{}',  -- the rule that decided
  executed_at timestamptz not null,
  ended_at timestamptz,
  primary key (organization_id, executed_at, id),
  foreign key (organization_id, resource_id) references resources on delete cascade
) partition by range (executed_at);
create table executions_default partition of executions default;
alter table executions_default enable row level security, force row level security;
create index on executions (organization_id, executed_at desc, id desc);
create index on executions (organization_id, resource_id, executed_at desc, id desc);
call isolate('executions', '{diurnal_reconcile}');
grant select on executions to diurnal_api;
grant select, insert, update on executions to diurnal_reconcile;
insert into partitioned_tables values ('executions', 24);

-- The command in flight for a resource: at most one.  It is committed before
-- the provider is called and goes when its execution ends, so that what was
-- perhaps sent is known whatever is killed.
create table intents (
  organization_id uuid not null,
  resource_id uuid not null,
  execution_id uuid not null,
  executed_at timestamptz not null,
  action text not null check (action in ('START', 'STOP')),
  epoch bigint not null,               -- of the pass that may send it
  accepted_at timestamptz,             -- the provider took it
  deadline timestamptz not null,       -- without effect by then: failed
  primary key (organization_id, resource_id),
  foreign key (organization_id, resource_id) references resources on delete cascade,
  foreign key (organization_id, executed_at, execution_id) references executions on delete cascade
);
call isolate('intents', '{diurnal_reconcile}');
grant select on intents to diurnal_api;
grant select, insert, update, delete on intents to diurnal_reconcile;

-- Failures in a row of one resource's command, and when to try again.
create table backoffs (
  organization_id uuid not null,
  resource_id uuid not null,
  action text not null check (action in ('START', 'STOP')),
  failures int not null check (failures > 0),
  retry_at timestamptz not null,
  primary key (organization_id, resource_id),
  foreign key (organization_id, resource_id) references resources on delete cascade
);
call isolate('backoffs', '{diurnal_reconcile}');
grant select on backoffs to diurnal_api;
grant select, insert, update, delete on backoffs to diurnal_reconcile;

-- The newest pass.  Every write of a pass carries its epoch and is refused
-- when a newer one exists; the share lock keeps a newer one from starting
-- until the write is committed.
create table reconciler (
  only_row boolean primary key default true check (only_row),
  epoch bigint not null default 0,
  started_at timestamptz,
  ended_at timestamptz
);
insert into reconciler default values;
grant select on reconciler to diurnal_api;
grant select, update on reconciler to diurnal_reconcile;

create function raise_epoch(at timestamptz) returns bigint
language sql volatile set search_path = diurnal, pg_temp
as $$ update reconciler set epoch = epoch + 1, started_at = at, ended_at = null returning epoch $$;

create function assert_epoch(mine bigint) returns void
language plpgsql volatile set search_path = diurnal, pg_temp
as $$
begin
  perform from reconciler where epoch = mine for share;
  if not found then
    perform refuse('DI403', format('epoch %s is over: a newer pass has begun', mine));
  end if;
end
$$;
grant execute on function raise_epoch(timestamptz), assert_epoch(bigint) to diurnal_reconcile;

-- What the API asks of the reconciler, which answers in the row and with
-- NOTIFY diurnal_answer, payload the request's id.
create table requests (
  organization_id uuid not null references organizations,
  id uuid not null default uuid_v7(),
  kind text not null check (kind in ('keys', 'check', 'sync', 'pass')),
  cloud_account_id uuid,               -- sync: which; check: which it will be
  provider_type text,                  -- check
  key_id uuid,                         -- check
  sealed bytea,                        -- check: bound to the account's row
  created_at timestamptz not null default clock_timestamp(),
  claimed_at timestamptz,
  answered_at timestamptz,
  answer jsonb,
  primary key (organization_id, id),
  foreign key (organization_id, key_id) references organization_keys
);
create index requests_open on requests (created_at) where answered_at is null;
call isolate('requests', '{diurnal_reconcile}');
grant select, insert on requests to diurnal_api;
grant update (claimed_at) on requests to diurnal_api;  -- only to lock rows
grant select, update, delete on requests to diurnal_reconcile;

-- Have a pass run for the tenant, with nobody waiting for its answer.  One
-- that has not been claimed yet serves for all: it is held until the caller's
-- changes are there to be seen by the pass that claims it.
create function ask_for_pass() returns void
language sql volatile set search_path = diurnal, pg_temp
as $$
  insert into requests (organization_id, kind)
  select tenant(), 'pass'
  where not exists (select from requests r where r.organization_id = tenant() and r.kind = 'pass'
    and r.claimed_at is null and r.answered_at is null for share)
$$;
grant execute on function ask_for_pass() to diurnal_api;

-- Only some workers may wait for an answer at a time.  A slot is an advisory
-- lock of the session (class 1146), so that the death
-- of its worker frees it.
create function take_waiting_slot(slots int) returns int
language plpgsql volatile set search_path = diurnal, pg_temp
as $$
begin
  for slot in 1 .. slots loop
    if pg_try_advisory_lock(1146, slot) then
      return slot;
    end if;
  end loop;
  perform refuse('DI503', 'Too many callers are waiting for the reconciler; try again in a moment.');
end
$$;

create function release_waiting_slots() returns void
language plpgsql volatile set search_path = diurnal, pg_temp
as $$
declare
  held record;
begin
  for held in select objid from pg_catalog.pg_locks
      where locktype = 'advisory' and classid = 1146 and objsubid = 2 and pid = pg_backend_pid() loop
    perform pg_advisory_unlock(1146, held.objid::int);
  end loop;
end
$$;
grant execute on function take_waiting_slot(int), release_waiting_slots() to diurnal_api;

create view api.executions with (security_invoker) as
select e.organization_id, e.executed_at, e.id, e.resource_id, e.action, e.status, e.success,
  json_build_object(
    'id', e.id,
    'organization_id', e.organization_id,
    'resource_id', e.resource_id,
    'action', e.action,
    'desired_state', e.desired_state,
    'actual_state_before', e.actual_state_before,
    'status', e.status,
    'success', e.success,
    'error_message', e.error_message,
    'reason', e.reason,
    'executed_at', api.stamp(e.executed_at)) as body
from executions e;
grant select on api.executions to diurnal_api;

-- The simulated cloud (provider type demo): its machines are here.
create table demo_machines (
  organization_id uuid not null,
  cloud_account_id uuid not null,
  id text not null,
  region text not null,
  name text not null,
  instance_type text not null,
  tags jsonb not null,
  hands_off text,
  state text not null check (state in ('running', 'stopped')),
  heading_for text check (heading_for in ('running', 'stopped')),
  arrives_at timestamptz,
  primary key (organization_id, cloud_account_id, id),
  foreign key (organization_id, cloud_account_id) references cloud_accounts on delete cascade,
  check ((heading_for is null) = (arrives_at is null))
);
create index on demo_machines (organization_id, cloud_account_id, region, id);
call isolate('demo_machines', '{diurnal_reconcile}');
grant select, insert, update, delete on demo_machines to diurnal_reconcile;

-- What the simulated cloud was told and did, for as long as a month.
create table demo_commands (
  organization_id uuid not null,
  cloud_account_id uuid not null,
  number bigint generated always as identity,
  at timestamptz not null,
  machine_id text not null,
  action text not null check (action in ('START', 'STOP')),
  token text not null,
  primary key (organization_id, cloud_account_id, number),
  foreign key (organization_id, cloud_account_id) references cloud_accounts on delete cascade
);
create index on demo_commands (at);
call isolate('demo_commands', '{diurnal_reconcile}');
grant select, insert, delete on demo_commands to diurnal_reconcile;
