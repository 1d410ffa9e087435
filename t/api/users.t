#!/usr/bin/perl
use strict;
use warnings;

use JSON ();
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server   = Diurnal::Server->start(PASSWORD_MIN_LENGTH => 4);
my $fixture  = Diurnal::Fixture->new($server);
my $admin    = $fixture->admin;
my $acme     = $fixture->organization_id;
my $other    = $fixture->organization('other');
my $theirs   = $other->{user}{organization_id};
my $password = $Diurnal::Client::PASSWORD;

sub new_user {
    my (%fields) = @_;
    return { email => 'new@example.com', password => 'four',
        organization_id => $acme, %fields };
}

subtest 'create' => sub {
    my $user = $admin->expect(200, post => '/users/',
        new_user(email => 'Ada@EXAMPLE.com'));
    my $organization = $admin->expect(200, get => '/users/me')
        ->{organization};
    is($organization->{id}, $acme, 'a user comes with the organization');
    is_like($user, {
        id => $UUID, email => 'Ada@example.com', full_name => undef,
        role => 'viewer', is_active => JSON::true, mfa_enabled => JSON::false,
        organization_id => $acme, organization => $organization,
    }, 'defaults are filled in, the domain becomes lower-case');
    is_deeply([sort keys %$user], [qw(email full_name id is_active
        mfa_enabled organization organization_id role)],
        'there is no member beside those, least of all a password');
    my $full = $admin->expect(200, post => '/users', new_user(
        email => 'full@example.com', full_name => 'Grace', role => 'operator',
        is_active => JSON::false));
    is_like($full, { full_name => 'Grace', role => 'operator',
        is_active => JSON::false }, 'all of it can be given');
    is_problem($admin->post('/users', new_user(email => 'Ada@Example.COM')),
        400, 'an email is taken once', qr/email/);
    is_status($admin->post('/users', new_user(email => 'ada@example.com')),
        200, '... but another case of the local part is another address');
    is_problem($admin->post('/users',
        new_user(email => $other->{user}{email})), 400,
        '... in the whole installation');
};

subtest 'create: fields' => sub {
    my @wrong = (
        [{ email => 'x' }, 'email', 'value_error'],
        [{ email => 'a@b@example.com' }, 'email', 'value_error'],
        [{ email => '"a"@example.com' }, 'email', 'value_error'],
        [{ email => 'a@localhost' }, 'email', 'value_error'],
        [{ email => 'a@x.test' }, 'email', 'value_error'],
        [{ email => 'a@x.local' }, 'email', 'value_error'],
        [{ email => 'a@x.invalid' }, 'email', 'value_error'],
        [{ email => 3 }, 'email', 'string_type'],
        [{ email => undef }, 'email', 'string_type'],
        [{ password => 1234 }, 'password', 'string_type'],
        [{ password => 'abc' }, 'password', 'value_error'],
        [{ password => 'x' x 129 }, 'password', 'value_error'],
        [{ organization_id => 'x' }, 'organization_id', 'uuid_parsing'],
        [{ organization_id => 1 }, 'organization_id', 'uuid_type'],
        [{ role => 'owner' }, 'role', 'value_error'],
        [{ role => undef }, 'role', 'string_type'],
        [{ is_active => 'maybe' }, 'is_active', 'bool_parsing'],
        [{ is_active => [] }, 'is_active', 'bool_type'],
        [{ full_name => {} }, 'full_name', 'string_type'],
    );
    for my $case (@wrong) {
        my ($fields, $name, $type) = @$case;
        complains($admin->post('/users', new_user(%$fields)),
            ['body', $name], $type, JSON->new->encode($fields));
    }
    for my $name (qw(email password organization_id)) {
        my $user = new_user();
        delete $user->{$name};
        complains($admin->post('/users', $user), ['body', $name], 'missing',
            "$name is required");
    }
    my $answer = $admin->post('/users', { email => 'x', role => 'y' });
    is(scalar @{ $answer->{json}{detail} }, 4,
        'everything that is wrong is told at once');
    unlike($admin->post('/users', new_user(password => ['hunter2']))->{body},
        qr/hunter2/, 'what was sent is never repeated');
    is_status($admin->post('/users', new_user(full_name => undef)), 200,
        'a name may be null');
};

