# Every statement of the tree can be prepared, by the role that runs it, in a
# migrated database, and may touch what it touches.
use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Diurnal::Postgres;

# Whose statements they are, by the folder of src/.
my %ROLE = (
    api       => 'diurnal_api',
    db        => undef,                # those of any role
    deliver   => 'diurnal_deliver',
    provider  => 'diurnal_reconcile',
    reconcile => 'diurnal_reconcile',
);

# What SQL's own PREPARE does not take.
my $BARE = qr/^\s*(?:begin|commit|copy|create|deallocate|listen|set|unlisten)\b/i;

my $postgres = Diurnal::Postgres->migrated;
my %seen;

sub statements_of {
    my ($file) = @_;
    open my $in, '-|', $^X, "$ENV{DIURNAL_SOURCE}/build-aux/sql2c", '--list',
        $file or die "sql2c: $!\n";
    my @statements = map { JSON::PP->new->ascii->decode($_) } <$in>;
    close $in or die "sql2c cannot read $file\n";
    return @statements;
}

# Undefined, or what is wrong.  A generic plan knows no values, and planning
# it checks every privilege that running it would need.
sub complaint {
    my ($dbh, $statement) = @_;
    my ($name, $sql) = @$statement{qw(name sql)};
    my $nulls = join ', ', ('null') x @{ $statement->{params} };

    return if $sql =~ /^\s*(?:begin|commit|copy|deallocate)\b/i;
    $dbh->do('savepoint before');
    my $done = eval {
        if ($sql =~ $BARE) {
            $dbh->do($sql);
        } else {
            $dbh->do("prepare $name as $sql");
            $dbh->do("explain execute $name" . ($nulls && "($nulls)"));
        }
        1;
    };
    return if $done;
    my $error = $dbh->errstr;
    $dbh->do('rollback to before');
    return $error;
}

for my $file (sort glob "$ENV{DIURNAL_SOURCE}/src/*/*.sql") {
    my ($folder, $name) = $file =~ m{/src/(\w+)/(\w+)\.sql$};
    if (!exists $ROLE{$folder}) {
        fail("src/$folder: whose statements are these? Add it to %ROLE");
        next;
    }
    my $dbh = $postgres->database($ROLE{$folder})->dbh;
    $dbh->begin_work;
    $dbh->do('set local search_path = diurnal, pg_temp');
    $dbh->do('set local plan_cache_mode = force_generic_plan');
    for my $statement (statements_of($file)) {
        is(complaint($dbh, $statement), undef,
            "$folder/$name: $statement->{name}");
        is($seen{ $statement->{name} }++, 0,
            "$statement->{name} is the name of one statement");
    }
    $dbh->rollback;
}
cmp_ok(keys %seen, '>', 50, 'there are statements');
done_testing;
