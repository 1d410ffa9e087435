#!/usr/bin/perl
# Every change and every sign-in leaves a record, in its transaction.
use strict;
use warnings;

use JSON ();
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server  = Diurnal::Server->start(PASSWORD_MIN_LENGTH => 4);
my $fixture = Diurnal::Fixture->new($server);
my $admin   = $fixture->admin;
my $db      = $fixture->db;
my $acme    = $fixture->organization_id;
my $email   = $Diurnal::Client::EMAIL;
my $nobody  = '00000000-0000-0000-0000-000000000000';

sub newest {
    my ($count) = @_;
    my @rows = $db->rows('select * from diurnal.audit_records
        order by at desc, id desc limit ?', $count // 1);
    $_->{details} &&= JSON::decode_json($_->{details}) for @rows;
    return @rows;
}

sub records { return $db->value('select count(*)
    from diurnal.audit_records') }

# What this does leaves exactly one record, like this one.
sub leaves {
    my ($name, $want, $action) = @_;
    my $before = records();
    my $answer = $action->();
    is(records(), $before + 1, "$name leaves a record")
        || diag(explain($answer));
    is_like((newest())[0], { organization_id => $acme,
        user_id => $fixture->admin_id, address => '127.0.0.1',
        agent => 'diurnal-test', status => 200, request_id => qr/./,
        details => undef, %$want }, '... of what was done, and by whom');
    return $answer;
}

sub leaves_nothing {
    my ($name, $action) = @_;
    my $before = records();
    my $answer = $action->();
    is(records(), $before, "$name leaves none") || diag(explain(newest()));
    return $answer;
}

subtest 'the beginning' => sub {
    my @first = reverse newest(2);
    is_like($first[0], { event_type => 'user.create', user_id =>
        $fixture->admin_id, organization_id => $acme, endpoint =>
        '/api/v1/users', method => 'POST', address => '127.0.0.1',
        resource_type => 'user', resource_id => $fixture->admin_id,
        details => { role => 'admin', bootstrap => JSON::true },
        description => qr/\Q$email\E/ },
        'the first user is recorded, made by themselves');
    is_like($first[1], { event_type => 'auth.bootstrap', user_id =>
        $fixture->admin_id, organization_id => $acme, endpoint =>
        '/api/v1/auth/bootstrap', method => 'POST' },
        'so is their being let in');
    is(records(), 2, '... and nothing else');
};

subtest 'signing in' => sub {
    my $sign_in = sub { $fixture->anyone->post("/auth/$_[0]",
        { email => $email, password => $_[1] }) };
    leaves('a sign-in', { event_type => 'auth.login', endpoint =>
        '/api/v1/auth/token', method => 'POST', resource_type => undef,
        description => "User $email logged in" },
        sub { $sign_in->(token => $Diurnal::Client::PASSWORD) });
    for my $route (qw(token login)) {
        leaves("a failed sign-in at $route", { event_type =>
            'auth.login_failed', user_id => undef, organization_id =>
            $nobody, details => { email => $email }, status => 401,
            endpoint => "/api/v1/auth/$route" },
            sub { $sign_in->($route => 'wrong') });
    }
    leaves('... of nobody', { event_type => 'auth.login_failed',
        user_id => undef, organization_id => $nobody, status => 401,
        details => { email => 'Nobody@EXAMPLE.org' } }, sub {
        $fixture->anyone->post('/auth/token',
            { email => 'Nobody@EXAMPLE.org', password => 'x' }) });
    leaves_nothing('signing in for a key',
        sub { $sign_in->(login => $Diurnal::Client::PASSWORD) });
    my $tokens = $sign_in->(token => $Diurnal::Client::PASSWORD)->{json};
    leaves_nothing('a refresh', sub { $fixture->anyone->post('/auth/refresh',
        { refresh_token => $tokens->{refresh_token} }) });
    leaves_nothing('reading', sub { $admin->get('/policies');
        $admin->get('/users/me'); $admin->get('/auth/keys') });
    leaves_nothing('what is refused', sub {
        $admin->delete('/policies/' . uuid_nobody_has());
        $admin->post('/policies', {}); $fixture->anyone->delete('/users/x');
        $admin->delete('/users/' . $fixture->admin_id) });
};

subtest 'keys' => sub {
    my $key = leaves('a key', { event_type => 'api_key.create',
        resource_type => 'api_key', resource_id => $UUID, description =>
        qr/my first key/, endpoint => '/api/v1/auth/keys' },
        sub { $admin->post('/auth/keys', { name => 'my first key' }) })
        ->{json};
    is((newest())[0]{resource_id}, $key->{id}, '... named by its id');
    leaves('its end', { event_type => 'api_key.delete', method => 'DELETE',
        resource_type => 'api_key', resource_id => $key->{id}, status => 204,
        description => qr/my first key/ },
        sub { $admin->delete("/auth/keys/$key->{id}") });
    my $lone = $db->value("insert into diurnal.organizations (name, slug)
        values ('Lone', 'lone') returning id");
    my $user = $fixture->anyone->expect(200, post => '/users', {
        email => 'lone@example.com', password => 'four', role => 'admin',
        organization_id => $lone });
    my $first = $fixture->anyone->expect(200, post => '/auth/keys/bootstrap',
        { user_id => $user->{id} });
    is_like((newest())[0], { event_type => 'api_key.bootstrap',
        organization_id => $lone, user_id => $user->{id}, address =>
        '127.0.0.1', method => 'POST', resource_type => 'api_key',
        endpoint => '/api/v1/auth/keys/bootstrap',
        resource_id => $first->{id} }, 'the first key is recorded');
};

subtest 'users' => sub {
    my $user = leaves('a user', { event_type => 'user.create',
        resource_type => 'user', description => qr/new\@example\.com/,
        details => { role => 'operator', bootstrap => JSON::false } },
        sub { $admin->post('/users', { email => 'new@example.com',
            password => 'four', organization_id => $acme,
            role => 'operator' }) })->{json};
    leaves('a change of a user', { event_type => 'user.update',
        resource_type => 'user', resource_id => $user->{id}, details =>
        { changes => { role => 'viewer', is_active => JSON::true } } },
        sub { $admin->put("/users/$user->{id}", { role => 'viewer',
            is_active => JSON::true, full_name => undef }) });
    leaves('... of nothing', { event_type => 'user.update',
        details => { changes => {} } },
        sub { $admin->put("/users/$user->{id}", {}) });
    leaves('a change of oneself', { event_type => 'user.profile_update',
        resource_type => 'user', resource_id => $fixture->admin_id },
        sub { $admin->put('/users/me', { full_name => 'A' }) });
    leaves('a new password', { event_type => 'user.password_change',
        resource_type => 'user', resource_id => $fixture->admin_id,
        status => 204 }, sub { $admin->put('/users/me/password', {
            current_password => $Diurnal::Client::PASSWORD,
            new_password => $Diurnal::Client::PASSWORD }) });
    leaves('deleting a user', { event_type => 'user.delete',
        resource_type => 'user', resource_id => $user->{id},
        status => 204 }, sub { $admin->delete("/users/$user->{id}") });
};

subtest 'policies' => sub {
    my $policy = leaves('a policy', { event_type => 'policy.create',
        resource_type => 'policy', status => 201 },
        sub { $admin->post('/policies', { name => 'P', timezone => 'UTC',
            schedule => {}, resource_selector => { tags => { a => 'b' } } })
        })->{json};
    my %want = (resource_type => 'policy', resource_id => $policy->{id});
    leaves('a change of it', { %want, event_type => 'policy.update' },
        sub { $admin->put("/policies/$policy->{id}", { name => 'Q' }) });
    leaves('its end', { %want, event_type => 'policy.delete',
        status => 204 }, sub { $admin->delete("/policies/$policy->{id}") });
};

subtest 'overrides' => sub {
    my $web = $fixture->resource(name => 'web');
    my $override = leaves('an override', { event_type => 'override.create',
        resource_type => 'override', status => 201, details =>
        { target_resource_id => $web, desired_state => 'STOPPED' } },
        sub { $admin->post('/overrides', { resource_id => $web,
            desired_state => 'STOPPED',
            expires_at => '2099-01-01T00:00:00Z' }) })->{json};
    leaves('its end', { event_type => 'override.delete', status => 204,
        resource_type => 'override', resource_id => $override->{id} },
        sub { $admin->delete("/overrides/$override->{id}") });
};

subtest 'cloud accounts' => sub {
    my $account = $fixture->account(name => 'a');
    my %want = (resource_type => 'cloud_account', resource_id => $account);
    leaves('a change of one', { %want, event_type => 'cloud_account.update',
        details => { credentials_changed => JSON::false } },
        sub { $admin->put("/cloud-accounts/$account", { name => 'b' }) });
    leaves('its end', { %want, event_type => 'cloud_account.delete',
        status => 204 }, sub { $admin->delete("/cloud-accounts/$account") });
};

subtest 'organizations' => sub {
    leaves_nothing('a change of one', sub {
        $admin->put("/organizations/$acme", { name => 'New' }) });
};

subtest 'by a key' => sub {
    my $viewer = $fixture->user('viewer');
    my $key = $viewer->expect(200, post => '/auth/keys', { name => 'k' });
    leaves('what is done with a key', { event_type => 'user.profile_update',
        user_id => $viewer->{user}{id} }, sub { $fixture->anyone->put(
            '/users/me', { full_name => 'X' }, 'X-API-Key' => $key->{key})
        });
};

subtest 'in the same transaction' => sub {
    # No record, no change: both are of one transaction.
    $db->execute("alter table diurnal.audit_records add constraint full_disk
        check (event_type <> 'policy.create') not valid");
    my $answer = $admin->post('/policies', { name => 'Unrecorded',
        timezone => 'UTC', schedule => {},
        resource_selector => { tags => { a => 'b' } } });
    is_problem($answer, 500, 'what cannot be recorded fails');
    unlike($answer->{body}, qr/audit|constraint|full_disk/,
        '... without telling why');
    is_deeply($admin->expect(200, get => '/policies'), [],
        '... and does not happen');
    like($server->log('api-1') . $server->log('api-2'),
        qr/"event":"request failed".*full_disk|full_disk/, 'the log tells');
    $db->execute('alter table diurnal.audit_records
        drop constraint full_disk');
};

subtest 'for good' => sub {
    my $api = $server->database('diurnal_api');
    for my $sql ('update diurnal.audit_records set description = null',
        'delete from diurnal.audit_records',
        'truncate diurnal.audit_records') {
        is($api->refused($sql), '42501', "the application cannot: $sql");
    }
};

done_testing;
