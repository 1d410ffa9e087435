# Run the compiled tests of this folder against a server of their own.
use strict;
use warnings;

use Test::More;

use Diurnal::Postgres;

my $postgres = Diurnal::Postgres->migrated;

$ENV{T_RESTART} = $postgres->restart_command;
for my $program (qw(session broken lock)) {
    my ($status, $text) =
        Diurnal::Postgres::capture("$ENV{DIURNAL_BUILD}/t/db/$program");
    my $seen = 0;

    for my $line (split /\n/, $text) {
        if ($line =~ /^(not )?ok \d+ - (.*)/) {
            ok(!$1, "$program: $2");
            $seen++;
        } elsif ($line =~ /^# (?!failed at)(.*)/) {
            note($1);
        } elsif ($line !~ /^1\.\.\d+$/) {
            diag($line);
        }
    }
    ok($status == 0 && $seen > 0, "$program ends well");
}
done_testing;
