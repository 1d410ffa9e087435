# The main job: machines are found, and held to the hours of a policy.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use Diurnal::Reconciler;

my $r = Diurnal::Reconciler->start;
my $org = $r->organization;
my $account = $r->account($org, machines => 30);

is($r->pass(at => '2026-03-02T08:00:00Z'), 0, 'a pass over an account that was never looked at succeeds');
is($r->value('select count(*) from diurnal.resources'), 30, 'every machine becomes a resource');
is($r->value('select count(*) from diurnal.executions'), 0, 'without a policy nothing is touched');
my $running = $r->value("select count(*) from diurnal.resources where tags @> '{\"env\":\"dev\"}' and state = 'RUNNING' and hands_off is null");
cmp_ok($running, '>', 0, 'some machines run that the policy will select');

$r->policy($org, name => 'Never');
is($r->pass(at => '2026-03-02T08:01:00Z'), 0, 'the pass that stops them succeeds');
is($r->value("select count(*) from diurnal.executions where status = 'pending'"), $running, 'each running machine has a pending execution');
is($r->value("select count(*) from diurnal.demo_commands where action = 'STOP'"), $running, 'each was told to stop once');
is($r->pass(at => '2026-03-02T08:02:00Z'), 0, 'the pass that looks succeeds');
is($r->value("select count(*) from diurnal.executions where status = 'completed' and success"), $running, 'each execution is completed');
is($r->value("select count(*) from diurnal.intents"), 0, 'no intent is left');
is($r->value("select count(*) from diurnal.demo_commands"), $running, 'nothing was sent twice');
diag $r->log if $ENV{SHOW};
done_testing;
