#!/usr/bin/perl
use strict;
use warnings;

use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server = Diurnal::Server->start(ORGANIZATIONS_PUBLIC => 'true');

subtest 'nobody has moved in' => sub {
    my $client = $server->client;
    is_deeply($client->expect(200, get => '/organizations'), [],
        'there is no organization');
    is_problem($client->get('/organizations/' . uuid_nobody_has()), 404,
        'nor one of this id', qr/^Organization not found$/);
    complains($client->get('/organizations/x'),
        ['path', 'organization_id'], 'uuid_parsing', 'an id is a UUID');
    complains($client->post('/organizations', { slug => 'acme' }),
        ['body', 'name'], 'missing', 'an organization has a name');
    complains($client->post('/organizations', { name => 'Acme' }),
        ['body', 'slug'], 'missing', '... and a slug');
    complains($client->post('/organizations', { name => '', slug => 'a' }),
        ['body', 'name'], 'value_error', '... that is not empty');
    complains($client->post('/organizations', { name => 1, slug => 'a' }),
        ['body', 'name'], 'string_type', '... and is a text');
    complains($client->post('/organizations', { name => 'a', slug => undef }),
        ['body', 'slug'], 'string_type', '... not null');
};

my $fixture = Diurnal::Fixture->new($server);
my $admin   = $fixture->admin;
my $mine    = '/organizations/' . $fixture->organization_id;
my %acme    = (
    id   => $fixture->organization_id, name => 'Acme', slug => 'acme',
    unmatched_resources => 'leave',
);

subtest 'the first and only' => sub {
    is_deeply($admin->expect(200, get => $mine), \%acme,
        'the organization is as it was made');
    is_problem($fixture->anyone->post('/organizations',
        { name => 'Other', slug => 'other' }), 403,
        'a second one cannot be made', qr/disabled/i);
    is_problem($admin->post('/organizations',
        { name => 'Other', slug => 'acme' }), 403,
        '... by an admin either, whatever its slug', qr/disabled/i);
};

my $other = $fixture->organization('other');

subtest 'open to anyone' => sub {
    my $anyone = $fixture->anyone;
    is_deeply([map { $_->{slug} } @{ $anyone->expect(200,
        get => '/organizations/') }], ['acme', 'other'],
        'anyone sees all organizations, oldest first');
    is_deeply($anyone->expect(200, get => $mine), \%acme,
        '... and each one');
    is_problem($anyone->get('/organizations/' . uuid_nobody_has()), 404,
        '... that exists');
};

subtest 'change' => sub {
    my $theirs = "/organizations/$other->{user}{organization_id}";
    is_problem($admin->put($theirs, { name => 'Mine' }), 403,
        'another organization cannot be changed');
    is_problem($admin->put('/organizations/' . uuid_nobody_has(),
        { name => 'Mine' }), 403, 'nor one that does not exist');
    is_problem($fixture->anyone->put('/organizations/' . uuid_nobody_has(),
        { name => 'Mine' }), 401, '... for which a stranger gets 401');
    complains($admin->put('/organizations/x', {}),
        ['path', 'organization_id'], 'uuid_parsing', 'an id is a UUID');
    is_problem($admin->put($mine, { slug => 'other' }), 409,
        'a slug that is taken is a conflict', qr/slug/i);
    is_deeply($admin->expect(200, put => $mine, { slug => 'acme' }), \%acme,
        'the slug that it has is none');
    is_deeply($admin->expect(200, put => $mine, {}), \%acme,
        'what is absent stays');
    is_deeply($admin->expect(200, put => $mine, { name => undef,
        slug => undef, unmatched_resources => undef }), \%acme,
        '... and so does what is null');
    is_deeply($admin->expect(200, put => "$mine/", { name => 'ACME & Søn',
        slug => 'acme-2', unmatched_resources => 'stop', id => 'x' }), {
        %acme, name => 'ACME & Søn', slug => 'acme-2',
        unmatched_resources => 'stop' },
        'what is sent is changed, what is unknown ignored');
    complains($admin->put($mine, { unmatched_resources => 'start' }),
        ['body', 'unmatched_resources'], 'value_error',
        'unmatched resources are left or stopped');
    is($fixture->db->value("select count(*) from diurnal.requests
        where kind = 'pass' and organization_id = ?",
        $fixture->organization_id), 1,
        'a change of what happens to them asks for a pass');
};

subtest 'not public' => sub {
    $server->restart(ORGANIZATIONS_PUBLIC => 'false');
    my $anyone = $fixture->anyone;
    is_problem($anyone->get('/organizations'), 401,
        'a stranger sees no list');
    is_problem($anyone->get($mine), 401, '... and no organization');
    is_problem($anyone->get('/organizations/' . uuid_nobody_has()), 401,
        '... and cannot tell whether there is one');
    is_deeply([map { $_->{slug} } @{ $other->expect(200,
        get => '/organizations') }], ['other'],
        'who is signed in sees their own');
    is_status($other->get("/organizations/$other->{user}{organization_id}"),
        200, '... alone');
    is_problem($other->get($mine), 404,
        'and another is as if it did not exist',
        qr/^Organization not found$/);
};

subtest 'not public, and nobody has moved in' => sub {
    my $empty = Diurnal::Server->start(ORGANIZATIONS_PUBLIC => 'false');
    is_deeply($empty->client->expect(200, get => '/organizations'), [],
        'the empty list is open to anyone');
};

done_testing;
