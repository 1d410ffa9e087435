#!/usr/bin/perl
# Cloud accounts, and what the API asks of the reconciler.
use strict;
use warnings;

use JSON ();
use Test::More;
use Time::HiRes qw(time);

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server = Diurnal::Server->start(WAITING_WORKERS => 2);
$server->reconcile_always;
my $fixture = Diurnal::Fixture->new($server);
my $admin   = $fixture->admin;
my $viewer  = $fixture->user('viewer');
my $other   = $fixture->organization('other');
my $db      = $fixture->db;
my ($true, $false) = (JSON::true, JSON::false);
my %demo = (name => 'Demo', provider_type => 'demo',
    credentials => { machines => '12' });

sub create { return $admin->post('/cloud-accounts', { %demo, @_ }) }
sub account { return $admin->expect(201, post => '/cloud-accounts/',
    { %demo, @_ }) }

is_deeply($admin->expect(200, post => '/executions/reconcile'),
    { processed => 0, actions_taken => 0, errors => 0 },
    'a pass over nothing does nothing');

subtest 'create' => sub {
    my $account = account();
    is_deeply([sort keys %$account], [qw(created_at credential_hints error id
        is_active last_sync_at mode name organization_id provider_type
        selected_regions updated_at)], 'an account has its members');
    is_like($account, { id => $UUID, name => 'Demo', is_active => $true,
        organization_id => $fixture->organization_id, mode => 'enforce',
        provider_type => 'demo', selected_regions => undef, created_at =>
        $TIME, updated_at => $TIME, error => undef,
        credential_hints => { machines => '12' } }, '... as they were');
    my @regions = qw(demo-west demo-north);
    is_like(account(is_active => $false, mode => 'observe',
        selected_regions => [@regions, 'demo-west']), { is_active => $false,
        mode => 'observe', selected_regions => \@regions },
        'all of it can be given');
    is(account(selected_regions => [])->{selected_regions}, undef,
        'no region is every region');
    is_like(($db->rows("select event_type, resource_id, status
        from diurnal.audit_records where event_type = 'cloud_account.create'
        order by at limit 1"))[0], { resource_id => $account->{id},
        status => 201 }, 'it is recorded');
};

subtest 'fields' => sub {
    my @wrong = (
        [provider_type => 'vmware', 'value_error'],
        [provider_type => 'AWS', 'value_error'],
        [provider_type => 'azure', 'value_error'],
        [provider_type => undef, 'string_type'],
        [name => '', 'value_error'], [name => 1, 'string_type'],
        [credentials => undef, 'dict_type'], [credentials => [], 'dict_type'],
        [credentials => '{}', 'dict_type'],
        [is_active => 'maybe', 'bool_parsing'],
        [mode => 'watch', 'value_error'],
        [selected_regions => 'demo-west', 'list_type'],
        [selected_regions => {}, 'list_type'],
    );
    complains(create($_->[0] => $_->[1]), ['body', $_->[0]], $_->[2],
        "$_->[0]: " . JSON->new->allow_nonref->encode($_->[1])) for @wrong;
    complains(create(selected_regions => ['demo-west', $_->[0]]),
        ['body', 'selected_regions', 1], $_->[1], 'a region '
        . JSON->new->allow_nonref->encode($_->[0]))
        for [3, 'string_type'], [undef, 'string_type'],
            ['', 'value_error'], ['../x', 'value_error'];
    complains($admin->post('/cloud-accounts', {}), ['body', $_], 'missing',
        "$_ is required") for sort keys %demo;
};

subtest 'credentials' => sub {
    my @refused = (
        [{}, qr/machines/], [{ machines => '' }, qr/machines/],
        [{ machines => 12 }, qr/machines/],
        [{ machines => undef }, qr/machines/],
        [{ machines => '12', secret_stuff => 'x' },
            qr/^(?!.*secret_stuff).*Demo/],
        [{ machines => 'many' },
            qr/machines is not a number from 1 to 200000/],
    );
    is_problem(create(credentials => $_->[0]), 400,
        JSON->new->canonical->encode($_->[0]) . ' will not do', $_->[1])
        for @refused;
    is(scalar @{ $admin->expect(200, get => '/cloud-accounts') }, 3,
        'nothing is stored of what is refused');
};

subtest 'read' => sub {
    my $account = account(name => 'Readable');
    my ($listed) = grep { $_->{id} eq $account->{id} } @{ $viewer->expect(
        200, get => '/cloud-accounts/') };
    delete @$_{qw(last_sync_at updated_at)} for $listed, $account;
    is_deeply($listed, $account, 'it is in the list, as it was made');
    is_deeply($other->expect(200, get => '/cloud-accounts'), [],
        'another organization has none');
    my $unknown = $viewer->get('/cloud-accounts/' . uuid_nobody_has());
    is_problem($unknown, 404, 'an unknown one is not found',
        qr/^Cloud account not found$/);
    is($other->get("/cloud-accounts/$account->{id}")->{body},
        $unknown->{body}, 'nor is one of another organization');
    complains($viewer->get('/cloud-accounts/x'), ['path', 'account_id'],
        'uuid_parsing', 'an id is a UUID');
    $db->execute('update diurnal.cloud_accounts set readable = false
        where id = ?', $account->{id});
    is_like($viewer->expect(200, get => "/cloud-accounts/$account->{id}"),
        { credential_hints => undef, name => 'Readable' },
        'credentials that cannot be opened have no hints');
};

subtest 'change' => sub {
    my $account = account(selected_regions => ['demo-west'],
        mode => 'observe');
    my $path   = "/cloud-accounts/$account->{id}";
    my $sealed = sub { $db->value("select encode(sealed, 'hex')
        from diurnal.cloud_accounts where id = ?", $account->{id}) };
    my $before = $sealed->();
    my $change = sub {
        my $changed = $admin->expect(200, put => $path, { @_ });
        delete @$changed{qw(updated_at last_sync_at)};
        return $changed;
    };
    delete @$account{qw(updated_at last_sync_at)};
    is_deeply($change->(), $account, 'what is absent stays');
    is_deeply($change->(map { $_ => undef } qw(name is_active mode
        credentials)), $account, '... and so does what is null');
    is_deeply($change->(provider_type => 'aws'), $account,
        '... and what cannot be changed');
    is_deeply($change->(selected_regions => undef), { %$account,
        selected_regions => undef }, 'but no regions are every region');
    for my $blank ({}, { machines => undef }, { machines => ' ' },
        { anything => '' }) {
        $change->(credentials => $blank);
        is($sealed->(), $before, 'blank credentials leave the old ones');
    }
    my %new = (name => 'New', is_active => $false, mode => 'enforce',
        selected_regions => ['demo-south']);
    is_deeply($change->(%new), { %$account, %new },
        'what is sent is changed');
    is_problem($admin->put($path, { credentials => { machines => 'x' } }),
        400, 'new credentials are checked', qr/machines is not a number/);
    is_problem($admin->put($path, { credentials => { delay_seconds => '1' }
        }), 400, '... and must be complete', qr/machines/);
    is($sealed->(), $before, '... before they replace the old ones');
    $db->execute("update diurnal.cloud_accounts set error = 'old',
        readable = false, failures = 3 where id = ?", $account->{id});
    is_like($change->(credentials => { machines => '14',
        settle_seconds => '0' }), { error => undef, credential_hints =>
        { machines => '14', settle_seconds => '0' } },
        'good ones do, whole, and what went wrong is past');
    isnt($sealed->(), $before, '... in the database also');
    my $details = $db->value("select details from diurnal.audit_records
        where event_type = 'cloud_account.update' order by at desc limit 1");
    is_deeply(JSON::decode_json($details), { credentials_changed => $true },
        'a change of credentials is recorded as that');
    my $unknown = $admin->put('/cloud-accounts/' . uuid_nobody_has(), {});
    is_problem($unknown, 404, 'an unknown account is not found');
    is($other->put($path, { name => 'Mine' })->{body}, $unknown->{body},
        'nor is one of another organization');
    is($other->put($path, { credentials => { machines => '9' } })->{body},
        $unknown->{body}, '... whatever is sent');
};

subtest 'sync' => sub {
    my $account = account(credentials => { machines => '20' },
        mode => 'observe');
    my $path = "/cloud-accounts/$account->{id}";
    # The account may have been looked at by the pass that it caused.
    my $sync = $admin->expect(200, post => "$path/sync", {});
    is_like($sync, { total => 20, accounts_synced => undef },
        'a look at an account counts its machines');
    is_deeply([sort keys %$sync], [qw(accounts_synced created total
        updated)], '... new and changed ones');
    my $page = $viewer->expect(200, get => "/resources?cloud_account_id="
        . $account->{id});
    is($page->{total}, 20, 'they are resources then');
    is_like($page->{items}[0], { cloud_account_id => $account->{id},
        provider_type => 'demo', state => qr/^(?:RUNNING|STOPPED)$/,
        last_seen_at => $TIME, region => qr/^demo-/ }, '... with all');
    is_time($admin->expect(200, get => $path)->{last_sync_at},
        '... and when it was looked at is known');
    is_deeply($admin->expect(200, post => "$path/sync"), { created => 0,
        updated => 0, total => 20, accounts_synced => undef },
        'a second look finds nothing new');
    $admin->expect(200, put => $path, { is_active => $false });
    is_deeply($admin->expect(200, post => "$path/sync"), { created => 0,
        updated => 0, total => 0, accounts_synced => undef },
        'an inactive account is not looked at');
    $admin->expect(200, put => $path, { is_active => $true });
    $db->execute("update diurnal.cloud_accounts set sealed = '\\x00'
        where id = ?", $account->{id});
    my $broken = $admin->post("$path/sync");
    is_problem($broken, 502, 'one whose credentials cannot be opened fails');
    is($viewer->expect(200, get => $path)->{credential_hints}, undef,
        '... but can be read, without hints');
    is_problem($admin->post('/cloud-accounts/' . uuid_nobody_has()
        . '/sync'), 404, 'an unknown one is not found');
    is_problem($other->post("$path/sync"), 404,
        'nor is one of another organization');
    complains($admin->post('/cloud-accounts/x/sync'), ['path', 'account_id'],
        'uuid_parsing', 'an id is a UUID');
};

subtest 'a pass' => sub {
    $admin->expect(204, delete => "/cloud-accounts/$_->{id}")
        for @{ $admin->expect(200, get => '/cloud-accounts') };
    my $account = account(credentials => { machines => '12',
        settle_seconds => '0' });
    $admin->expect(200, post => "/cloud-accounts/$account->{id}/sync");
    my ($running) = @{ $viewer->expect(200,
        get => '/resources?state=RUNNING')->{items} };
    $admin->expect(201, post => '/overrides', { resource_id =>
        $running->{id}, desired_state => 'STOPPED',
        expires_at => '2099-01-01T00:00:00Z' });
    my $pass = $fixture->user('operator')->expect(200,
        post => '/executions/reconcile');
    is_deeply([sort keys %$pass], [qw(actions_taken errors processed)],
        'a pass answers with three counts');
    is($pass->{processed}, 12, '... of all machines');
    $admin->expect(200, post => '/executions/reconcile');
    my ($execution) = @{ $viewer->expect(200, get => '/executions') };
    is_like($execution, { resource_id => $running->{id}, action => 'STOP',
        desired_state => 'STOPPED', actual_state_before => 'RUNNING' },
        'what was overridden is carried out');
    is_deeply($other->expect(200, post => '/executions/reconcile'),
        { processed => 0, actions_taken => 0, errors => 0 },
        'another organization is told of itself alone');
};

subtest 'delete' => sub {
    my ($account) = @{ $admin->expect(200, get => '/cloud-accounts') };
    my $path    = "/cloud-accounts/$account->{id}";
    my $unknown = $admin->delete('/cloud-accounts/' . uuid_nobody_has());
    is_problem($unknown, 404, 'an unknown one is not found');
    is($other->delete($path)->{body}, $unknown->{body},
        'nor is one of another organization');
    is_status($admin->delete($path), 204, 'an account is deleted');
    is($viewer->expect(200, get => '/resources')->{total}, 0,
        '... with its machines');
    is($viewer->expect(200, get => '/executions/count')->{total}, 0,
        '... and what was done to them');
};

subtest 'without a reconciler' => sub {
    my $alone = Diurnal::Server->start(WAITING_WORKERS => 2);
    my $there = Diurnal::Fixture->new($alone);
    my $client = $there->admin;
    my $leaver = $there->user('admin');
    my @waiting = map {
        my ($who, $status) = @$_;
        my $pid = fork // die "fork: $!\n";
        if ($pid == 0) {
            my $begun  = time;
            my $answer = $who->clone->post('/cloud-accounts', \%demo);
            my $took = time - $begun;
            POSIX::_exit($answer->{status} == $status && $took > 29
                && $took < 45 ? 0 : 1);
        }
        $pid;
    } [$client, 504], [$leaver, 400];
    for (1 .. 200) {
        last if $there->db->value("select count(*) from pg_locks
            where locktype = 'advisory' and classid = 1146") == 2;
        select undef, undef, undef, 0.05;
    }
    is_problem($client->post('/executions/reconcile'), 503,
        'when enough workers wait, the next caller comes back later');
    my $begun = time;
    $client->expect(200, put => "/users/$leaver->{user}{id}",
        { is_active => $false });
    $client->expect(200, get => '/policies') for 1 .. 20;
    cmp_ok(time - $begun, '<', 10, '... and the others keep serving');
    for my $pid (@waiting) {
        waitpid $pid, 0;
        is($?, 0, 'a check that nobody answers ends after 30 seconds');
    }
    is($there->db->value("select count(*) from pg_locks
        where locktype = 'advisory' and classid = 1146"), 0,
        'no slot is left taken, by who became inactive meanwhile either');
    is_deeply($client->expect(200, get => '/cloud-accounts'), [],
        'nothing was stored');
};

done_testing;
