# The main job, on an emulator of EC2 that others wrote: 300 machines in three
# regions are found and held to the hours of their policies, by commands given
# through the HTTPS API, at times around changes of the clock.  What each
# schedule says at each time is not ours to say: t/data/make_main_job.
use strict;
use warnings;

use JSON ();
use Test::More;

use Diurnal::Moto;
use Diurnal::Server;

my $plan = JSON::decode_json(
    Diurnal::Server::slurp("$ENV{DIURNAL_SOURCE}/t/data/main_job.json"));
my @passes   = @{ $plan->{passes} };
my @regions  = qw(ap-southeast-2 eu-west-1 us-east-1);
my $apart    = 'eu-north-1';
my $elsewhere = '222222222222';

my $moto   = Diurnal::Moto->start;
my $server = Diurnal::Server->start(AWS_ENDPOINT_URL => $moto->url);
my $client = $server->client;
$client->bootstrap;

my %machines;       # of the main account: id => { region, kind, state }
my %resource;       # their resources in the API, by the same id

# A hundred machines in each region.
my @kinds = (
    { kind => 'madrid',  count => 40, tags => { madrid => 'yes' } },
    { kind => 'newyork', count => 36, tags => { newyork => 'yes' } },
    { kind => 'both',    count => 10,
        tags => { madrid => 'yes', newyork => 'yes' } },
    { kind => 'grouped', count => 2, tags => { madrid => 'yes',
        'aws:autoscaling:groupName' => 'web' } },
    { kind => 'wrong',   count => 4, tags => { madrid => 'no' } },
    { kind => 'plain',   count => 8, tags => {} },
);

sub make_machines {
    my ($region) = @_;
    my $n = 0;

    for my $kind (@kinds) {
        for my $id ($moto->run_instances($region, $kind->{count},
                tags => $kind->{tags})) {
            $machines{$id} = { region => $region, kind => $kind->{kind},
                state => 'running' };
        }
    }
    my @stopped = grep { $machines{$_}{region} eq $region && $n++ % 3 == 0 }
        sort keys %machines;
    $moto->command($region, 'StopInstances', @stopped);
    $machines{$_}{state} = 'stopped' for @stopped;
    return;
}

