# Tenants are kept apart.  What there is comes from the catalogue, so that a
# new table, view or function is held to this or fails.
use strict;
use warnings;

use Test::More;

use Diurnal::Postgres;

# Tables without a tenant, and why.
my %GLOBAL = (
    installation       => 'one row about the installation',
    partitioned_tables => 'names of tables',
    reconciler         => 'one row about the reconciler',
    role_permissions   => 'what roles may do, the same for all',
);

# Tables whose primary key does not begin with organization_id, and why.
my %OTHER_KEY = (
    organizations  => 'id: it is the tenant',
    refresh_tokens => 'hash: found before the tenant is known',
);

# Unique indexes without organization_id: who collides learns that a value
# exists somewhere.  Each is a secret's hash, random, or is meant to be unique.
my %UNIQUE_EVERYWHERE = map { $_ => 1 } qw(
    organizations(id) organizations(slug) users(id) users(email)
    api_keys(hash) refresh_tokens(hash)
);

# The gate: functions with the owner's rights.
my %DEFINER = map { $_ => 1 } qw(
    count_resources create_organization create_user enter enter_bootstrap enter_if_possible
    find_user is_bootstrapped rotate_refresh_token tend_partitions
    visible_organizations
);

# Records that the application can neither change nor remove.
my %APPEND_ONLY = (audit_records => 1);

# Values that neither a type nor a list of allowed values yields.
my %VALUE = (
    'policies.resource_selector' => '{"tags": {"role": "web"}}',
    'policies.timezone'          => 'Europe/Berlin',
    'users.email'                => sub { "u$_[0]\@example.com" },
    'demo_machines.arrives_at'   => undef,
);

my $A = '00000000-0000-7000-8000-00000000000a';
my $B = '00000000-0000-7000-8000-00000000000b';

my $postgres = Diurnal::Postgres->migrated;
my $super    = $postgres->database;
$super->execute('set search_path = diurnal, pg_temp');

