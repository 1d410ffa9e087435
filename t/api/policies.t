#!/usr/bin/perl
use strict;
use warnings;

use JSON ();
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server   = Diurnal::Server->start;
my $fixture  = Diurnal::Fixture->new($server);
my $operator = $fixture->user('operator');
my $viewer   = $fixture->user('viewer');
my $other    = $fixture->organization('other');
my ($true, $false) = (JSON::true, JSON::false);

my %office = (
    name              => 'Office',
    timezone          => 'Europe/Madrid',
    schedule          => { monday => [{ start => '09:00', end => '18:00' }] },
    resource_selector => { tags => { env => 'dev' } },
);

sub create { return $operator->post('/policies', { %office, @_ }) }
sub policy { return $operator->expect(201, post => '/policies',
    { %office, @_ }) }
sub passes { return $fixture->db->value("select count(*)
    from diurnal.requests where kind = 'pass'") }

subtest 'create' => sub {
    my $policy = policy();
    is_deeply([sort keys %$policy], [qw(created_at description id is_enabled
        name organization_id priority resource_selector schedule
        schedule_type timezone updated_at)], 'a policy has its members');
    is_like($policy, { %office, id => $UUID, description => undef,
        organization_id => $fixture->organization_id, is_enabled => $true,
        schedule_type => 'weekly', priority => 0, created_at => $TIME,
        updated_at => $TIME }, '... with their defaults');
    is_deeply($viewer->expect(200, get => "/policies/$policy->{id}"),
        $policy, 'it can be read');
    is(passes(), 1, 'a pass is asked for');
    my %all = (name => 'All', description => 'of it', timezone => 'UTC',
        schedule_type => 'cron', schedule => { start => '0 9 * * 1-5',
        stop => '0 18 * * 1-5' }, is_enabled => $false, priority => -7,
        resource_selector => { resource_ids => [uuid_nobody_has()] });
    is_like(policy(%all), \%all, 'all of it can be given');
    is_status(create(), 201, 'a name can be used again');
    is_status(create(id => uuid_nobody_has(), organization_id => 'x'), 201,
        'what is not asked for is ignored');
    is_status($operator->post('/policies/', { %office }), 201,
        'a final slash makes no difference');
};

subtest 'fields' => sub {
    my @wrong = (
        [name => '', 'value_error'], [name => undef, 'string_type'],
        [name => 1, 'string_type'], [name => 'x' x 201, 'value_error'],
        [description => 1, 'string_type'],
        [timezone => 'Europe/Atlantis', 'value_error'],
        [timezone => '', 'value_error'],
        [timezone => '../../etc/passwd', 'value_error'],
        [timezone => '/etc/localtime', 'value_error'],
        [timezone => undef, 'string_type'],
        [schedule_type => 'monthly', 'value_error'],
        [schedule_type => undef, 'string_type'],
        [schedule => [], 'dict_type'], [schedule => undef, 'dict_type'],
        [schedule => '{}', 'dict_type'],
        [resource_selector => {}, 'value_error'],
        [resource_selector => undef, 'dict_type'],
        [resource_selector => { tags => { a => 'b' },
            resource_ids => [] }, 'value_error'],
        [resource_selector => { tags => undef, resource_ids => [] },
            'value_error'],
        [resource_selector => { names => [] }, 'value_error'],
        [is_enabled => 'maybe', 'bool_parsing'],
        [is_enabled => undef, 'bool_type'],
        [priority => 1001, 'less_than_equal'],
        [priority => -1001, 'greater_than_equal'],
        [priority => 0.5, 'int_from_float'],
    );
    for my $case (@wrong) {
        my ($name, $value, $type) = @$case;
        complains(create($name => $value), ['body', $name], $type,
            "$name: " . substr JSON->new->canonical->allow_nonref
            ->encode($value), 0, 60);
    }
    for my $name (sort keys %office) {
        my %policy = %office;
        delete $policy{$name};
        complains($operator->post('/policies', \%policy), ['body', $name],
            'missing', "$name is required");
    }
    complains(create(resource_selector => { tags => $_->[0] }),
        ['body', 'resource_selector', 'tags', @{ $_->[1] }], $_->[2],
        'tags: ' . JSON->new->allow_nonref->encode($_->[0]))
        for [{}, [], 'value_error'], [[], [], 'dict_type'],
            [undef, [], 'dict_type'], [{ a => 1 }, ['a'], 'string_type'],
            [{ a => undef }, ['a'], 'string_type'];
    complains(create(resource_selector => { resource_ids => $_->[0] }),
        ['body', 'resource_selector', 'resource_ids', @{ $_->[1] }], $_->[2],
        'resource_ids: ' . JSON->new->allow_nonref->encode($_->[0]))
        for [{}, [], 'list_type'], [['x'], [0], 'uuid_parsing'],
            [[uuid_nobody_has(), 1], [1], 'uuid_type'],
            [['urn:uuid:' . uuid_nobody_has()], [0], 'uuid_parsing'],
            [[uuid_nobody_has() =~ s/-//gr], [0], 'uuid_parsing'];
    is_status(create(resource_selector => { resource_ids => [] }), 201,
        'a list of resources may be empty');
    my $answer = create(name => 1, timezone => 'x', schedule => {
        monday => [{ start => '9', end => '8' }] });
    is_deeply([sort map { $_->{loc}[1] } @{ $answer->{json}{detail} }],
        ['name', 'timezone'],
        'a rule across fields is looked at when every field is sound');
};

sub day { return { monday => [@_] } }
sub window { return { start => $_[0], end => $_[1], @_[2 .. $#_] } }

subtest 'weekly schedules' => sub {
    my @right = (
        ['never', {}],
        ['a day without windows', { monday => [] }],
        ['the whole day', day(window('00:00', '24:00'))],
        ['to the last minute', day(window('00:00', '23:59'))],
        ['across midnight', day(window('22:00', '06:00', next_day => $true))],
        ['24 hours', day(window('06:00', '06:00', next_day => $true))],
        ['not across midnight', day(window('09:00', '10:00',
            next_day => $false))],
        ['with what is not known', day(window('09:00', '18:00', x => 1))],
        ['windows that overlap', day(window('09:00', '12:00'),
            window('11:00', '13:00'))],
        ['all days', { map { $_ => [window('09:00', '17:00')] } qw(monday
            tuesday wednesday thursday friday saturday sunday) }],
    );
    for my $case (@right) {
        my ($name, $schedule) = @$case;
        is_deeply(policy(schedule => $schedule)->{schedule}, $schedule,
            "$name is a schedule, and comes back as it was sent");
    }
    my @wrong = (
        ['an unknown day', { funday => [] }, qr/Invalid day/],
        ['a day in capitals', { Monday => [] }, qr/Invalid day/],
        ['a day that is no list', { monday => {} }, qr/must be a list/],
        ['a window that is none', day('09:00-18:00'), qr/./],
        ['no start', day({ end => '18:00' }), qr/missing/],
        ['no end', day({ start => '09:00' }), qr/missing/],
        ['nothing', day(window('09:00', '09:00')), qr/before end/],
        ['backwards', day(window('18:00', '09:00')), qr/before end/],
        ['24:00 as a start', day(window('24:00', '24:00')), qr/./],
        ['24:00 on the next day', day(window('24:00', '24:00',
            next_day => $true)), qr/./],
        ['24:01', day(window('09:00', '24:01')), qr/./],
        ['25:00', day(window('09:00', '25:00')), qr/./],
        ['09:60', day(window('09:60', '10:00')), qr/./],
        ['9:00', day(window('9:00', '18:00')), qr/./],
        ['09:00:00', day(window('09:00:00', '18:00')), qr/./],
        ['a number', day(window(9, 18)), qr/./],
        ['more than a day', day(window('09:00', '10:00',
            next_day => $true)), qr/./],
        ['next_day that is no bool', day(window('22:00', '06:00',
            next_day => 'yes')), qr/./],
        ['a cron schedule without its type', { start => '0 9 * * *',
            stop => '0 18 * * *' }, qr/./],
    );
    for my $case (@wrong) {
        my ($name, $schedule, $message) = @$case;
        my $answer = create(schedule => $schedule);
        complains($answer, ['body'], 'value_error', "$name is refused");
        like($answer->{json}{detail}[0]{msg}, $message, '... and why');
    }
};

subtest 'cron schedules' => sub {
    my $cron = sub { create(schedule_type => 'cron', schedule => $_[0]) };
    is_status($cron->($_), 201, "$_->{start} is a start")
        for { start => '0 9 * * 1-5', stop => '0 18 * * 1-5' },
            { start => '*/5 8-10 1,15 jan-mar mon#1', stop => '@daily' },
            { start => '0 0 L * *', stop => '0 0 * * 7' };
    my @wrong = (
        ['no start', { stop => '0 18 * * *' }, qr/start/],
        ['no stop', { start => '0 9 * * *' }, qr/stop/],
        ['a start that is none', { start => 'x', stop => '0 18 * * *' },
            qr/Invalid cron/],
        ['a number', { start => 9, stop => '0 18 * * *' }, qr/start/],
        ['six fields', { start => '0 0 9 * * *', stop => '0 18 * * *' },
            qr/Invalid cron/],
        ['minute 60', { start => '60 9 * * *', stop => '0 18 * * *' },
            qr/Invalid cron/],
        ['what never comes', { start => '0 0 30 2 *', stop => '@daily' },
            qr/./],
        ['more', { start => '@daily', stop => '@daily', tz => 'UTC' },
            qr/./],
        ['a weekly schedule', day(window('09:00', '18:00')), qr/./],
    );
    for my $case (@wrong) {
        my ($name, $schedule, $message) = @$case;
        my $answer = $cron->($schedule);
        complains($answer, ['body'], 'value_error', "$name is refused");
        like($answer->{json}{detail}[0]{msg}, $message, '... and why');
    }
};

subtest 'list' => sub {
    is_deeply($other->expect(200, get => '/policies'), [],
        'another organization has none');
    my @names = map { $_->{name} } @{ $viewer->expect(200,
        get => '/policies/') };
    ok(@names > 5, 'all policies are listed');
    is_deeply(\@names, [sort @names], '... by name');
};

subtest 'change' => sub {
    my $policy = policy(description => 'D', priority => 3);
    my $path   = "/policies/$policy->{id}";
    my $change = sub {
        my $changed = $operator->expect(200, put => $path, { @_ });
        delete $changed->{updated_at};
        return $changed;
    };
    my $updated = delete $policy->{updated_at};
    is_deeply($change->(), $policy, 'what is absent stays');
    is_deeply($change->(map { $_ => undef } keys %$policy), $policy,
        '... and so does what is null');
    my %new = (name => 'New', description => '', timezone => 'UTC',
        schedule => {}, resource_selector => { resource_ids => [] },
        is_enabled => $false, priority => 4);
    is_deeply($change->(%new), { %$policy, %new }, 'what is sent is changed');
    cmp_ok($viewer->expect(200, get => $path)->{updated_at}, 'gt', $updated,
        '... and when is noted');
    is_like($change->(schedule_type => 'cron', schedule => {
        start => '@daily', stop => '@hourly' }), { schedule_type => 'cron' },
        'a cron schedule is sent with its type');
    complains($operator->put($path, { schedule => { start => '@daily',
        stop => '@daily' } }), ['body'], 'value_error',
        'without, a schedule is a weekly one, whatever is stored');
    complains($operator->put($path, { name => '' }), ['body', 'name'],
        'value_error', 'fields keep their rules');
    complains($operator->put($path, { timezone => 'Mars/Phobos' }),
        ['body', 'timezone'], 'value_error', '... as zones do');
    complains($operator->put('/policies/' . uuid_nobody_has(),
        { name => '' }), ['body', 'name'], 'value_error',
        'what is wrong is told before what is not there');
    my $unknown = $operator->put('/policies/' . uuid_nobody_has(), {});
    is_problem($unknown, 404, 'an unknown policy is not found',
        qr/^Policy not found$/);
    is($other->put($path, { name => 'Mine' })->{body}, $unknown->{body},
        'nor is one of another organization');
    $fixture->db->execute('delete from diurnal.requests');
    $change->(name => 'Again');
    $change->(name => 'And again');
    is(passes(), 1, 'a pass is asked for until one has begun');
};

subtest 'delete' => sub {
    my $path    = '/policies/' . policy()->{id};
    my $unknown = $operator->delete('/policies/' . uuid_nobody_has());
    is_problem($unknown, 404, 'an unknown policy is not found');
    is($other->delete($path)->{body}, $unknown->{body},
        'nor is one of another organization');
    is($other->get($path)->{body}, $unknown->{body},
        '... which cannot read it either');
    is_status($operator->delete($path), 204, 'a policy is deleted');
    is_problem($viewer->get($path), 404, '... and gone');
    complains($operator->delete('/policies/x'), ['path', 'policy_id'],
        'uuid_parsing', 'an id is a UUID');
};

subtest 'preview' => sub {
    my %dev = (env => 'dev', team => 'a');
    my @dev = map { $fixture->resource(name => sprintf('dev-%02d', $_),
        tags => { %dev, n => "$_" }) } 1 .. 12;
    my $production = $fixture->resource(name => 'prod',
        tags => { env => 'production', team => 'a' });
    $fixture->resource(name => 'theirs', tags => \%dev,
        organization_id => $other->{user}{organization_id});
    my $preview = sub {
        my $id = policy(resource_selector => { @_ }, is_enabled => $false)
            ->{id};
        my $got = $viewer->expect(200, get => "/policies/$id/preview");
        is(delete $got->{policy_id}, $id, 'a preview names its policy');
        return $got;
    };
    is_deeply($preview->(tags => { env => 'dev' }),
        { affected_resource_count => 12, sample_resources => [@dev[0 .. 9]] },
        'it counts what carries a tag, and shows ten');
    is_deeply($preview->(tags => { env => 'production', team => 'a' }),
        { affected_resource_count => 1, sample_resources => [$production] },
        '... all of the tags');
    is_deeply($preview->(tags => { env => 'DEV' }),
        { affected_resource_count => 0, sample_resources => [] },
        '... exactly');
    is_deeply($preview->(resource_ids => [uc $production, $production,
        uuid_nobody_has()]), { affected_resource_count => 1,
        sample_resources => [$production] },
        'ids select once, and need not exist');
    is_deeply($preview->(resource_ids => [uc $production]),
        { affected_resource_count => 1, sample_resources => [$production] },
        '... in either case');
    is_problem($viewer->get('/policies/' . uuid_nobody_has() . '/preview'),
        404, 'an unknown policy is not found', qr/^Policy not found$/);
    is_problem($other->get('/policies/' . policy()->{id} . '/preview'), 404,
        'nor is one of another organization');
    complains($viewer->get('/policies/x/preview'), ['path', 'policy_id'],
        'uuid_parsing', 'an id is a UUID');
};

done_testing;
