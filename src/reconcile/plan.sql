-- The plan.

-- name: plan_settings one
-- Memory for what may be many suspects, and no compiling of a statement that
-- runs once.
select set_config('work_mem', '64MB', true), set_config('jit', 'off', true);

-- name: plan_make_query many
-- `suspects` holds every machine that may not be as it should be, and those
-- with something left over from before: whatever decides on a machine that is
-- not as it should be is an override, or a policy that selects it and wants
-- another state, or `unmatched_resources`.  The index finds them; machines
-- that are as all their policies want them are not even read.
with opinion as materialized (
  select * from opinions(:{now}::timestamptz)
), suspects as materialized (
  select r.organization_id, r.id
  from opinion o
    join resources r on r.organization_id = o.organization_id and r.tags @> o.selected_tags
      and r.state = case when o.running then 'STOPPED' else 'RUNNING' end
  union
  select r.organization_id, r.id
  from opinion o
    join resources r on r.organization_id = o.organization_id and r.tags @> o.selected_tags and r.state = 'UNKNOWN'
  union
  select r.organization_id, r.id
  from opinion o
    cross join lateral jsonb_array_elements_text(o.selected_ids) as listed (id)
    join resources r on r.organization_id = o.organization_id and r.id = listed.id::uuid
      and r.state <> case when o.running then 'RUNNING' else 'STOPPED' end
  union
  select v.organization_id, v.resource_id
  from overrides v
  where v.expires_at > :{now}::timestamptz
  union
  select r.organization_id, r.id
  from organizations g
    join resources r on r.organization_id = g.id and r.state <> 'STOPPED'
  where g.unmatched_resources = 'stop'
  union
  select organization_id, id from resources where note is not null
  union
  select organization_id, resource_id from intents
  union
  select organization_id, resource_id from backoffs
), judged as materialized (
  select d.*, i.execution_id, i.executed_at, i.action as intended, i.epoch, i.accepted_at,
    b.action as backoff_action, b.failures, b.retry_at,
    coalesce(d.desired_state <> d.state, false) as deviates,
    case d.desired_state when 'RUNNING' then 'START' else 'STOP' end as action,
    case i.action when 'START' then 'RUNNING' when 'STOP' then 'STOPPED' end as intended_state
  from suspects x
    cross join lateral (
      select *
      from decisions(:{now}::timestamptz) e
      where e.organization_id = x.organization_id and e.resource_id = x.id
      offset 0) d  -- one by one, never for all machines there are
    left join intents i on i.organization_id = d.organization_id and i.resource_id = d.resource_id
    left join backoffs b on b.organization_id = d.organization_id and b.resource_id = d.resource_id
  where d.desired_state <> d.state or d.note is not null or i.resource_id is not null or b.resource_id is not null
), weighed as (
  select j.*, a.is_active, a.mode, s.seen_epoch is not distinct from :{epoch}::bigint as seen,
    coalesce(s.error, a.error) as trouble,
    case
      when j.override_id is not null then 'override' || coalesce(' ' || left(v.reason, 200), '')
      when j.rank is not null then 'policy ' || left(o.name, 200)
      else 'no policy selects it' end as because,
    case
      when j.override_id is not null then
        jsonb_build_object('kind', 'override', 'id', v.id, 'name', left(v.reason, 200), 'until', v.expires_at)
      when j.rank is not null then
        jsonb_build_object('kind', 'policy', 'id', o.policy_id, 'name', left(o.name, 200), 'until', o.until)
      when j.desired_state is not null then jsonb_build_object('kind', 'unmatched') end as rule
  from judged j
    left join overrides v on v.organization_id = j.organization_id and v.id = j.override_id
    left join opinion o on o.organization_id = j.organization_id and o.rank = j.rank
    join cloud_accounts a on a.organization_id = j.organization_id and a.id = j.cloud_account_id
    left join account_regions s on s.organization_id = j.organization_id and s.cloud_account_id = j.cloud_account_id
      and s.region = j.region
), ruled as (
  select w.*,
    case
      when execution_id is not null and (desired_state is distinct from intended_state
        or accepted_at is null and mode = 'observe') then 'supersede'
      when execution_id is not null and (accepted_at is not null or epoch = :{epoch}::bigint) then 'wait'
      when not deviates then 'rest'
      when gone_at is not null then 'gone'
      when hands_off is not null then 'hands_off'
      when state = 'UNKNOWN' then 'unknown'
      when not is_active then 'inactive'
      when not seen then 'unseen'
      when passing then 'passing'
      when mode = 'observe' then 'observe'
      when execution_id is not null then 'repeat'
      when backoff_action = action and retry_at > :{now}::timestamptz then 'backoff'
      else 'act'
    end as verdict
  from weighed w
), verdicts as materialized (
  select r.*,
    case verdict
      when 'wait' then 'waiting: ' || lower(intended) || ' sent'
      when 'gone' then 'not touched: no longer found'
      when 'hands_off' then 'not touched: ' || hands_off
      when 'unknown' then 'not touched: state unknown' || coalesce(' (' || provider_state || ')', '')
      when 'inactive' then 'not touched: the account is inactive'
      when 'unseen' then 'waiting: its region could not be looked at' || coalesce(': ' || trouble, '')
      when 'passing' then 'waiting: ' || coalesce(provider_state, 'between two states')
      when 'supersede' then case when deviates and passing then
        'waiting: ' || coalesce(provider_state, 'between two states') end
      when 'observe' then 'would ' || lower(action) || ': ' || because || ' (observe mode)'
      when 'backoff' then 'waiting: ' || failures || case failures when 1 then ' failure' else ' failures' end ||
        ', next try at ' || to_char(retry_at at time zone 'UTC', 'HH24:MI" UTC"')
    end as remark
  from ruled r
), noted as (
  update resources r
  set note = v.remark
  from verdicts v
  where r.organization_id = v.organization_id and r.id = v.resource_id and v.note is distinct from v.remark
), superseded as (
  update executions e
  set status = 'superseded', ended_at = :{now}::timestamptz,
    error_message = case when v.desired_state is null then 'overtaken: no rule selects the machine any more'
      when v.desired_state = v.intended_state then 'not sent: the account is in observe mode now'
      else 'overtaken: ' || v.because || ' wants it ' || v.desired_state end
  from verdicts v
  where v.verdict = 'supersede' and e.organization_id = v.organization_id and e.executed_at = v.executed_at
    and e.id = v.execution_id
), dropped as (
  delete from intents i
  using verdicts v
  where v.verdict = 'supersede' and i.organization_id = v.organization_id and i.resource_id = v.resource_id
), repeated as (
  update intents i
  set epoch = :{epoch}::bigint
  from verdicts v
  where v.verdict = 'repeat' and i.organization_id = v.organization_id and i.resource_id = v.resource_id
), calmed as (
  delete from backoffs b
  using verdicts v
  where v.backoff_action is not null and (not v.deviates or v.backoff_action <> v.action)
    and b.organization_id = v.organization_id and b.resource_id = v.resource_id
)
select v.verdict, v.organization_id, v.cloud_account_id as account_id, v.region, v.action, v.resource_id,
  v.provider_resource_id, v.state, v.rule::text as rule, case v.verdict when 'repeat' then v.execution_id end as execution_id,
  v.because
from verdicts v
where v.verdict in ('repeat', 'act', 'supersede') or v.verdict = 'observe' and v.note is distinct from v.remark
order by v.organization_id, v.cloud_account_id, v.verdict = 'act', v.region, v.action, v.execution_id, v.resource_id;
