-- Overrides: one resource, one state, until then.

-- name: override_get one_or_none
select body::text from api.overrides where organization_id = tenant() and id = :{override_id}::uuid;

-- name: override_create one_or_none
with created as (
  insert into overrides (organization_id, id, resource_id, desired_state, expires_at, reason, created_by_user_id)
  select r.organization_id, :{override_id}::uuid, r.id, :{desired_state}::text, :{expires_at}::timestamptz,
    :{reason}::text, principal()
  from resources r
  where r.organization_id = tenant() and r.id = :{resource_id}::uuid
  returning *
)
select audit('override.create', 'override', c.id::text,
    jsonb_build_object('target_resource_id', c.resource_id, 'desired_state', c.desired_state),
    format('Override to %s until %s', c.desired_state, api.stamp(c.expires_at)), 201),
  ask_for_pass()
from created c;

-- name: override_list one
select coalesce(json_agg(v.body order by v.created_at desc, v.id desc), '[]')::text as body
from api.overrides v
where v.organization_id = tenant() and v.expires_at > now()
  and (:{resource_id}::uuid is null or v.resource_id = :{resource_id}::uuid);

-- name: override_delete one_or_none
with deleted as (
  delete from overrides where organization_id = tenant() and id = :{override_id}::uuid returning *
)
select audit('override.delete', 'override', d.id::text, null, 'Override deleted', 204), ask_for_pass()
from deleted d;
