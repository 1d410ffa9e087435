#!/usr/bin/perl
use strict;
use warnings;

use POSIX ();
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server   = Diurnal::Server->start;
my $fixture  = Diurnal::Fixture->new($server);
my $operator = $fixture->user('operator');
my $viewer   = $fixture->user('viewer');
my $other    = $fixture->organization('other');
my $resource = $fixture->resource(name => 'web');
my $foreign  = $fixture->resource(
    organization_id => $other->{user}{organization_id});

my %night = (resource_id => $resource, desired_state => 'RUNNING',
    expires_at => '2099-01-01T00:00:00Z');

sub create { return $operator->post('/overrides', { %night, @_ }) }
sub override { return $operator->expect(201, post => '/overrides/',
    { %night, @_ }) }
sub passes { return $fixture->db->value("select count(*)
    from diurnal.requests where kind = 'pass'") }

subtest 'create' => sub {
    my $override = override(reason => 'release');
    is_deeply([sort keys %$override], [qw(created_at created_by_user_id
        desired_state expires_at id organization_id reason resource_id
        starts_at)], 'an override has its members');
    is_like($override, { id => $UUID, resource_id => $resource,
        organization_id => $fixture->organization_id,
        desired_state => 'RUNNING', reason => 'release',
        expires_at => '2099-01-01T00:00:00.000000Z', created_at => $TIME,
        created_by_user_id => $operator->{user}{id} }, '... as they were');
    is(passes(), 1, 'a pass is asked for');
    is_like(override(reason => undef, desired_state => 'STOPPED'),
        { reason => undef, desired_state => 'STOPPED' },
        'a reason is not needed, and a resource may have several');
    my $unknown = create(resource_id => uuid_nobody_has());
    is_problem($unknown, 404, 'it needs a resource that exists',
        qr/^Resource not found$/);
    is(create(resource_id => $foreign)->{body}, $unknown->{body},
        '... in the same organization');
    my @wrong = (
        [resource_id => 'x', 'uuid_parsing'],
        [resource_id => undef, 'uuid_type'],
        [desired_state => 'running', 'value_error'],
        [desired_state => 'UNKNOWN', 'value_error'],
        [desired_state => 1, 'string_type'],
        [expires_at => undef, 'datetime_type'],
        [expires_at => 'tomorrow', 'datetime_parsing'],
        [reason => 1, 'string_type'],
    );
    complains(create($_->[0] => $_->[1]), ['body', $_->[0]], $_->[2],
        "$_->[0]: " . ($_->[1] // 'null')) for @wrong;
    complains($operator->post('/overrides', {}), ['body', $_], 'missing',
        "$_ is required") for sort keys %night;
};

subtest 'list' => sub {
    $fixture->db->execute('delete from diurnal.overrides');
    my $second = $fixture->resource(name => 'db');
    my @made   = map { override(reason => $_) } qw(a b c);
    my $own    = override(resource_id => $second);
    my $past   = override(expires_at => '2020-01-01T00:00:00Z');
    is_deeply($viewer->expect(200, get => '/overrides'),
        [$own, reverse @made], 'those that live, newest first');
    is_deeply($viewer->expect(200, get => "/overrides/?resource_id=$second"),
        [$own], '... or of one resource');
    is_deeply($viewer->expect(200, get => '/overrides?resource_id='
        . uuid_nobody_has()), [], '... if there is one');
    complains($viewer->get('/overrides?resource_id=x'),
        ['query', 'resource_id'], 'uuid_parsing', '... by its id');
    complains($viewer->get('/overrides?resource_id='),
        ['query', 'resource_id'], 'uuid_parsing', '... which is not empty');
    is_deeply($other->expect(200, get => '/overrides'), [],
        'another organization has none');
    is_status($operator->delete("/overrides/$past->{id}"), 204,
        'one that expired can be deleted still');
};

subtest 'delete' => sub {
    my $path    = '/overrides/' . override()->{id};
    my $unknown = $operator->delete('/overrides/' . uuid_nobody_has());
    $fixture->db->execute('delete from diurnal.requests');
    is_problem($unknown, 404, 'an unknown one is not found',
        qr/^Override not found$/);
    is($other->delete($path)->{body}, $unknown->{body},
        'nor is one of another organization');
    is(passes(), 0, '... and no pass is asked for');
    is_status($operator->delete($path), 204, 'an override is deleted');
    is(passes(), 1, '... and a pass asked for');
    is_problem($operator->delete($path), 404, '... once');
    complains($operator->delete('/overrides/x'), ['path', 'override_id'],
        'uuid_parsing', 'an id is a UUID');
};

subtest 'who made it' => sub {
    my $leaver = $fixture->user('operator');
    my $made = $leaver->expect(201, post => '/overrides', \%night);
    is($made->{created_by_user_id}, $leaver->{user}{id},
        'an override tells who made it');
    $fixture->admin->expect(204, delete => "/users/$leaver->{user}{id}");
    my ($kept) = grep { $_->{id} eq $made->{id} } @{ $viewer->expect(200,
        get => '/overrides') };
    is_deeply($kept, { %$made, created_by_user_id => undef },
        '... and outlives them');
};

subtest 'a resource that goes while it is overridden' => sub {
    my $going = $fixture->resource(name => 'going');
    my $lock  = $server->database;
    my $clone = $operator->clone;
    $lock->dbh->begin_work;
    $lock->execute('delete from diurnal.resources where id = ?', $going);
    my $pid = fork // die "fork: $!\n";
    POSIX::_exit($clone->post('/overrides', { %night,
        resource_id => $going })->{status} == 404 ? 0 : 1) if $pid == 0;
    for (1 .. 200) {
        last if $fixture->db->value("select count(*) from pg_stat_activity
            where wait_event_type = 'Lock' and usename = 'diurnal_api'");
        select undef, undef, undef, 0.05;
    }
    $lock->dbh->commit;
    waitpid $pid, 0;
    is($?, 0, 'was never there');
};

done_testing;
