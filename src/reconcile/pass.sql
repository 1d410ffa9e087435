-- What frames a pass.

-- name: pass_tend one
select tend_partitions(:{now}::timestamptz) as made;

-- name: pass_asked many
-- Claimed, so that what changes from now on asks for another one.  Those that
-- were claimed by a pass that did not end are this one's, too.
update requests
set claimed_at = clock_timestamp()
where kind = 'pass' and answered_at is null
returning organization_id, id;

-- name: pass_calm nothing
-- Accounts that were due and did not fail again.
update cloud_accounts
set failures = 0, retry_at = null
where is_active and failures > 0 and retry_at <= :{now}::timestamptz;

-- name: pass_answer many
with asked as (
  select *
  from jsonb_to_recordset(:{asked}::jsonb) as a (organization uuid, id uuid, actions bigint)
), judged as (
  select r.organization_id, count(*) as resources,
    count(*) filter (where a.is_active and r.gone_at is null
      and s.seen_epoch is distinct from :{epoch}::bigint) as errors
  from resources r
    join cloud_accounts a on a.organization_id = r.organization_id and a.id = r.cloud_account_id
    left join account_regions s on s.organization_id = r.organization_id and s.cloud_account_id = r.cloud_account_id
      and s.region = r.region
  where r.organization_id in (select organization from asked)
  group by r.organization_id
), answered as (
  update requests q
  set answered_at = clock_timestamp(), answer = jsonb_build_object('processed', coalesce(j.resources - j.errors, 0),
    'actions_taken', asked.actions, 'errors', coalesce(j.errors, 0))
  from asked
    left join judged j on j.organization_id = asked.organization
  where q.organization_id = asked.organization and q.id = asked.id and q.answered_at is null
  returning q.id
)
select pg_notify('diurnal_answer', id::text)
from answered;
