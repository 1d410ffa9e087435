# What the API asks for.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use Diurnal::Reconciler;

my $r = Diurnal::Reconciler->start;
use constant NOON => '2026-03-02T12:00:00Z';

my $org = $r->organization;
is($r->value("select count(*) from diurnal.organization_keys where organization_id = ? and purpose = 'cloud'", $org), 1,
    'an organization gets its key pair');
is_deeply($r->ask($org, kind => 'keys'), { ok => JSON::true }, 'asking again is answered alike');
is($r->value('select count(*) from diurnal.organization_keys where organization_id = ?', $org), 1, 'and makes no other pair');
ok(!-e $r->trigger_file, 'the trigger is taken away');

sub check {
    my ($credentials, %columns) = @_;
    my $account = $r->value('select diurnal.uuid_v7()');
    my ($key, $sealed) = $r->seal($org, $columns{sealed_for} // $account, $credentials);
    my $id = $r->value("insert into diurnal.requests (organization_id, kind, cloud_account_id, provider_type, key_id, sealed)
        values (?, 'check', ?, ?, ?, decode(?, 'hex')) returning id", $org, $account, $columns{provider_type} // 'demo', $key, $sealed);
    $r->run(['--requests'], at => NOON);
    is($r->value('select sealed from diurnal.requests where id = ?', $id), undef, 'what was sealed is gone with the answer');
    return $r->answer($id);
}

is_deeply(check({ machines => '12' }), { ok => JSON::true, identity => 'demo cloud of 12 machines' },
    'good credentials are good, and say whose they are');
is($r->value('select count(*) from diurnal.demo_machines'), 0, 'checking makes nothing');
is_deeply(check({ machines => 'many' }), { ok => JSON::false, error => 'credentials: machines is not a number from 1 to 200000' },
    'bad ones are bad, and say why');
is_deeply(check({ engines => '12' }), { ok => JSON::false, error => 'credentials: machines is missing' }, 'as are incomplete ones');
is(check('no json')->{ok}, JSON::false, 'as is what is no JSON');
is(check({ machines => '12' }, sealed_for => '00000000-0000-7000-8000-000000000000')->{ok}, JSON::false,
    'credentials that were sealed for another account do not open');
like(check({ machines => '12' }, provider_type => 'azure')->{error}, qr/cannot manage/, 'a provider that cannot be called is refused');

my $account = $r->account($org, machines => 20);
is_deeply($r->ask($org, kind => 'sync', cloud_account_id => $account, at => NOON), { created => 20, updated => 0, total => 20, errors => [] },
    'a look at one account counts what it found');
is_deeply($r->ask($org, kind => 'sync', cloud_account_id => $account, at => NOON), { created => 0, updated => 0, total => 20, errors => [] },
    'a second one finds nothing new');
$r->execute("update diurnal.demo_machines set name = 'renamed' where id = 'd-000003'");
is_deeply($r->ask($org, kind => 'sync', cloud_account_id => $account, at => NOON), { created => 0, updated => 1, total => 20, errors => [] },
    'but what has changed');
$r->execute("update diurnal.cloud_accounts set is_active = false where id = ?", $account);
is_deeply($r->ask($org, kind => 'sync', cloud_account_id => $account, at => NOON), { created => 0, updated => 0, total => 0, errors => [] },
    'an inactive account is not looked at');
$r->execute("update diurnal.cloud_accounts set is_active = true, selected_regions = '{demo-west,nowhere}' where id = ?", $account);
my $answer = $r->ask($org, kind => 'sync', cloud_account_id => $account, at => NOON);
is_deeply($answer->{errors}, [ 'nowhere: there is no region nowhere' ], 'a region that failed is named');
is($answer->{total}, 7, 'and the other counted');
$r->execute("update diurnal.cloud_accounts set sealed = '\\x00' where id = ?", $account);
like($r->ask($org, kind => 'sync', cloud_account_id => $account, at => NOON)->{error}, qr/^credentials cannot be opened/,
    'credentials that cannot be opened are an error');
is_deeply($r->ask($org, kind => 'sync', cloud_account_id => '00000000-0000-7000-8000-000000000000', at => NOON),
    { error => 'the account is gone' }, 'as is an account that is gone');
$r->execute('delete from diurnal.cloud_accounts');

# Passes.
is_deeply($r->ask($org, kind => 'pass', at => NOON), { processed => 0, actions_taken => 0, errors => 0 },
    'a pass over nothing counts nothing');
$account = $r->account($org, machines => 20);
$r->policy($org);
$answer = $r->ask($org, kind => 'pass', at => NOON);
my $told = $r->value('select count(*) from diurnal.demo_commands');
cmp_ok($told, '>', 0, 'a pass that was asked for acts');
is_deeply($answer, { processed => 20, actions_taken => $told, errors => 0 }, 'and its answer counts');
my $other = $r->organization;
is_deeply($r->ask($other, kind => 'pass', at => NOON), { processed => 0, actions_taken => 0, errors => 0 },
    'an organization is told of itself only');
$r->execute("update diurnal.cloud_accounts set sealed = '\\x00' where id = ?", $account);
is_deeply($r->ask($org, kind => 'pass', at => NOON), { processed => 0, actions_taken => 0, errors => 20 },
    'machines that could not be looked at are errors');

# A request that comes while a pass runs waits for the next one.
my $pid = $r->spawn([], at => NOON, DIURNAL_FAULT => 'stop@plan.before');
ok($r->wait_stopped($pid), 'a pass is under way');
my $request = $r->request($org, kind => 'pass');
my $waiting = $r->spawn(['--requests'], at => NOON);
is($r->continue($pid), 0, 'it ends');
waitpid $waiting, 0;
is($? >> 8, 0, 'so does the one that waited');
is_deeply([ $r->answer($request)->{errors}, $r->value('select epoch from diurnal.reconciler') - 4 ], [ 20, 2 ],
    'and a pass that began after the request has answered it') or diag $r->log;

# Others are served while a pass runs.
$pid = $r->spawn([], at => NOON, DIURNAL_FAULT => 'stop@plan.before');
ok($r->wait_stopped($pid), 'again a pass is under way');
is_deeply($r->ask($org, kind => 'keys'), { ok => JSON::true }, 'another request is served beside it');
is($r->run([], at => NOON) >> 8, 75, 'another pass is turned away at once');
is($r->continue($pid), 0, 'and the first one ends');

# Claims.
$request = $r->value("insert into diurnal.requests (organization_id, kind, claimed_at) values (?, 'keys', clock_timestamp()) returning id", $org);
$r->run(['--requests']);
is($r->answer($request), undef, 'what another process has claimed is left to it');
$r->execute("update diurnal.requests set claimed_at = claimed_at - interval '91 seconds' where id = ?", $request);
$r->run(['--requests']);
is_deeply($r->answer($request), { ok => JSON::true }, 'until it has had its time');

# Old ones go.
$r->execute("update diurnal.requests set created_at = created_at - interval '25 hours'");
$r->pass(at => NOON);
is($r->value('select count(*) from diurnal.requests'), 0, 'requests are forgotten after a day');

# The answer is announced.
$r->execute('listen diurnal_answer');
$request = $r->request($org, kind => 'keys');
$r->run(['--requests']);
my $notice = $r->dbh->pg_notifies;
is($notice && $notice->[2], $request, 'an answer is announced with the request\'s id');

done_testing;
