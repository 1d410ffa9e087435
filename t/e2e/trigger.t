# What asks for the reconciler gets it at once, beside a pass that is running,
# and does not keep others from being served; with the loop that stands for
# the systemd units, and without it.
use strict;
use warnings;

use JSON ();
use Test::More;
use Time::HiRes qw(sleep time);

use Diurnal::Later;
use Diurnal::Server;

# "At once", on a machine that does much else; the loop's own passes come
# once a minute.
my $AT_ONCE = 20;

my $server = Diurnal::Server->start(demo => 1);
my $client = $server->client;
my $token  = $client->sign_in($server->admin)->{access_token};
my $db     = $server->database;

# Another caller, with a connection of its own.
sub another { return $server->client->token($token) }

sub later {
    my (@request) = @_;
    return Diurnal::Later->new(sub {
        my ($method, @arguments) = @request;
        return { %{ another()->$method(@arguments) }, at => time };
    });
}

# Wait until it is so; false if that takes too long.
sub soon {
    my ($is_so, $seconds) = @_;
    my $until = time + ($seconds // $AT_ONCE);
    until ($is_so->()) {
        return 0 if time > $until;
        sleep 0.1;
    }
    return 1;
}

sub account {
    my ($method, $name, %credentials) = @_;
    return ($method, '/cloud-accounts', {
        name => $name, provider_type => 'demo',
        selected_regions => ['demo-north'],
        credentials => { map { $_ => "$credentials{$_}" } keys %credentials },
    });
}

sub resources {
    my ($account) = @_;
    return @{ $client->expect(200, get =>
        "/resources?page_size=100&cloud_account_id=$account")->{items} };
}

# How many machines of the account ${quick} the provider has in a state.
my $quick;
sub machines {
    my ($state) = @_;
    return $db->value('select count(*) from diurnal.demo_machines
        where cloud_account_id = ? and hands_off is null
          and coalesce(heading_for, state) = ?', $quick, $state);
}

sub epoch { return $db->value('select epoch from diurnal.reconciler') }

sub pass_is_running {
    return $db->value('select ended_at is null and epoch > ?
        from diurnal.reconciler', $_[0] // 0);
}

my ($demo) = @{ $client->expect(200, get => '/cloud-accounts') };
ok(soon(sub { resources($demo->{id}) > 0 }, 60),
    'the demo organization finds its machines by itself');

$quick = $client->expect(201,
    account(post => 'quick', machines => 30, settle_seconds => 0))->{id};
ok(soon(sub { resources($quick) > 0 }), 'an account is looked at at once');
my ($machine) = grep { !defined $_->{hands_off} } resources($quick);
my $able = grep { !defined $_->{hands_off} } resources($quick);

my %never  = (schedule => {});
my %always = (schedule => { map { $_ => [ { start => '00:00',
    end => '24:00' } ] } qw(monday tuesday wednesday thursday friday saturday
    sunday) });
my $policy = $client->expect(201, post => '/policies', {
    name => 'all', timezone => 'UTC', %never,
    # Above those of the demo organization.
    priority => 1000, resource_selector => {
        resource_ids => [ map { $_->{id} } resources($quick) ] },
})->{id};
ok(soon(sub { machines('running') == 0 }), 'a new policy acts at once');
$client->expect(200, put => "/policies/$policy", \%always);
ok(soon(sub { machines('stopped') == 0 }), 'so does one that is changed');
my $override = $client->expect(201, post => '/overrides', {
    resource_id => $machine->{id}, desired_state => 'STOPPED',
    expires_at => '2099-01-01T00:00:00Z',
})->{id};
ok(soon(sub { machines('stopped') == 1 }), 'so does a new override');
$client->expect(204, delete => "/overrides/$override");
ok(soon(sub { machines('stopped') == 0 }), '... and the end of one');
is(machines('running'), $able, 'all run in the end');

# From here on a pass takes six seconds at least.
my $slow = $client->expect(201,
    account(post => 'slow', machines => 8, delay_seconds => 6))->{id};
ok(soon(sub { resources($slow) > 0 }, 40), 'a slow account is looked at, too');

subtest 'beside a pass that is running' => sub {
    soon(sub { !pass_is_running() }, 40);
    my $before = epoch();
    $client->expect(200, put => "/policies/$policy", \%always);
    ok(soon(sub { pass_is_running($before) }), 'a pass is running');

    $client->expect(200, put => "/policies/$policy", \%never);
    is($db->value("select count(*) from diurnal.requests where kind = 'pass'
        and claimed_at is null and answered_at is null"), 1,
        'what changes meanwhile asks for another one');
    is($client->post("/cloud-accounts/$quick/sync")->{status}, 200,
        'an account is synchronized');
    is($client->post((account(post => 'new', machines => 1))[ 1, 2 ])
        ->{status}, 201, 'credentials are checked');
    ok(pass_is_running($before) && epoch() == $before + 1,
        '... while it is still running');

    is($client->post('/executions/reconcile')->{status}, 200,
        'who asks for a pass is answered');
    cmp_ok(epoch(), '>=', $before + 2, '... by one that began after that');
    is(machines('running'), 0, '... and that knows of the change');
};

subtest 'when too many wait' => sub {
    # Of the two groups of workers one is left, so that all meet in it.
    my ($group) = Diurnal::Server::slurp($server->dir . '/run/api-2.pid')
        =~ /^(\d+)/;
    kill TERM => $group;
    soon(sub { !kill 0 => $group });

    my @waiting = map { later(post => '/executions/reconcile') } 1 .. 2;
    sleep 1.5;
    my $answer = $client->post('/executions/reconcile');
    is($answer->{status}, 503, 'the next one is told to come back');
    is($answer->{headers}{'retry-after'}, 1, '... and when');
    my $longest = 0;
    for (1 .. 30) {
        my $begun = time;
        another()->expect(200, get => '/policies');
        $longest = time - $begun if time - $begun > $longest;
    }
    ok(!$waiting[0]->is_done && !$waiting[1]->is_done, 'while they wait');
    cmp_ok($longest, '<', 4, '... all other requests are served');
    is($_->result->{status}, 200, 'who waits is answered') for @waiting;
    is($client->post("/cloud-accounts/$quick/sync")->{status}, 200,
        'then there is room again');
};
$client->expect(204, delete => "/cloud-accounts/$slow");

subtest 'without a reconciler' => sub {
    # So that the API's patience, a minute, ends after two seconds.
    $server->restart(demo => undef, DIURNAL_HURRY => 30);
    $client = another();
    unlink $server->dir . '/run/trigger';

    my $answer = $client->post('/executions/reconcile');
    is($answer->{status}, 504, 'who asks for a pass is not kept waiting');
    like($answer->{json}{detail}, qr/in time/,
        '... and told why');
    is($client->post("/cloud-accounts/$quick/sync")->{status}, 504,
        'nor who asks for a look');
    $answer = $client->post((account(post => 'never', machines => 1))[ 1, 2 ]);
    is($answer->{status}, 504, 'nor who brings credentials');
    is(grep({ $_->{name} eq 'never' }
        @{ $client->expect(200, get => '/cloud-accounts') }), 0,
        '... which are not taken unchecked');
    ok(-e $server->dir . '/run/trigger', 'the trigger waits');

    my $before = epoch();
    is($server->requests, 0, 'when it is back, it serves them');
    cmp_ok(epoch(), '>', $before, '... by a pass');
    is($db->value('select count(*) from diurnal.requests
        where answered_at is null'), 0, 'and no request is left');
};

done_testing;