subtest 'create: who may' => sub {
    my $forbidden = qr/^You do not have permission to perform this action\.$/;
    my $viewer = $fixture->user('viewer');
    my $gone   = $fixture->user('admin');
    my %fields = (email => 'who@example.com');
    is_problem($fixture->anyone->post('/users', new_user(%fields)), 403,
        'not a stranger', $forbidden);
    is_problem($fixture->anyone->token('x')->post('/users',
        new_user(%fields)), 403, 'not somebody whose token is none',
        $forbidden);
    is_problem($fixture->anyone->header('X-API-Key' => 'x' x 32)
        ->post('/users', new_user(%fields)), 403,
        'nor whose key is none', $forbidden);
    is_problem($fixture->anyone->post('/users',
        new_user(email => $other->{user}{email})), 403,
        'a stranger does not learn which addresses exist', $forbidden);
    is_problem($viewer->post('/users', new_user(%fields)), 403,
        'not a viewer', $forbidden);
    is_problem($fixture->user('operator')->post('/users',
        new_user(%fields)), 403, 'not an operator', $forbidden);
    is_problem($admin->post('/users',
        new_user(%fields, organization_id => $theirs)), 403,
        'not the admin of another organization', $forbidden);
    is_problem($admin->post('/users', new_user(%fields,
        organization_id => uuid_nobody_has())), 400,
        'nor anyone in an organization that does not exist',
        qr/organization/);
    $admin->expect(200, put => "/users/$gone->{user}{id}",
        { is_active => JSON::false });
    is_problem($gone->post('/users', new_user(%fields)), 403,
        'an inactive admin counts as a stranger', $forbidden);
    my $key = $admin->expect(200, post => '/auth/keys', { name => 'ci' });
    is_status($gone->post('/users', new_user(%fields),
        'X-API-Key' => $key->{key}), 200,
        '... but falls through to a key');
};

subtest 'create: the first' => sub {
    my $anyone = $fixture->anyone;
    my $empty  = $fixture->insert('organizations', name => 'Empty',
        slug => 'empty');
    for my $role (qw(viewer operator)) {
        is_problem($anyone->post('/users', new_user(role => $role,
            email => 'first@example.com', organization_id => $empty)), 400,
            "the first user of an organization is no $role", qr/admin/i);
    }
    is_problem($anyone->post('/users', new_user(role => 'admin',
        email => $other->{user}{email}, organization_id => $empty)), 400,
        '... nor somebody whose email is taken', qr/email/);
    is_status($anyone->post('/users', new_user(role => 'admin',
        email => 'first@example.com', organization_id => $empty)), 200,
        '... but an admin, whom anyone may create');
    is_problem($anyone->post('/users', new_user(role => 'admin',
        email => 'second@example.com', organization_id => $empty)), 403,
        'the second is not for anyone to create');
};

subtest 'oneself' => sub {
    my $viewer = $fixture->user('viewer', full_name => 'V');
    my $me     = $viewer->expect(200, get => '/users/me');
    is_deeply($me, $viewer->{user}, 'who is signed in sees themselves');
    is_deeply($viewer->expect(200, put => '/users/me', {}), $me,
        'what is absent stays');
    is_deeply($viewer->expect(200, put => '/users/me',
        { full_name => undef }), $me, '... and so does what is null');
    is_deeply($viewer->expect(200, put => '/users/me', { full_name => 'W',
        role => 'admin', email => 'w@example.com', is_active => 0 }),
        { %$me, full_name => 'W' }, 'only the name can be changed');
    complains($viewer->put('/users/me', { full_name => 1 }),
        ['body', 'full_name'], 'string_type', '... into a text');
    is_problem($fixture->anyone->get('/users/me'), 401,
        'a stranger is nobody');
    complains($admin->delete('/users/me'), ['path', 'user_id'],
        'uuid_parsing', 'where `me` is not known it is no id');
};

