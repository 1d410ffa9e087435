-- Windows of policies.

-- name: refresh_zones many
select distinct timezone
from policies
where is_enabled;

-- name: refresh_stale many
-- A zone that cannot be read has the fingerprint ''.  A schedule longer than
-- any that makes sense is not even fetched.
select p.organization_id, p.id, p.timezone, p.schedule_type,
  case when length(p.schedule::text) <= 200000 then p.schedule::text end as schedule
from policies p
  left join policy_windows w on w.organization_id = p.organization_id and w.policy_id = p.id
where p.is_enabled
  and (w.policy_id is null
    or w.of_schedule <> schedule_key(p.timezone, p.schedule_type, p.schedule)
    or w.of_zone <> :{zones}::jsonb ->> p.timezone
    or not w.horizon @> tstzrange(:{now}::timestamptz, :{now}::timestamptz + interval '1 day'))
order by p.timezone
limit :{most}::int;

-- name: refresh_store nothing
insert into policy_windows as w (organization_id, policy_id, of_schedule, of_zone, horizon, running, error, computed_at)
select m.organization, m.policy, schedule_key(m.timezone, m.type, coalesce(m.schedule, p.schedule)), m.fingerprint,
  tstzrange(:{from}::timestamptz, :{to}::timestamptz), m.running, m.error, :{now}::timestamptz
from jsonb_to_recordset(:{computed}::jsonb)
    as m (organization uuid, policy uuid, timezone text, type text, schedule jsonb, fingerprint text,
      running tstzmultirange, error text)
  join policies p on p.organization_id = m.organization and p.id = m.policy
on conflict (organization_id, policy_id) do update
set of_schedule = excluded.of_schedule, of_zone = excluded.of_zone, horizon = excluded.horizon,
  running = excluded.running, error = excluded.error, computed_at = excluded.computed_at;
