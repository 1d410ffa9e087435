# What is done: notes, observe mode, what is not touched, backoff, batches,
# throttling, accounts that cannot be read, machines that vanish.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use Diurnal::Reconciler;

my $r = Diurnal::Reconciler->start;

# The n-th minute of a Monday's noon.
sub at { return sprintf '2026-03-02T%02d:%02d:00Z', 12 + int($_[0] / 60), $_[0] % 60 }

# An organization with one account whose machines all run and are to stop.
sub scene {
    my (%pairs) = @_;
    my $policy = delete $pairs{policy} // 1;
    my $org = $r->organization;
    my $account = $r->account($org, machines => 9, %pairs);
    $r->policy($org, name => 'Never', resource_selector => { tags => { Name => 'x' } }) if $policy;
    $r->execute("insert into diurnal.demo_machines (organization_id, cloud_account_id, id, region, name, instance_type,
        tags, state) select ?, ?, 'm-' || n, 'demo-' || (array['north', 'south', 'west'])[n % 3 + 1], 'm', 'd1.small',
        '{\"Name\": \"x\"}', 'running' from generate_series(1, 9) n", $org, $account);
    return { org => $org, account => $account };
}

sub commands { return $r->value('select count(*) from diurnal.demo_commands where cloud_account_id = ?', $_[0]{account}) }

sub notes {
    my ($scene) = @_;
    return [ map { $_->{note} } $r->rows('select distinct note from diurnal.resources where cloud_account_id = ?', $scene->{account}) ];
}

