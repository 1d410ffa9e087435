#!/usr/bin/perl
# Signing in, staying signed in, and what a caller may show.
use strict;
use warnings;

use JSON ();
use MIME::Base64 qw(encode_base64url);
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server   = Diurnal::Server->start(PASSWORD_MIN_LENGTH => 4);
my $fixture  = Diurnal::Fixture->new($server);
my $admin    = $fixture->admin;
my $db       = $fixture->db;
my $email    = $Diurnal::Client::EMAIL;
my $password = $Diurnal::Client::PASSWORD;

sub sign_in {
    my (%fields) = @_;
    return $fixture->anyone->post('/auth/token',
        { email => $email, password => $password, %fields });
}

sub refresh {
    my ($token) = @_;
    return $fixture->anyone->post('/auth/refresh',
        { refresh_token => $token });
}

subtest 'sign in' => sub {
    my $answer = sign_in();
    is_status($answer, 200, 'email and password are good for tokens');
    my $tokens = $answer->{json};
    is_deeply([sort keys %$tokens], [qw(access_token refresh_token token_type
        user)], '... of two kinds');
    is($tokens->{token_type}, 'bearer', 'the type is in lower case');
    is_deeply($tokens->{user}, {
        id => $fixture->admin_id, email => $email, full_name => undef,
        role => 'admin', organization_id => $fixture->organization_id,
    }, 'the user comes along, and nothing more');
    is_status($fixture->anyone->token($tokens->{access_token})
        ->get('/users/me'), 200, 'the access token lets in');
    is_status(sign_in(email => 'admin@EXAMPLE.com'), 200,
        'the domain is compared in lower case');
};

