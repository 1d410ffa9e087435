-- Who there is: organizations, users, API keys, sessions; how a transaction
-- takes on a principal; and the record of what was done.

set local search_path = diurnal, pg_temp;

create table organizations (
  id uuid primary key default uuid_v7(),
  name text not null,
  slug text not null unique,
  unmatched_resources text not null default 'leave' check (unmatched_resources in ('leave', 'stop')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
-- The tenant itself: its key is the organization's.
alter table organizations enable row level security, force row level security;
create policy tenant_select on organizations for select to diurnal_api using (id = tenant());
create policy tenant_update on organizations for update to diurnal_api
  using (id = tenant()) with check (id = tenant());
create policy diurnal_reconcile_all on organizations for select to diurnal_reconcile using (true);
grant select, update (name, slug, unmatched_resources, updated_at) on organizations to diurnal_api;
grant select on organizations to diurnal_reconcile;

create table users (
  organization_id uuid not null references organizations,
  id uuid not null default uuid_v7() unique,
  email text not null unique,
  password_hash text not null,
  full_name text,
  role text not null default 'viewer' check (role in ('admin', 'operator', 'viewer')),
  is_active boolean not null default true,
  mfa_enabled boolean not null default false,
  signed_in_at timestamptz,            -- first successful password sign-in
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id)
);
call isolate('users');
grant select, delete on users to diurnal_api;
grant insert (organization_id, id, email, password_hash, full_name, role, is_active),
  update (password_hash, full_name, role, is_active, signed_in_at, updated_at) on users to diurnal_api;

create table api_keys (
  organization_id uuid not null,
  id uuid not null default uuid_v7(),
  user_id uuid not null,
  name text not null,
  prefix text not null check (length(prefix) = 8),
  hash bytea not null unique check (length(hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, user_id) references users on delete cascade
);
create index on api_keys (organization_id, user_id);
call isolate('api_keys');
grant select, insert, delete, update (last_used_at, hash) on api_keys to diurnal_api;

-- A sign-in and what has come of it: the family of its refresh tokens.
create table sessions (
  organization_id uuid not null,
  id uuid not null default uuid_v7(),
  user_id uuid not null,
  created_at timestamptz not null default now(),
  used_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  address text,
  agent text,
  primary key (organization_id, id),
  foreign key (organization_id, user_id) references users on delete cascade
);
create index on sessions (organization_id, user_id);
call isolate('sessions');
grant select, insert, update (used_at, expires_at, ended_at, address, agent) on sessions to diurnal_api;

create table refresh_tokens (
  organization_id uuid not null,
  session_id uuid not null,
  hash bytea primary key check (length(hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,                 -- rotated: any later use is a reuse
  foreign key (organization_id, session_id) references sessions on delete cascade
);
create index on refresh_tokens (organization_id, session_id);
call isolate('refresh_tokens');
grant select, insert, update (used_at) on refresh_tokens to diurnal_api;

-- The gate: before a tenant is known, these few columns are found by
-- functions of the owner (enter() and its kin below), and by nothing else.
create policy gate on organizations to diurnal_owner using (true) with check (true);
create policy gate on users to diurnal_owner using (true) with check (true);
create policy gate on api_keys to diurnal_owner using (true) with check (true);
create policy gate on sessions to diurnal_owner using (true) with check (true);
create policy gate on refresh_tokens to diurnal_owner using (true) with check (true);

-- What a role may do.  The names are those of src/api/permission.h; a test
-- holds the two against each other.
create table role_permissions (
  role text not null check (role in ('admin', 'operator', 'viewer')),
  permission text not null check (permission ~ '^[a-z]+:[a-z]+$'),
  primary key (role, permission)
);
grant select on role_permissions to diurnal_api;
insert into role_permissions
select role, permission from (values
  ('viewer', array['self:read', 'self:write', 'account:read', 'resource:read', 'policy:read', 'override:read',
    'execution:read']),
  ('operator', array['self:read', 'self:write', 'account:read', 'resource:read', 'policy:read', 'override:read',
    'execution:read', 'policy:write', 'override:write', 'pass:request']),
  ('admin', array['self:read', 'self:write', 'account:read', 'resource:read', 'policy:read', 'override:read',
    'execution:read', 'policy:write', 'override:write', 'pass:request', 'account:write', 'user:read', 'user:write',
    'organization:write', 'audit:read'])
) as granted (role, permissions), unnest(permissions) as permission;

-- Take on the tenant and the principal for the rest of this transaction.
create function become(organization uuid, user_id uuid) returns void
language sql volatile set search_path = pg_catalog, pg_temp
as $$
  select set_config('diurnal.organization', coalesce(organization::text, ''), true),
    set_config('diurnal.user', coalesce(user_id::text, ''), true)
$$;

-- Check that a caller still exists, is active and may do this, and become it.
-- A token names its user and organization and has been verified in C; a key
-- is looked up by its keyed hash (under the present and the previous secret):
-- two plain comparisons, which need no new plan each time as `any` does.
-- A token whose user is gone falls through to the key; one whose user is
-- inactive does not (api.md 1.5).
-- `request` describes the request for audit(): address, endpoint, method,
-- agent, id.  Every request pays for this function: one look-up, no calls.
create function enter(token_user uuid, token_organization uuid, key_hashes bytea[], permission text, request jsonb)
returns uuid
language plpgsql volatile security definer set search_path = diurnal, pg_temp
as $$
declare
  caller record;
begin
  if token_user is not null then
    select u.id, u.organization_id, u.is_active, null::uuid as key_id, false as is_stale,
        exists (select from role_permissions p where p.role = u.role and p.permission = enter.permission) as is_allowed
      into caller
      from users u
      where u.organization_id = token_organization and u.id = token_user;
  end if;
  if not found then
    select u.id, u.organization_id, u.is_active, k.id as key_id,
        coalesce(k.last_used_at < now() - interval '1 minute', true) or k.hash <> key_hashes[1] as is_stale,
        exists (select from role_permissions p where p.role = u.role and p.permission = enter.permission) as is_allowed
      into caller
      from (select * from api_keys where hash = key_hashes[1]
          union all select * from api_keys where hash = key_hashes[2] and key_hashes[2] <> key_hashes[1]) k
        join users u on u.organization_id = k.organization_id and u.id = k.user_id
      where k.expires_at is null or k.expires_at > now();
    if not found then
      perform refuse('DI401', 'Sign in first: no usable token or API key was sent.');
    end if;
  end if;
  if not caller.is_active then
    perform refuse('DI400', 'This user is inactive.');
  end if;
  if not caller.is_allowed then
    perform refuse('DI403', 'You do not have permission to perform this action.');
  end if;
  if caller.is_stale then
    update api_keys k set last_used_at = now(), hash = key_hashes[1]
      where k.organization_id = caller.organization_id and k.id = caller.key_id;
  end if;
  perform set_config('diurnal.organization', caller.organization_id::text, true),
    set_config('diurnal.user', caller.id::text, true),
    set_config('diurnal.request', coalesce(request::text, ''), true);
  return caller.id;
end
$$;

-- As nobody: for routes that need no sign-in.  No tenant is visible.
create function enter_anonymous(request jsonb) returns void
language sql volatile set search_path = diurnal, pg_temp
as $$
  select become(null, null);
  select set_config('diurnal.request', coalesce(request::text, ''), true);
$$;

-- Whether anybody has moved in: true as soon as one organization exists.
create function is_bootstrapped() returns boolean
language sql stable security definer set search_path = diurnal, pg_temp
as $$ select exists (select from organizations) $$;
grant execute on function is_bootstrapped() to diurnal_api;

-- Who did what, from where, when.  An event without an organization (a failed
-- sign-in) has the nil UUID and shows in no organization's log.
create table audit_records (
  organization_id uuid not null,
  id uuid not null default uuid_v7(),
  at timestamptz not null default clock_timestamp(),
  event_type text not null,
  user_id uuid,
  address text,
  endpoint text,
  method text,
  status int,
  agent text,
  request_id text,
  resource_type text,
  resource_id text,
  details jsonb,
  description text,
  primary key (organization_id, at, id)
) partition by range (at);
create table audit_records_default partition of audit_records default;
alter table audit_records_default enable row level security, force row level security;
call isolate('audit_records');
drop policy tenant_update on audit_records;
drop policy tenant_delete on audit_records;
grant select, insert on audit_records to diurnal_api;
insert into partitioned_tables values ('audit_records', 24);

-- Write one record about the present request, in the present transaction.
create function audit(event_type text, resource_type text, resource_id text, details jsonb, description text,
  status int default 200)
returns void
language plpgsql volatile set search_path = diurnal, pg_temp
as $$
declare
  request jsonb := nullif(current_setting('diurnal.request', true), '')::jsonb;
begin
  insert into audit_records (organization_id, event_type, user_id, address, endpoint, method, status, agent,
      request_id, resource_type, resource_id, details, description)
    values (coalesce(tenant(), '00000000-0000-0000-0000-000000000000'), event_type, principal(),
      request ->> 'address', request ->> 'endpoint', request ->> 'method', status, request ->> 'agent',
      request ->> 'id', resource_type, resource_id, details, description);
end
$$;
create policy nobody_insert on audit_records for insert to diurnal_api
  with check (organization_id = '00000000-0000-0000-0000-000000000000' and tenant() is null);
create policy gate_insert on audit_records for insert to diurnal_owner with check (organization_id = tenant());

grant execute on function enter(uuid, uuid, bytea[], text, jsonb), enter_anonymous(jsonb), become(uuid, uuid),
  audit(text, text, text, jsonb, text, int) to diurnal_api;

-- Views that render the API's JSON: `body`, beside the columns to find it by.
create view api.organizations with (security_invoker) as
select o.id, o.created_at,
  json_build_object(
    'id', o.id,
    'name', o.name,
    'slug', o.slug,
    'unmatched_resources', o.unmatched_resources) as body
from organizations o;

create view api.users with (security_invoker) as
select u.organization_id, u.id, u.created_at,
  json_build_object(
    'id', u.id,
    'email', u.email,
    'full_name', u.full_name,
    'role', u.role,
    'is_active', u.is_active,
    'organization_id', u.organization_id,
    'organization', (select o.body from api.organizations o where o.id = u.organization_id),
    'mfa_enabled', u.mfa_enabled) as body
from users u;

create view api.api_keys with (security_invoker) as
select k.organization_id, k.id, k.user_id, k.created_at,
  json_build_object(
    'id', k.id,
    'name', k.name,
    'prefix', k.prefix,
    'created_at', api.stamp(k.created_at),
    'expires_at', api.stamp(k.expires_at),
    'last_used_at', api.stamp(k.last_used_at),
    'days_until_expiry', case when k.expires_at is not null then
      greatest(0, floor(extract(epoch from k.expires_at - now()) / 86400))::int end,
    'expires_soon', k.expires_at is not null and k.expires_at > now()
      and floor(extract(epoch from k.expires_at - now()) / 86400) <= 7) as body
from api_keys k;

grant select on all tables in schema api to diurnal_api;
