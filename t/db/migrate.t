# diurnalctl db-init and migrate.
use strict;
use warnings;

use Test::More;

use Diurnal::Postgres;

my $postgres = Diurnal::Postgres->start;
my @files    = sort glob "$ENV{DIURNAL_SOURCE}/migrations/*.sql";
my $newest   = @files;
my ($last)   = $files[-1] =~ m{(\d{4}_\w+)\.sql$};

# Exit status and output, one line each.
sub is_said {
    my ($command, $status, $text, $name) = @_;
    my ($got_status, $got_text) = $postgres->diurnalctl(split / /, $command);
    is($got_status, $status, "$name: exit status $status")
        or diag($got_text);
    like($got_text, $text, "$name: said so") if $text;
    return $got_text;
}

sub is_one_line {
    my ($text, $name) = @_;
    is(($text =~ tr/\n//), 1, "$name: in one line") or diag($text);
    return;
}

# db-init

is_one_line(is_said('migrate', 75, qr/database "diurnal" does not exist/,
    'without a database'), 'without a database');
is_said('db-init', 0, qr/made role diurnal_api\n.*made database diurnal\n/s,
    'db-init makes roles and database');
unlike(is_said('db-init', 0, qr/is there/, 'db-init again'), qr/made/,
    'db-init again makes nothing');

my $super = $postgres->database;
is_deeply([ $super->rows(q{
    select rolname, rolcanlogin from pg_roles
    where rolname ~ '^diurnal_' order by rolname}) ],
    [ map +{ rolname => $_->[0], rolcanlogin => $_->[1] },
        [ 'diurnal_api', 1 ], [ 'diurnal_deliver', 1 ],
        [ 'diurnal_owner', 0 ], [ 'diurnal_reconcile', 1 ] ],
    'the owner cannot sign in, the others can');
$super->execute('alter role diurnal_api superuser bypassrls');
is_said('db-init', 0, qr/took from role diurnal_api/,
    'db-init with a role that may too much');
is($super->value(q{select rolsuper or rolbypassrls from pg_roles
    where rolname = 'diurnal_api'}), 0, 'it may no longer');
$super->execute('create role stranger login');
is($postgres->database('postgres', 'postgres')->value(q{
    select has_database_privilege('stranger', 'diurnal', 'connect')}), 0,
    'strangers may not connect');
{
    local $ENV{PGUSER} = 'stranger';
    is_one_line(is_said('db-init', 69, qr/superuser.* stranger is none/,
        'db-init as no superuser'), 'no superuser');
    is_one_line(is_said('migrate', 75, qr/permission denied/,
        'migrate as a stranger'), 'a stranger');
}
{
    local $ENV{POSTGRES_DB} = 'postgres';
    is_said('db-init', 65, qr/the server's own/,
        'db-init of a database of the server');
}
{
    local $ENV{POSTGRES_DB} = q{odd "name'};
    is_said('db-init', 0, qr/made database odd "name'/,
        'db-init of a database with an odd name');
}

# migrate

is_said('migrate status', 0, qr/\A(?:\d{4}_\w+ +pending *\n){$newest}\z/,
    'status of an empty database');
is($super->value(q{select count(*) from pg_namespace
    where nspname ~ 'diurnal'}), 0, 'status changes nothing');
is_said('migrate', 0, qr/^Applied $newest: .* version $newest\.$/, 'migrate');
is_said('migrate', 0, qr/version $newest: nothing to do/, 'migrate again');
is_said('migrate status', 0,
    qr/\A(?:\d{4}_\w+ +applied  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n){$newest}\z/,
    'status of a migrated database');
is($super->value(q{
    select count(distinct pg_get_userbyid(relowner)) from pg_class
    where relnamespace = 'diurnal'::regnamespace
      and pg_get_userbyid(relowner) <> 'diurnal_owner'}), 0,
    'the owner owns every table');
for my $role (qw(diurnal_api diurnal_reconcile diurnal_deliver)) {
    my $db = $postgres->database($role);
    is($db->value('select count(*) from diurnal_meta.schema_migrations'),
        $newest, "$role sees the version");
    is($db->refused('delete from diurnal_meta.schema_migrations'), '42501',
        "$role cannot change it");
}
is_said('migrate sideways', 64, qr/status/, 'migrate with nonsense');

# Each of these is put right again.

sub with {
    my ($change, $undo, $check) = @_;
    $super->execute($change);
    $check->();
    $super->execute($undo);
    return;
}

my $book = 'diurnal_meta.schema_migrations';
with("insert into $book values (999, '0999_future', repeat('0', 64))",
    "delete from $book where version = 999", sub {
        is_one_line(is_said('migrate', 69,
            qr/version 999, which is newer than this program.*upgrade/,
            'a database that is ahead'), 'ahead');
        is_said('migrate status', 0, qr/^0999_future +unknown/m,
            'status of what is not known');
    });
with("update $book set sha256 = translate(sha256, '0123', '3210')
        where version = 2",
    "update $book set sha256 = translate(sha256, '0123', '3210')
        where version = 2", sub {
        is_one_line(is_said('migrate', 69,
            qr/0002_identity is not the one that was applied/,
            'a changed checksum'), 'changed');
        is_said('migrate status', 0, qr/^0002_identity +changed/m,
            'status of what was changed');
    });
$super->execute("create temporary table kept as
    select * from $book where version in (2, $newest)");
with("delete from $book where version = 2",
    "insert into $book select * from kept where version = 2", sub {
        is_one_line(is_said('migrate', 69,
            qr/0002_identity was never applied, but later ones were/,
            'a gap'), 'a gap');
    });
with("delete from $book where version = $newest",
    "insert into $book select * from kept where version = $newest", sub {
        is_one_line(is_said('migrate', 70,
            qr/migration $last: .*already exists/,
            'a migration that fails'), 'a failure');
        is($super->value("select count(*) from $book"), $newest - 1,
            'a migration that fails leaves no trace');
    });

# Two at once.

with('select pg_advisory_lock(1145656658, 1)',
    'select pg_advisory_unlock_all()', sub {
        is_one_line(is_said('migrate', 75, qr/another migration is running/,
            'while another runs'), 'while another runs');
    });
{
    local $ENV{POSTGRES_DB} = 'twice';
    is_said('db-init', 0, undef, 'another database');
    my @pids = map {
        my $pid = fork // die;
        if ($pid == 0) {
            my ($status) = $postgres->diurnalctl('migrate');
            POSIX::_exit($status);
        }
        $pid
    } 1 .. 3;
    my @failed = grep { waitpid($_, 0); $? != 0 } @pids;
    is(@failed, 0, 'of three at once one migrates and two find it done');
    is($postgres->database('postgres', 'twice')->value(
        "select count(*) from $book"), $newest, 'each is applied once');
}

done_testing;
