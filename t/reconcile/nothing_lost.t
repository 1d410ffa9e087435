# Nothing is lost, nothing is doubled: the program is killed at every fault
# point, its server is restarted under it, and two copies run at once.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use Diurnal::Reconciler;

use constant MACHINES => 12;

my $r = Diurnal::Reconciler->start;
my @points = $r->fault_points;
plan skip_all => 'built without test hooks' if !@points;

# An account whose machines all run and should all be stopped.
sub scene {
    my $org = $r->organization;
    my $account = $r->account($org, machines => MACHINES);
    $r->policy($org, name => 'Never', resource_selector => { tags => { Name => 'x' } });
    $r->execute("insert into diurnal.demo_machines (organization_id, cloud_account_id, id, region, name, instance_type,
        tags, state) select ?, ?, 'm-' || n, 'demo-' || (array['north', 'south', 'west'])[n % 3 + 1], 'm', 'd1.small',
        '{\"Name\": \"x\"}', 'running' from generate_series(1, ?) n", $org, $account, MACHINES);
    return { org => $org, account => $account };
}

# After as many passes as it takes, everything is as if nothing had happened.
sub settled {
    my ($scene, $name) = @_;
    my $account = $scene->{account};
    is_deeply([
        $r->value("select count(*) from diurnal.resources where cloud_account_id = ? and state = 'STOPPED' and not passing", $account),
        $r->value('select count(*) from diurnal.demo_commands where cloud_account_id = ?', $account),
        $r->value('select count(distinct machine_id) from diurnal.demo_commands where cloud_account_id = ?', $account),
        $r->value("select count(*) from diurnal.executions e join diurnal.resources r on r.id = e.resource_id
            where r.cloud_account_id = ? and e.status = 'completed' and e.success", $account),
        $r->value("select count(*) from diurnal.executions where organization_id = ? and status <> 'completed'", $scene->{org}),
        $r->value('select count(*) from diurnal.intents where organization_id = ?', $scene->{org}),
    ], [ MACHINES, MACHINES, MACHINES, MACHINES, 0, 0 ], $name)
        or diag substr $r->log, -4000;
    $r->execute('delete from diurnal.cloud_accounts where id = ?', $account);
    return;
}

my @pass_points = grep { !/^(request|keys)\./ } @points;
my %passed_often = map { ($_ => 1) } grep { /^(act|look)\./ } @pass_points;

for my $fault (map { ("$_", $passed_often{$_} ? "$_:2" : ()) } @pass_points) {
    my $scene = scene();
    my $status = $r->run([], at => '2026-03-02T09:00:00Z', DIURNAL_FAULT => "kill\@$fault");
    is($status & 127, 9, "the pass is killed at $fault");
    is($r->pass(at => "2026-03-02T09:0$_:00Z"), 0, "pass $_ after it succeeds") for 1, 2;
    settled($scene, "killed at $fault: each machine was told once, and stopped");
}

for my $fault (grep { /^(request|keys)\./ } @points) {
    my $org = $r->value("insert into diurnal.organizations (name, slug) values ('x', ?) returning id", $fault);
    my $request = $r->request($org, kind => 'keys');
    my $status = $r->run(['--requests'], DIURNAL_FAULT => "kill\@$fault");
    is($status & 127, 9, "serving is killed at $fault");
    $r->execute("update diurnal.requests set claimed_at = claimed_at - interval '2 minutes' where id = ?", $request);
    $r->run(['--requests']);
    is_deeply($r->answer($request), { ok => JSON::true }, "killed at $fault: the request is answered");
    is($r->value('select count(*) from diurnal.organization_keys where organization_id = ?', $org), 1,
        "killed at $fault: there is one key pair");
}

for my $point (qw(pass.begun look.before_ask look.before_write discover.before_settle verify.before plan.before
    act.before_intend act.before_call act.after_call act.before_record pass.before_end)) {
    my $scene = scene();
    my $pid = $r->spawn([], at => '2026-03-02T09:00:00Z', DIURNAL_FAULT => "stop\@$point");
    ok($r->wait_stopped($pid), "the pass stops at $point");
    $r->restart_server;
    # With nothing left to do but to say so, a pass need not give up.
    my $code = $r->continue($pid);
    is($code, 75, "restarted at $point: the pass gives up for now") if $point ne 'pass.before_end';
    my $sent = $r->value('select count(*) from diurnal.demo_commands where cloud_account_id = ?', $scene->{account});
    is($sent, 0, "restarted at $point: nothing was sent")
        if $point !~ /^act\.(after_call|before_record|recorded)$|^pass\.before_end$/;
    is($r->pass(at => "2026-03-02T09:0$_:00Z"), 0, "pass $_ after it succeeds") for 1, 2;
    settled($scene, "restarted at $point: each machine was told once, and stopped");
}

for my $point (qw(act.before_intend act.intended act.before_call act.after_call act.before_record plan.made look.seen)) {
    my $scene = scene();
    my $pid = $r->spawn([], at => '2026-03-02T09:00:00Z', DIURNAL_FAULT => "stop\@$point");
    ok($r->wait_stopped($pid), "the first copy stops at $point");
    is($r->pass(at => '2026-03-02T09:01:00Z'), 75, "at $point: a second copy is turned away");
    is($r->value("select count(pg_terminate_backend(a.pid)) from pg_stat_activity a join pg_locks l on l.pid = a.pid
        where application_name = 'diurnal-reconcile lock' and l.locktype = 'advisory' and l.granted"), 1, "at $point: the first one loses its lock");
    is($r->pass(at => '2026-03-02T09:02:00Z'), 0, "at $point: the second copy then runs");
    my $sent = $r->value('select count(*) from diurnal.demo_commands where cloud_account_id = ?', $scene->{account});
    # One who is stopped in the middle of a look keeps others from looking there.
    is($sent, MACHINES, "at $point: all machines have been told by then") if $point ne 'look.seen';
    is($r->continue($pid), 75, "at $point: the first one, continued, gives up");
    is($r->value('select count(*) from diurnal.demo_commands where cloud_account_id = ?', $scene->{account}), $sent,
        "at $point: and has sent nothing");
    is($r->pass(at => "2026-03-02T09:0$_:00Z"), 0, "pass $_ succeeds") for 4, 5;
    settled($scene, "two copies at $point: each machine was told once, and stopped");
}

done_testing;
