#!/usr/bin/perl
# What goes wrong with a request as such, in the order in which it is told.
use strict;
use warnings;

use JSON ();
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Routes;
use Diurnal::Server;

my $server  = Diurnal::Server->start;
my $fixture = Diurnal::Fixture->new($server);
my $admin   = $fixture->admin;
my $viewer  = $fixture->user('viewer');
my $anyone  = $fixture->anyone;
my @routes  = Diurnal::Routes->all;

# Not waiting for a reconciler that is not there.
my @quick = grep { $_->name !~ m{/reconcile$} } @routes;

subtest 'paths' => sub {
    for my $path (qw(/nothing /policiess /policies/x/y /auth /auth/ //api
        //api/v1 //api/v2/policies /users/me/password/x //health/x
        /policies%2F), '/policies/' . uuid_nobody_has() . '/nothing') {
        is_problem($anyone->get($path), 404, "there is no $path");
    }
    for my $route (@quick) {
        my $path = $route->path;
        next if $path =~ m{/$};
        my ($plain, $slash) = map { $admin->request($route->method, $_,
            $route->members ? '[]' : undef) } $path, "$path/";
        is($slash->{status}, $plain->{status}, $route->name
            . ' is the same with a slash') || diag($slash->{body});
    }
    is($admin->get('/resources/?page=x')->{body},
        $admin->get('/resources?page=x')->{body},
        'a query survives the slash');
    is_status($admin->get('/%70olicies'), 200, 'a path is decoded');
};

