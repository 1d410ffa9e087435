-- Resources: what discovery found.

-- name: resource_get one_or_none
select body::text from api.resources where organization_id = tenant() and id = :{resource_id}::uuid;

-- The page's keys first, then the JSON of those rows alone; the total comes
-- from the counts that the database keeps.
-- name: resource_list one
with page as (
  select r.id, r.name
  from resources r
  where r.organization_id = tenant()
    and (:{state}::text is null or r.state = :{state}::text)
    and (:{region}::text is null or r.region = :{region}::text)
    and (:{cloud_account_id}::uuid is null or r.cloud_account_id = :{cloud_account_id}::uuid)
    and (:{provider_type}::text is null or r.cloud_account_id in (
      select a.id from cloud_accounts a
      where a.organization_id = tenant() and a.provider_type = :{provider_type}::text))
  order by r.name, r.id
  limit :{page_size}::bigint offset (:{page}::bigint - 1) * :{page_size}::bigint
)
select json_build_object(
    'items', coalesce((
      select json_agg(v.body order by v.name, v.id)
      from page join api.resources v on v.organization_id = tenant() and v.id = page.id), '[]'),
    'total', counted.total, 'page', :{page}::bigint, 'page_size', :{page_size}::bigint,
    'total_pages', greatest(1, (counted.total + :{page_size}::bigint - 1) / :{page_size}::bigint))::text as body
from (
  select coalesce(sum(c.total), 0)::bigint as total
  from resource_counts c
    join cloud_accounts a on a.organization_id = c.organization_id and a.id = c.cloud_account_id
  where c.organization_id = tenant()
    and (:{state}::text is null or c.state = :{state}::text)
    and (:{region}::text is null or c.region = :{region}::text)
    and (:{cloud_account_id}::uuid is null or c.cloud_account_id = :{cloud_account_id}::uuid)
    and (:{provider_type}::text is null or a.provider_type = :{provider_type}::text)
) counted;
