-- How people come in: the first organization and user, sign-in, refresh.
-- Functions marked `security definer` are the gate of 0002: they look across
-- tenants because nobody has said yet which one it is.

set local search_path = diurnal, pg_temp;

-- Refuse callers of the set-up routes once the set-up token is spent.
-- `guarded`: SETUP_TOKEN is configured (and the caller has shown it).
create function assert_setup_open(guarded boolean) returns void
language plpgsql stable set search_path = diurnal, pg_temp
as $$
begin
  if guarded and exists (select from installation where setup_spent_at is not null) then
    perform refuse('DI403', 'This installation has been set up; sign in instead.');
  end if;
end
$$;

create function create_organization(organization uuid, name text, slug text, guarded boolean) returns void
language plpgsql volatile security definer set search_path = diurnal, pg_temp
as $$
begin
  perform from installation for update;      -- of two first ones, one is
  perform assert_setup_open(guarded);
  if is_bootstrapped() then
    perform refuse('DI403', 'Creating organizations is disabled: one exists already.');
  end if;
  insert into organizations (id, name, slug) values (organization, name, slug);
  perform become(organization, null);
end
$$;

-- All organizations while they are public or there is none; else the caller's.
create function visible_organizations(public boolean, wanted uuid default null) returns setof json
language plpgsql stable security definer set search_path = diurnal, pg_temp
as $$
begin
  if not public and tenant() is null and is_bootstrapped() then
    perform refuse('DI401', 'Sign in first: no usable token or API key was sent.');
  end if;
  return query
    select o.body from api.organizations o
    where (public or o.id = tenant()) and (wanted is null or o.id = wanted)
    order by o.created_at, o.id;
end
$$;

-- As enter(), for a route that asks for no permission: a caller who is nobody
-- usable stays nobody, and an inactive one falls through to the key.
create function enter_if_possible(token_user uuid, token_organization uuid, key_hashes bytea[], request jsonb)
returns void
language plpgsql volatile security definer set search_path = diurnal, pg_temp
as $$
declare
  found_user users;
begin
  perform enter_anonymous(request);
  select u.* into found_user from users u
    where u.organization_id = token_organization and u.id = token_user and u.is_active;
  if found_user.id is null then
    select u.* into found_user
      from api_keys k join users u on u.organization_id = k.organization_id and u.id = k.user_id
      where k.hash = any (key_hashes) and (k.expires_at is null or k.expires_at > now()) and u.is_active;
  end if;
  if found_user.id is not null then
    perform become(found_user.organization_id, found_user.id);
  end if;
end
$$;

-- The first user of an organization may be made by anyone and is an admin;
-- every other one only by an admin of that organization.  Who may not is told
-- so before any address is looked at.  Whoever turned out to be nobody, with
-- whatever credentials, must have shown the set-up token.
create function create_user(new_id uuid, organization uuid, email text, password_hash text, full_name text, role text,
  is_active boolean, guarded boolean, shown boolean)
returns void
language plpgsql volatile security definer set search_path = diurnal, pg_temp
as $$
declare
  is_first boolean;
begin
  if principal() is null then
    if guarded and not shown then
      perform refuse('DI403', 'The header X-Setup-Token must hold this installation''s set-up token.');
    end if;
    perform assert_setup_open(guarded);
  end if;
  perform from organizations o where o.id = organization for update;
  if not found then
    perform refuse('DI400', 'There is no such organization.');
  end if;
  is_first := not exists (select from users u where u.organization_id = organization);
  if not is_first and (tenant() is distinct from organization or not exists (
      select from users u join role_permissions p on p.role = u.role and p.permission = 'user:write'
      where u.organization_id = organization and u.id = principal())) then
    perform refuse('DI403', 'You do not have permission to perform this action.');
  end if;
  if is_first and create_user.role <> 'admin' then
    perform refuse('DI400', 'The first user of an organization must be an admin.');
  end if;
  if exists (select from users u where u.email = create_user.email) then
    perform refuse('DI400', 'A user with this email exists already.');
  end if;
  insert into users (organization_id, id, email, password_hash, full_name, role, is_active)
    values (organization, new_id, email, password_hash, full_name, role, is_active);
  if is_first then
    perform become(organization, new_id);
  end if;
  perform audit('user.create', 'user', new_id::text,
    jsonb_build_object('role', role, 'bootstrap', is_first), format('User %s created', email));
exception when unique_violation then
  perform refuse('DI400', 'A user with this email exists already.');
end
$$;

-- What sign-in needs to know of a user.
create function find_user(email text, out user_id uuid, out organization_id uuid, out password_hash text,
  out is_active boolean, out mfa_enabled boolean)
