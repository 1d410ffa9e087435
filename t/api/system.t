#!/usr/bin/perl
# What anyone may ask of an installation.
use strict;
use warnings;

use JSON ();
use Test::More;

use Diurnal::Check;
use Diurnal::Server;

my $server = Diurnal::Server->start;
my $client = $server->client;

my $status = $client->expect(200, get => '/system/status');
is_deeply([sort keys %$status], ['bootstrapped', 'version'],
    'the status is whether somebody moved in, and the version');
ok(JSON::is_bool($status->{bootstrapped}) && !$status->{bootstrapped},
    'nobody moved in yet');
like($status->{version}, qr/^\d+\.\d+\.\d+$/, 'the version is one');
is_deeply($client->expect(200, get => '/system/status/'), $status,
    'a final slash makes no difference');

is_deeply($client->expect(200, get => '//health'), { status => 'healthy' },
    'it is alive');
is_deeply($client->expect(200, get => '//ready'), { status => 'ready' },
    'it is ready');
is_deeply($client->expect(200, get => '//'), { message => 'Diurnal API' },
    'the root says what it is');

$client->expect(201, post => '/organizations',
    { name => 'Acme', slug => 'acme' });
ok($client->expect(200, get => '/system/status')->{bootstrapped},
    'with the first organization somebody has');

done_testing;
