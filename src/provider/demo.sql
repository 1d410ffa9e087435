-- The simulated cloud's machines.  An instant at which a machine arrives
-- where it is heading for needs no write: it is seen when it is past.

-- name: demo_create nothing
-- One region's share of an account's machines, unless it has some already.
insert into demo_machines (organization_id, cloud_account_id, id, region, name, instance_type, tags, hands_off, state)
select :{organization}::uuid, :{account}::uuid, 'd-' || to_char(n, 'FM000000'), :{region}, kind || '-' || to_char(n, 'FM00'),
  (array['d1.small', 'd1.medium', 'd2.large', 'd2.xlarge', 'd4.huge'])[1 + (h >> 4) % 5],
  jsonb_build_object('Name', kind || '-' || to_char(n, 'FM00'),
    'env', (array['dev', 'test', 'prod'])[1 + (h >> 12) % 3],
    'team', (array['atlas', 'cygnus', 'draco', 'lyra'])[1 + (h >> 20) % 4],
    'tier', case kind when 'web' then 'frontend' when 'db' then 'data' when 'build' then 'ci' else 'jobs' end),
  case when h % 17 = 0 then 'member of autoscaling group ' || kind || '-pool' end,
  case when (h >> 32) % 3 < 2 then 'running' else 'stopped' end
from generate_series(1, :{machines}::int) as n,
  lateral (select hashint8extended(n, uuid_hash_extended(:{account}::uuid, 0)) & 9223372036854775807) as hashed (h),
  lateral (select (array['web', 'db', 'build', 'batch'])[1 + n % 4]) as kinds (kind)
where n % :{regions}::int = :{share}::int
  and not exists (
    select from demo_machines m
    where m.organization_id = :{organization}::uuid and m.cloud_account_id = :{account}::uuid and m.region = :{region})
on conflict do nothing;

-- name: demo_page many
select m.id, m.name, m.instance_type, m.tags::text as tags, m.hands_off,
  coalesce(m.heading_for, m.state) as state,
  m.arrives_at > :{now}::timestamptz as passing
from demo_machines m
where m.organization_id = :{organization}::uuid and m.cloud_account_id = :{account}::uuid and m.region = :{region}
  and m.id > :{after}
order by m.id
limit :{most}::int;

-- name: demo_unable one_or_none
-- The first of the machines that will not follow any command, and why.
select wanted.id,
  case when m.id is null then 'there is no such machine' else 'it is a ' || m.hands_off end as reason
from jsonb_array_elements_text(:{ids}::jsonb) with ordinality as wanted (id, place)
  left join demo_machines m on m.organization_id = :{organization}::uuid and m.cloud_account_id = :{account}::uuid
    and m.region = :{region} and m.id = wanted.id
where m.id is null or m.hands_off is not null
order by wanted.place
limit 1;

-- name: demo_obey nothing
update demo_machines m
set state = case when m.arrives_at <= :{now}::timestamptz then m.heading_for else m.state end,
  heading_for = :{target},
  arrives_at = :{now}::timestamptz + make_interval(secs => :{settle}::int)
from jsonb_array_elements_text(:{ids}::jsonb) as wanted (id)
where m.organization_id = :{organization}::uuid and m.cloud_account_id = :{account}::uuid and m.id = wanted.id
  and coalesce(m.heading_for, m.state) <> :{target};

-- name: demo_remember nothing
insert into demo_commands (organization_id, cloud_account_id, at, machine_id, action, token)
select :{organization}::uuid, :{account}::uuid, :{now}::timestamptz, wanted.id, :{action}, :{token}
from jsonb_array_elements_text(:{ids}::jsonb) as wanted (id);

-- name: demo_forget nothing
delete from demo_commands where at < :{now}::timestamptz - interval '30 days';
