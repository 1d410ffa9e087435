#!/usr/bin/perl
# Bad input: every parameter and member of every route gets what no client
# should send.  A 4xx problem that names the place is right, and so is success
# where a value happens to fit; never a 5xx, never a worker lost.
use strict;
use warnings;

use IO::Socket::SSL;
use JSON ();
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Routes;
use Diurnal::Server;

my $server  = Diurnal::Server->start(PASSWORD_MIN_LENGTH => 4);
my $fixture = Diurnal::Fixture->new($server);
my $admin   = $fixture->admin;
my @workers = $server->workers;
my $encoder = JSON->new->utf8->allow_nonref->canonical;

is(scalar @workers, $server->WORKERS, 'all workers are there');

# What stands in a path or a query, as it is on the wire.
my @texts = ('', '%20', 'x', '0', '-1', '1.5', '1e9', 'NaN', 'Infinity', 'null',
    'true', '9' x 18, '9' x 40, '-' . '9' x 40, '%00', 'a%00b', '%', '%zz',
    '%c0%80', '%ff%fe', '%ed%a0%80', '%f4%90%80%80', "%27%20or%201%3D1--",
    '%5C', '%22', '%7B%7D', '%5B%5D', '..%2F..', '%2e%2e', 'a' x 5000,
    '%f0%9f%98%80' x 1100, '%0d%0aX-Evil:%201', '00000000-0000-0000-0000',
    '00000000-0000-0000-0000-00000000000g', '{' . uuid_nobody_has() . '}',
    uuid_nobody_has() . '0', uuid_nobody_has() . '%00', '+', '%e2%80%ae',
    '2026-02-30', '99999-01-01T00:00:00Z');

# What stands in a body, as JSON.
my @values = (qw(null true false 0 -1 1.5 -0 1e400 -1e400 1e-400 1E5 [] {} ""
    " " "x" "NaN" "null" [null] [[]] [{}] {"a":null} {"":""} 1e18),
    '9' x 18, '9' x 19, '9' x 31, '9' x 5000, '0.' . '1' x 5000,
    '"\u0000"', '"a\u0000b"', '"\ud800"', '"\udc00\ud800"', '"\u202e"',
    '"\ud83d\ude00"', '"' . "\xc0\x80" . '"', '"' . "\xff" . '"', "\xff",
    '"' . "\xed\xa0\x80" . '"', '"' . 'x' x 5000 . '"',
    '"' . "\xf0\x9f\x98\x80" x 1100 . '"', '"' . 'x' x 100_000 . '"',
    '"\' or 1=1--"', '"\\\\x00"', '"{}"', '"[]"', '"$1"', '"%s%n"',
    '"urn:uuid:' . uuid_nobody_has() . '"', '"' . uuid_nobody_has() . '0"',
    '"' . uc(uuid_nobody_has()) . '"', '["' . uuid_nobody_has() . '"]',
    '"0000-00-00T00:00:00Z"', '"0001-01-01T00:00:00Z"',
    '"-4713-01-01T00:00:00Z"', '"9999-12-31T23:59:59.999999Z"',
    '"9999-12-31T23:59:59-23:59"', '"10000-01-01T00:00:00Z"',
    '"294277-01-01T00:00:00Z"', '"2026-02-30T00:00:00Z"',
    '"2026-01-01T24:00:00Z"', '"2026-01-01T00:00:60Z"',
    '"2026-01-01T00:00:00+24:00"', '"2026-01-01T00:00:00.1234567890123Z"',
    '"infinity"', '"-infinity"', '"now"', '"99999999999999999999"',
    '[' x 33 . ']' x 33, '{"a":' x 33 . '1' . '}' x 33,
    '[' x 50_000, '{"a":' x 50_000, '[' . '1,' x 1000 . '1]',
    '["' . join('","', 1 .. 1001) . '"]',
    '{' . join(',', map { "\"k$_\":\"v\"" } 1 .. 1001) . '}',
    '{"a":1,"a":2}', "'x'", '/**/1', '01', '+1', '.5', '1.', '0x10', "\t",
    'undefined', '"\x"', "\"\n\"", '"unterminated',
    '{"tags":{"a":"b"},"resource_ids":null}', '{"tags":{"":""}}',
    '{"tags":{"a\u0000":"b"}}', '{"resource_ids":["\u0000"]}',
    '{"monday":[{"start":"\u0000","end":"24:00"}]}',
    '{"monday":[{"start":"09:00","end":"18:00","next_day":1e400}]}',
    '{"monday":[{"start":null,"end":[]}]}', '{"monday":null}',
    '{"start":"* * * * *","stop":"@never"}', '{"start":{},"stop":[]}',
    '{"start":"' . '0,' x 5000 . '0 * * * *","stop":"@daily"}');

