# What should be: overrides, policies, priorities, unmatched resources; and
# the windows behind them.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use Diurnal::Reconciler;

my $r = Diurnal::Reconciler->start;

# Monday.
use constant NOON => '2026-03-02T12:00:00Z';
my $office = { map { ($_ => [{ start => '09:00', end => '18:00' }]) } qw(monday tuesday wednesday thursday friday) };
my $always = { map { ($_ => [{ start => '00:00', end => '24:00' }]) }
    qw(monday tuesday wednesday thursday friday saturday sunday) };
my $never = {};

# One organization, its machines discovered and all running.
my $org = $r->organization;
my $account = $r->account($org, machines => 30, settle_seconds => 0);
$r->pass(at => NOON);
$r->shape($account, state => 'running', heading_for => undef, arrives_at => undef, hands_off => undef);
$r->pass(at => NOON);
my ($machine) = $r->rows("select * from diurnal.resources where organization_id = ? order by name limit 1", $org);

sub decision {
    my ($at, $resource) = @_;
    my ($row) = $r->rows('select desired_state, override_id, rank from diurnal.decisions(?) where resource_id = ?', $at,
        $resource // $machine->{id});
    return $row;
}

sub desired { return decision(@_)->{desired_state} }

# Policies on exactly the one machine, each [priority, schedule, enabled].
sub policies {
    my (@policies) = @_;
    $r->execute('delete from diurnal.policies where organization_id = ?', $org);
    for my $policy (@policies) {
        my ($priority, $schedule, $enabled) = @$policy;
        $r->policy($org, priority => $priority, schedule => $schedule, is_enabled => $enabled // 1,
            resource_selector => { resource_ids => [ $machine->{id} ] });
    }
    return;
}

my @vectors = (
    [ 'no policy: unmanaged', [], undef ],
    [ 'a policy in its window', [ [ 0, $office ] ], 'RUNNING' ],
    [ 'a policy outside of its windows', [ [ 0, $never ] ], 'STOPPED' ],
    [ 'of two of one priority RUNNING wins', [ [ 0, $never ], [ 0, $office ] ], 'RUNNING' ],
    [ 'the higher priority wins over RUNNING', [ [ 1, $never ], [ 0, $always ] ], 'STOPPED' ],
    [ 'and over STOPPED', [ [ 0, $never ], [ 7, $always ] ], 'RUNNING' ],
    [ 'negative priorities count', [ [ -1, $always ], [ 0, $never ] ], 'STOPPED' ],
    [ 'a disabled policy has no opinion', [ [ 5, $never, 0 ], [ 0, $always ] ], 'RUNNING' ],
    [ 'alone it leaves the machine unmanaged', [ [ 0, $never, 0 ] ], undef ],
);
for my $vector (@vectors) {
    my ($name, $policies, $want) = @$vector;
    $r->execute("update diurnal.cloud_accounts set mode = 'observe' where id = ?", $account);
    policies(@$policies);
    $r->pass(at => NOON);
    is(desired(NOON), $want, $name);
}

# Tags.
$r->execute('delete from diurnal.policies where organization_id = ?', $org);
my ($tagged) = $r->rows("select tags ->> 'env' as env, tags ->> 'team' as team from diurnal.resources where id = ?", $machine->{id});
$r->policy($org, resource_selector => { tags => { env => $tagged->{env}, team => $tagged->{team} } });
$r->pass(at => NOON);
is(desired(NOON), 'STOPPED', 'a machine that carries all tags is selected');
is($r->value('select count(*) from diurnal.decisions(?) where desired_state is not null', NOON),
    $r->value("select count(*) from diurnal.resources where tags ->> 'env' = ? and tags ->> 'team' = ?",
        $tagged->{env}, $tagged->{team}), 'and no machine that lacks one of them');
my $stranger = $r->organization;
$r->policy($stranger, resource_selector => { tags => { env => 'prod' } });
$r->policy($stranger, resource_selector => { resource_ids => [ $machine->{id} ] });
$r->pass(at => NOON);
is($r->value("select count(*) from diurnal.decisions(?) where organization_id = ? and desired_state is not null and
    resource_id in (select id from diurnal.resources where tags ->> 'env' = 'prod')
    and not (? = 'prod')", NOON, $org, $tagged->{env}), 0, "another organization's policy selects nothing here");

# Overrides.
sub override {
    my ($state, $from, $to, $made) = @_;
    return $r->value('insert into diurnal.overrides (organization_id, resource_id, desired_state, starts_at, expires_at,
        created_at, reason) values (?, ?, ?, ?, ?, ?, ?) returning id', $org, $machine->{id}, $state, $from, $to,
        $made // $from, 'because');
}
policies([ 0, $never ]);
$r->pass(at => NOON);
override('RUNNING', '2026-03-02T11:00:00Z', '2026-03-02T13:00:00Z');
is(desired(NOON), 'RUNNING', 'an override wins over a policy');
is(desired('2026-03-02T11:00:00Z'), 'RUNNING', 'from its very start');
is(desired('2026-03-02T13:00:00Z'), 'STOPPED', 'but no longer when it expires');
is(desired('2026-03-02T10:59:59Z'), 'STOPPED', 'and not before it starts');
override('STOPPED', '2026-03-02T11:30:00Z', '2026-03-02T12:30:00Z');
is(desired(NOON), 'STOPPED', 'the newest override decides');
is(desired('2026-03-02T12:30:00Z'), 'RUNNING', 'and the older one again when it expires');
$r->execute('delete from diurnal.overrides');

# Unmatched resources.
policies();
$r->execute("update diurnal.organizations set unmatched_resources = 'stop' where id = ?", $org);
is(desired(NOON), 'STOPPED', 'an organization may have what no policy selects stopped');
override('RUNNING', '2026-03-02T11:00:00Z', '2026-03-02T13:00:00Z');
is(desired(NOON), 'RUNNING', 'but an override wins over that');
$r->execute('delete from diurnal.overrides');
$r->execute("update diurnal.organizations set unmatched_resources = 'leave' where id = ?", $org);

# Windows follow the schedule and the zone.
my $policy = $r->policy($org, schedule => $office, timezone => 'Europe/Berlin',
    resource_selector => { resource_ids => [ $machine->{id} ] });
is(desired(NOON), undef, 'a policy without windows yet has no opinion');
$r->pass(at => NOON);
is(desired('2026-03-02T08:00:00Z'), 'RUNNING', 'windows are in the policy\'s zone: 09:00 in Berlin');
is(desired('2026-03-02T07:59:59Z'), 'STOPPED', 'and not a second earlier');
is(desired('2026-03-02T17:00:00Z'), 'STOPPED', 'a window does not hold its end');
my $computed = $r->value('select computed_at from diurnal.policy_windows where policy_id = ?', $policy);
$r->pass(at => '2026-03-02T12:01:00Z');
is($r->value('select computed_at from diurnal.policy_windows where policy_id = ?', $policy), $computed,
    'windows that still fit are left as they are');
$r->execute("update diurnal.policies set schedule = '{}' where id = ?", $policy);
is(desired(NOON), undef, 'windows of a schedule that was changed do not count');
$r->pass(at => NOON);
is(desired(NOON), 'STOPPED', 'the next pass computes them anew');
$r->execute("update diurnal.policies set schedule = ?, timezone = 'Asia/Tokyo' where id = ?",
    JSON::encode_json($office), $policy);
$r->pass(at => NOON);
is(desired('2026-03-02T00:00:00Z'), 'RUNNING', 'as when the zone was changed');
$r->execute("update diurnal.policy_windows set of_zone = 'older' where policy_id = ?", $policy);
$r->execute("update diurnal.policy_windows set running = '{}' where policy_id = ?", $policy);
$r->pass(at => NOON);
is(desired('2026-03-02T00:00:00Z'), 'RUNNING', 'as when the zone\'s rules were changed');
$r->pass(at => '2026-03-16T12:30:00Z');
is(desired('2026-03-17T00:00:00Z'), 'RUNNING', 'as when the horizon comes to its end');
$r->execute("update diurnal.policies set timezone = 'Mars/Olympus' where id = ?", $policy);
is($r->pass(at => NOON), 0, 'a policy whose zone does not exist does not stop a pass');
is(desired(NOON), undef, 'it has no opinion');
like($r->value('select error from diurnal.policy_windows where policy_id = ?', $policy), qr/zone/i, 'and says why');
$r->execute(q(update diurnal.policies set timezone = 'UTC', schedule_type = 'cron',
    schedule = '{"start": "0 9 * * 1-5", "stop": "0 18 * * *"}' where id = ?), $policy);
$r->pass(at => NOON);
is(desired(NOON), 'RUNNING', 'a cron schedule has windows, too');
is($r->value('select error from diurnal.policy_windows where policy_id = ?', $policy), undef, 'and no error any more');

done_testing;