subtest 'methods' => sub {
    my %methods;
    push @{ $methods{ $_->{path} } }, $_->method for @routes;
    for my $path (sort keys %methods) {
        my ($route) = grep { $_->{path} eq $path } @routes;
        # Fixed segments are ids to methods that they do not have.
        next if $path =~ m{/(?:me|bootstrap|count|reconcile)$};
        my %has = map { $_ => 1 } @{ $methods{$path} };
        for my $method (grep { !$has{$_} } qw(GET POST PUT DELETE PATCH)) {
            my $answer = $anyone->request($method, $route->path);
            is_problem($answer, 405, "$path has no $method");
            is_deeply([sort split /, /, $answer->{headers}{allow} // ''],
                [sort @{ $methods{$path} }], '... but what Allow says');
        }
    }
    is_problem($anyone->request($_, '/policies'), 405, "nothing has $_")
        for qw(OPTIONS PURGE);
    my $head = $anyone->request('HEAD', '/policies');
    is($head->{status}, 405, 'nothing has HEAD');
    is($head->{body}, '', '... which is said without a body');
    is_problem($anyone->get($_), 405, "no GET $_")
        for '/users/' . uuid_nobody_has(), '/overrides/' . uuid_nobody_has(),
            '/auth/keys/' . uuid_nobody_has();
    is_problem($anyone->delete($_), 405, "no DELETE $_")
        for '/organizations/' . uuid_nobody_has(),
            '/resources/' . uuid_nobody_has();
};

subtest 'fixed segments' => sub {
    complains($admin->delete('/users/me'), ['path', 'user_id'],
        'uuid_parsing', 'DELETE knows no `me`');
    is_problem($viewer->delete('/users/me'), 403, '... as a viewer learns');
    is_problem($anyone->delete('/users/me'), 401, '... or nobody');
};

subtest 'bodies' => sub {
    my $policies = sub { $admin->post('/policies', @_) };
    complains($policies->(undef), ['body'], 'missing', 'no body');
    complains($policies->(''), ['body'], 'missing', 'an empty body');
    complains($policies->($_), ['body'], 'model_attributes_type',
        "a body $_") for '[]', '3', '"x"', 'null', 'true', ' [{}] ';
    for my $case (['{', 1], ['{"a":}', 5], ['{}x', 2], ['x', 0],
        ["{'a':1}", 1], ['{"a":1,}', 7], ['{"a":NaN}', 5], ["\xff", 0],
        ['{"a":"' . "\xc0\x80" . '"}', 6], ['{"a":01}', 6]) {
        my ($body, $offset) = @$case;
        my $answer = $policies->($body);
        complains($answer, ['body', $offset], 'json_invalid',
            'no JSON at ' . $offset);
        my $text = $anyone->post('/policies', $body);
        is($text->{body}, $answer->{body}, '... as anyone is told');
    }
    complains($policies->('{"name":"a","name":"b"}'), ['body', 23],
        'json_invalid', 'a member that comes twice');
    complains($policies->('{}', 'Content-Type' => $_), ['body'],
        'model_attributes_type', "a body of type $_")
        for 'text/plain', 'application/x-www-form-urlencoded', 'text/json',
            'application/jsonx', 'json';
    complains($policies->('{}', 'Content-Type' => $_), ['body', 'name'],
        'missing', "$_ is JSON") for 'application/json',
        'application/json; charset=utf-8', 'APPLICATION/JSON',
        'application/merge-patch+json', 'application/vnd.x+json;v=1';
    is_status($admin->get('/policies', 'rubbish'), 200,
        'a body that nobody wants is not looked at');
    is_status($admin->get('/policies', undef,
        'Content-Type' => 'application/json'), 200, '... nor its type');
    is_problem($admin->delete('/policies/' . uuid_nobody_has(), '{'), 404,
        '... nor at that of DELETE');
};

subtest 'a content type that is missing' => sub {
    my $http = $admin->{http};
    my $answer = $http->request('POST',
        $server->base_url . '/api/v1/policies', {
        headers => { %{ $admin->{headers} }, 'Content-Type' => '' },
        content => '{}' });
    is($answer->{status}, 422, 'is not guessed');
};

subtest 'order' => sub {
    my $unknown = '/policies/' . uuid_nobody_has();
    is_problem($anyone->post('/nothing', '{'), 404,
        'where nothing is, no body is read');
    complains($anyone->post('/policies', '{'), ['body', 1], 'json_invalid',
        'what is no JSON is told to anyone');
    for my $case (['no body', undef], ['an empty body', ''],
        ['no object', '[]'], ['a bad object', '{"name":3}'],
        ['another type', '{}', 'Content-Type' => 'text/plain'],
        ['a NUL', '{"name":"\u0000"}']) {
        my ($name, @body) = @$case;
        is_problem($anyone->post('/policies', @body), 401,
            "with $name nobody is nobody");
        is_problem($viewer->post('/policies', @body), 403,
            '... and a viewer may not');
        is($admin->post('/policies', @body)->{status}, 422,
            '... who may is told');
    }
    is_problem($anyone->get('/policies/x'), 401,
        'an id is not looked at for nobody');
    is_problem($viewer->put('/policies/x', {}), 403, '... nor for a viewer');
    complains($admin->put('/policies/x', { name => 3 }),
        ['path', 'policy_id'], 'uuid_parsing', '... who may is told');
    complains($admin->put('/policies/x', { name => 3 }), ['body', 'name'],
        'string_type', '... with what else is wrong');
    is_problem($admin->put($unknown, {}), 404, '... or that there is none');
    is_problem($viewer->post('/cloud-accounts', { name => 'a',
        provider_type => 'demo', credentials => { rubbish => 1 } }), 403,
        'credentials are not looked at for a viewer');
    is_problem($anyone->post('/cloud-accounts', { name => 'a',
        provider_type => 'demo', credentials => { rubbish => 1 } },
        'X-API-Key' => 'x' x 32), 401, '... nor for a worthless key');
};

subtest 'messages' => sub {
    my $secret = 'tr0ub4dor&3';
    for my $body ({ email => $secret, password => $secret },
        { email => 'a@example.com', password => [$secret] }) {
        unlike($anyone->post('/auth/token', $body)->{body}, qr/\Q$secret\E/,
            'what was sent is never repeated');
    }
    my $many = $admin->post('/policies', { name => 'p', timezone => 'UTC',
        schedule => {}, resource_selector => {
        resource_ids => [('x') x 1000] } });
    is($many->{status}, 422, 'a thousand mistakes are a 422');
    ok(@{ $many->{json}{detail} } <= 64, '... that tells of some');
    my $long = $admin->post('/policies', { name => 'p', timezone => 'UTC',
        schedule => {}, resource_selector => {
        tags => { 'k' x 5000 => 3 } } });
    ok(length $long->{body} < 1000, 'a long name is shortened');
};

subtest 'a tag of any name' => sub {
    # It is part of the place that a complaint names.
    for my $name ("\x{1F600}" x 100, "a\nb", '"', "\x{7f}", "\x{202e}") {
        my $answer = $admin->post('/policies', { name => 'p',
            timezone => 'UTC', schedule => {},
            resource_selector => { tags => { $name => 3 } } });
        is($answer->{status}, 422, 'is told in JSON');
    }
};

subtest 'CORS' => sub {
    my %page = (Origin => 'http://localhost:3000');
    my $get = $admin->get('/policies', undef, %page);
    is_like($get->{headers}, { 'access-control-allow-origin' =>
        'http://localhost:3000', 'access-control-allow-credentials' =>
        'true' }, 'a page of a listed origin may read');
    like($anyone->get('/policies', undef, %page)->{headers}
        {'access-control-allow-origin'}, qr/localhost:3000/,
        '... errors also');
    is($admin->get('/policies', undef, Origin => 'http://evil.example')
        ->{headers}{'access-control-allow-origin'}, undef,
        'another may not');
    my $flight = $anyone->request('OPTIONS', '/policies', undef, %page,
        'Access-Control-Request-Method' => 'POST',
        'Access-Control-Request-Headers' => 'authorization, content-type');
    is($flight->{status}, 204, 'a preflight is answered');
    like($flight->{headers}{'access-control-allow-methods'}, qr/\b$_\b/,
        "... with $_") for qw(GET POST PUT DELETE);
    like($flight->{headers}{'access-control-allow-headers'}, qr/\b$_\b/,
        "... with $_") for qw(Authorization X-API-Key X-Setup-Token
        Content-Type);
    $server->restart(CORS_ALLOW_ALL_ORIGINS => 'true');
    my $all = $anyone->get('//health', undef, Origin => 'http://x.example');
    is($all->{headers}{'access-control-allow-origin'}, '*',
        'all origins can be let in');
    is($all->{headers}{'access-control-allow-credentials'}, undef,
        '... without credentials');
};

done_testing;
