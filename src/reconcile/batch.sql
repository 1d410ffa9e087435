-- Commands: their intents and what came of them.

-- name: batch_intend many
-- Only for machines that still are as they were when the plan was made, in an
-- account that still lets us.  `place` says which of the steps it is.
with wanted as materialized (
  select *
  from jsonb_to_recordset(:{steps}::jsonb) as w (place int, resource_id uuid, state text, rule jsonb)
), fit as materialized (
  select w.*, uuid_v7() as execution_id
  from wanted w
    join resources r on r.organization_id = :{organization}::uuid and r.id = w.resource_id and r.state = w.state
      and not r.passing
    join cloud_accounts a on a.organization_id = r.organization_id and a.id = r.cloud_account_id and a.is_active
      and a.mode = 'enforce'
), made as (
  insert into executions (organization_id, id, resource_id, action, desired_state, actual_state_before, status, reason,
    executed_at)
  select :{organization}::uuid, execution_id, resource_id, :{action},
    case :{action} when 'START' then 'RUNNING' else 'STOPPED' end, state, 'pending', rule, :{now}::timestamptz
  from fit
), noted as (
  insert into intents (organization_id, resource_id, execution_id, executed_at, action, epoch, deadline)
  select :{organization}::uuid, resource_id, execution_id, :{now}::timestamptz, :{action}, :{epoch}::bigint,
    :{deadline}::timestamptz
  from fit
)
select place, execution_id
from fit
order by place;

-- name: batch_accept nothing
update intents i
set accepted_at = :{now}::timestamptz
from jsonb_array_elements_text(:{executions}::jsonb) as accepted (id)
where i.organization_id = :{organization}::uuid and i.execution_id = accepted.id::uuid and i.epoch = :{epoch}::bigint;

-- name: batch_fail nothing
-- With slow a machine's own backoff grows; without, it was not its fault.
with failed as (
  delete from intents i
  using jsonb_to_recordset(:{failures}::jsonb) as f (execution uuid, reason text, slow boolean)
  where i.organization_id = :{organization}::uuid and i.execution_id = f.execution and i.epoch = :{epoch}::bigint
  returning i.resource_id, i.executed_at, i.execution_id, i.action, f.reason, f.slow
), ended as (
  update executions e
  set status = 'failed', success = false, error_message = failed.reason, ended_at = :{now}::timestamptz
  from failed
  where e.organization_id = :{organization}::uuid and e.executed_at = failed.executed_at and e.id = failed.execution_id
)
insert into backoffs as b (organization_id, resource_id, action, failures, retry_at)
select :{organization}::uuid, resource_id, action, 1, retry_after(1, :{now}::timestamptz)
from failed
where slow
on conflict (organization_id, resource_id) do update
set failures = case when b.action = excluded.action then b.failures + 1 else 1 end, action = excluded.action,
  retry_at = retry_after(case when b.action = excluded.action then b.failures + 1 else 1 end, :{now}::timestamptz);

-- name: batch_blame nothing
-- What keeps the whole account from being commanded, and until when.
update cloud_accounts
set error = :{reason}, failures = failures + 1, retry_at = retry_after(failures + 1, :{now}::timestamptz)
where organization_id = :{organization}::uuid and id = :{account}::uuid;