sub of_kind {
    my ($kind, $region) = @_;
    return grep { $machines{$_}{kind} eq $kind
        && $machines{$_}{region} eq ($region // $machines{$_}{region}) }
        sort keys %machines;
}

# Every page of a list.
sub everything {
    my ($path) = @_;
    my (@all, $page);

    do {
        $page = $client->expect(200, get => $path
            . "&page_size=100&page=" . (1 + @all / 100));
        push @all, @{ $page->{items} };
    } while (@all < $page->{total});
    return @all;
}

# Executions of the machines ${ids}; of all if there are none.
sub executions {
    my ($query) = @_;
    my (@all, @some);

    do {
        @some = @{ $client->expect(200,
            get => "/executions?limit=1000&offset=" . @all . $query) };
        push @all, @some;
    } while (@some == 1000);
    return @all;
}

sub account {
    my ($name, %more) = @_;
    return $server->serving(sub {
        $client->post('/cloud-accounts', {
            name => $name, provider_type => 'aws',
            credentials => { access_key_id => 'AKIAEXAMPLE',
                secret_access_key => 'not checked yet' },
            %more,
        });
    }, DIURNAL_NOW => $passes[0]{at});
}

make_machines($_) for @regions;
is(keys %machines, 300, 'there are three hundred machines');

my $answer = account('main', selected_regions => \@regions);
is($answer->{status}, 201, 'an account is taken, its credentials checked');
my $main = $answer->{json}{id};

$resource{ $_->{provider_resource_id} } = $_
    for everything("/resources?cloud_account_id=$main");
is_deeply({ map { $_ => lc $resource{$_}{state} } keys %resource },
    { map { $_ => $machines{$_}{state} } keys %machines },
    'and at once every machine is a resource, in its state');
is_deeply([ map { $resource{$_}{tags} } of_kind('both') ],
    [ map { $kinds[2]{tags} } of_kind('both') ], 'with its tags');
is($client->expect(200, get => '/executions/count')->{total}, 0,
    'without a policy nothing is touched');

# Another account of Amazon's, under a role, only looked at.
my $other = $moto->account($elsewhere);
my @watched = $other->run_instances('eu-west-1', 5,
    tags => { madrid => 'yes' });
$answer = account('watched', mode => 'observe',
    selected_regions => ['eu-west-1'], credentials => {
        access_key_id => 'AKIAEXAMPLE', secret_access_key => 'any',
        role_arn    => "arn:aws:iam::$elsewhere:role/diurnal",
        external_id => 'ours',
    });
is($answer->{status}, 201, 'an account behind a role is taken');
my $observed = $answer->{json}{id};

# What should be.
my @chosen = ((of_kind('plain', 'eu-west-1'))[ 0 .. 3 ],
    (of_kind('madrid', 'us-east-1'))[0]);
my %selector = (
    madrid  => { tags => { madrid => 'yes' } },
    newyork => { tags => { newyork => 'yes' } },
    mondays => { resource_ids => [ map { $resource{$_}{id} } @chosen ] },
);
for my $name (sort keys %selector) {
    is($client->post('/policies', {
        name => $name, %{ $plan->{policies}{$name} },
        resource_selector => $selector{$name},
        priority => $name eq 'mondays' ? 10 : 0,
    })->{status}, 201, "the policy $name is taken");
}

# Held in a state until just when a pass looks, and for long.
my @held = (
    { id => (of_kind('madrid', 'ap-southeast-2'))[3],
        desired_state => 'RUNNING', expires_at => $passes[2]{at} },
    { id => (of_kind('newyork', 'eu-west-1'))[4],
        desired_state => 'STOPPED', expires_at => $passes[6]{at} },
    { id => (of_kind('plain', 'us-east-1'))[2],
        desired_state => 'STOPPED', expires_at => $passes[1]{at} },
);
for my $hold (@held) {
    is($client->post('/overrides', {
        resource_id => $resource{ $hold->{id} }{id},
        map { $_ => $hold->{$_} } qw(desired_state expires_at),
    })->{status}, 201, "an override to $hold->{desired_state} is taken");
}

# One that refuses to stop, in the middle of a batch.
my $refuser = (of_kind('madrid', 'eu-west-1'))[20];
sub protect {
    my ($protected) = @_;
    $moto->call(ec2 => 'eu-west-1', 'ModifyInstanceAttribute',
        InstanceId => $refuser, 'DisableApiStop.Value' => $protected);
    return;
}
protect('true');

# The state that a machine should have after a pass: what held it, else what
# the oracle says of those that select it, else as it is.
sub should_be {
    my ($id, $pass) = @_;
    my ($machine, $runs) = ($machines{$id}, $pass->{runs});
    my $kind = $machine->{kind};
    my ($hold) = grep { $_->{id} eq $id && $_->{expires_at} gt $pass->{at} }
        @held;

    return lc $hold->{desired_state} if $hold;
    return $runs->{mondays} ? 'running' : 'stopped'
        if grep { $_ eq $id } @chosen;
    return $machine->{state} if $kind !~ /^(?:madrid|newyork|both)$/;
    return $runs->{madrid} || $runs->{newyork} ? 'running' : 'stopped'
        if $kind eq 'both';
    return $runs->{$kind} ? 'running' : 'stopped';
}

sub are {
    return map { $moto->states($_) } @regions;
}

# One is asked for by the API, which waits for it.
sub run_pass {
    my ($pass) = @_;
    return $server->reconcile(DIURNAL_NOW => $pass->{at}) == 0
        if $pass != $passes[6];
    my $result = $server->serving(sub {
        $client->expect(200, post => '/executions/reconcile');
    }, DIURNAL_NOW => $pass->{at});
    is($result->{processed}, 305, 'the API tells how many were looked at');
    is($result->{errors}, 0, '... all of them well');
    return 1;
}

my $changes = 0;
my $is_protected = 1;
for my $pass (@passes) {
    if ($pass == $passes[-1]) {
        protect('false');
        $is_protected = 0;
    }
    subtest "a pass at $pass->{at}" => sub {
        my %wanted = map { $_ => should_be($_, $pass) } keys %machines;
        $wanted{$refuser} = 'running'
            if $is_protected && $machines{$refuser}{state} eq 'running';
        $changes += grep { $wanted{$_} ne $machines{$_}{state} } keys %wanted;

        ok(run_pass($pass), 'it succeeds');
        is_deeply({ are() }, \%wanted,
            'every machine is in the state that the oracle says');
        $machines{$_}{state} = $wanted{$_} for keys %wanted;
    };
}
cmp_ok($changes, '>', 1000, 'there was something to do');
$server->reconcile(DIURNAL_NOW => '2035-10-28T01:16:00Z');

my @executions = executions('');
my @failed = grep { $_->{status} eq 'failed' } @executions;
is(grep({ $_->{status} eq 'completed' && $_->{success} } @executions),
    $changes, 'every change is a completed execution, and there is no other');
is(@executions - $changes, @failed, 'what was not completed has failed');
is_deeply([ sort { $a cmp $b } map { $_->{executed_at} } @failed ],
    [ map { $passes[$_]{at} =~ s/Z/.000000Z/r } 1, 3, 5 ],
    'what failed was tried again once its time had come');
for my $execution (@failed) {
    is($execution->{resource_id}, $resource{$refuser}{id},
        'only the one that refuses has failed');
    like($execution->{error_message},
        qr/^OperationNotPermitted: .*\Q$refuser\E/,
        '... with the provider\'s reason');
}

is_deeply({ $other->states('eu-west-1') },
    { map { $_ => 'running' } @watched },
    'who only observes has stopped nothing');
is_deeply([ map { $_->{note} }
        everything("/resources?cloud_account_id=$observed") ],
    [ ('would stop: policy madrid (observe mode)') x 5 ],
    '... but tells what it would do');
is_deeply([ map { $_->{note} } grep { $machines{$_->{provider_resource_id}}
        {kind} eq 'grouped' && $_->{state} eq 'RUNNING' }
        everything("/resources?cloud_account_id=$main") ],
    [ ('not touched: member of autoscaling group web')
        x grep { $machines{$_}{state} eq 'running' } of_kind('grouped') ],
    'members of groups are left alone, and it says why');

# As Amazon would have it: every call's signature is checked.
sub new_user {
    my ($name) = @_;
    $moto->call(iam => 'us-east-1', 'CreateUser', UserName => $name);
    $moto->call(iam => 'us-east-1', 'PutUserPolicy', UserName => $name,
        PolicyName => 'all', PolicyDocument => JSON::encode_json({
            Version   => '2012-10-17',
            Statement => [ { Effect => 'Allow', Action => '*',
                Resource => '*' } ] }));
    my $xml = $moto->call(iam => 'us-east-1', 'CreateAccessKey',
        UserName => $name);
    my ($id)     = $xml =~ m{<AccessKeyId>([^<]+)};
    my ($secret) = $xml =~ m{<SecretAccessKey>([^<]+)};
    return { access_key_id => $id, secret_access_key => $secret };
}

subtest 'with signatures checked' => sub {
    my $good = new_user('diurnal');
    my @ids  = $moto->run_instances($apart, 3, tags => { madrid => 'yes' });
    my @stopped = $moto->run_instances($apart, 2,
        tags => { newyork => 'yes' });

    $moto->command($apart, 'StopInstances', @stopped);
    $moto->check_signatures(1);
    $answer = account('signed', selected_regions => [$apart],
        credentials => { %$good, secret_access_key => 'guessed' });
    is($answer->{status}, 400, 'a wrong secret is refused');
    like($answer->{json}{detail}, qr/^SignatureDoesNotMatch: /,
        '... in the provider\'s words');
    $answer = account('signed', selected_regions => [$apart],
        credentials => $good);
    is($answer->{status}, 201, 'the right one is taken');

    is($server->reconcile(DIURNAL_NOW => '2035-10-31T06:35:00Z'), 0,
        'a pass succeeds');
    $moto->check_signatures(0);
    my %accounts = map { $_->{name} => $_ }
        @{ $client->expect(200, get => '/cloud-accounts') };
    is($accounts{signed}{error}, undef,
        'who signs with the right secret is heard');
    like($accounts{main}{error}, qr/AuthFailure|InvalidClientTokenId/,
        '... and who does not, is not');
    is_deeply({ $moto->states($apart) },
        { (map { $_ => 'stopped' } @ids), map { $_ => 'running' } @stopped },
        'signed commands stop and start machines');
};

done_testing;
