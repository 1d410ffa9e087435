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
select id, organization_id, name, description, timezone, schedule_type, schedule, resource_selector, priority,
  is_enabled, api.stamp(created_at) as created_at, api.stamp(updated_at) as updated_at
from policies;

create view api.overrides with (security_invoker) as
select id, organization_id, resource_id, desired_state, api.stamp(starts_at) as starts_at,
  api.stamp(expires_at) as expires_at, reason, created_by_user_id, api.stamp(created_at) as created_at
from overrides;

grant select on api.policies, api.overrides to diurnal_api;
