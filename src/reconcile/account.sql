-- name: account_load_query one_or_none
select a.organization_id, a.id, a.provider_type, a.key_id, a.is_active,
  a.selected_regions is not null as is_selective, encode(a.sealed, 'hex') as sealed,
  encode(k.wrapped_key, 'hex') as wrapped_key
from cloud_accounts a
  join organization_keys k on k.organization_id = a.organization_id and k.id = a.key_id
where a.organization_id = :{organization}::uuid and a.id = :{account}::uuid;