sub statuses {
    my ($scene) = @_;
    return { map { ($_->{status} => $_->{count}) } $r->rows('select status, count(*) from diurnal.executions
        where organization_id = ? group by status', $scene->{org}) };
}

sub forget { return $r->execute('delete from diurnal.cloud_accounts where id = ?', $_[0]{account}) }

{
    my $s = scene(mode => 'observe');
    $r->pass(at => at(0));
    is(commands($s), 0, 'in observe mode nothing is sent');
    is_deeply(statuses($s), {}, 'and nothing recorded as done');
    is_deeply(notes($s), [ 'would stop: policy Never (observe mode)' ], 'but every machine says what would be done');
    my $version = $r->value('select string_agg(xmin::text, $$,$$) from diurnal.resources where organization_id = ?', $s->{org});
    $r->pass(at => at(1));
    is($r->value('select string_agg(xmin::text, $$,$$) from diurnal.resources where organization_id = ?', $s->{org}), $version,
        'a second pass writes nothing to machines that are as they were');
    $r->execute("update diurnal.cloud_accounts set mode = 'enforce' where id = ?", $s->{account});
    $r->pass(at => at(2));
    is(commands($s), 9, 'what was only observed is done once the mode is enforce');
    is_deeply(notes($s), [ undef ], 'and the notes go');
    forget($s);
}

{
    my $s = scene();
    $r->execute("update diurnal.demo_machines set hands_off = 'spot instance' where cloud_account_id = ? and id = 'm-1'", $s->{account});
    $r->pass(at => at(0));
    is(commands($s), 8, 'a machine that others manage is not touched');
    is($r->value("select note from diurnal.resources where cloud_account_id = ? and provider_resource_id = 'm-1'", $s->{account}),
        'not touched: spot instance', 'and says why');
    forget($s);
}

{
    my $s = scene(settle_seconds => 3600);
    $r->pass(at => at(0));
    is($r->value('select reason ->> $$name$$ from diurnal.executions where organization_id = ? limit 1', $s->{org}), 'Never',
        'an execution names the rule that decided');
    $r->pass(at => at(1));
    is($r->value('select count(*) from diurnal.resources where cloud_account_id = ? and passing and provider_state = $$stopping$$', $s->{account}),
        9, 'on the way a machine is seen stopping');
    is_deeply(statuses($s), { pending => 9 }, 'until it has stopped its execution is pending');
    $r->execute('insert into diurnal.overrides (organization_id, resource_id, desired_state, starts_at, expires_at)
        select organization_id, id, $$RUNNING$$, ?, ? from diurnal.resources where cloud_account_id = ?', at(1), at(600), $s->{account});
    $r->pass(at => at(2));
    is_deeply(statuses($s), { superseded => 9 }, 'a change of mind supersedes it');
    is(commands($s), 9, 'a machine on its way is waited for');
    is_deeply(notes($s), [ 'waiting: stopping' ], 'and says so');
    $r->pass(at => at(61));
    is(commands($s), 18, 'and then brought back');
    forget($s);
}

{
    my $s = scene(settle_seconds => 3600);
    $r->pass(at => at(0));
    $r->pass(at => at(4));
    is_deeply(statuses($s), { pending => 9 }, 'within the provider\'s time an execution stays pending');
    $r->pass(at => at(5));
    is_deeply(statuses($s), { failed => 9 }, 'after it, it has failed');
    like($r->value('select error_message from diurnal.executions where organization_id = ? limit 1', $s->{org}),
        qr/^accepted, but without effect in time: the machine is still stopping$/, 'and says how');
    forget($s);
}

{
    my $s = scene(settle_seconds => 3600);
    $r->pass(at => at(0));
    $r->execute('update diurnal.cloud_accounts set is_active = false where id = ?', $s->{account});
    $r->pass(at => at(5));
    is($r->value('select min(error_message) from diurnal.executions where organization_id = ?', $s->{org}),
        'outcome unknown: the account is inactive', 'nothing stays pending for an account that nobody looks at');
    is_deeply(statuses($s), { failed => 9 }, 'it has failed');
    forget($s);
}

{
    my $s = scene();
    $r->pass(at => at(0));
    $r->execute("delete from diurnal.demo_machines where cloud_account_id = ? and id = 'm-3'", $s->{account});
    $r->pass(at => at(1));
    my ($gone) = $r->rows("select state, gone_at is not null as gone from diurnal.resources
        where cloud_account_id = ? and provider_resource_id = 'm-3'", $s->{account});
    is_deeply($gone, { state => 'UNKNOWN', gone => 1 }, 'a machine that a complete look does not find is UNKNOWN');
    is_deeply(statuses($s), { completed => 8, failed => 1 }, 'and the command in flight for it has failed');
    is($r->value("select note from diurnal.resources where cloud_account_id = ? and provider_resource_id = 'm-3'", $s->{account}),
        'not touched: no longer found', 'it is not touched');
    is($r->value("select string_agg(e.state || ' ' || e.source, ', ' order by e.at) from diurnal.state_events e
        join diurnal.resources x on x.id = e.resource_id where x.cloud_account_id = ? and provider_resource_id = 'm-3'", $s->{account}),
        'RUNNING discovery, UNKNOWN discovery', 'its states are remembered');
    is($r->value("select string_agg(e.state || ' ' || e.source, ', ' order by e.at) from diurnal.state_events e
        join diurnal.resources x on x.id = e.resource_id where x.cloud_account_id = ? and provider_resource_id = 'm-4'", $s->{account}),
        'RUNNING discovery, STOPPED execution', 'and who changed them');
    $r->execute("insert into diurnal.demo_machines (organization_id, cloud_account_id, id, region, name, instance_type,
        tags, state) values (?, ?, 'm-3', 'demo-north', 'm', 'd1.small', '{\"Name\": \"x\"}', 'running')", $s->{org}, $s->{account});
    $r->pass(at => at(10));
    is($r->value("select gone_at from diurnal.resources where cloud_account_id = ? and provider_resource_id = 'm-3'", $s->{account}),
        undef, 'one that comes back is found again');
    is(commands($s), 10, 'and held to its hours again');
    forget($s);
}

{
    my $s = scene(failure_percent => 100);
    $r->pass(at => at(0));
    is_deeply(statuses($s), { failed => 9 }, 'what a provider refuses has failed at once');
    like($r->value('select error_message from diurnal.executions where organization_id = ? limit 1', $s->{org}),
        qr/does not feel like it/, 'with the provider\'s reason');
    for my $expect ([ 0, 9 ], [ 1, 18 ], [ 2, 18 ], [ 3, 27 ], [ 6, 27 ], [ 7, 36 ]) {
        $r->pass(at => at($expect->[0]));
        is($r->value('select count(*) from diurnal.executions where organization_id = ?', $s->{org}), $expect->[1],
            "after $expect->[0] minutes there were $expect->[1] tries");
    }
    is_deeply(notes($s), [ undef ], 'in the pass that tries there is nothing to wait for');
    $r->pass(at => at(8));
    is_deeply(notes($s), [ 'waiting: 4 failures, next try at 12:15 UTC' ], 'in between a machine says when it is tried again');
    $r->execute('update diurnal.policies set is_enabled = false where organization_id = ?', $s->{org});
    $r->pass(at => at(9));
    is($r->value('select count(*) from diurnal.backoffs where organization_id = ?', $s->{org}), 0,
        'failures are forgotten when the deviation ends');
    forget($s);
}

{
    # One region, so that it is one batch.
    my $s = scene(selected_regions => '{demo-north}');
    $r->execute("update diurnal.demo_machines set region = 'demo-north' where cloud_account_id = ?", $s->{account});
    $r->execute("update diurnal.demo_machines set hands_off = null where cloud_account_id = ?", $s->{account});
    # It was found before it joined its group.
    $r->execute('update diurnal.policies set is_enabled = false where organization_id = ?', $s->{org});
    $r->pass(at => at(0));
    $r->execute('update diurnal.policies set is_enabled = true where organization_id = ?', $s->{org});
    my $pid = $r->spawn([], at => at(1), DIURNAL_FAULT => 'stop@plan.before');
    ok($r->wait_stopped($pid), 'a pass stops before it plans');
    $r->execute("update diurnal.demo_machines set hands_off = 'late joiner' where cloud_account_id = ? and id = 'm-5'", $s->{account});
    is($r->continue($pid), 0, 'and goes on with a machine that will refuse');
    is_deeply(statuses($s), { pending => 8, failed => 1 }, 'the one bad machine of a batch does not keep the others');
    is(commands($s), 8, 'each of which was told once');
    $r->pass(at => at(2));
    is_deeply(statuses($s), { completed => 8, failed => 1 }, 'and stops');
    forget($s);
}

{
    my $throttled = scene(throttle_percent => 100);
    my $other = scene();
    $r->pass(at => at(0));
    is(commands($throttled), 0, 'an account that is throttled sends no more');
    is(commands($other), 9, 'another one is not slowed down');
    is($r->value("select count(*) from diurnal.executions where organization_id = ? and status = 'failed'
        and error_message like 'throttled: RequestLimitExceeded%'", $throttled->{org}), 3,
        'what was turned away has failed, and nothing else was tried');
    my ($account) = $r->rows('select error, failures, retry_at = ?::timestamptz as soon from diurnal.cloud_accounts where id = ?', at(1), $throttled->{account});
    is_deeply($account, { error => 'throttled: RequestLimitExceeded: too many commands', failures => 1, soon => 1 },
        'the account says why, and when it goes on');
    $r->pass(at => at(1));
    is($r->value('select failures from diurnal.cloud_accounts where id = ?', $throttled->{account}), 2, 'failing again it waits longer');
    is($r->value('select retry_at = ?::timestamptz from diurnal.cloud_accounts where id = ?', at(3), $throttled->{account}), 1, 'twice as long');
    forget($_) for $throttled, $other;
}

{
    my $broken = scene();
    my $other = scene();
    $r->execute("update diurnal.cloud_accounts set sealed = sealed || '\\x00' where id = ?", $broken->{account});
    is($r->pass(at => at(0)), 0, 'credentials that cannot be opened do not stop a pass');
    my ($account) = $r->rows('select readable, error from diurnal.cloud_accounts where id = ?', $broken->{account});
    ok(!$account->{readable}, 'the account is marked');
    like($account->{error}, qr/^credentials cannot be opened/, 'with the reason');
    is(commands($other), 9, 'and the others go on');
    $r->execute("update diurnal.cloud_accounts set sealed = substring(sealed for length(sealed) - 1) where id = ?", $broken->{account});
    $r->pass(at => at(1));
    is($r->value('select readable and error is null from diurnal.cloud_accounts where id = ?', $broken->{account}), 1,
        'once they can be opened again the mark goes');
    is(commands($broken), 9, 'and its machines are held to their hours');
    is($r->pass(at => at(2), ENCRYPTION_KEY => 'e1c44f0b9d2a7836' . '5b0fd3a9c6e81724' x 3), 0, 'a pass with another key succeeds');
    like($r->value('select error from diurnal.cloud_accounts where id = ?', $broken->{account}), qr/key/, 'a lost key is reported as that');
    forget($_) for $broken, $other;
}

{
    my $s = scene(selected_regions => '{demo-north,nowhere}');
    $r->pass(at => at(0));
    is(commands($s), 3, 'a region that cannot be looked at does not keep the others');
    my ($region) = $r->rows("select error, failures, seen_at from diurnal.account_regions where cloud_account_id = ? and region = 'nowhere'", $s->{account});
    is_deeply($region, { error => 'there is no region nowhere', failures => 1, seen_at => undef }, 'it says why');
    my ($account) = $r->rows('select error, last_sync_at from diurnal.cloud_accounts where id = ?', $s->{account});
    is_deeply($account, { error => 'nowhere: there is no region nowhere', last_sync_at => undef }, 'and so does the account');
    $r->execute("update diurnal.cloud_accounts set selected_regions = '{demo-north}' where id = ?", $s->{account});
    $r->pass(at => at(1));
    ok($r->value('select error is null and last_sync_at = ? from diurnal.cloud_accounts where id = ?', at(1), $s->{account}),
        'without it the account is in sync');
    forget($s);
}

{
    my $s = scene();
    $r->pass(at => at(0));
    $r->execute("update diurnal.demo_machines set name = repeat('x', 2000) where cloud_account_id = ? and id = 'm-3'", $s->{account});
    is($r->pass(at => at(1)), 0, 'a machine that cannot be stored does not stop a pass');
    is($r->value("select error from diurnal.account_regions where cloud_account_id = ? and error is not null", $s->{account}),
        '1 machine could not be read', 'its region says so');
    is_deeply(statuses($s), { completed => 8, pending => 1 }, 'the others go on');
    is($r->value("select gone_at from diurnal.resources where cloud_account_id = ? and provider_resource_id = 'm-3'", $s->{account}),
        undef, 'and it is not taken for gone');
    forget($s);
}

{
    # More calls fail than not: the account is left alone for this pass.
    my $s = scene(selected_regions => '{demo-north}', machines => 1);
    $r->execute("delete from diurnal.demo_machines where cloud_account_id = ?", $s->{account});
    $r->execute("insert into diurnal.demo_machines (organization_id, cloud_account_id, id, region, name, instance_type,
        tags, state) select ?, ?, 'm-' || to_char(n, 'FM000'), 'demo-north', 'm', 'd1.small', '{\"Name\": \"x\"}', 'running'
        from generate_series(1, 120) n", $s->{org}, $s->{account});
    $r->execute('update diurnal.policies set is_enabled = false where organization_id = ?', $s->{org});
    $r->pass(at => at(0));
    $r->execute('update diurnal.policies set is_enabled = true where organization_id = ?', $s->{org});
    my $pid = $r->spawn([], at => at(1), DIURNAL_FAULT => 'stop@plan.before');
    $r->wait_stopped($pid);
    $r->execute("update diurnal.demo_machines set hands_off = 'spot instance' where cloud_account_id = ?", $s->{account});
    is($r->continue($pid), 0, 'a pass in which every call fails ends');
    is($r->value("select count(*) from diurnal.executions where organization_id = ? and error_message like '%spot instance%'", $s->{org}),
        10, 'after ten failures the account is left alone');
    is($r->value("select count(*) from diurnal.executions where organization_id = ? and error_message = 'not sent: most calls to this account fail'", $s->{org}),
        40, 'what was already decided is recorded as not sent');
    is($r->value("select count(*) from diurnal.executions where organization_id = ?", $s->{org}), 50, 'and the rest waits for the next pass');
    is($r->value("select count(*) from diurnal.intents where organization_id = ?", $s->{org}), 0, 'nothing stays pending');
    forget($s);
}

{
    # Whatever decides on a machine, the plan finds it.
    my $s = scene(policy => 0, machines => 9);
    $r->pass(at => at(0));
    is(commands($s), 0, 'what nothing selects is left alone');
    my @ids = map { $_->{id} } $r->rows('select id from diurnal.resources where cloud_account_id = ? order by provider_resource_id', $s->{account});
    $r->execute('insert into diurnal.overrides (organization_id, resource_id, desired_state, starts_at, expires_at)
        values (?, ?, $$STOPPED$$, ?, ?)', $s->{org}, $ids[0], at(0), at(30));
    $r->pass(at => at(1));
    is(commands($s), 1, 'an override alone is acted on');
    $r->policy($s->{org}, name => 'These', resource_selector => { resource_ids => [ @ids[1, 2] ] });
    $r->pass(at => at(2));
    is(commands($s), 3, 'a policy that lists machines is');
    $r->execute("update diurnal.organizations set unmatched_resources = 'stop' where id = ?", $s->{org});
    $r->pass(at => at(3));
    is(commands($s), 9, 'so is that no policy selects them');
    $r->pass(at => at(4));
    $r->execute('delete from diurnal.policies where organization_id = ?', $s->{org});
    $r->policy($s->{org}, name => 'Always', schedule => { map { ($_ => [ { start => '00:00', end => '24:00' } ]) }
        qw(monday tuesday wednesday thursday friday saturday sunday) }, resource_selector => { tags => { Name => 'x' } });
    $r->pass(at => at(5));
    is($r->value("select count(*) from diurnal.demo_commands where cloud_account_id = ? and action = 'START'", $s->{account}), 8,
        'and that a policy wants them to run, but not against an override');
    $r->pass(at => at(31));
    is($r->value("select count(*) from diurnal.demo_commands where cloud_account_id = ? and action = 'START'", $s->{account}), 9,
        'until it has expired');
    forget($s);
}

done_testing;
