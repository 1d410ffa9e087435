-- What there is: cloud accounts and the machines found in them.

set local search_path = diurnal, pg_temp;

-- An organization's key pair per purpose.  Credentials are sealed (HPKE) to
-- the public key; the private key is wrapped by the `cloud` key-encryption
-- key, which only the reconciler is given, so the reconciler makes the pair.
create table organization_keys (
  organization_id uuid not null references organizations,
  id uuid not null default uuid_v7(),
  purpose text not null check (purpose in ('cloud')),
  public_key bytea not null check (length(public_key) = 32),
  wrapped_key bytea not null,
  kek_id bytea not null,               -- which key-encryption key wrapped it
  created_at timestamptz not null default now(),
  primary key (organization_id, id)
);
create unique index on organization_keys (organization_id, purpose);
call isolate('organization_keys', '{diurnal_reconcile}');
grant select (organization_id, id, purpose, public_key) on organization_keys to diurnal_api;
grant select, insert, update on organization_keys to diurnal_reconcile;

-- When to try again after so many failures in a row: in 1, 2, 4 .. 60 minutes.
create function retry_after(failures int, at timestamptz) returns timestamptz
language sql stable parallel safe
return at + make_interval(mins => least(60, (2 ^ least(failures - 1, 6))::int));
grant execute on function retry_after(int, timestamptz) to diurnal_reconcile;

create table cloud_accounts (
  organization_id uuid not null references organizations,
  id uuid not null default uuid_v7(),
  name text not null,
  provider_type text not null,
  is_active boolean not null default true,
  mode text not null default 'enforce' check (mode in ('enforce', 'observe')),
  selected_regions text[] check (cardinality(selected_regions) > 0),
  key_id uuid not null,
  sealed bytea not null,               -- HPKE, bound to this row
  hints jsonb not null,                -- the fields that are not secret
  readable boolean not null default true,  -- the reconciler could open it
  error text,                          -- why the last look at it failed
  failures int not null default 0,     -- in a row
  retry_at timestamptz,                -- throttled or failing: not before
  last_sync_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, key_id) references organization_keys
);
call isolate('cloud_accounts', '{diurnal_reconcile}');
grant select, insert, delete on cloud_accounts to diurnal_api;
grant update (name, is_active, mode, selected_regions, key_id, sealed, hints, readable, error, failures, retry_at,
  updated_at) on cloud_accounts to diurnal_api;
grant select, update (readable, error, failures, retry_at, last_sync_at) on cloud_accounts to diurnal_reconcile;

-- A list of texts as the API takes it: in its order, each once; null if there
-- is none.
create function list_of_texts(texts jsonb) returns text[]
language sql immutable parallel safe
return (select array_agg(item order by place)
  from (select item, min(place) as place
    from jsonb_array_elements_text(texts) with ordinality listed (item, place)
    group by item) once);
grant execute on function list_of_texts(jsonb) to diurnal_api;

-- One region of an account: when it was last seen whole.
create table account_regions (
  organization_id uuid not null,
  cloud_account_id uuid not null,
  region text not null,
  seen_at timestamptz,                 -- last complete look
  seen_epoch bigint,                   -- the newest pass that looked so
  error text,                          -- why the look after that failed
  is_listed boolean not null default true,  -- to be looked at, of the account's
  failures int not null default 0,     -- in a row
  retry_at timestamptz,                -- throttled or failing: not before
  primary key (organization_id, cloud_account_id, region),
  foreign key (organization_id, cloud_account_id) references cloud_accounts on delete cascade
);
call isolate('account_regions', '{diurnal_reconcile}');
grant select on account_regions to diurnal_api;
grant select, insert, update, delete on account_regions to diurnal_reconcile;

-- A row is written only when what it says has changed: when a machine was
-- last seen follows from its region's last complete look, unless it was
-- missing from that (gone_at).
create table resources (
  organization_id uuid not null,
  id uuid not null default uuid_v7(),
  cloud_account_id uuid not null,
  provider_resource_id text not null,
  name text,
  region text not null,
  resource_type text not null default 'instance',
  state text not null check (state in ('RUNNING', 'STOPPED', 'UNKNOWN')),
  provider_state text,
  passing boolean not null default false,  -- starting or stopping: wait
  instance_type text,
  tags jsonb not null default '{}',
  hands_off text,                      -- why it may not be touched
  digest bytea not null,               -- of all of the above, made by discovery
  gone_at timestamptz,                 -- a complete look did not find it
  note text,                           -- what would be done, or why nothing is
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, cloud_account_id, provider_resource_id),
  foreign key (organization_id, cloud_account_id) references cloud_accounts on delete cascade
);
create index on resources (organization_id, name, id);
-- Without fastupdate: a pass reads it once a policy, and each search would read
-- the whole list of what is pending.
-- With the state, so that only those that are not as a policy wants are read.
create index resources_tags on resources using gin (organization_id, state, tags jsonb_path_ops)
  with (fastupdate = off);