returns setof record
language sql stable security definer set search_path = diurnal, pg_temp rows 1
as $$
  select u.id, u.organization_id, u.password_hash, u.is_active, u.mfa_enabled
  from users u where u.email = find_user.email
$$;

-- A new session with its first refresh token, for the user this transaction
-- runs for.
create function open_session(token_hash bytea, lifetime interval) returns void
language plpgsql volatile set search_path = diurnal, pg_temp
as $$
declare
  request jsonb := nullif(current_setting('diurnal.request', true), '')::jsonb;
  session uuid := uuid_v7();
begin
  insert into sessions (organization_id, id, user_id, expires_at, address, agent)
    values (tenant(), session, principal(), now() + lifetime, request ->> 'address', request ->> 'agent');
  insert into refresh_tokens (organization_id, session_id, hash, expires_at)
    values (tenant(), session, token_hash, now() + lifetime);
end
$$;

-- End all sessions of a user: after a change of password, role or activity.
create function end_sessions(of_user uuid) returns void
language sql volatile set search_path = diurnal, pg_temp
as $$
  update sessions set ended_at = now()
  where organization_id = tenant() and user_id = of_user and ended_at is null
$$;

-- Use a refresh token and put another in its place.  Never raises for a token
-- that will not do, because what a reuse ends must stay ended: `user_id` is
-- null then.  A second use within ten seconds of the first is refused without
-- ending the family, so that two tabs do not sign each other out.
create function rotate_refresh_token(hashes bytea[], new_hash bytea, lifetime interval,
  out user_id uuid, out organization_id uuid)
language plpgsql volatile security definer set search_path = diurnal, pg_temp
as $$
declare
  token refresh_tokens;
  session sessions;
begin
  select t.* into token from refresh_tokens t where t.hash = any (hashes) for update;
  if token.hash is null then
    return;
  end if;
  select s.* into session from sessions s
    where s.organization_id = token.organization_id and s.id = token.session_id for update;
  if token.used_at is not null then
    if token.used_at < now() - interval '10 seconds' then
      update sessions s set ended_at = now()
        where s.organization_id = session.organization_id and s.id = session.id and s.ended_at is null;
    end if;
    return;
  end if;
  if session.ended_at is not null or token.expires_at <= now() or not exists (
      select from users u
      where u.organization_id = session.organization_id and u.id = session.user_id and u.is_active) then
    return;
  end if;
  update refresh_tokens t set used_at = now() where t.hash = token.hash;
  update sessions s set used_at = now(), expires_at = now() + lifetime
    where s.organization_id = session.organization_id and s.id = session.id;
  insert into refresh_tokens (organization_id, session_id, hash, expires_at)
    values (session.organization_id, session.id, new_hash, now() + lifetime);
  user_id := session.user_id;
  organization_id := session.organization_id;
  perform become(organization_id, user_id);
end
$$;

-- Check that the only user of an organization may still be let in without a
-- password, and become that user.  Closes for good at the first sign-in with
-- the password, and an hour after the user was made.
create function enter_bootstrap(only_user uuid, guarded boolean) returns void
language plpgsql volatile security definer set search_path = diurnal, pg_temp
as $$
declare
  found_user users;
begin
  perform from installation for update;
  perform assert_setup_open(guarded);
  select u.* into found_user from users u where u.id = only_user;
  if found_user.id is null then
    perform refuse('DI404', 'User not found');
  end if;
  if (select count(*) from users u where u.organization_id = found_user.organization_id) <> 1 then
    perform refuse('DI403', 'Bootstrap needs an organization with exactly one user.');
  end if;
  if exists (select from api_keys k
      where k.organization_id = found_user.organization_id and k.user_id = only_user) then
    perform refuse('DI403', 'Bootstrap needs a user with no existing API keys.');
  end if;
  if found_user.signed_in_at is not null or found_user.created_at < now() - interval '1 hour' then
    perform refuse('DI403', 'Bootstrap is over for this user; sign in with the password.');
  end if;
  if not found_user.is_active then
    perform refuse('DI403', 'This user is inactive.');
  end if;
  if guarded then
    update installation set setup_spent_at = now();
  end if;
  perform become(found_user.organization_id, only_user);
end
$$;

grant execute on function create_organization(uuid, text, text, boolean), visible_organizations(boolean, uuid),
  enter_if_possible(uuid, uuid, bytea[], jsonb),
  create_user(uuid, uuid, text, text, text, text, boolean, boolean, boolean), find_user(text), open_session(bytea, interval),
  end_sessions(uuid), rotate_refresh_token(bytea[], bytea, interval), enter_bootstrap(uuid, boolean),
  assert_setup_open(boolean)
  to diurnal_api;