subtest 'the password' => sub {
    my $viewer = $fixture->user('viewer');
    my $path   = '/users/me/password';
    my $tokens = $viewer->sign_in($viewer->{user}{email});
    is_problem($viewer->put($path, { current_password => 'wrong',
        new_password => 'door' }), 400,
        'it takes the present password to change it', qr/incorrect/);
    complains($viewer->put($path, { current_password => $password,
        new_password => 'abc' }), ['body', 'new_password'], 'value_error',
        'the new one is not too short');
    complains($viewer->put($path, { new_password => 'door' }),
        ['body', 'current_password'], 'missing', 'both are required');
    is_problem($fixture->anyone->put($path, {}), 401,
        'a stranger has no password');
    is_problem($fixture->anyone->header('X-API-Key' => 'x' x 32)->put($path,
        { current_password => 'a', new_password => 'b' }), 401,
        '... and does not learn the rules, with whatever key');
    my $answer = $viewer->put($path, { current_password => $password,
        new_password => 'door' });
    is_status($answer, 204, 'it is changed');
    is($answer->{body}, '', '... in silence');
    my $anyone = $fixture->anyone;
    is_problem($anyone->post('/auth/token', { password => $password,
        email => $viewer->{user}{email} }), 401, 'the old one is over');
    is_status($anyone->post('/auth/token', { password => 'door',
        email => $viewer->{user}{email} }), 200, 'the new one is good');
    is_problem($anyone->post('/auth/refresh',
        { refresh_token => $tokens->{refresh_token} }), 401,
        'sessions from before are ended');
};

subtest 'list' => sub {
    my $users = $other->expect(200, get => '/users/');
    is_deeply($users, [$other->{user}], 'an organization has its users');
    my @emails = map { $_->{email} } @{ $admin->expect(200,
        get => '/users') };
    is($emails[0], $Diurnal::Client::EMAIL, '... oldest first');
    ok(!grep({ $_ eq $other->{user}{email} } @emails), '... and no others');
};

subtest 'change' => sub {
    my $viewer = $fixture->user('viewer', full_name => 'V');
    my $path   = "/users/$viewer->{user}{id}";
    my $user   = $viewer->{user};
    is_deeply($admin->expect(200, put => $path, {}), $user,
        'what is absent stays');
    is_deeply($admin->expect(200, put => $path, { full_name => undef,
        role => undef, is_active => undef }), $user,
        '... and so does what is null');
    is_deeply($admin->expect(200, put => $path, { full_name => 'O',
        role => 'operator', email => 'o@example.com', password => 'x' }),
        { %$user, full_name => 'O', role => 'operator' },
        'name and role can be changed, email and password cannot');
    is($viewer->expect(200, get => '/users/me')->{role}, 'operator',
        'a role is in force at once');
    complains($admin->put($path, { role => 'root' }), ['body', 'role'],
        'value_error', '... if there is such a role');
    complains($admin->put('/users/x', { role => 'root' }),
        ['path', 'user_id'], 'uuid_parsing', 'an id is a UUID');
    my $unknown = $admin->put('/users/' . uuid_nobody_has(), {});
    my $foreign = $admin->put("/users/$other->{user}{id}",
        { full_name => 'Mine' });
    is_problem($unknown, 404, 'an unknown user is not found');
    is($foreign->{body}, $unknown->{body},
        'nor is one of another organization, in the same words');
    $admin->expect(200, put => $path, { is_active => JSON::false });
    is_problem($viewer->get('/users/me'), 400,
        'who is inactive is told so at once');
};

