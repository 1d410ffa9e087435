-- One look at one region of one account.

-- name: look_patience one
select set_config('lock_timeout', '10s', true);

-- name: look_lock one
select pg_advisory_lock(hashtext('look'), hashtext(:{account} || :{region}));

-- name: look_unlock one
select pg_advisory_unlock(hashtext('look'), hashtext(:{account} || :{region}));

-- name: look_known many
-- An empty digest, which no machine has, is that of one that is gone.
select r.provider_resource_id as id, encode(r.digest, 'hex') as digest
from resources r
where r.organization_id = :{organization}::uuid and r.cloud_account_id = :{account}::uuid and r.region = :{region};

-- name: look_write one
-- Machines that are new or not as they were.  A change of state that we have
-- ordered is ours.
with seen as materialized (
  select *
  from jsonb_to_recordset(:{machines}::jsonb)
    as m (id text, name text, type text, state text, word text, passing boolean, hands_off text, tags jsonb, digest text)
), before as materialized (
  select r.id, r.provider_resource_id, r.state
  from seen
    join resources r on r.organization_id = :{organization}::uuid and r.cloud_account_id = :{account}::uuid
      and r.provider_resource_id = seen.id
), written as (
  insert into resources as r (organization_id, cloud_account_id, provider_resource_id, region, name, instance_type, state,
    provider_state, passing, hands_off, tags, digest, created_at, updated_at)
  select :{organization}::uuid, :{account}::uuid, seen.id, :{region}, seen.name, seen.type, seen.state, seen.word,
    seen.passing, seen.hands_off, seen.tags, decode(seen.digest, 'hex'), :{now}::timestamptz, :{now}::timestamptz
  from seen
  on conflict (organization_id, cloud_account_id, provider_resource_id) do update
  set region = excluded.region, name = excluded.name, instance_type = excluded.instance_type, state = excluded.state,
    provider_state = excluded.provider_state, passing = excluded.passing, hands_off = excluded.hands_off,
    tags = excluded.tags, digest = excluded.digest, gone_at = null, updated_at = excluded.updated_at
  returning r.id, r.state
), changed as (
  select w.id, w.state, b.state as before, b.id is null as is_new
  from written w
    left join before b on b.id = w.id
), events as (
  insert into state_events (organization_id, resource_id, at, state, before, source)
  select :{organization}::uuid, c.id, :{now}::timestamptz, c.state, c.before,
    case when i.resource_id is null then 'discovery' else 'execution' end
  from changed c
    left join intents i on i.organization_id = :{organization}::uuid and i.resource_id = c.id
      and c.state = case i.action when 'START' then 'RUNNING' else 'STOPPED' end
  where c.state is distinct from c.before
)
select count(*) filter (where is_new) as created, count(*) filter (where not is_new) as updated
from changed;

-- name: look_gone one
-- Machines that were known here and that a complete look did not see.
with gone as (
  update resources r
  set state = 'UNKNOWN', passing = false, gone_at = :{now}::timestamptz, updated_at = :{now}::timestamptz, digest = ''
  from jsonb_array_elements_text(:{ids}::jsonb) as missing (id)
    join resources b on b.organization_id = :{organization}::uuid and b.cloud_account_id = :{account}::uuid
      and b.provider_resource_id = missing.id
  where r.organization_id = b.organization_id and r.id = b.id and r.region = :{region} and r.gone_at is null
  returning r.id, b.state as before
), events as (
  insert into state_events (organization_id, resource_id, at, state, before, source)
  select :{organization}::uuid, id, :{now}::timestamptz, 'UNKNOWN', before, 'discovery'
  from gone
  where before <> 'UNKNOWN'
)
select count(*) as gone
from gone;

-- name: look_seen nothing
insert into account_regions as s (organization_id, cloud_account_id, region, seen_at, seen_epoch, error)
values (:{organization}::uuid, :{account}::uuid, :{region}, :{now}::timestamptz, :{epoch}::bigint, :{flaw})
on conflict (organization_id, cloud_account_id, region) do update
set seen_at = excluded.seen_at, seen_epoch = coalesce(excluded.seen_epoch, s.seen_epoch), error = excluded.error,
  failures = 0, retry_at = null;

-- name: look_failed nothing
insert into account_regions as s (organization_id, cloud_account_id, region, error, failures, retry_at)
values (:{organization}::uuid, :{account}::uuid, :{region}, :{reason}, 1, retry_after(1, :{now}::timestamptz))
on conflict (organization_id, cloud_account_id, region) do update
set error = excluded.error, failures = s.failures + 1, retry_at = retry_after(s.failures + 1, :{now}::timestamptz);
