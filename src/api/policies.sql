-- Policies: the hours during which what they select should run.

-- name: policy_get one_or_none
select body::text from api.policies where organization_id = tenant() and id = :{policy_id}::uuid;

-- name: policy_list one
select coalesce(json_agg(v.body order by v.name, v.id), '[]')::text as body
from api.policies v
where v.organization_id = tenant();

-- name: policy_create one
with created as (
  insert into policies (organization_id, id, name, description, timezone, schedule_type, schedule,
    resource_selector, priority, is_enabled)
  values (tenant(), :{policy_id}::uuid, :{name}, :{description}, :{timezone}, :{schedule_type}, :{schedule}::jsonb,
    canonical_selector(:{resource_selector}::jsonb), :{priority}::int, :{is_enabled}::boolean)
  returning *
)
select audit('policy.create', 'policy', c.id::text, null, format('Policy %s created', c.name), 201), ask_for_pass()
from created c;

-- name: policy_update one_or_none
with updated as (
  update policies set
    name = coalesce(:{name}, name),
    description = coalesce(:{description}, description),
    timezone = coalesce(:{timezone}, timezone),
    schedule_type = coalesce(:{schedule_type}, schedule_type),
    schedule = coalesce(:{schedule}::jsonb, schedule),
    resource_selector = coalesce(canonical_selector(:{resource_selector}::jsonb), resource_selector),
    priority = coalesce(:{priority}::int, priority),
    is_enabled = coalesce(:{is_enabled}::boolean, is_enabled),
    updated_at = clock_timestamp()
  where organization_id = tenant() and id = :{policy_id}::uuid
  returning *
)
select audit('policy.update', 'policy', u.id::text, null, format('Policy %s updated', u.name)), ask_for_pass()
from updated u;

-- name: policy_delete one_or_none
with deleted as (
  delete from policies where organization_id = tenant() and id = :{policy_id}::uuid returning *
)
select audit('policy.delete', 'policy', d.id::text, null, format('Policy %s deleted', d.name), 204)
from deleted d;

-- name: policy_preview one_or_none
select json_build_object(
    'policy_id', p.id,
    'affected_resource_count', m.total,
    'sample_resources', coalesce(m.sample, '[]'))::text as body
from policies p cross join lateral (
  select count(*) as total, json_agg(s.id order by s.name, s.id) filter (where s.place <= 10) as sample
  from (
    select r.id, r.name, row_number() over (order by r.name, r.id) as place
    from resources r
    where r.organization_id = p.organization_id
      and (r.tags @> p.selected_tags or p.selected_ids ? r.id::text)
  ) s
) m
where p.organization_id = tenant() and p.id = :{policy_id}::uuid;
