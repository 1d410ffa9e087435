#!/usr/bin/perl
# Every statement of the programs against the database as it is migrated.
use strict;
use warnings;

use Test::More;

use Diurnal::Server;

my $server = Diurnal::Server->start;

# Those of src/db are for sessions before and beside a migrated schema.
my %role = (api => 'diurnal_api', reconcile => 'diurnal_reconcile');

# The statements of a file by name, with parameters as PREPARE takes them.
sub statements {
    my ($path) = @_;
    my $text = Diurnal::Server::slurp($path);
    my %statements;
    while ($text =~ /^-- name: (\w+) \w+\n(.*?)(?=^--|\z)/gms) {
        my ($name, $sql) = ($1, $2);
        my (%number, $count);
        $sql =~ s/:\{(\w+)\}/'$' . ($number{$1} \/\/= ++$count)/ge;
        $sql =~ s/;?\s*\z//;
        $statements{$name} = $sql;
    }
    return \%statements;
}

for my $folder (sort keys %role) {
    my $database = $server->database($role{$folder});
    $database->execute('set search_path = diurnal, pg_temp');
    for my $path (glob "$ENV{DIURNAL_SOURCE}/src/$folder/*.sql") {
        my $statements = statements($path);
        for my $name (sort keys %$statements) {
            next if $statements->{$name} !~ /^\s*(?:select|insert|update|delete|with)\b/;
            my $state = $database->refused(
                "prepare $name as $statements->{$name}");
            is($state, undef, "$name can be prepared by $role{$folder}")
                || diag($database->dbh->errstr);
        }
    }
}

done_testing;