my $resource = $fixture->resource(name => 'web');
my $victim   = $fixture->user('viewer');
my %ids      = (
    organization_id => $fixture->organization_id,
    user_id         => $victim->{user}{id},
    account_id      => $fixture->account(name => 'a'),
    resource_id     => $resource,
);

# A body that is right but for one member.  No credentials are, so that nobody
# waits for the reconciler.
my %right = (
    'POST /api/v1/organizations' => { name => 'n', slug => 's' },
    'POST /api/v1/users' => { email => 'a@example.com', password => 'four',
        organization_id => $ids{organization_id}, role => 'viewer' },
    'PUT /api/v1/users/me/password' => { current_password => 'wrong',
        new_password => 'four' },
    'POST /api/v1/auth/token' => { email => 'x@example.com',
        password => 'x' },
    'POST /api/v1/auth/login' => { email => 'x@example.com',
        password => 'x' },
    'POST /api/v1/auth/keys' => { name => 'k' },
    'POST /api/v1/cloud-accounts' => { name => 'n', provider_type => 'demo',
        credentials => { rubbish => 'x' } },
    'PUT /api/v1/cloud-accounts/{account_id}' => {},
    'POST /api/v1/policies' => { name => 'p', timezone => 'UTC',
        schedule => {}, resource_selector => { resource_ids => [] } },
    'PUT /api/v1/policies/{policy_id}' => { name => 'p' },
    'POST /api/v1/overrides' => { resource_id => $resource,
        desired_state => 'RUNNING', expires_at => '2030-01-01T00:00:00Z' },
);

my $policy = $admin->expect(201, post => '/policies',
    $right{'POST /api/v1/policies'})->{id};

# What is wrong with an answer, or undef.
sub wrong_answer {
    my ($answer, $place) = @_;
    my $status = $answer->{status};
    return "got $status: $answer->{body}" if $status >= 500;
    return if $status < 400;
    return "no problem: $answer->{body}" if $answer->{headers}
        {'content-type'} ne 'application/problem+json';
    return 'wrong status' if $answer->{json}{status} != $status;
    return if $status != 422;
    my @places = map { join '/', @{ $_->{loc} } } @{ $answer->{json}{detail} };
    return "complains of @places" if grep { $_ ne 'body' && $_ !~ /^body\/\d+$/
        && $_ ne $place && index($_, "$place/") != 0 } @places;
    return;
}

sub is_fine {
    my ($wrong, $name) = @_;
    return is("@$wrong[0 .. ($#$wrong > 4 ? 4 : $#$wrong)]", '', $name);
}

sub shown { return substr $_[0], 0, 40 }

# Fresh ids, where a route deletes what it is given.
sub path_of {
    my ($route, %more) = @_;
    return $route->path(%ids, policy_id => $policy, %more);
}

