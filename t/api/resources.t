#!/usr/bin/perl
use strict;
use warnings;

use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server  = Diurnal::Server->start;
my $fixture = Diurnal::Fixture->new($server);
my $viewer  = $fixture->user('viewer');
my $other   = $fixture->organization('other');

sub page { return $viewer->expect(200, get => "/resources$_[0]") }
sub names { return [map { $_->{name} } @{ page($_[0])->{items} }] }

is_deeply(page(''), { items => [], total => 0, page => 1, page_size => 25,
    total_pages => 1 }, 'the empty list has one page');

my $aws  = $fixture->account(provider_type => 'aws', name => 'AWS');
my $demo = $fixture->account(provider_type => 'demo', name => 'Demo');
my $foreign = $fixture->resource(name => 'foreign',
    organization_id => $other->{user}{organization_id});

subtest 'one' => sub {
    my $id = $fixture->resource(cloud_account_id => $aws, name => 'web',
        provider_resource_id => 'i-0123', region => 'eu-west-1',
        state => 'RUNNING', provider_state => 'running',
        instance_type => 't3.micro', tags => { env => 'dev', Name => 'web' });
    my $resource = $viewer->expect(200, get => "/resources/$id");
    is_like($resource, {
        id => $id, organization_id => $fixture->organization_id,
        cloud_account_id => $aws, provider_resource_id => 'i-0123',
        name => 'web', region => 'eu-west-1', resource_type => 'instance',
        state => 'RUNNING', provider_state => 'running',
        tags => { env => 'dev', Name => 'web' },
        instance_type => 't3.micro', provider_type => 'aws',
        last_seen_at => $TIME, created_at => $TIME, updated_at => $TIME,
    }, 'a resource has all its members');
    is_deeply($viewer->expect(200, get => '/resources/' . uc $id), $resource,
        'its id is in either case');
    is_deeply(page('')->{items}, [$resource], 'the list has the same');
    my $unknown = $viewer->get('/resources/' . uuid_nobody_has());
    is_problem($unknown, 404, 'an unknown one is not found',
        qr/^Resource not found$/);
    is($viewer->get("/resources/$foreign")->{body}, $unknown->{body},
        'nor is one of another organization');
    complains($viewer->get('/resources/x'), ['path', 'resource_id'],
        'uuid_parsing', 'an id is a UUID');
    $fixture->db->execute('delete from diurnal.resources where id = ?', $id);
};

subtest 'filters' => sub {
    $fixture->resource(name => 'a', cloud_account_id => $aws,
        state => 'RUNNING', region => 'north');
    $fixture->resource(name => 'b', cloud_account_id => $demo,
        state => 'STOPPED', region => 'north');
    $fixture->resource(name => 'c', cloud_account_id => $demo,
        state => 'UNKNOWN', region => 'south');
    my @cases = (
        ['', 'a b c'],
        ['?provider_type=aws', 'a'],
        ['?provider_type=demo', 'b c'],
        ['?provider_type=AWS', ''],
        ['?provider_type=', 'a b c'],
        ['?state=STOPPED', 'b'],
        ['?state=stopped', ''],
        ['?state=', 'a b c'],
        ['?state=no%27such', ''],
        ['?region=north', 'a b'],
        ['?region=', 'a b c'],
        ["?cloud_account_id=$demo", 'b c'],
        ['?cloud_account_id=' . uuid_nobody_has(), ''],
        ['?cloud_account_id=' . uc($demo), 'b c'],
        ["?cloud_account_id=$demo&region=north", 'b'],
        ["?cloud_account_id=$demo&region=north&state=RUNNING", ''],
        ['?state=RUNNING&state=STOPPED', 'b'],
        ['/?state=RUNNING', 'a'],
        ['?unknown=1', 'a b c'],
    );
    for my $case (@cases) {
        my ($query, $want) = @$case;
        is("@{ names($query) }", $want, "GET /resources$query");
    }
    complains($viewer->get('/resources?cloud_account_id='),
        ['query', 'cloud_account_id'], 'uuid_parsing',
        'an empty id is no filter');
    complains($viewer->get('/resources?cloud_account_id=x'),
        ['query', 'cloud_account_id'], 'uuid_parsing', '... nor is a word');
    $fixture->db->execute('delete from diurnal.resources
        where organization_id = ?', $fixture->organization_id);
};

subtest 'pages' => sub {
    $fixture->resource(name => $_) for qw(d b), undef, qw(a c), undef;
    is_deeply(names(''), ['a', 'b', 'c', 'd', undef, undef],
        'resources come by name, those without one last');
    is_deeply(names('?page_size=2'), ['a', 'b'], 'a page is as long as asked');
    is_deeply(names('?page_size=2&page=2'), ['c', 'd'],
        '... and followed by the next');
    my $page = page('?page_size=4&page=2');
    is_like($page, { total => 6, page => 2, page_size => 4,
        total_pages => 2 }, 'a page says where it is');
    is(scalar @{ $page->{items} }, 2, '... and the last is shorter');
    is_like(page('?page_size=3'), { total_pages => 2 },
        'pages that are full to the last count right');
    is_like(page('?page=3&page_size=4'), { items => [], total => 6,
        page => 3, total_pages => 2 }, 'past the end there is nothing');
    is_like(page('?page=1000000000&page_size=100'), { items => [] },
        '... however far');
    is_like(page('?state=STOPPED'), { total => 0, total_pages => 1 },
        'what is filtered counts');
    my @ids = map { $_->{id} } @{ page('')->{items} }[4, 5];
    is_deeply(\@ids, [sort @ids], 'what has no name comes by id');
    my @wrong = (
        ['page=0', 'page', 'greater_than_equal'],
        ['page=-1', 'page', 'greater_than_equal'],
        ['page=x', 'page', 'int_parsing'],
        ['page=', 'page', 'int_parsing'],
        ['page=1.5', 'page', 'int_parsing'],
        ['page=99999999999999999999', 'page', 'less_than_equal'],
        ['page_size=0', 'page_size', 'greater_than_equal'],
        ['page_size=101', 'page_size', 'less_than_equal'],
    );
    complains($viewer->get("/resources?$_->[0]"), ['query', $_->[1]], $_->[2],
        $_->[0]) for @wrong;
    is_status($viewer->get('/resources?page_size=100&page=1'), 200,
        'the bounds are inside');
};

done_testing;
