-- API keys: found by keyed hash, shown once.

-- name: key_create one
with created as (
  insert into api_keys (organization_id, id, user_id, name, prefix, hash, expires_at)
  values (tenant(), :{key_id}::uuid, principal(), :{name}, :{prefix}, :{hash}::bytea,
    coalesce(:{expires_at}::timestamptz, now() + interval '90 days'))
  returning *
)
select audit('api_key.create', 'api_key', c.id::text, null, format('API key %s created', c.name))
from created c;

-- name: key_create_bootstrap one
with created as (
  insert into api_keys (organization_id, id, user_id, name, prefix, hash)
  values (tenant(), :{key_id}::uuid, principal(), 'bootstrap', :{prefix}, :{hash}::bytea)
  returning *
)
select audit('api_key.bootstrap', 'api_key', c.id::text, null, 'API key made at bootstrap')
from created c;

-- name: key_get one_or_none
select body::text from api.api_keys where organization_id = tenant() and id = :{key_id}::uuid;

-- name: key_list one
select coalesce(json_agg(v.body order by v.created_at, v.id), '[]')::text as body
from api.api_keys v
where v.organization_id = tenant() and v.user_id = principal();

-- name: key_delete one_or_none
with deleted as (
  delete from api_keys
  where organization_id = tenant() and user_id = principal() and id = :{key_id}::uuid
  returning *
)
select audit('api_key.delete', 'api_key', d.id::text, null, format('API key %s deleted', d.name), 204)
from deleted d;
