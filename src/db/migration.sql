-- The book of migrations.  It is made by `diurnalctl migrate` itself, in a
-- schema of its own, since it must be there before the first migration.

-- name: migration_book_query one
select to_regclass('diurnal_meta.schema_migrations') is not null as is_there;

-- name: migration_applied_query many
select version, name, sha256,
  to_char(applied_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as applied_at
from diurnal_meta.schema_migrations
order by version;

-- name: migration_record_query nothing
insert into diurnal_meta.schema_migrations (version, name, sha256)
values ((:{version})::bigint, :{name}, :{sha256});
