-- Cloud accounts.  What opens their credentials is not here (security.md).

-- name: account_get one_or_none
select body::text from api.cloud_accounts
where organization_id = tenant() and id = :{account_id}::uuid;

-- name: account_list one
select coalesce(json_agg(v.body order by v.created_at, v.id), '[]')::text as body
from api.cloud_accounts v
where v.organization_id = tenant();

-- What credentials are sealed to and bound to; no key yet: no row.
-- name: account_key one_or_none
select tenant()::text as organization, k.id::text as key_id, encode(k.public_key, 'hex') as public_key
from organization_keys k
where k.organization_id = tenant() and k.purpose = 'cloud';

-- name: account_provider one_or_none
select provider_type from cloud_accounts
where organization_id = tenant() and id = :{account_id}::uuid;

-- name: account_check nothing
insert into requests (organization_id, id, kind, cloud_account_id, provider_type, key_id, sealed)
values (tenant(), :{request_id}::uuid, 'check', :{account_id}::uuid, :{provider_type}, :{key_id}::uuid,
  :{sealed}::bytea);

-- name: account_create one
with created as (
  insert into cloud_accounts (organization_id, id, name, provider_type, is_active, mode, selected_regions, key_id,
    sealed, hints)
  values (tenant(), :{account_id}::uuid, :{name}, :{provider_type}, :{is_active}::boolean, :{mode},
    list_of_texts(:{selected_regions}::jsonb),
    :{key_id}::uuid, :{sealed}::bytea, :{hints}::jsonb)
  returning *
)
select audit('cloud_account.create', 'cloud_account', c.id::text, null,
    format('Cloud account %s (%s) created', c.name, c.provider_type), 201),
  ask_for_pass()
from created c;

-- New credentials make what is known of the old ones' failures moot.
-- name: account_update one_or_none
with updated as (
  update cloud_accounts set
    name = coalesce(:{name}, name),
    is_active = coalesce(:{is_active}::boolean, is_active),
    mode = coalesce(:{mode}, mode),
    selected_regions = case when :{selected_regions__given}::boolean
      then list_of_texts(:{selected_regions}::jsonb) else selected_regions end,
    key_id = coalesce(:{key_id}::uuid, key_id),
    sealed = coalesce(:{sealed}::bytea, sealed),
    hints = coalesce(:{hints}::jsonb, hints),
    readable = readable or :{sealed}::bytea is not null,
    error = case when :{sealed}::bytea is null then error end,
    failures = case when :{sealed}::bytea is null then failures else 0 end,
    retry_at = case when :{sealed}::bytea is null then retry_at end,
    updated_at = clock_timestamp()
  where organization_id = tenant() and id = :{account_id}::uuid
  returning *
)
select audit('cloud_account.update', 'cloud_account', u.id::text,
    jsonb_build_object('credentials_changed', :{sealed}::bytea is not null),
    format('Cloud account %s updated', u.name)),
  ask_for_pass()
from updated u;

-- name: account_delete one_or_none
with deleted as (
  delete from cloud_accounts where organization_id = tenant() and id = :{account_id}::uuid returning *
)
select audit('cloud_account.delete', 'cloud_account', d.id::text, null,
  format('Cloud account %s deleted', d.name), 204)
from deleted d;
