#!/usr/bin/perl
use strict;
use warnings;

use JSON ();
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server  = Diurnal::Server->start;
my $fixture = Diurnal::Fixture->new($server);
my $viewer  = $fixture->user('viewer');
my $other   = $fixture->organization('other');
my $web     = $fixture->resource(name => 'web');
my $db      = $fixture->resource(name => 'db');
my ($true, $false) = (JSON::true, JSON::false);

is_deeply($viewer->expect(200, get => '/executions'), [],
    'in the beginning there is none');
is_deeply($viewer->expect(200, get => '/executions/count'), { total => 0 },
    '... which can be counted');

# Hours ago, and what was.
my @executions = (
    [1, resource_id => $web],
    [2, resource_id => $web, action => 'STOP', desired_state => 'STOPPED',
        actual_state_before => 'RUNNING'],
    [3, resource_id => $db, status => 'failed', success => 0,
        error_message => 'InsufficientInstanceCapacity'],
    [30, resource_id => $db, status => 'pending', success => 0],
    [31, resource_id => $db, status => 'superseded', success => 0],
    [300, resource_id => $web, status => 'completed', success => 0],
);
my @ids = map {
    my ($hours, %row) = @$_;
    my $at = $fixture->db->value('select now() - make_interval(hours => ?)
        - interval \'1 minute\'', $hours);
    $fixture->execution(%row, executed_at => $at);
} @executions;
my $theirs = $fixture->resource(
    organization_id => $other->{user}{organization_id});
$fixture->execution(resource_id => $theirs,
    organization_id => $other->{user}{organization_id});

subtest 'one' => sub {
    my ($first) = @{ $viewer->expect(200, get => '/executions/?limit=1') };
    is_deeply([sort keys %$first], [qw(action actual_state_before
        desired_state error_message executed_at id organization_id reason
        resource_id status success)], 'an execution has its members');
    is_like($first, { id => $ids[0], resource_id => $web,
        organization_id => $fixture->organization_id, action => 'START',
        desired_state => 'RUNNING', actual_state_before => 'STOPPED',
        status => 'completed', success => $true, error_message => undef,
        executed_at => $TIME }, '... as they were');
};

my @cases = (
    ['', [0 .. 5]],
    ["resource_id=$web", [0, 1, 5]],
    ["resource_id=$theirs", []],
    ['action=STOP', [1]],
    ['action=stop', []],
    ['action=', [0 .. 5]],
    ['success=true', [0, 1]],
    ['success=FALSE', [2 .. 5]],
    ['success=0', [2 .. 5]],
    ['status=completed', [0, 1, 5]],
    ['status=completed&success=false', [5]],
    ['status=superseded', [4]],
    ['status=none', []],
    ['hours=3', [0, 1]],
    ['hours=24', [0 .. 2]],
    ['hours=0', [0 .. 5]],
    ['hours=2147483647', [0 .. 5]],
    ['hours=-1', []],
    ['hours=-2147483647', []],
    ["resource_id=$db&hours=24&status=failed", [2]],
);
subtest 'filters' => sub {
    for my $case (@cases) {
        my ($query, $want) = @$case;
        is_deeply([map { $_->{id} } @{ $viewer->expect(200,
            get => "/executions?$query") }], [@ids[@$want]],
            "executions?$query, newest first");
        is_deeply($viewer->expect(200, get => "/executions/count?$query"),
            { total => scalar @$want }, '... are counted alike');
    }
};

subtest 'pages' => sub {
    my @pages = (['limit=2', [0, 1]], ['limit=2&offset=2', [2, 3]],
        ['limit=0', []], ['offset=5', [5]], ['offset=100', []],
        ['offset=1000000000000', []], ['limit=1000', [0 .. 5]]);
    is_deeply([map { $_->{id} } @{ $viewer->expect(200,
        get => "/executions?$_->[0]") }], [@ids[@{ $_->[1] }]], $_->[0])
        for @pages;
    my @wrong = (['limit=-1', 'limit', 'greater_than_equal'],
        ['limit=1001', 'limit', 'less_than_equal'],
        ['limit=x', 'limit', 'int_parsing'],
        ['limit=', 'limit', 'int_parsing'],
        ['offset=-1', 'offset', 'greater_than_equal'],
        ['hours=x', 'hours', 'int_parsing'],
        ['hours=1.5', 'hours', 'int_parsing'],
        ['success=', 'success', 'bool_parsing'],
        ['success=maybe', 'success', 'bool_parsing'],
        ['resource_id=', 'resource_id', 'uuid_parsing']);
    complains($viewer->get("/executions?$_->[0]"), ['query', $_->[1]],
        $_->[2], $_->[0]) for @wrong;
    is_status($viewer->get('/executions/count?limit=-1'), 200,
        'a count has no pages');
    my $same = $fixture->db->value('select now()');
    my @tied = map { $fixture->execution(resource_id => $web,
        executed_at => $same) } 1 .. 3;
    is_deeply([map { $_->{id} } @{ $viewer->expect(200,
        get => '/executions?limit=3') }], [reverse sort @tied],
        'what was decided at the same time comes by id');
};

subtest 'with its account' => sub {
    my $account = $fixture->account(name => 'short-lived');
    my $machine = $fixture->resource(cloud_account_id => $account);
    $fixture->execution(resource_id => $machine);
    $fixture->user('operator')->expect(201, post => '/overrides', {
        resource_id => $machine, desired_state => 'RUNNING',
        expires_at => '2099-01-01T00:00:00Z' });
    $fixture->admin->expect(204, delete => "/cloud-accounts/$account");
    is_problem($viewer->get("/resources/$machine"), 404,
        'a resource goes with its account');
    is_deeply($viewer->expect(200, get => "/executions/count?resource_id="
        . $machine), { total => 0 }, '... with its executions');
    is_deeply($viewer->expect(200, get => "/overrides?resource_id=$machine"),
        [], '... and its overrides');
    is_status($viewer->get("/resources/$web"), 200,
        '... and nothing else goes');
};

done_testing;