create index resources_noted on resources (organization_id, id) where note is not null;
call isolate('resources', '{diurnal_reconcile}');
grant select on resources to diurnal_api;
grant select, insert, update on resources to diurnal_reconcile;

-- How many resources there are, by all that the API filters on, so that a page
-- need not count them.  Kept by triggers, whoever writes.
create table resource_counts (
  organization_id uuid not null,
  cloud_account_id uuid not null,
  region text not null,
  state text not null,
  total bigint not null,
  primary key (organization_id, cloud_account_id, region, state)
);
call isolate('resource_counts');
grant select on resource_counts to diurnal_api;
create policy counting on resource_counts to diurnal_owner using (true) with check (true);

create function count_resources() returns trigger
language plpgsql volatile security definer set search_path = diurnal, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    insert into resource_counts as c
      select organization_id, cloud_account_id, region, state, count(*) from after group by 1, 2, 3, 4
      on conflict (organization_id, cloud_account_id, region, state) do update set total = c.total + excluded.total;
  elsif tg_op = 'DELETE' then
    update resource_counts c set total = c.total - gone.total
      from (select organization_id, cloud_account_id, region, state, count(*) as total
        from before group by 1, 2, 3, 4) gone
      where (c.organization_id, c.cloud_account_id, c.region, c.state)
        = (gone.organization_id, gone.cloud_account_id, gone.region, gone.state);
    delete from resource_counts where total = 0;
  else
    insert into resource_counts as c
      select organization_id, cloud_account_id, region, state, sum(change) from (
          select organization_id, cloud_account_id, region, state, 1 as change from after
          union all
          select organization_id, cloud_account_id, region, state, -1 from before
        ) changes group by 1, 2, 3, 4 having sum(change) <> 0
      on conflict (organization_id, cloud_account_id, region, state) do update set total = c.total + excluded.total;
  end if;
  return null;
end
$$;
create trigger count_inserted after insert on resources
  referencing new table as after for each statement execute function count_resources();
create trigger count_updated after update on resources
  referencing old table as before new table as after for each statement execute function count_resources();
create trigger count_deleted after delete on resources
  referencing old table as before for each statement execute function count_resources();

create table state_events (
  organization_id uuid not null,
  id uuid not null default uuid_v7(),
  resource_id uuid not null,
  at timestamptz not null,
  state text not null check (state in ('RUNNING', 'STOPPED', 'UNKNOWN')),
  before text check (before in ('RUNNING', 'STOPPED', 'UNKNOWN')),
  source text not null check (source in ('discovery', 'execution')),
  primary key (organization_id, at, id),
  foreign key (organization_id, resource_id) references resources on delete cascade
) partition by range (at);
create table state_events_default partition of state_events default;
alter table state_events_default enable row level security, force row level security;
create index on state_events (organization_id, resource_id, at);
call isolate('state_events', '{diurnal_reconcile}');
grant select on state_events to diurnal_api;
grant select, insert on state_events to diurnal_reconcile;
insert into partitioned_tables values ('state_events', 24);

create view api.cloud_accounts with (security_invoker) as
select a.organization_id, a.id, a.created_at,
  json_build_object(
    'id', a.id,
    'organization_id', a.organization_id,
    'name', a.name,
    'provider_type', a.provider_type,
    'is_active', a.is_active,
    'mode', a.mode,
    'selected_regions', a.selected_regions,
    'last_sync_at', api.stamp(a.last_sync_at),
    'error', a.error,
    'created_at', api.stamp(a.created_at),
    'updated_at', api.stamp(a.updated_at),
    'credential_hints', case when a.readable then a.hints end) as body
from cloud_accounts a;

create view api.resources with (security_invoker) as
select r.organization_id, r.id, r.name, r.state, r.region, r.cloud_account_id, a.provider_type,
  json_build_object(
    'id', r.id,
    'organization_id', r.organization_id,
    'cloud_account_id', r.cloud_account_id,
    'provider_resource_id', r.provider_resource_id,
    'name', r.name,
    'region', r.region,
    'resource_type', r.resource_type,
    'state', r.state,
    'provider_state', r.provider_state,
    'tags', r.tags,
    'instance_type', r.instance_type,
    'provider_type', a.provider_type,
    'hands_off', r.hands_off,
    'note', r.note,
    'last_seen_at', api.stamp(coalesce(r.gone_at, greatest(s.seen_at, r.updated_at))),
    'created_at', api.stamp(r.created_at),
    'updated_at', api.stamp(r.updated_at)) as body
from resources r
  join cloud_accounts a on a.organization_id = r.organization_id and a.id = r.cloud_account_id
  left join account_regions s on s.organization_id = r.organization_id
    and s.cloud_account_id = r.cloud_account_id and s.region = r.region;

grant select on api.cloud_accounts, api.resources to diurnal_api;
