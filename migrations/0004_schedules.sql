-- What should be: policies, their windows, overrides.

set local search_path = diurnal, pg_temp;

create table policies (
  organization_id uuid not null references organizations,
  id uuid not null default uuid_v7(),
  name text not null,
  description text,
  timezone text not null,
  schedule_type text not null check (schedule_type in ('weekly', 'cron')),
  schedule jsonb not null,
  resource_selector jsonb not null,
  selected_tags jsonb generated always as (resource_selector -> 'tags') stored,
  selected_ids jsonb generated always as (resource_selector -> 'resource_ids') stored,
  priority int not null default 0 check (priority between -1000 and 1000),
  is_enabled boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  check ((selected_tags is null) <> (selected_ids is null))
);
create index on policies (organization_id, name, id);
call isolate('policies', '{diurnal_reconcile}');
grant select, insert, update, delete on policies to diurnal_api;
grant select on policies to diurnal_reconcile;

-- The instants at which a policy's schedule says RUNNING, for a span around
-- the present, computed by the reconciler (src/schedule) from the schedule
-- and the zone's rules.  A row counts only while both are what it was
-- computed from.
create table policy_windows (
  organization_id uuid not null,
  policy_id uuid not null,
  of_schedule bytea not null,          -- SHA-256 of zone name, type, schedule
  of_zone bytea not null,              -- SHA-256 of the zone's tzdata file
  horizon tstzrange not null,
  running tstzmultirange not null,
  error text,                          -- why there are no windows
  computed_at timestamptz not null,
  primary key (organization_id, policy_id),
  foreign key (organization_id, policy_id) references policies on delete cascade
);
call isolate('policy_windows', '{diurnal_reconcile}');
grant select on policy_windows to diurnal_api;
grant select, insert, update, delete on policy_windows to diurnal_reconcile;

create table overrides (
  organization_id uuid not null,
  id uuid not null default uuid_v7(),
  resource_id uuid not null,
  desired_state text not null check (desired_state in ('RUNNING', 'STOPPED')),
  starts_at timestamptz not null default now(),
  expires_at timestamptz not null,
  reason text,
  created_by_user_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  primary key (organization_id, id),
  foreign key (organization_id, resource_id) references resources on delete cascade,
  foreign key (organization_id, created_by_user_id) references users
    on delete set null (created_by_user_id)
);
create index on overrides (organization_id, resource_id, created_at desc, id desc);
create index on overrides (expires_at);
call isolate('overrides', '{diurnal_reconcile}');
grant select, insert, delete on overrides to diurnal_api;
grant select on overrides to diurnal_reconcile;

create view api.policies with (security_invoker) as
select p.organization_id, p.id, p.name,
  json_build_object(
    'id', p.id,
    'organization_id', p.organization_id,
    'name', p.name,
    'description', p.description,
    'timezone', p.timezone,
    'schedule_type', p.schedule_type,
    'schedule', p.schedule,
    'resource_selector', p.resource_selector,
    'priority', p.priority,
    'is_enabled', p.is_enabled,
    'created_at', api.stamp(p.created_at),
    'updated_at', api.stamp(p.updated_at)) as body
from policies p;

create view api.overrides with (security_invoker) as
select o.organization_id, o.id, o.resource_id, o.expires_at, o.created_at,
  json_build_object(
    'id', o.id,
    'organization_id', o.organization_id,
    'resource_id', o.resource_id,
    'desired_state', o.desired_state,
    'starts_at', api.stamp(o.starts_at),
    'expires_at', api.stamp(o.expires_at),
    'reason', o.reason,
    'created_by_user_id', o.created_by_user_id,
    'created_at', api.stamp(o.created_at)) as body
from overrides o;

grant select on api.policies, api.overrides to diurnal_api;
