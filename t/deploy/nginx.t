#!/usr/bin/perl
# What nginx answers by itself, and what it lets through.
use strict;
use warnings;

use IO::Socket::SSL;
use JSON ();
use Test::More;

use Diurnal::Server;

my $server = Diurnal::Server->start;
my $client = $server->client;

sub connection {
    my (%options) = @_;
    return IO::Socket::SSL->new(
        PeerAddr => '127.0.0.1', PeerPort => $server->port,
        SSL_hostname => 'localhost', SSL_ca_file => $server->ca_file,
        Timeout => 10, %options,
    );
}

# What comes back for these bytes: status, body and head.
sub answer_to {
    my ($bytes, $socket) = @_;
    $socket //= connection() // die "no connection: $SSL_ERROR\n";
    print $socket $bytes;
    my $head = do { local $/ = "\r\n\r\n"; <$socket> } // '';
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
    my ($length) = $head =~ /^Content-Length: (\d+)\r$/m;
    read $socket, my $body, $length // 0;
    return ($status, $body, $head);
}

sub is_problem {
    my ($json, $status, $name) = @_;
    return ok(ref $json && $json->{type} eq 'about:blank'
        && $json->{status} == $status && length $json->{title}
        && length $json->{detail}, $name) || diag(explain($json));
}

my %headers = (
    'strict-transport-security' => 'max-age=31536000; includeSubDomains',
    'x-content-type-options'    => 'nosniff',
    'x-frame-options'           => 'DENY',
    'referrer-policy'           => 'strict-origin-when-cross-origin',
    'permissions-policy' => 'camera=(), microphone=(), geolocation=()',
    'cross-origin-opener-policy'   => 'same-origin',
    'cross-origin-resource-policy' => 'same-origin',
);

sub has_the_headers {
    my ($answer, $what) = @_;
    my $found = $answer->{headers};
    is($found->{$_}, $headers{$_}, "$what has $_, once")
        for sort keys %headers;
    like($found->{'content-security-policy'}, qr/^default-src 'none';/,
        "$what has a content-security-policy");
    unlike($found->{'content-security-policy'}, qr/unsafe/,
        "$what allows nothing unsafe");
    is($found->{server}, 'nginx', "$what does not tell nginx's version");
}

subtest 'headers' => sub {
    has_the_headers($client->get('//health'), 'an answer of the API');
    has_the_headers($client->get('//', undef, Accept => 'text/html'),
        'the page');
    has_the_headers($client->get('//nowhere'), 'an unknown path');
    has_the_headers($client->post('/x', 'x' x (10 << 20) . 'x'),
        'a body too large');
};

subtest 'the front' => sub {
    is_deeply($client->get('//')->{json}, { message => 'Diurnal API' },
        'a program gets the message of the API');
    my $page = $client->get('//', undef, Accept => 'text/html,*/*;q=0.8');
    like($page->{headers}{'content-type'}, qr{^text/html; charset=utf-8$},
        'a browser gets a page');
    like($page->{body}, qr/Diurnal runs here/, '... that says what this is');
    my $nowhere = $client->get('//index.htm');
    is($nowhere->{status}, 404, 'there is nothing beside it');
    is($nowhere->{headers}{'content-type'}, 'application/problem+json',
        '... which is said by a problem');
    is_problem($nowhere->{json}, 404, '... that is complete');
};

subtest 'bodies' => sub {
    my $head = "POST /api/v1/policies HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nContent-Length: %d\r\n\r\n";
    my ($status, $body) = answer_to(sprintf $head, (10 << 20) + 1);
    is($status, 413, 'a body over 10 MiB is refused from its header alone');
    is($body, '{"type":"about:blank","title":"Content Too Large",'
        . '"status":413,"detail":"Request body too large"}',
        '... in the words of the contract');
    my $most = $client->post('/policies', 'x' x (10 << 20));
    isnt($most->{status}, 413, 'one of 10 MiB is not');
};

subtest 'what is not HTTP' => sub {
    my %wrong = (
        'rubbish'             => [400, "rubbish\r\n\r\n"],
        'a request without a host' => [400, "GET / HTTP/1.1\r\n\r\n"],
        'a NUL in the path'   => [400, "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"],
        'HTTP/9.1'            => [505, "GET / HTTP/9.1\r\nHost: a\r\n\r\n"],
        'an unknown coding'   => [501, "GET / HTTP/1.1\r\nHost: a\r\n"
            . "Transfer-Encoding: x\r\n\r\n"],
        'a header of 9 kB'    => [431, "GET / HTTP/1.1\r\nHost: a\r\nA: "
            . 'a' x 9_000 . "\r\n\r\n"],
        'an address of 9 kB'  => [414, 'GET /' . 'a' x 9_000
            . " HTTP/1.1\r\nHost: a\r\n\r\n"],
        'the inside of nginx' => [404, "GET /.problem HTTP/1.1\r\n"
            . "Host: a\r\nConnection: close\r\n\r\n"],
    );
    for my $name (sort keys %wrong) {
        my ($want, $bytes) = @{ $wrong{$name} };
        my ($status, $body, $head) = answer_to($bytes);
        is($status, $want, "$name is answered with $want");
        is_problem(eval { JSON::decode_json($body) }, $want,
            '... and a problem');
        like($head, qr/^X-Content-Type-Options: nosniff\r?$/m,
            '... and the headers');
    }
    my $plain = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $server->port);
    my ($status, $body, $head) = answer_to(
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", $plain);
    is($status, 400, 'plain HTTP is refused');
    is_problem(eval { JSON::decode_json($body) }, 400, '... with a problem');
    unlike($head, qr/Strict-Transport-Security/, '... without HSTS');
};

subtest 'TLS' => sub {
    for my $version (qw(TLSv1_2 TLSv1_3)) {
        my $socket = connection(SSL_version => $version);
        ok($socket, "$version is spoken") or next;
        like($socket->get_cipher, qr/GCM|CHACHA20/, '... with AEAD');
    }
    ok(!connection(SSL_version => 'TLSv1_1',
        SSL_cipher_list => 'ALL:@SECLEVEL=0'), 'TLS 1.1 is not');
    ok(!connection(SSL_version => 'TLSv1_2',
        SSL_cipher_list => 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA'),
        'ciphers without AEAD are not');
    my $session = `openssl s_client -connect 127.0.0.1:@{[$server->port]} \\
        -tls1_2 </dev/null 2>/dev/null`;
    like($session, qr/Session-ID: [0-9A-F]+/, 'sessions are resumed');
    unlike($session, qr/session ticket:/, '... without tickets');
    my $http2 = connection(SSL_alpn_protocols => ['h2', 'http/1.1']);
    is($http2 && $http2->alpn_selected, 'h2', 'HTTP/2 is offered');
};

subtest 'workers' => sub {
    my $id = 'a.request-of_mine';
    $client->get('//health?secret=yes', undef, 'X-Request-ID' => $id);
    like($server->log('access'), qr{"GET /health" 200 .* \Q$id\E$}m,
        "a client's request id is in the log");
    unlike($server->log('access'), qr/secret/, '... what it asked is not');
    $client->get('//health', undef, 'X-Request-ID' => 'no "id"');
    unlike($server->log('access'), qr/no "id"/, 'nor an id that is unfit');
};

done_testing;
