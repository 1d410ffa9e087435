#!/usr/bin/perl
# What every answer of the API carries, whatever its status; t/deploy/nginx.t
# has what nginx answers by itself.
use strict;
use warnings;

use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server  = Diurnal::Server->start;
my $fixture = Diurnal::Fixture->new($server);
my $admin   = $fixture->admin;
my $anyone  = $fixture->anyone;
my %headers = (
    'x-content-type-options' => 'nosniff',
    'x-frame-options'        => 'DENY',
    'referrer-policy'        => 'strict-origin-when-cross-origin',
    'permissions-policy' => 'camera=(), microphone=(), geolocation=()',
    'strict-transport-security' => 'max-age=31536000; includeSubDomains',
);
my $viewer = $fixture->user('viewer');
my $key = $admin->expect(200, post => '/auth/keys', { name => 'k' });

my @answers = (
    [200, $admin->get('/policies')],
    [200, $anyone->get('//health')],
    [204, $admin->delete("/auth/keys/$key->{id}")],
    [400, $admin->delete('/users/' . $fixture->admin_id)],
    [401, $anyone->get('/policies')],
    [403, $viewer->get('/users')],
    [404, $admin->get('/policies/' . uuid_nobody_has())],
    [404, $anyone->get('/nothing')],
    [405, $anyone->delete('/policies')],
    [422, $anyone->post('/auth/token', '{')],
);
for my $case (@answers) {
    my ($status, $answer) = @$case;
    is($answer->{status}, $status, "an answer of $status");
    is_like($answer->{headers}, \%headers, '... has the headers');
    like($answer->{headers}{'x-request-id'}, qr/^[A-Za-z0-9._-]{8,64}$/,
        '... and an id');
}

is($answers[0][1]{headers}{'content-type'}, 'application/json',
    'JSON is called that');
is($answers[2][1]{headers}{'content-type'}, undef,
    'nothing has no type');
is($answers[2][1]{body}, '', '... nor a body');
is($admin->get('/policies', undef, 'X-Request-ID' => 'from-the-client')
    ->{headers}{'x-request-id'}, 'from-the-client',
    "a client's id comes back");
isnt($admin->get('/policies', undef, 'X-Request-ID' => 'a b')
    ->{headers}{'x-request-id'}, 'a b', '... if it is one');

done_testing;
