# What the functions of the first migrations promise.
use strict;
use warnings;

use Test::More;

use Diurnal::Postgres;

my $postgres = Diurnal::Postgres->migrated;
my $super    = $postgres->database;
my $api      = $postgres->database('diurnal_api');
my $worker   = $postgres->database('diurnal_reconcile');
$_->execute('set search_path = diurnal, pg_temp') for $super, $api, $worker;

# uuid_v7, RFC 9562

is($super->value(q{select count(*) from
    (select uuid_v7()::text as id from generate_series(1, 1000)) made
    where id !~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-'}), 0,
    'an id has version 7 and its variant');
is($super->value(q{select count(distinct uuid_v7())
    from generate_series(1, 20000)}), 20000, 'no two are the same');
is($super->value(q{
    select count(*) from (
      select clock_timestamp() as before, uuid_v7() as id,
        clock_timestamp() as after
      from generate_series(1, 1000)) made,
      lateral (select ('x' || translate(left(id::text, 13), '-', ''))
        ::bit(48)::bigint as ms) read
    where ms < floor(extract(epoch from before) * 1000)
      or ms > floor(extract(epoch from after) * 1000)}), 0,
    'an id begins with its millisecond');
is($super->value(q{select count(distinct substr(uuid_v7()::text, 16, 3))
    from generate_series(1, 100000)}), 4096,
    'all bits behind the version are random');

# tend_partitions

sub partitions_of {
    my ($table) = @_;
    return join ' ', map { $_->{relname} =~ s/^${table}_//r } $super->rows(q{
        select relname from pg_inherits join pg_class on oid = inhrelid
        where inhparent = ?::text::regclass and relname !~ 'default'
        order by relname}, $table);
}

is($worker->value(q{select tend_partitions('2031-11-17 12:00+00')}), 9,
    'three months of three tables are made');
is(partitions_of('executions'), '2031_11 2031_12 2032_01',
    'this month and the next two');
is($worker->value(q{select tend_partitions('2031-11-30 23:59+00')}), 0,
    'again there is nothing to make');
$super->execute(q{insert into audit_records (organization_id, at, event_type)
    select uuid_v7(), at, 'x' from unnest(array['2031-11-01 00:00+00',
      '2031-11-30 23:59:59.999999+00', '2032-05-05 00:00+00']
      ::timestamptz[]) as at});
is($super->value('select count(*) from audit_records_2031_11'), 2,
    'a month has its first and its last instant');
is($super->value('select count(*) from audit_records_default'), 1,
    'a month without a partition has the default');
is($worker->value(q{select tend_partitions('2032-04-01 00:00+00')}), 8,
    'a month whose rows are in the default partition stays there');
is($worker->value(q{select tend_partitions('2033-11-30 23:00+00')}), 9,
    'two years later the same');
like(partitions_of('executions'), qr/^2031_11 /,
    'what is as old as is kept stays');
$worker->value(q{select tend_partitions('2033-12-01 00:00+00')});
like(partitions_of('executions'), qr/^2031_12 /,
    'what is older goes, though a foreign key points there');
unlike(partitions_of('audit_records'), qr/2031_11/, 'in every table');
is($api->refused(q{select tend_partitions('2032-01-01')}), '42501',
    'the application cannot tend partitions');

# enter

my ($org, $user) = map { "00000000-0000-7000-8000-00000000000$_" } qw(a b);
my ($new, $old, $other) = map { $_ x 32 } qw(ab cd ef);
$super->execute('insert into organizations (id, name, slug)
    values (?, ?, ?)', $org, 'Acme', 'acme');
$super->execute(q{insert into users (organization_id, id, email, password_hash,
    role) values (?, ?, 'a@example.com', 'x', 'operator')}, $org, $user);
$super->execute(q{insert into api_keys (organization_id, user_id, name, prefix,
    hash) values (?, ?, 'key', '12345678', decode(?, 'hex'))},
    $org, $user, $old);

# The user who entered, or the SQLSTATE.
sub enter {
    my ($permission, $token_user, @hashes) = @_;
    my $user = eval { $api->value(q{select enter(?, ?, array(
        select decode(h, 'hex') from unnest(?::text[]) with ordinality as u (h, n)
        order by n), ?, '{}')}, $token_user, $org, \@hashes, $permission) };
    return $user // $api->dbh->state;
}

is(enter('policy:write', $user), $user, 'a token\'s user enters');
is(enter('audit:read', $user), 'DI403', 'but not where the role may not');
is(enter('policy:write', undef), 'DI401', 'nobody does not');
is(enter('policy:write', $org), 'DI401', 'nor a user who is gone');
is(enter('policy:write', $org, $new, $old), $user,
    'but with a key, here one of the previous secret');
is($super->value(q{select encode(hash, 'hex') from api_keys}), $new,
    'which is then known under the present one');
is(enter('policy:write', undef, $new), $user, 'and enters again');
is(enter('policy:write', undef, $other, $old), 'DI401',
    'a key that is not known does not');
$super->execute(q{update api_keys set expires_at = now()});
is(enter('policy:write', undef, $new), 'DI401', 'nor one that has expired');
$super->execute(q{update users set is_active = false});
is(enter('policy:write', $user), 'DI400', 'nor a user who is inactive');

done_testing;
