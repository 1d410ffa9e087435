-- Executions: what Diurnal decided, and what came of it.

-- List and count filter alike.  A negative number of hours lies in the future,
-- 0 and more than a century are no limit.

-- name: execution_list one
select coalesce(json_agg(page.body order by page.executed_at desc, page.id desc), '[]')::text as body
from (
  select v.executed_at, v.id, v.body
  from api.executions v
  where v.organization_id = tenant()
    and (:{resource_id}::uuid is null or v.resource_id = :{resource_id}::uuid)
    and (:{action}::text is null or v.action = :{action}::text)
    and (:{success}::boolean is null or v.success = :{success}::boolean)
    and (:{status}::text is null or v.status = :{status}::text)
    and (:{hours}::bigint is null or :{hours}::bigint = 0 or :{hours}::bigint > 876000
      or v.executed_at >= now() - greatest(:{hours}::bigint, -876000) * interval '1 hour')
  order by v.executed_at desc, v.id desc
  limit :{limit}::bigint offset :{offset}::bigint
) page;

-- name: execution_count one
select json_build_object('total', count(*))::text as body
from executions v
where v.organization_id = tenant()
  and (:{resource_id}::uuid is null or v.resource_id = :{resource_id}::uuid)
  and (:{action}::text is null or v.action = :{action}::text)
  and (:{success}::boolean is null or v.success = :{success}::boolean)
  and (:{status}::text is null or v.status = :{status}::text)
  and (:{hours}::bigint is null or :{hours}::bigint = 0 or :{hours}::bigint > 876000
    or v.executed_at >= now() - greatest(:{hours}::bigint, -876000) * interval '1 hour');
