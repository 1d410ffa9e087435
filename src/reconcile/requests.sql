-- What the API asks for.  Claims go by the database's own clock, which all
-- who serve share.

-- name: requests_open one
select count(*) filter (where kind <> 'pass'
    and (claimed_at is null or claimed_at < clock_timestamp() - interval '90 seconds')) as servable,
  count(*) filter (where kind = 'pass') as passes
from requests
where answered_at is null;

-- name: requests_claim one_or_none
update requests q
set claimed_at = clock_timestamp()
from (
  select c.organization_id, c.id
  from requests c
  where c.answered_at is null and c.kind <> 'pass'
    and (c.claimed_at is null or c.claimed_at < clock_timestamp() - interval '90 seconds')
  order by c.created_at
  limit 1
  for update skip locked
) as next
where q.organization_id = next.organization_id and q.id = next.id
returning q.organization_id, q.id, q.kind, q.cloud_account_id, q.provider_type, q.key_id,
  encode(q.sealed, 'hex') as sealed,
  (select encode(k.wrapped_key, 'hex') from organization_keys k
    where k.organization_id = q.organization_id and k.id = q.key_id) as wrapped_key;

-- name: requests_answer many
-- What was sealed has served its purpose.
with answered as (
  update requests
  set answer = :{answer}::jsonb, answered_at = clock_timestamp(), sealed = null
  where organization_id = :{organization}::uuid and id = :{id}::uuid and answered_at is null
  returning id
)
select pg_notify('diurnal_answer', id::text)
from answered;

-- name: requests_new_id one
select uuid_v7() as id;

-- name: requests_make_keys nothing
-- Whoever was first has made the pair that counts.
insert into organization_keys (organization_id, id, purpose, public_key, wrapped_key, kek_id)
values (:{organization}::uuid, :{id}::uuid, 'cloud', decode(:{public}, 'hex'), decode(:{wrapped}, 'hex'),
  decode(:{kek}, 'hex'))
on conflict (organization_id, purpose) do nothing;

-- name: requests_synced one_or_none
select a.error,
  (select coalesce(jsonb_agg(s.region || ': ' || s.error order by s.region), '[]')::text
    from account_regions s
    where s.organization_id = a.organization_id and s.cloud_account_id = a.id and s.is_listed and s.error is not null
  ) as errors
from cloud_accounts a
where a.organization_id = :{organization}::uuid and a.id = :{account}::uuid;

-- name: requests_forget nothing
delete from requests
where created_at < clock_timestamp() - interval '1 day';
