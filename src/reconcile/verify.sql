-- What became of the commands in flight.

-- name: verify_completed many
-- What a machine shows was seen after its intent was made: an intent is made
-- only for one that is not in the state wanted.
with done as (
  delete from intents i
  using resources r
  where r.organization_id = i.organization_id and r.id = i.resource_id and not r.passing
    and r.state = case i.action when 'START' then 'RUNNING' else 'STOPPED' end
  returning i.organization_id, i.resource_id, i.executed_at, i.execution_id, i.action
), ended as (
  update executions e
  set status = 'completed', success = true, ended_at = :{now}::timestamptz
  from done
  where e.organization_id = done.organization_id and e.executed_at = done.executed_at and e.id = done.execution_id
), calmed as (
  delete from backoffs b
  using done
  where b.organization_id = done.organization_id and b.resource_id = done.resource_id
)
select execution_id, resource_id, action, null as reason
from done;

-- name: verify_failed many
-- Nothing stays in flight past its time, whether or not anybody could look.
with done as (
  delete from intents i
  using resources r, cloud_accounts a
  where r.organization_id = i.organization_id and r.id = i.resource_id
    and a.organization_id = r.organization_id and a.id = r.cloud_account_id
    and (r.gone_at is not null or i.deadline <= :{now}::timestamptz)
  returning i.organization_id, i.resource_id, i.executed_at, i.execution_id, i.action,
    case
      when r.gone_at is not null then 'the machine no longer exists'
      when exists (
        select from account_regions s
        where s.organization_id = r.organization_id and s.cloud_account_id = r.cloud_account_id and s.region = r.region
          and s.seen_epoch = :{epoch}::bigint)
        then case when i.accepted_at is null then 'outcome unknown: no answer came, and the machine is still '
          else 'accepted, but without effect in time: the machine is still ' end || coalesce(r.provider_state, r.state)
      else 'outcome unknown: ' || case when a.is_active then 'the machine could not be looked at' ||
          coalesce(': ' || a.error, '') else 'the account is inactive' end
    end as reason
), ended as (
  update executions e
  set status = 'failed', success = false, error_message = done.reason, ended_at = :{now}::timestamptz
  from done
  where e.organization_id = done.organization_id and e.executed_at = done.executed_at and e.id = done.execution_id
), slowed as (
  insert into backoffs as b (organization_id, resource_id, action, failures, retry_at)
  select organization_id, resource_id, action, 1, retry_after(1, :{now}::timestamptz)
  from done
  on conflict (organization_id, resource_id) do update
  set failures = case when b.action = excluded.action then b.failures + 1 else 1 end, action = excluded.action,
    retry_at = retry_after(case when b.action = excluded.action then b.failures + 1 else 1 end, :{now}::timestamptz)
)
select execution_id, resource_id, action, reason
from done;