sub is_none {
    my ($name, $sql, @values) = @_;
    my @found = map { join ' ', map { $_ // '' } @$_ }
        @{ $super->dbh->selectall_arrayref($sql, undef, @values) };
    is(join("\n", @found), '', $name);
    return;
}

# What is declared.

my @tables = $super->rows(q{
    select c.oid, c.relname as name, exists (select from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'organization_id') as has_tenant
    from pg_class c
    where c.relnamespace = 'diurnal'::regnamespace and c.relkind in ('r', 'p')
      and not c.relispartition
    order by c.relname});
my @tenant = grep { $_->{has_tenant} || $_->{name} eq 'organizations' } @tables;
my %oid    = map { $_->{name} => $_->{oid} } @tables;

cmp_ok(@tenant, '>=', 18, 'there are tables of tenants');
is_deeply([ grep { !$_->{has_tenant} && $_->{name} ne 'organizations' } @tables ],
    [ grep { $GLOBAL{ $_->{name} } && !$_->{has_tenant} } @tables ],
    'every table has a tenant, or is listed as one that has none');
is_none('no table is outside the schema', q{
    select nspname, relname from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
    where relkind in ('r', 'p') and nspname !~ '^(pg_|information_schema$)'
      and nspname not in ('diurnal', 'diurnal_meta')});
is_none('row-level security is enabled and forced, on partitions too', q{
    select relname from pg_class c
    where relnamespace = 'diurnal'::regnamespace and relkind in ('r', 'p')
      and (relname = 'organizations' or exists (select from pg_attribute
        where attrelid = c.oid and attname = 'organization_id'))
      and not (relrowsecurity and relforcerowsecurity)});
is_none('a partition has no policy by which it could be read directly', q{
    select relname, polname from pg_policy join pg_class c on c.oid = polrelid
    where relispartition});
is_none('nobody may use a partition directly', q{
    select relname, grantee::regrole from pg_class c, aclexplode(relacl)
    where relispartition and grantee <> relowner});

my $other_keys = join ',', map { "'$_'" } sort keys %OTHER_KEY;
is_none('primary keys begin with the tenant', qq{
    select relname from pg_class c
    where relnamespace = 'diurnal'::regnamespace and relkind in ('r', 'p')
      and not relispartition and relname not in ($other_keys)
      and exists (select from pg_attribute
        where attrelid = c.oid and attname = 'organization_id')
      and not exists (select from pg_index i join pg_attribute a
          on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indrelid = c.oid and indisprimary
          and attname = 'organization_id')});
is_none('foreign keys between tenants carry the tenant', q{
    select conrelid::regclass, conname from pg_constraint k
    where contype = 'f' and connamespace = 'diurnal'::regnamespace
      and exists (select from pg_attribute where attrelid = conrelid
        and attname = 'organization_id')
      and not exists (
        select from unnest(conkey, confkey) as pair (here, there)
          join pg_attribute h on h.attrelid = conrelid and h.attnum = here
          join pg_attribute t on t.attrelid = confrelid and t.attnum = there
        where h.attname = 'organization_id' and t.attname =
          case confrelid when 'organizations'::regclass then 'id'
            else 'organization_id' end)});
is_deeply([ sort grep { !$UNIQUE_EVERYWHERE{$_} } map { $_->{index} }
    $super->rows(q{
    select format('%s(%s)', c.relname, string_agg(a.attname, ',')) as index
    from pg_index i join pg_class c on c.oid = i.indrelid
      join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
    where c.relnamespace = 'diurnal'::regnamespace and indisunique
      and not relispartition and exists (select from pg_attribute t
        where t.attrelid = c.oid and t.attname in ('organization_id', 'slug'))
    group by i.indexrelid, c.relname
    having not bool_or(a.attname = 'organization_id')}) ], [],
    'what is unique is unique within its tenant, or listed');
is_none('policies of the application depend on the tenant', q{
    select tablename, policyname from pg_policies
    where schemaname = 'diurnal' and 'diurnal_api' = any (roles)
      and (coalesce(qual, with_check) !~ 'tenant\(\)'
        or coalesce(with_check, qual) !~ 'tenant\(\)')});
is_none('no policy is for everyone', q{
    select tablename, policyname from pg_policies
    where 'public' = any (roles)});
is_none('views have the rights of who reads them', q{
    select relname from pg_class c join pg_namespace n on n.oid = relnamespace
    where nspname in ('api', 'diurnal') and relkind in ('v', 'm')
      and not coalesce('security_invoker=true' = any (reloptions)
        or 'security_invoker=on' = any (reloptions), false)});

my $ours = q{
    from pg_proc p
    where pronamespace in ('diurnal'::regnamespace, 'api'::regnamespace)
      and not exists (select from pg_depend d
        where d.objid = p.oid and d.deptype = 'e')};
is_none('functions pin search_path, or are bound when they are made', qq{
    select proname $ours and prosqlbody is null
      and not exists (select from unnest(proconfig) as setting
        where setting ~ '^search_path=')});
is_none('pg_temp comes last in every search_path', qq{
    select proname $ours and exists (select from unnest(proconfig) as setting
        where setting ~ '^search_path=' and setting !~ 'pg_temp\$')});
is_none('no function is for everyone', qq{
    select proname $ours and has_function_privilege('public', p.oid, 'execute')});
is_deeply([ map { $_->{proname} } $super->rows(
    "select distinct proname $ours and prosecdef order by 1") ],
    [ sort keys %DEFINER ], 'functions with the rights of the owner are listed');

# What the roles may do.

my @roles = qw(diurnal_api diurnal_reconcile diurnal_deliver);
for my $role (@roles) {
    is_none("$role has no attribute that passes by", q{
        select rolname from pg_roles where rolname = ? and (rolsuper
          or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication
          or rolinherit)}, $role);
    is_none("$role is a member of nothing", q{
        select roleid::regrole from pg_auth_members
        where member = ?::text::regrole}, $role);
    is_none("$role owns nothing", q{
        select classid::regclass, objid from pg_shdepend
        where refobjid = ?::text::regrole and deptype = 'o'}, $role);
    is_none("$role may make nothing", q{
        select nspname from pg_namespace
        where has_schema_privilege(?, oid, 'create')
          and nspname !~ '^pg_(toast_)?temp_'
        union all
        select datname from pg_database
        where has_database_privilege(?, oid, 'create')}, $role, $role);
}
is_none('only the reconciler makes temporary tables', q{
    select rolname from pg_roles
    where rolname in ('diurnal_api', 'diurnal_deliver')
      and has_database_privilege(rolname, current_database(), 'temporary')});
is_none('credentials and keys are out of the reach of the deliverer', q{
    select relname from pg_class
    where relnamespace = 'diurnal'::regnamespace and relkind in ('r', 'p')
      and relname in ('users', 'api_keys', 'refresh_tokens', 'cloud_accounts',
        'organization_keys')
      and has_table_privilege('diurnal_deliver', oid, 'select')});
is($super->value(q{select has_any_column_privilege('diurnal_reconcile',
    'users', 'select') or has_any_column_privilege('diurnal_reconcile',
    'api_keys', 'select')}), 0, 'the reconciler reads no passwords or keys');
is($super->value(q{select has_column_privilege('diurnal_api',
    'organization_keys', 'wrapped_key', 'select')}), 0,
    'the application reads no private key');

# Rows of two tenants in every table, made from the catalogue.

sub columns_of {
    my ($table) = @_;
    return $super->rows(q{
        select a.attname as name, format_type(atttypid, atttypmod) as type,
          attnotnull and not atthasdef as needed,
          (select string_agg(pg_get_constraintdef(k.oid), ' ')
            from pg_constraint k where k.conrelid = a.attrelid
              and k.contype = 'c' and k.conkey = array[a.attnum]) as allowed
        from pg_attribute a
        where attrelid = ? and attnum > 0 and not attisdropped
          and attgenerated = '' and attidentity = ''}, $table->{oid});
}

# Column => [table, column] that it points to.
sub pointers_of {
    my ($table) = @_;
    return map { $_->{here} => [ @$_{qw(relname there)} ] } $super->rows(q{
        select h.attname as here, c.relname, t.attname as there
        from pg_constraint k join pg_class c on c.oid = confrelid,
          unnest(conkey, confkey) as pair (h, t), pg_attribute h,
          pg_attribute t
        where conrelid = ? and contype = 'f' and h.attrelid = conrelid
          and h.attnum = pair.h and t.attrelid = confrelid
          and t.attnum = pair.t and conparentid = 0}, $table->{oid});
}

my %BY_TYPE = (
    uuid                       => sub { $super->value('select uuid_v7()') },
    text                       => sub { "text $_[0]" },
    'text[]'                   => sub { '{text}' },
    bytea                      => sub { sprintf '\x%064x', $_[0] },
    jsonb                      => sub { '{}' },
    boolean                    => sub { 'false' },
    integer                    => sub { 1 },
    bigint                     => sub { 1 },
    interval                   => sub { '1 day' },
    tstzrange                  => sub { 'empty' },
    tstzmultirange             => sub { '{}' },
    'timestamp with time zone' => sub { '2026-03-01T12:00:00Z' },
);

my $serial = 0;

sub value_for {
    my ($table, $column) = @_;
    my $key = "$table->{name}.$column->{name}";
    my $allowed = $column->{allowed} // '';

    $serial++;
    if (exists $VALUE{$key}) {
        return ref $VALUE{$key} ? $VALUE{$key}->($serial) : $VALUE{$key};
    }
    return $1 if $allowed =~ /ARRAY\['([^']*)'/ || $allowed =~ /= '([^']*)'/;
    return substr sprintf('%08d', $serial), 0, $1
        if $allowed =~ /length\(\w+\) = (\d+)/ && $column->{type} eq 'text';
    my $make = $BY_TYPE{ $column->{type} }
        // die "$key: no value for the type $column->{type}\n";
    return $make->($serial);
}

my %row;          # tenant => table => columns

# A row as it would be inserted.
sub new_row {
    my ($tenant, $table) = @_;
    my %points = pointers_of($table);
    my %values;

    for my $column (columns_of($table)) {
        my $name = $column->{name};
        my $tenant_column = $table->{name} eq 'organizations' ? 'id' : 'organization_id';
        if ($name eq $tenant_column) {
            $values{$name} = $tenant;
        } elsif (my $to = $points{$name}) {
            my $there = $row{$tenant}{ $to->[0] } // next;
            $values{$name} = $there->{ $to->[1] };
        } elsif ($column->{needed}) {
            $values{$name} = value_for($table, $column);
        }
    }
    return \%values;
}

sub insert_into {
    my ($name, $values) = @_;
    my @columns = sort keys %$values;
    return (sprintf('insert into diurnal.%s (%s) values (%s)', $name,
        join(', ', @columns), join ', ', ('?') x @columns),
        @$values{@columns});
}

sub fill {
    my ($tenant, $table, $seen) = @_;
    return if $row{$tenant}{ $table->{name} } || $seen->{ $table->{name} }++;
    my %points = pointers_of($table);
    for my $to (map { $_->[0] } values %points) {
        fill($tenant, (grep { $_->{name} eq $to } @tables)[0], $seen);
    }
    my ($sql, @values) = insert_into($table->{name}, new_row($tenant, $table));
    my $made = eval {
        $super->dbh->selectrow_hashref("$sql returning *", undef, @values)
    };
    ok($made, "a row can be made in $table->{name}")
        or diag("$@ add a value to \%VALUE\n");
    $row{$tenant}{ $table->{name} } = $made;
    return;
}

for my $tenant ($A, $B) {
    fill($tenant, $_, {}) for @tenant;
}

# Row-level security alone, whatever privileges would refuse besides.

$super->execute('grant all on all tables in schema diurnal to '
    . join ', ', @roles);

my %db = map { $_ => $postgres->database($_) } @roles;
$_->execute('set search_path = diurnal, pg_temp') for values %db;
my $api = $db{diurnal_api};

# Run ${work} in a transaction that is taken back, as a tenant or none.
sub as_tenant {
    my ($tenant, $work) = @_;
    my $dbh = $api->dbh;

    $dbh->begin_work;
    $dbh->do(q{select set_config('diurnal.organization', ?, true)}, undef,
        $tenant) if defined $tenant;
    my @result = eval { $work->() };
    my $error = $@ ? $dbh->state : undef;
    $dbh->rollback;
    return $error // $result[0];
}

sub count_as { my ($tenant, @sql) = @_;
    return as_tenant($tenant, sub { $api->value(@sql) }) }

# Rows changed (as a number), or the SQLSTATE.
sub change_as { my ($tenant, @sql) = @_;
    return as_tenant($tenant, sub { $api->execute(@sql) + 0 }) }

# One, or a few where a trigger adds its own.
my $some = qr/^[1-9]$/;

for my $table (@tenant) {
    my $name = $table->{name};
    my $key  = $name eq 'organizations' ? 'id' : 'organization_id';
    my $mine = $name eq 'organizations' ? 0 : !$APPEND_ONLY{$name};
    my @own  = insert_into($name, new_row($A, $table));
    my @foreign = insert_into($name, new_row($B, $table));
    my $update = "update $name set $key = $key where $key = ?";
    my $delete = "delete from $name where $key = ?";

    # Positive controls: otherwise a table nobody can use would pass.
    like(count_as($A, "select count(*) from $name where $key = ?", $A), $some,
        "$name: a tenant sees its own rows");
    like(change_as($A, $update, $A), $APPEND_ONLY{$name} ? qr/^0$/ : $some,
        $APPEND_ONLY{$name} ? "$name: nobody changes a row"
        : "$name: a tenant changes its own rows");
    like(change_as($A, $delete, $A), $mine ? qr/^(?:[1-9]|23503)$/ : qr/^0$/,
        $mine ? "$name: a tenant removes its own rows"
        : "$name: nobody removes a row");
    like(change_as($A, @own), $key eq 'id' ? qr/^42501$/ : qr/^(?:1|23505)$/,
        $key eq 'id' ? "$name: nobody adds one"
        : "$name: a tenant adds rows of its own");

    is(count_as($A, "select count(*) from $name where $key <> ?", $A), 0,
        "$name: foreign rows are invisible");
    is(change_as($A, $update, $B), 0, "$name: foreign rows cannot be changed");
    is(change_as($A, $delete, $B), 0, "$name: foreign rows cannot be removed");
    is(change_as($A, @foreign), '42501', "$name: foreign rows cannot be added");
    is(change_as($A, "update $name set $key = ? where $key = ?", $B, $A),
        $APPEND_ONLY{$name} ? 0 : '42501',
        "$name: a row cannot be given to another tenant");

    for my $none ([ undef, 'no tenant' ], [ '', 'an empty tenant' ]) {
        my ($tenant, $what) = @$none;
        is(count_as($tenant, "select count(*) from $name"), 0,
            "$name: with $what nothing is visible");
        is(change_as($tenant, $update, $A), 0,
            "$name: with $what nothing can be changed");
        is(change_as($tenant, $delete, $A), 0,
            "$name: with $what nothing can be removed");
        is(change_as($tenant, @own), '42501',
            "$name: with $what nothing can be added");
    }
    is($db{diurnal_deliver}->value("select count(*) from $name"), 0,
        "$name: a role without a policy sees nothing");
}
is(count_as('no uuid', 'select count(*) from policies'), '22P02',
    'a tenant that is none is an error');

for my $partition ($super->rows(q{
    select relname as name from pg_class where relispartition
      and relkind = 'r' and relnamespace = 'diurnal'::regnamespace})) {
    is(count_as($A, "select count(*) from $partition->{name}"), 0,
        "$partition->{name}: nothing is visible in a partition itself");
}

# Whatever comes in later is held to it, too.
$super->execute(q{select tend_partitions('2031-05-17')});
is_none('new partitions have row-level security', q{
    select relname from pg_class where relispartition and relkind = 'r'
      and not (relrowsecurity and relforcerowsecurity)});

done_testing;
