# What a provider's garbage does: it marks the account, with a reason that
# somebody can read, and nothing else.  Every other account goes on, the pass
# ends, and when the provider is well again nothing is left of it.
use strict;
use warnings;

use JSON ();
use Test::More;
use Time::HiRes qw(time);

use Diurnal::HostileCloud;
use Diurnal::Server;

# The program's patience, which is minutes, ends after seconds.
my %hurry = (DIURNAL_HURRY => 20);
my $secret = qr/SECRETACCESSKEY|SESSIONTOKEN/;

my $cloud  = Diurnal::HostileCloud->start;
my $server = Diurnal::Server->start(AWS_ENDPOINT_URL => $cloud->url);
my $client = $server->client;
my @asked  = $cloud->ways('asked');
my @told   = $cloud->ways('told');
my @regions  = qw(eu-west-1 us-east-1);      # well behaved is the second
my $accounts = @asked + @told + 1;
my %account;        # name => id

$client->bootstrap;

sub create {
    my ($name, $key) = @_;
    return $client->post('/cloud-accounts', {
        name => $name, provider_type => 'aws', is_active => JSON::false,
        selected_regions => \@regions,
        credentials => { access_key_id => uc $key,
            secret_access_key => 'wJalrXUtnFEMISECRETACCESSKEY',
            session_token     => 'FwoGZXIvYXdzEBYaSESSIONTOKEN' },
    });
}

sub accounts {
    return map { $_->{name} => $_ }
        @{ $client->expect(200, get => '/cloud-accounts') };
}

sub run_pass {
    my ($at) = @_;
    my $begun = time;
    is($server->reconcile(%hurry, DIURNAL_NOW => "2035-03-02T$at:00Z"), 0,
        'a pass succeeds') || diag($server->log('reconcile'));
    return time - $begun;
}

# Machines by their accounts' names.
sub machines {
    my %name = reverse %account;
    my $page = $client->expect(200, get => '/resources?page_size=100');
    return map { ("$name{ $_->{cloud_account_id} } $_->{region}" => $_) }
        @{ $page->{items} };
}

sub executions {
    my %counts;
    $counts{ $_->{status} }++
        for @{ $client->expect(200, get => '/executions?limit=1000') };
    return \%counts;
}

$server->serving(sub {
    for my $way (qw(page stalled endless away)) {
        my $begun  = time;
        my $answer = create('refused', "check-$way");
        is($answer->{status}, 400,
            "credentials are not taken when the check is: $way");
        like($answer->{json}{detail}, qr/^STS in us-east-1: [ -~]{10,300}$/,
            '... but a reason is given: ' . ($answer->{json}{detail} // ''));
    }
    $cloud->turn('good');
    for my $name (@asked, @told, 'good') {
        $account{$name} = create($name, $name)->{json}{id};
    }
}, %hurry);
is(grep({ defined } values %account), $accounts,
    'well behaved, all are taken');

$client->expect(200, put => "/cloud-accounts/$account{$_}",
    { is_active => JSON::true }) for sort keys %account;
run_pass('10:00');
is_deeply([ grep { defined $_->{error} } values %{ { accounts() } } ], [],
    'no account has an error');
is(keys %{ { machines() } }, 2 * $accounts, 'all machines are found');

# From now on all should be stopped, and nobody behaves.
$client->expect(201, post => '/policies', {
    name => 'never', timezone => 'UTC', schedule => {},
    resource_selector => { tags => { env => 'dev' } },
});
$cloud->turn('hostile');
my $seconds = run_pass('11:00');
cmp_ok($seconds, '<', 45, "it ends in bounded time: $seconds s");

my %seen = accounts();
for my $way (@asked) {
    my $error = $seen{$way}{error} // '';
    like($error, qr/^eu-west-1: [ -~]{10,400}$/,
        "$way: the account says why: " . substr $error, 0, 200);
    is($cloud->calls("$way eu-west-1 StopInstances"), 0,
        '... and what could not be looked at is not touched');
}
unlike(join('', map { $_->{error} // '' } values %seen), $secret,
    'no reason holds anything secret');
ok($server->log('reconcile') !~ $secret, '... nor does the log');
is($seen{$_}{error}, undef, "the account $_ has none") for @told, 'good';
is($cloud->calls("good eu-west-1 StopInstances"), 1,
    'the machine of a good account is stopped in the same pass');
is(grep({ $cloud->calls("$_ us-east-1 StopInstances") == 1 } keys %account),
    $accounts, '... and so are all in regions where the provider is well');
is($cloud->calls("away eu-west-1 DescribeInstances"), 2,
    'a redirect is not followed');

my %machine = machines();
like($machine{'stalled eu-west-1'}{note},
    qr/^waiting: its region could not be looked at: EC2 in eu-west-1: /,
    'a machine that could not be looked at says so');
is_deeply(executions(), { pending => $accounts + 3, failed => 1 },
    'commands without a proper answer are pending, a refused one failed');

$cloud->turn('good');
run_pass('11:01');
is($cloud->calls("mute eu-west-1 StopInstances"), 1,
    'what was done without an answer is not done again');
is($cloud->calls("deaf eu-west-1 StopInstances"), 2,
    'what was not done is repeated');
run_pass('12:30');
run_pass('12:31');
%seen = accounts();
is_deeply([ grep { defined $_->{error} } values %seen ], [],
    'once all are well again no account has an error');
is(grep({ $_->{last_sync_at} eq '2035-03-02T12:31:00.000000Z' }
    values %seen), keys %seen, '... all have been seen whole');
is_deeply([ grep { $_->{state} ne 'STOPPED' } values %{ { machines() } } ],
    [], 'every machine is stopped');
is_deeply(executions(), { completed => 2 * $accounts, failed => 1 },
    'each by one command, but for the one that was refused');

done_testing;
