#!/usr/bin/perl
# What is secret is in no answer, no log, no table and, once used, no memory
# of a worker.
use strict;
use warnings;

use JSON ();
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Moto;
use Diurnal::Server;

plan skip_all => 'there is no moto_server' if !-x ($ENV{DIURNAL_MOTO} // '');

my $moto   = Diurnal::Moto->start;
my $server = Diurnal::Server->start(LOG_LEVEL => 'debug',
    PASSWORD_MIN_LENGTH => 4, AWS_ENDPOINT_URL => $moto->url);
$server->reconcile_always;
my $fixture = Diurnal::Fixture->new($server);
my $admin   = $fixture->admin;

# Each is long and odd enough to be found, and is what it stands for.
my %secret = (
    'a secret key'           => 'MARKERaSecretKey0123456789abcdefghijk',
    'a session token'        => 'MARKERbSessionToken' . 'Zz9' x 100,
    'a replaced secret key'  => 'MARKERcSecretKey0123456789abcdefghijk',
    'a refused secret key'   => 'MARKERdSecretKey0123456789abcdefghijk',
    'a malformed secret'     => 'MARKERe,neither here nor there',
    'a password'             => 'MARKERf-password',
    'a wrong password'       => 'MARKERg-wrong-password',
    'a new password'         => 'MARKERh-new-password',
    'a password in bad JSON' => 'MARKERi-bad-json',
);
my @answers;

sub ask {
    my ($client, $status, $method, @arguments) = @_;
    my $answer = $client->$method(@arguments);
    push @answers, $answer;
    is_status($answer, $status, "$method $arguments[0]: $status");
    return $answer->{json};
}

my %aws = (access_key_id => 'AKIAIOSFODNN7EXAMPLE', region => 'us-east-1');
my %account = (name => 'AWS', provider_type => 'aws');

subtest 'in use' => sub {
    my $account = ask($admin, 201, post => '/cloud-accounts', { %account,
        credentials => { %aws, secret_access_key => $secret{'a secret key'},
            session_token => $secret{'a session token'} } });
    is_deeply($account->{credential_hints},
        { access_key_id => 'AKIAIOSFODNN7EXAMPLE' },
        'what is no secret is shown as a hint');
    is_deeply([grep { /credentials|sealed|key/ } keys %$account], [],
        '... and nothing else of the credentials');
    ask($admin, 200, put => "/cloud-accounts/$account->{id}", {
        credentials => { %aws,
            secret_access_key => $secret{'a replaced secret key'} } });
    ask($admin, 200, get => '/cloud-accounts');
    ask($admin, 400, post => '/cloud-accounts', { %account, credentials => {
        %aws, secret_access_key => "$secret{'a malformed secret'}\n" } });
    ask($admin, 400, post => '/cloud-accounts', { %account, credentials => {
        %aws, secret => $secret{'a refused secret key'} } });
    ask($admin, 422, post => '/cloud-accounts', { %account, name => 3,
        credentials => { secret_access_key =>
            $secret{'a refused secret key'} } });
    my $user = ask($admin, 200, post => '/users', {
        email => 'u@example.com', password => $secret{'a password'},
        organization_id => $fixture->organization_id });
    my $client = $fixture->anyone;
    ask($client, 401, post => '/auth/token', { email => 'u@example.com',
        password => $secret{'a wrong password'} });
    ask($client, 422, post => '/auth/token', '{"email":"u@example.com",'
        . "\"password\":\"$secret{'a password in bad JSON'}\"");
    my $tokens = ask($client, 200, post => '/auth/token', {
        email => 'u@example.com', password => $secret{'a password'} });
    $client->token($tokens->{access_token});
    ask($client, 204, put => '/users/me/password', {
        current_password => $secret{'a password'},
        new_password => $secret{'a new password'} });
    # Shown to whom it belongs; secret to all others.
    $secret{'an API key'} = ask($client, 200, post => '/auth/keys',
        { name => 'k' })->{key};
    ask($fixture->anyone->header('X-API-Key' => $secret{'an API key'}), 200,
        get => '/users/me');
    $secret{'a refresh token'} = $tokens->{refresh_token};
    ask($client, 401, post => '/auth/refresh',
        { refresh_token => $tokens->{refresh_token} });
    $secret{'an access token'} = $tokens->{access_token};
};

# Where ${name}'s marker is in a text, if it is.
sub is_absent {
    my ($text, $name, $where) = @_;
    my $at = index $text, $secret{$name};
    return is($at, -1, "$name is not in $where") || $at < 0
        || diag(substr($text, $at > 60 ? $at - 60 : 0, 160) =~
            s/[^ -~]/./gr);
}

subtest 'answers' => sub {
    my $all = join "\n", map { $_->{body} } @answers;
    is_absent($all, $_, 'an answer') for grep { !/key$|token$/ || /secret key/
        } sort keys %secret;
};

subtest 'logs' => sub {
    opendir my $logs, $server->dir . '/log' or die "log: $!\n";
    for my $file (sort grep { /\.log$/ } readdir $logs) {
        my $log = Diurnal::Server::slurp($server->dir . "/log/$file");
        is_absent($log, $_, $file) for sort keys %secret;
    }
};

subtest 'the database' => sub {
    my $dump = '';
    for my $table ($fixture->db->rows("select format('%I.%I', table_schema,
        table_name) as name from information_schema.tables
        where table_schema = 'diurnal' and table_type = 'BASE TABLE'")) {
        $dump .= join "\n", map { $_->{line} } $fixture->db->rows(
            "select t::text as line from $table->{name} t");
    }
    like($dump, qr/AKIAIOSFODNN7EXAMPLE/, 'the hint is in it');
    is_absent($dump, $_, 'the database') for sort keys %secret;
    for my $name (sort keys %secret) {
        my $hex = unpack 'H*', $secret{$name};
        is(index($dump, $hex), -1, "... nor the bytes of $name");
    }
};

# All that a process can read of itself.
sub memory_of {
    my ($pid) = @_;
    my $memory = '';
    open my $maps, '<', "/proc/$pid/maps" or die "maps: $!\n";
    open my $mem, '<:raw', "/proc/$pid/mem" or die "mem: $!\n";
    while (<$maps>) {
        my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) r/ or next;
        next if /\[v(?:var|syscall|var_vclock)\]/;
        no warnings 'portable';
        sysseek $mem, hex $from, 0 or next;
        $memory .= "\n$from ";
        sysread $mem, $memory, hex($to) - hex($from), length $memory;
    }
    return $memory;
}

subtest 'memory' => sub {
    my @workers = $server->workers;
    plan skip_all => "a sanitizer's allocator keeps what is freed"
        if Diurnal::Server::slurp("/proc/$workers[0]/maps") =~ /lib[at]san/;
    for my $pid (@workers) {
        my $memory = memory_of($pid);
        like($memory, qr/diurnal-api/, "worker $pid can be read");
        is_absent($memory, $_, "a worker's memory") for sort keys %secret;
        my $environment = Diurnal::Server::slurp("/proc/$pid/environ");
        is_absent($environment, $_, "a worker's environment")
            for sort keys %secret;
        unlike($environment, qr/ENCRYPTION_KEY/,
            'nor is the key that opens credentials');
    }
    is_deeply([$server->workers], \@workers, 'the workers are still there');
};

done_testing;
