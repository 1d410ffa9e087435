-- Signing in, staying signed in.

-- name: sign_in_find one_or_none
select user_id, organization_id, password_hash, is_active, mfa_enabled from find_user(:{email});

-- name: sign_in_failed one
select audit('auth.login_failed', null, null, jsonb_build_object('email', :{email}::text), 'Sign-in failed', 401);

-- name: sign_in_become one
select become(:{organization_id}::uuid, :{user_id}::uuid);

-- The old hash is the one that was verified.  If it is no more, what follows
-- in the transaction must not happen.
-- name: sign_in_mark one
with marked as (
  update users set signed_in_at = coalesce(signed_in_at, now()), password_hash = :{new_hash}
  where organization_id = tenant() and id = principal() and is_active and password_hash = :{old_hash}
  returning id
)
select case when not exists (select from marked) then refuse('DI401', :{refusal}) end;

-- name: sign_in_open_session one
select open_session(:{refresh_hash}::bytea, make_interval(days => :{refresh_days}::int));

-- name: sign_in_user one
select u.id::text as user_id, u.organization_id::text as organization_id, json_build_object('id', u.id,
  'email', u.email, 'full_name', u.full_name, 'role', u.role, 'organization_id', u.organization_id)::text as body
from users u
where u.organization_id = tenant() and u.id = principal();

-- name: sign_in_audit_login one
select audit('auth.login', null, null, null, format('User %s logged in', u.email))
from users u where u.organization_id = tenant() and u.id = principal();

-- name: sign_in_audit_bootstrap one
select audit('auth.bootstrap', null, null, null, format('User %s was let in at bootstrap', u.email))
from users u where u.organization_id = tenant() and u.id = principal();

-- name: sign_in_bootstrap one
select enter_bootstrap(:{user_id}::uuid, :{guarded}::boolean);

-- name: sign_in_rotate one
select user_id, organization_id
from rotate_refresh_token(:{hashes}::bytea[], :{refresh_hash}::bytea, make_interval(days => :{refresh_days}::int));

-- name: sign_in_login_key one
insert into api_keys (organization_id, id, user_id, name, prefix, hash, expires_at)
values (tenant(), :{key_id}::uuid, principal(), 'login', :{prefix}, :{hash}::bytea, now() + interval '90 days')
returning id;
