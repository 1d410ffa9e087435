-- Organizations: the tenants.

-- name: organization_get one_or_none
select body::text from api.organizations where id = :{organization_id}::uuid and id = tenant();

-- name: organization_create one
select create_organization(:{organization_id}::uuid, :{name}, :{slug}, :{guarded}::boolean);

-- name: organization_list one
select coalesce(json_agg(o), '[]')::text as body from visible_organizations(:{public}::boolean) o;

-- name: organization_find one_or_none
select o::text as body from visible_organizations(:{public}::boolean, :{organization_id}::uuid) o;

-- name: organization_own one
select case when :{organization_id}::uuid <> tenant()
  then refuse('DI403', 'This is not your organization.') end;

-- name: organization_update one
update organizations set
  name = coalesce(:{name}, name),
  slug = coalesce(:{slug}, slug),
  unmatched_resources = coalesce(:{unmatched_resources}, unmatched_resources),
  updated_at = now()
where id = tenant()
returning case when :{unmatched_resources}::text is not null then ask_for_pass() end;
