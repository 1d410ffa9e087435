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

-- A selector as it is stored: ids in lower case, so that those who look for
-- one find it as text.
create function canonical_selector(selector jsonb) returns jsonb
language sql immutable parallel safe
return case when selector ? 'resource_ids' then jsonb_set(selector, '{resource_ids}', (
    select coalesce(jsonb_agg(lower(listed.id) order by listed.place), '[]')
    from jsonb_array_elements_text(selector -> 'resource_ids') with ordinality listed (id, place)))
  else selector end;
grant execute on function canonical_selector(jsonb) to diurnal_api;

-- The instants at which a policy's schedule says RUNNING, for a span around
-- the present, computed by the reconciler (src/schedule) from the schedule
-- and the zone's rules.  A row counts only while both are what it was
-- computed from.
create table policy_windows (
  organization_id uuid not null,
  policy_id uuid not null,
  of_schedule jsonb not null,          -- see schedule_key()
  of_zone text not null,               -- fingerprint of the zone's rules
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

-- What windows are computed from, apart from the zone's rules.
create function schedule_key(timezone text, schedule_type text, schedule jsonb) returns jsonb
language sql immutable parallel safe
return jsonb_build_array(timezone, schedule_type, schedule);
grant execute on function schedule_key(text, text, jsonb) to diurnal_api, diurnal_reconcile;

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

-- What each enabled policy says at a time, and until when; those without an
-- opinion are left out.  Of an organization's opinions on a resource the one
-- of the lowest rank decides; an odd rank says RUNNING.
create function opinions(at timestamptz)
returns table (organization_id uuid, policy_id uuid, name text, running boolean, until timestamptz, rank bigint,
  selected_tags jsonb, selected_ids jsonb)
language sql stable parallel safe
begin atomic
  select p.organization_id, p.id, p.name, w.running @> at,
    (select min(edge) from unnest(w.running) span, lateral (values (lower(span)), (upper(span))) edges (edge)
      where edge > at),
    2 * row_number() over (partition by p.organization_id
        order by p.priority desc, (w.running @> at) desc, p.created_at, p.id)
      + (w.running @> at)::int,
    p.selected_tags, p.selected_ids
  from policies p
    join policy_windows w on w.organization_id = p.organization_id and w.policy_id = p.id
  where p.is_enabled
    and w.error is null
    and w.horizon @> at
    and w.of_schedule = schedule_key(p.timezone, p.schedule_type, p.schedule);
end;

-- Every resource, the state in which it should be at a time, and what says so
-- (scheduling.md): the newest live override, else the opinion of the lowest
-- rank, else `unmatched_resources` where the organization wants those stopped,
-- else nothing.  One plain SELECT that PostgreSQL inlines, so that a caller's
-- conditions reach the tables: asking for one resource costs one resource.
-- For the rule's name a caller joins overrides, or opinions() by organization
-- and rank.
create function decisions(at timestamptz)
returns table (organization_id uuid, resource_id uuid, desired_state text, override_id uuid, rank bigint,
  cloud_account_id uuid, provider_resource_id text, region text, state text, provider_state text, passing boolean,
  hands_off text, gone_at timestamptz, note text)
language sql stable parallel safe
begin atomic
  with opinion as materialized (
    select * from opinions(at)
  )
  select r.organization_id, r.id,
    case when v.id is not null then v.desired_state
      when f.rank is not null then case f.rank % 2 when 1 then 'RUNNING' else 'STOPPED' end
      when g.unmatched_resources = 'stop' then 'STOPPED' end,
    v.id, case when v.id is null then f.rank end,
    r.cloud_account_id, r.provider_resource_id, r.region, r.state, r.provider_state, r.passing, r.hands_off,
    r.gone_at, r.note
  from resources r
    join organizations g on g.id = r.organization_id
    left join lateral (
      select o.id, o.desired_state
      from overrides o
      where o.organization_id = r.organization_id and o.resource_id = r.id and o.starts_at <= at and o.expires_at > at
      order by o.created_at desc, o.id desc
      limit 1) v on true
    left join lateral (
      select min(o.rank) as rank
      from opinion o
      where o.organization_id = r.organization_id
        and (r.tags @> o.selected_tags or o.selected_ids ? r.id::text)) f on true;
end;
grant execute on function opinions(timestamptz), decisions(timestamptz) to diurnal_api, diurnal_reconcile;

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
