-- Which accounts and regions to look at, and what came of the looks.  Where
-- an account is named, that one is meant, due or not; else all that are due.

-- name: discover_accounts many
select a.organization_id, a.id
from cloud_accounts a
where a.is_active
  and (a.organization_id = :{organization}::uuid and a.id = :{account}::uuid
    or :{account}::uuid is null and (a.retry_at is null or a.retry_at <= :{now}::timestamptz))
order by a.organization_id, a.id;

-- name: discover_unreadable nothing
-- No backing off: it costs nothing to try, and the key may come back.
update cloud_accounts
set readable = false, error = :{reason}
where organization_id = :{organization}::uuid and id = :{account}::uuid and (readable or error is distinct from :{reason});

-- name: discover_failed nothing
update cloud_accounts
set error = :{reason}, failures = failures + 1, retry_at = retry_after(failures + 1, :{now}::timestamptz)
where organization_id = :{organization}::uuid and id = :{account}::uuid;

-- name: discover_regions nothing
-- The regions to look in: those that the account has selected, else those
-- that the provider named.
with account as (
  select a.organization_id, a.id, a.selected_regions
  from cloud_accounts a
  where a.organization_id = :{organization}::uuid and a.id = :{account}::uuid
), listed as (
  select a.organization_id, a.id, region
  from account a, unnest(coalesce(a.selected_regions,
    array(select jsonb_array_elements_text(:{regions}::jsonb)))) as region
), added as (
  insert into account_regions as s (organization_id, cloud_account_id, region)
  select distinct organization_id, id, region
  from listed
  on conflict (organization_id, cloud_account_id, region) do update
  set is_listed = true
  where not s.is_listed
), dropped as (
  update account_regions s
  set is_listed = false, error = null, failures = 0, retry_at = null
  from account a
  where s.organization_id = a.organization_id and s.cloud_account_id = a.id and s.is_listed
    and s.region not in (select region from listed)
)
update cloud_accounts a
set readable = true
where a.organization_id = :{organization}::uuid and a.id = :{account}::uuid and not a.readable;

-- name: discover_looks many
select s.organization_id, s.cloud_account_id, s.region
from account_regions s
  join cloud_accounts a on a.organization_id = s.organization_id and a.id = s.cloud_account_id
where a.is_active and a.readable and s.is_listed
  and (a.organization_id = :{organization}::uuid and a.id = :{account}::uuid
    or :{account}::uuid is null and (a.retry_at is null or a.retry_at <= :{now}::timestamptz)
      and (s.retry_at is null or s.retry_at <= :{now}::timestamptz))
order by s.organization_id, s.cloud_account_id, s.region;

-- name: discover_settle nothing
-- An account is in sync when all its regions were seen; else it shows what
-- kept the first one from being seen.
with looked as (
  select s.organization_id, s.cloud_account_id,
    bool_and(s.seen_at is not distinct from :{now}::timestamptz) as whole,
    (array_agg(s.region || ': ' || s.error order by s.region)
      filter (where s.seen_at is distinct from :{now}::timestamptz and s.error is not null))[1] as error
  from account_regions s
    join cloud_accounts a on a.organization_id = s.organization_id and a.id = s.cloud_account_id
  where a.is_active and a.readable and s.is_listed
    and (a.organization_id = :{organization}::uuid and a.id = :{account}::uuid
      or :{account}::uuid is null and (a.retry_at is null or a.retry_at <= :{now}::timestamptz))
  group by s.organization_id, s.cloud_account_id
)
update cloud_accounts a
set last_sync_at = case when l.whole then :{now}::timestamptz else a.last_sync_at end, error = l.error
from looked l
where a.organization_id = l.organization_id and a.id = l.cloud_account_id
  and (l.whole or a.error is distinct from l.error);
