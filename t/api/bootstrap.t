#!/usr/bin/perl
# How the first user gets in, and when that is over.
use strict;
use warnings;

use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server = Diurnal::Server->start(PASSWORD_MIN_LENGTH => 4);
my $client = $server->client;
my $db     = $server->database;
my $number = 0;

# A user alone in an organization, as the API makes them.
sub lone_user {
    my $slug = 'lone-' . ++$number;
    my $organization = $db->value('insert into diurnal.organizations
        (name, slug) values ($1, $1) returning id', $slug);
    return $client->expect(200, post => '/users', {
        email => "admin\@$slug.example.com", password => 'four',
        organization_id => $organization, role => 'admin',
    });
}

sub bootstrap     { $client->post('/auth/bootstrap', { user_id => $_[0] }) }
sub bootstrap_key { $client->post('/auth/keys/bootstrap',
    { user_id => $_[0] }) }

sub is_closed {
    my ($user, $why, $name) = @_;
    is_problem(bootstrap($user->{id}), 403, $name, $why);
    is_problem(bootstrap_key($user->{id}), 403, '... by a key also', $why);
}

subtest 'tokens' => sub {
    my $user   = lone_user();
    my $answer = bootstrap($user->{id});
    is_status($answer, 200, 'an only user gets tokens');
    is_like($answer->{json}, { access_token => qr/./, refresh_token => qr/./,
        token_type => 'bearer' }, '... as at sign-in');
    is_deeply($answer->{json}{user}, { map { $_ => $user->{$_} }
        qw(id email full_name role organization_id) },
        '... with the user');
    is_status($client->stranger->token($answer->{json}{access_token})
        ->get('/users/me'), 200, 'the access token lets in');
    is_status($client->post('/auth/refresh',
        { refresh_token => $answer->{json}{refresh_token} }), 200,
        '... and the refresh token is good');
    is_status(bootstrap($user->{id}), 200, 'it can be done again');
    $db->execute("update diurnal.users set role = 'viewer' where id = ?",
        $user->{id});
    is_status(bootstrap(uc $user->{id}), 200, 'the role does not matter');
};

subtest 'a key' => sub {
    my $user   = lone_user();
    my $answer = bootstrap_key($user->{id});
    is_status($answer, 200, 'an only user gets a key');
    is_like($answer->{json}, { id => $UUID, name => 'bootstrap',
        key => qr/^[A-Za-z0-9]{32}$/, prefix => substr($answer->{json}{key},
        0, 8), expires_at => undef, days_until_expiry => undef,
        created_at => $TIME, last_used_at => undef },
        '... that never expires');
    is_status($client->stranger->header('X-API-Key' => $answer->{json}{key})
        ->get('/users/me'), 200, '... and lets in');
    is_closed($user, qr/no existing API keys/, 'with a key it is over');
};

subtest 'closed' => sub {
    my $second = lone_user();
    my $tokens = bootstrap($second->{id})->{json};
    $client->stranger->token($tokens->{access_token})->expect(200,
        post => '/users', { email => 'second@example.com',
        password => 'four', organization_id => $second->{organization_id} });
    is_closed($second, qr/exactly one user/, 'with a second user it is over');

    my $signed_in = lone_user();
    is_problem($client->post('/auth/token', { email => $signed_in->{email},
        password => 'wrong' }), 401, 'a failed sign-in changes nothing');
    is_status(bootstrap($signed_in->{id}), 200, '... it is still open');
    $client->expect(200, post => '/auth/token', { password => 'four',
        email => $signed_in->{email} });
    is_closed($signed_in, qr/over/, 'with the first sign-in it is over');

    my $late = lone_user();
    $db->execute("update diurnal.users set created_at = now()
        - interval '59 minutes' where id = ?", $late->{id});
    is_status(bootstrap($late->{id}), 200, 'it is open for 59 minutes');
    $db->execute("update diurnal.users set created_at = now()
        - interval '60 minutes 1 second' where id = ?", $late->{id});
    is_closed($late, qr/over/, '... and over after an hour');

    is_problem(bootstrap(uuid_nobody_has()), 404, 'an unknown user gets 404',
        qr/^User not found$/);
    is_problem(bootstrap_key(uuid_nobody_has()), 404, '... also for a key');
    complains(bootstrap('x'), ['body', 'user_id'], 'uuid_parsing',
        'an id is a UUID');
    complains($client->post('/auth/keys/bootstrap', {}),
        ['body', 'user_id'], 'missing', '... and required');
};

subtest 'at the same time' => sub {
    my $user   = lone_user();
    my @status = sort +at_once(map {
        sub { $client->clone->post('/auth/keys/bootstrap',
            { user_id => $user->{id} })->{status} }
    } 1 .. 4);
    is_deeply(\@status, [200, 403, 403, 403], 'there is one first key');
};

subtest 'the first organization, at the same time' => sub {
    my $empty  = Diurnal::Server->start;
    my @status = sort +at_once(map {
        my $slug = "acme-$_";
        sub { $empty->client->post('/organizations',
            { name => 'Acme', slug => $slug })->{status} }
    } 1 .. 4);
    is_deeply(\@status, [201, 403, 403, 403], 'there is one');
    my $id = $empty->database->value('select id from diurnal.organizations');
    @status = sort +at_once(map {
        my $user = { email => "a$_\@example.com", role => 'admin',
            password => $Diurnal::Client::PASSWORD, organization_id => $id };
        sub { $empty->client->post('/users', $user)->{status} }
    } 1 .. 4);
    is_deeply(\@status, [200, 403, 403, 403], '... and one first user');
};

subtest 'with a set-up token' => sub {
    my $token   = 'a set-up token of this test, long enough';
    my $guarded = Diurnal::Server->start(SETUP_TOKEN => $token);
    my $anyone  = $guarded->client;
    my $holder  = $guarded->client->header('X-Setup-Token' => $token);
    my $closed  = qr/X-Setup-Token/;
    my %admin   = (email => 'admin@example.com', role => 'admin',
        password => $Diurnal::Client::PASSWORD);

    is_problem($anyone->post('/organizations',
        { name => 'Acme', slug => 'acme' }), 403,
        'without it there is no organization', $closed);
    is_problem($guarded->client->header('X-Setup-Token' => "$token.")
        ->post('/organizations', { name => 'Acme', slug => 'acme' }), 403,
        '... nor with another', $closed);
    complains($anyone->post('/organizations', {}), ['body', 'name'],
        'missing', '... but what is wrong with a request is told');
    my $id = $holder->expect(201, post => '/organizations',
        { name => 'Acme', slug => 'acme' })->{id};
    $admin{organization_id} = $id;
    is_problem($anyone->post('/users', \%admin), 403,
        'without it there is no first user', $closed);
    for my $header (['X-API-Key' => 'x' x 32], [Authorization => 'Bearer x'])
    {
        is_problem($anyone->post('/users', \%admin, @$header), 403,
            "... not with a worthless $header->[0] either", $closed);
    }
    is_problem($anyone->post('/users', { %admin,
        organization_id => uuid_nobody_has() }), 403,
        '... and nobody learns which organizations there are', $closed);
    my $user = $holder->expect(200, post => '/users', \%admin);
    is_problem($anyone->post('/auth/bootstrap', { user_id => $user->{id} }),
        403, 'without it nobody is let in', $closed);
    is_problem($anyone->post('/auth/keys/bootstrap',
        { user_id => uuid_nobody_has() }), 403,
        '... and nobody learns which users there are', $closed);
    my $in = $holder->expect(200, post => '/auth/bootstrap',
        { user_id => $user->{id} });

    is_problem($holder->post('/organizations', { name => 'B', slug => 'b' }),
        403, 'once used it is spent: no organization', qr/set up/);
    is_problem($holder->post('/users', { %admin, email => 'b@example.com' }),
        403, '... no user', qr/set up/);
    is_problem($holder->post('/users', { %admin, email => 'b@example.com',
        organization_id => uuid_nobody_has() }), 403,
        '... wherever', qr/set up/);
    is_problem($holder->post('/auth/bootstrap', { user_id => $user->{id} }),
        403, '... no tokens', qr/set up/);
    is_problem($holder->post('/auth/keys/bootstrap',
        { user_id => $user->{id} }), 403, '... no key', qr/set up/);
    is_status($guarded->client->token($in->{access_token})->post('/users',
        { %admin, email => 'b@example.com' }), 200,
        'an admin needs none to create users');
    unlike(join('', map { $guarded->log($_) } qw(api-1 api-2 nginx access)),
        qr/\Q$token\E/, 'it is in no log');
};

subtest 'when none is configured' => sub {
    is_status($client->stranger->header('X-Setup-Token' => 'any')->post(
        '/auth/bootstrap', { user_id => lone_user()->{id} }), 200,
        'the header is ignored');
};

done_testing;