subtest 'the only admin' => sub {
    my $me = "/users/$other->{user}{id}";
    is_problem($other->put($me, { role => 'viewer' }), 400,
        'the only admin stays one', qr/only admin/i);
    is_status($other->put($me, { role => 'admin', full_name => 'A' }), 200,
        '... but may change otherwise');
    my $second = $other->expect(200, post => '/users', { role => 'admin',
        email => 'second@other.example.com', password => $password,
        organization_id => $theirs, is_active => JSON::false });
    is_status($other->put("/users/$second->{id}", { role => 'viewer' }), 200,
        'another admin can be made a viewer');
    is_problem($other->put($me, { role => 'operator' }), 400,
        '... after whom there is only one', qr/only admin/i);
    $other->expect(200, put => "/users/$second->{id}", { role => 'admin' });
    is_status($other->put($me, { role => 'viewer' }), 200,
        'beside another admin, if inactive, one may step down');
    is_problem($other->get('/users'), 403, '... and is admin no more');
};

subtest 'delete' => sub {
    my $viewer = $fixture->user('viewer');
    my $key    = $viewer->expect(200, post => '/auth/keys', { name => 'k' });
    my $path   = "/users/$viewer->{user}{id}";
    my $self   = '/users/' . $fixture->admin_id;
    is_problem($admin->delete($self), 400, 'nobody deletes themselves',
        qr/yourself/i);
    is_problem($admin->delete('/users/' . uuid_nobody_has()), 404,
        'nor a user who does not exist', qr/^User not found$/);
    is_problem($admin->delete("/users/$other->{user}{id}"), 404,
        'nor one of another organization', qr/^User not found$/);
    complains($admin->delete('/users/x'), ['path', 'user_id'],
        'uuid_parsing', 'an id is a UUID');
    is_status($admin->delete($path), 204, 'a user is deleted');
    is_problem($admin->delete($path), 404, '... once');
    is_problem($viewer->get('/users/me'), 401, 'their token is worthless');
    is_problem($fixture->anyone->header('X-API-Key' => $key->{key})
        ->get('/users/me'), 401, '... and so is their key');
    is_status($admin->delete('/users/' . $fixture->user('admin')->{user}{id}),
        204, 'an admin may delete another');
};

subtest 'two admins demote each other' => sub {
    my $second = $fixture->user('admin');
    my @others = grep { $_->{role} eq 'admin'
        && $_->{id} ne $second->{user}{id} && $_->{id} ne $fixture->admin_id
        } @{ $admin->expect(200, get => '/users') };
    $admin->expect(200, put => "/users/$_->{id}", { role => 'viewer' })
        for @others;
    for my $round (1 .. 5) {
        my @status = sort +at_once(map {
            my ($who, $whom) = @$_;
            sub { $who->clone->put("/users/$whom", { role => 'viewer' })
                ->{status} }
        } [$admin, $fixture->admin_id], [$second, $second->{user}{id}]);
        is_deeply(\@status, [200, 400],
            'of two last admins who step down at once, one stays')
            or last;
        $fixture->db->execute("update diurnal.users set role = 'admin'
            where id in (?, ?)", $fixture->admin_id, $second->{user}{id});
    }
};

subtest 'passwords' => sub {
    $server->restart(PASSWORD_MIN_LENGTH => undef);
    my $number = 0;
    my $create = sub { $admin->post('/users', new_user(
        email => 'p' . ++$number . '@example.com', password => $_[0])) };
    complains($create->($_), ['body', 'password'], 'value_error',
        "'$_' will not do") for 'elevenchars', '012345678901',
        '!QAZ2wsx#EDC', 'x' x 129;
    for my $good ('twelve chars', "\x{1F600}" x 12, ' ' x 12,
        "\x{1F600}" x 128) {
        my $answer = $create->($good);
        is_status($answer, 200, 'other characters do, and 12 to 128 of them');
        is_status($fixture->anyone->post('/auth/token', { password => $good,
            email => "p$number\@example.com" }), 200, '... to sign in with');
    }
    my $viewer = $fixture->user('viewer');
    complains($viewer->put('/users/me/password', { new_password =>
        '012345678901', current_password => $password }),
        ['body', 'new_password'], 'value_error',
        'a change of password keeps the rules');
};

done_testing;