for my $route (Diurnal::Routes->all) {
    # It waits for the reconciler, which reads nothing of the request.
    next if $route->name =~ m{/reconcile$|/sync$};
    my $name = $route->name;
    my $members = $route->members;
    my $body = $members ? $right{$name} // {} : undef;

    for my $parameter (map { $_->{name} } $route->parameters('path')) {
        my @wrong;
        for my $text (@texts) {
            my $answer = $admin->request($route->method,
                path_of($route, $parameter => $text), $body);
            my $wrong = wrong_answer($answer, "path/$parameter") // next;
            push @wrong, shown($text) . ": $wrong\n";
        }
        is_fine(\@wrong, "$name: {$parameter}");
    }
    for my $parameter (map { $_->{name} } $route->parameters('query')) {
        my @wrong;
        for my $text (@texts) {
            my $answer = $admin->request($route->method,
                path_of($route) . "?$parameter=$text", $body);
            my $wrong = wrong_answer($answer, "query/$parameter") // next;
            push @wrong, shown($text) . ": $wrong\n";
        }
        is_fine(\@wrong, "$name: ?$parameter");
    }
    for my $member (sort keys %{ $members // {} }) {
        my @wrong;
        for my $value (@values) {
            my %others = %$body;
            delete $others{$member};
            my $text = $encoder->encode(\%others);
            $text =~ s/\}$/(%others ? ',' : '') . "\"$member\":$value}"/e;
            my $answer = $admin->request($route->method, path_of($route),
                $text);
            my $wrong = wrong_answer($answer, "body/$member") // next;
            push @wrong, shown($value) . ": $wrong\n";
        }
        is_fine(\@wrong, "$name: $member");
    }
}

subtest 'headers' => sub {
    my @wrong;
    for my $name (qw(Authorization X-API-Key X-Setup-Token X-Request-ID
        Content-Type Origin User-Agent Accept Cookie)) {
        for my $value ('', ' ', 'x' x 6000, 'Bearer', 'Bearer  ',
            'Bearer ' . 'x' x 6000, 'Bearer a.b.c', 'Bearer ..',
            'Bearer ' . 'e30.' x 1000, '%00', '"\\', '{}') {
            my $answer = $fixture->anyone->post('/users',
                $right{'POST /api/v1/users'}, $name => $value);
            my $wrong = wrong_answer($answer, 'body') // next;
            push @wrong, "$name: " . shown($value) . ": $wrong\n";
        }
    }
    is_fine(\@wrong, 'nothing that headers hold does harm');
};

# The status that comes back for these bytes.
sub status_of {
    my ($bytes) = @_;
    my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1',
        PeerPort => $server->port, SSL_hostname => 'localhost',
        SSL_ca_file => $server->ca_file, Timeout => 10)
        // die "no connection\n";
    print $socket $bytes;
    return (<$socket> // '') =~ m{^HTTP/1\.1 (\d+)} ? $1 : 'nothing';
}

subtest 'bytes' => sub {
    my $body = '{"email":"x@example.com","password":"x"}';
    my $head = "POST /api/v1/auth/token HTTP/1.1\r\nHost: localhost\r\n"
        . "Content-Type: application/json\r\n";
    my $length = 'Content-Length: ' . length $body;
    for my $name (qw(Authorization X-API-Key User-Agent Origin
        X-Request-ID)) {
        is(status_of("$head$name: \xff\xfe \xc0\x80\r\n$length\r\n\r\n"
            . $body), 401, "$name may hold any bytes");
    }
    is(status_of("${head}Transfer-Encoding: chunked\r\n\r\n"
        . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $body, $body)), 401,
        'a body may come in chunks');
    is(status_of("${head}Transfer-Encoding: chunked\r\n\r\n"
        . sprintf("%x\r\n%s\r\n", 11 << 20, 'x' x (11 << 20))), 413,
        '... but not too many');
    is(status_of("${head}Content-Length: 10\r\nContent-Length: 20\r\n\r\n"),
        400, 'a body has one length');
    is(status_of("${head}Content-Length: -1\r\n\r\n"), 400,
        '... that is a number');
    is(status_of("${head}$length\r\nTransfer-Encoding: chunked\r\n\r\n"
        . "0\r\n\r\n"), 400, '... and not chunks as well');
    is(status_of("GET /api/v1/\xff HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        400, 'a path is UTF-8');
    is(status_of("GET /api/v1/resources?state=\xff HTTP/1.1\r\n"
        . "Host: localhost\r\nAuthorization: "
        . $admin->{headers}{Authorization} . "\r\n\r\n"), 422,
        '... and so is a query');
};

is_deeply([$server->workers], \@workers, 'every worker is still there');
for my $name (qw(api-1 api-2)) {
    unlike($server->log($name), qr/"level":"error"/,
        "$name has no error in its log");
}
is($fixture->db->value('select count(*) from diurnal.organizations'), 1,
    'there is still one organization');

done_testing;
