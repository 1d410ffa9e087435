-- Users of the caller's organization.

-- name: user_get one_or_none
select body::text from api.users where organization_id = tenant() and id = :{user_id}::uuid;

-- name: user_me one
select body::text from api.users where organization_id = tenant() and id = principal();

-- name: user_list one
select coalesce(json_agg(v.body order by v.created_at, v.id), '[]')::text as body
from api.users v
where v.organization_id = tenant();

-- name: user_create one
select create_user(:{user_id}::uuid, :{organization_id}::uuid, :{email}, :{password_hash}, :{full_name}, :{role},
  :{is_active}::boolean, :{guarded}::boolean, :{shown}::boolean);

-- name: user_me_update one
with updated as (
  update users set full_name = coalesce(:{full_name}, full_name), updated_at = now()
  where organization_id = tenant() and id = principal()
  returning *
)
select audit('user.profile_update', 'user', u.id::text, null, format('User %s changed their profile', u.email))
from updated u;

-- name: user_me_password_hash one
select password_hash from users where organization_id = tenant() and id = principal();

-- The old hash is the one that was verified: of two changes at once, one wins.
-- name: user_me_password_set one
with updated as (
  update users set password_hash = :{new_hash}, updated_at = now()
  where organization_id = tenant() and id = principal() and password_hash = :{old_hash}
  returning *
)
select case when u.id is null then refuse('DI400', 'The current password is incorrect.') end,
  end_sessions(u.id),
  audit('user.password_change', 'user', u.id::text, null, format('User %s changed their password', u.email), 204)
from (select) one left join updated u on true;

-- Before a user is changed: the organization is locked, so that of two admins
-- who demote each other one stays.
-- name: user_lock_organization one
select id from organizations where id = tenant() for update;

-- name: user_keep_admin one
select case when :{role}::text <> 'admin' and :{user_id}::uuid = principal() and not exists (
    select from users where organization_id = tenant() and role = 'admin' and id <> principal())
  then refuse('DI400', 'You are the only admin of this organization.') end;

-- name: user_update one_or_none
with before as (
  select id, role, is_active from users where organization_id = tenant() and id = :{user_id}::uuid
), updated as (
  update users u set
    full_name = coalesce(:{full_name}, u.full_name),
    role = coalesce(:{role}, u.role),
    is_active = coalesce(:{is_active}::boolean, u.is_active),
    updated_at = now()
  from before b
  where u.organization_id = tenant() and u.id = b.id
  returning u.id, u.email, u.role <> b.role or (b.is_active and not u.is_active) as ends_sessions
)
select case when u.ends_sessions then end_sessions(u.id) end,
  audit('user.update', 'user', u.id::text,
    jsonb_build_object('changes', jsonb_strip_nulls(jsonb_build_object(
      'full_name', :{full_name}::text, 'role', :{role}::text, 'is_active', :{is_active}::boolean))),
    format('User %s updated', u.email))
from updated u;

-- name: user_not_oneself one
select case when :{user_id}::uuid = principal()
  then refuse('DI400', 'You cannot delete yourself.') end;

-- name: user_delete one_or_none
with deleted as (
  delete from users where organization_id = tenant() and id = :{user_id}::uuid returning *
)
select audit('user.delete', 'user', d.id::text, null, format('User %s deleted', d.email), 204)
from deleted d;