subtest 'no sign-in' => sub {
    my $inactive = $fixture->user('viewer');
    $admin->expect(200, put => "/users/$inactive->{user}{id}",
        { is_active => JSON::false });
    my @refused = map { sign_in(@$_) } [password => 'wrong'],
        [email => 'nobody@example.com'], [email => 'Admin@example.com'],
        [email => $inactive->{user}{email}], [password => '']
        , [password => 'x' x 1024];
    is_problem($refused[0], 401, 'a wrong password is refused');
    is($_->{body}, $refused[0]{body}, '... like all else, in the same words')
        for @refused[1 .. $#refused];
    complains(sign_in(email => 'nobody'), ['body', 'email'], 'value_error',
        'what is no email is told');
    complains(sign_in(password => undef), ['body', 'password'],
        'string_type', '... and what is no password');
    complains($fixture->anyone->post('/auth/token', {}), ['body', 'password'],
        'missing', 'both are required');
};

subtest 'refresh' => sub {
    my $first  = sign_in()->{json}{refresh_token};
    my $answer = refresh($first);
    is_status($answer, 200, 'a refresh token is good for new tokens');
    my $second = $answer->{json};
    is_deeply([sort keys %$second], [qw(access_token refresh_token
        token_type)], '... of two kinds');
    is($second->{token_type}, 'bearer', '... that are bearer tokens');
    isnt($second->{refresh_token}, $first, 'it is another one');
    is_status($fixture->anyone->token($second->{access_token})
        ->get('/users/me'), 200, 'the access token lets in');
    is_problem(refresh($first), 401, 'used once, it is good no more');
    my $third = refresh($second->{refresh_token});
    is_status($third, 200,
        'a second use within ten seconds ends nothing');
    $db->execute("update diurnal.refresh_tokens
        set used_at = used_at - interval '11 seconds'
        where used_at is not null");
    is_problem(refresh($first), 401, 'later it is refused, too');
    is_problem(refresh($third->{json}{refresh_token}), 401,
        '... and the whole family is ended');
    is_status(sign_in(), 200, 'which is mended by signing in again');
};

subtest 'families' => sub {
    my ($one, $two) = map { sign_in()->{json}{refresh_token} } 1 .. 2;
    my $next = refresh($one)->{json}{refresh_token};
    $db->execute("update diurnal.refresh_tokens
        set used_at = used_at - interval '11 seconds'
        where used_at is not null");
    refresh($one);
    is_problem(refresh($next), 401, 'a reuse ends its family');
    is_status(refresh($two), 200, '... and no other');
};

subtest 'no refresh' => sub {
    is_problem(refresh('rubbish'), 401, 'rubbish is refused');
    is_problem(refresh(''), 401, '... and nothing');
    is_problem(refresh('x' x 4096), 401, '... and much');
    is_problem(refresh(sign_in()->{json}{access_token}), 401,
        'an access token is no refresh token');
    complains($fixture->anyone->post('/auth/refresh', {}),
        ['body', 'refresh_token'], 'missing', 'it takes one');
    complains(refresh(3), ['body', 'refresh_token'], 'string_type',
        '... that is a text');
    my $old = sign_in()->{json}{refresh_token};
    $db->execute('update diurnal.refresh_tokens set expires_at = now()');
    is_problem(refresh($old), 401, 'an expired one is refused');

    my $viewer = $fixture->user('viewer');
    my $path   = "/users/$viewer->{user}{id}";
    my $token  = sub { $viewer->sign_in($viewer->{user}{email})
        ->{refresh_token} };
    my $before = $token->();
    $admin->expect(200, put => $path, { role => 'operator' });
    is_problem(refresh($before), 401, 'a change of role ends sessions');
    $before = $token->();
    $admin->expect(200, put => $path, { is_active => JSON::false });
    is_problem(refresh($before), 401, '... so does becoming inactive');
    $admin->expect(200, put => $path, { is_active => JSON::true });
    is_problem(refresh($before), 401, '... for good');
    $before = $token->();
    $admin->expect(200, put => $path, { full_name => 'New' });
    is_status(refresh($before), 200, 'a change of name does not');
    $before = $token->();
    $admin->expect(204, delete => $path);
    is_problem(refresh($before), 401, 'who is gone is gone');
};

subtest 'at the same time' => sub {
    for my $round (1 .. 5) {
        my $token  = sign_in()->{json}{refresh_token};
        my @status = sort +at_once(map {
            sub { $fixture->anyone->clone->post('/auth/refresh',
                { refresh_token => $token })->{status} }
        } 1 .. 4);
        is_deeply(\@status, [200, 401, 401, 401],
            'of simultaneous uses of a token exactly one wins') or last;
    }
};

subtest 'what is shown' => sub {
    my $anyone = $fixture->anyone;
    my $access = sign_in()->{json}{access_token};
    my $viewer = $fixture->user('viewer');
    my $key    = $viewer->expect(200, post => '/auth/keys',
        { name => 'k' })->{key};
    my $me = sub {
        my ($authorization, $key) = @_;
        return $anyone->get('/users/me', undef,
            defined $authorization ? (Authorization => $authorization) : (),
            defined $key ? ('X-API-Key' => $key) : ());
    };
    my $who = sub { $me->(@_)->{json}{email} };
    my ($head, $claims, $signature) = split /\./, $access;
    my $none = encode_base64url('{"alg":"none","typ":"JWT"}');

    is($who->("Bearer $access"), $email, 'a token is its user');
    is($who->("bEARER $access"), $email, 'the scheme is in any case');
    is($who->(undef, $key), $viewer->{user}{email}, 'a key is its user');
    is($who->("Bearer $access", $key), $email, 'of both the token counts');
    is($who->('Bearer rubbish', $key), $viewer->{user}{email},
        'a token that is none leaves it to the key');
    is($who->("Bearer $head.$claims.", $key), $viewer->{user}{email},
        '... and so does one without a signature');
    is($who->('Basic dXNlcjpwYXNz', $key), $viewer->{user}{email},
        'other schemes are ignored');
    my %bad = (
        'nothing'              => [],
        'an empty token'       => ['Bearer '],
        'rubbish'              => ['Bearer rubbish'],
        'a changed signature'  => ["Bearer $head.$claims."
            . ($signature =~ s/^(.)/$1 eq 'A' ? 'B' : 'A'/er)],
        'no signature'         => ["Bearer $head.$claims."],
        'the algorithm "none"' => ["Bearer $none.$claims."],
        'a refresh token'      => ['Bearer '
            . sign_in()->{json}{refresh_token}],
        'a key as a token'     => ["Bearer $key"],
        'a token as a key'     => [undef, $access],
        'another scheme'       => ["Token $access"],
        'a short key'          => [undef, 'short'],
        'an unknown key'       => [undef, 'x' x 32],
        'a long key'           => [undef, 'x' x 300],
        'half a key'           => [undef, substr $key, 0, 16],
        'both bad'             => ['Bearer x', 'y' x 32],
    );
    for my $name (sort keys %bad) {
        my $answer = $me->(@{ $bad{$name} });
        is_problem($answer, 401, "$name is nobody");
        is($answer->{headers}{'www-authenticate'}, 'Bearer',
            '... who is told what would do');
    }
};

subtest 'the inactive' => sub {
    my $viewer = $fixture->user('viewer');
    my $keep   = $fixture->user('viewer');
    my $key    = $viewer->expect(200, post => '/auth/keys', { name => 'k' });
    my $good   = $keep->expect(200, post => '/auth/keys', { name => 'k' });
    $admin->expect(200, put => "/users/$viewer->{user}{id}",
        { is_active => JSON::false });
    is_problem($viewer->get('/users/me'), 400,
        'an inactive user with a good token is told so');
    is_problem($fixture->anyone->get('/users/me', undef,
        'X-API-Key' => $key->{key}), 400, '... and with a good key');
    is_problem($viewer->get('/users/me', undef,
        'X-API-Key' => $good->{key}), 400,
        'their token keeps a key from being tried');
    is_problem($viewer->get('/users'), 400,
        '... also where they had no permission');
    my $gone = $fixture->user('viewer');
    $admin->expect(204, delete => "/users/$gone->{user}{id}");
    is($gone->get('/users/me', undef, 'X-API-Key' => $good->{key})
        ->{json}{email}, $keep->{user}{email},
        'the token of somebody gone leaves it to the key');
};

subtest 'the password changed meanwhile' => sub {
    # Sign-in has verified the password and waits for the row.
    my $viewer = $fixture->user('viewer');
    my $lock   = $server->database;
    my ($id, $name) = @{ $viewer->{user} }{qw(id email)};
    my $counts = sub { $db->value("select (select count(*)
        from diurnal.sessions where user_id = ?) || ' ' || (select count(*)
        from diurnal.audit_records where user_id = ?
        and event_type = 'auth.login')", $id, $id) };
    my $before = $counts->();
    $lock->dbh->begin_work;
    $lock->execute("update diurnal.users set password_hash = 'changed'
        where id = ?", $id);
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        my $answer = $server->client->post('/auth/token',
            { email => $name, password => $password });
        POSIX::_exit($answer->{status} == 401 ? 0 : 1);
    }
    wait_for_lock();
    $lock->dbh->commit;
    waitpid $pid, 0;
    is($?, 0, 'a password that was changed while it was verified is wrong');
    is($counts->(), $before, '... and nothing is left behind');
};

# Until somebody waits for a row.
sub wait_for_lock {
    for (1 .. 200) {
        return if $db->value("select count(*) from pg_stat_activity
            where wait_event_type = 'Lock' and usename = 'diurnal_api'");
        select undef, undef, undef, 0.05;
    }
    die "nobody waits for a lock\n";
}

subtest 'the secret changes' => sub {
    my $viewer  = $fixture->user('viewer');
    my $key     = $viewer->expect(200, post => '/auth/keys',
        { name => 'k' })->{key};
    my $tokens  = $viewer->sign_in($viewer->{user}{email});
    my $secrets = $server->dir . '/secrets';
    my $by_key  = sub { $fixture->anyone->get('/users/me', undef,
        'X-API-Key' => $key) };
    system("umask 077; openssl rand -base64 48 >'$secrets/next'") == 0 or die;
    $server->restart(JWT_SECRET_KEY_FILE => "$secrets/next",
        JWT_SECRET_KEY_PREVIOUS_FILE => "$secrets/jwt-secret-key");
    is_status($viewer->get('/users/me'), 200, 'tokens survive');
    is_status($by_key->(), 200, '... and keys');
    my $refreshed = refresh($tokens->{refresh_token});
    is_status($refreshed, 200, '... and refresh tokens');

    $server->restart(JWT_SECRET_KEY_PREVIOUS_FILE => undef);
    is_problem($viewer->get('/users/me'), 401,
        'without the previous secret old tokens are worthless');
    is_status($by_key->(), 200,
        'a key that was used meanwhile is known by the new one');
    is_status(refresh($refreshed->{json}{refresh_token}), 200,
        '... and so is a refresh token made meanwhile');
    is_status($fixture->anyone->token($refreshed->{json}{access_token})
        ->get('/users/me'), 200, '... and an access token');
};

done_testing;
