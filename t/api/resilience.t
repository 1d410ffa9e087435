#!/usr/bin/perl
# What the API does while what it stands on fails.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server  = Diurnal::Server->start;
my $fixture = Diurnal::Fixture->new($server);
my $admin   = $fixture->admin;
my $anyone  = $fixture->anyone;
my %policy  = (name => 'P', timezone => 'UTC', schedule => {},
    resource_selector => { tags => { a => 'b' } });

sub api_logs { return $server->log('api-1') . $server->log('api-2') }

# Wait until this is true, at most ten seconds.
sub eventually {
    my ($condition, $name) = @_;
    for (1 .. 100) {
        return pass($name) if $condition->();
        sleep 0.1;
    }
    return fail($name);
}

subtest 'the database restarts between requests' => sub {
    for my $mode (qw(fast immediate)) {
        $admin->expect(200, get => '/policies') for 1 .. 8;
        ok($server->pg_ctl('restart', '-m', $mode), "it restarts: $mode");
        is_status($admin->get('/policies'), 200, 'the next GET is served')
            for 1 .. 8;
        $server->pg_ctl('restart', '-m', $mode);
        is_status($admin->post('/policies', \%policy), 201,
            '... and so is a POST') for 1 .. 8;
    }
};

subtest 'the database is away' => sub {
    $server->pg_ctl('stop', '-m', 'fast');
    is_status($anyone->get('//health'), 200, 'the API is alive');
    is_problem($anyone->get('//ready'), 503, '... not ready');
    my $answer = $admin->get('/policies');
    is_problem($answer, 503, 'what needs the database says so');
    like($answer->{headers}{'retry-after'}, qr/^\d+$/,
        '... and to come again');
    unlike($answer->{body}, qr/socket|PostgreSQL|postgres/i,
        '... without telling how it is built');
    is_problem($admin->post('/policies', \%policy), 503, 'so do changes');
    is_problem($anyone->post('/auth/token', { email => 'a@example.com',
        password => 'x' }), 503, '... and signing in');
    is_problem($anyone->get('/policies'), 401, 'who is nobody is told');
    complains($anyone->post('/policies', '{'), ['body', 1], 'json_invalid',
        '... as is what is no JSON');
    is_status($anyone->get('/providers/metadata'), 200,
        'what does not need it is served');
    $server->pg_ctl('restart');    # with the options that it had
    is_status($anyone->get('//ready'), 200, 'when it is back, all is well');
    is_status($admin->get('/policies'), 200, '... for requests, too')
        for 1 .. 8;
};

subtest 'the database goes in the middle' => sub {
    my $lock = $server->database;
    my $policy = $admin->expect(201, post => '/policies', \%policy);
    $lock->dbh->begin_work;
    $lock->execute('select from diurnal.policies where id = ? for update',
        $policy->{id});
    my $clone = $admin->clone;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        my $answer = $clone->put("/policies/$policy->{id}",
            { name => 'Q' });
        my $problem = $answer->{headers}{'content-type'}
            eq 'application/problem+json';
        POSIX::_exit($problem ? $answer->{status} - 400 : 0);
    }
    eventually(sub { $lock->value("select count(*) from pg_stat_activity
        where wait_event_type = 'Lock'") }, 'a change waits');
    $server->pg_ctl('restart', '-m', 'fast');
    waitpid $pid, 0;
    $lock->dbh->{InactiveDestroy} = 1;     # its server is gone
    is(($? >> 8) + 400, 503, 'the server said that it went: try again');
    is($admin->expect(200, get => "/policies/$policy->{id}")->{name}, 'P',
        '... nothing was changed');
};

subtest 'the database is of another version' => sub {
    my $database = $server->database;
    my $book     = 'diurnal_meta.schema_migrations';
    my ($newest) = $database->rows("select * from $book
        order by version desc limit 1");
    my $add = sub { $database->execute("insert into $book
        (version, name, sha256) values (?, ?, ?)", @_) };
    my $remove = sub { $database->execute("delete from $book
        where version = ?", @_) };
    my @last = @$newest{qw(version name sha256)};
    my %case = (
        ahead => [sub { $add->($last[0] + 1, 'from_the_future', $last[2]) },
            sub { $remove->($last[0] + 1) }],
        behind => [sub { $remove->($last[0]) }, sub { $add->(@last) }],
    );
    my %said;
    for my $name (sort keys %case) {
        my ($break, $mend) = @{ $case{$name} };
        $break->();
        $server->pg_ctl('restart', '-m', 'fast');
        $database = $server->database;
        is_problem($admin->get('/policies'), 503,
            "a database that is $name is not served") for 1 .. 8;
        is_problem($anyone->get('//ready'), 503, '... nor is the API ready');
        my @said = grep { !$said{$_}++ }
            api_logs() =~ /^.*not serving this database.* version \d+.*$/mg;
        ok(@said >= 1 && @said <= 4, '... as the log says, once a worker');
        like($said[0], qr/run diurnalctl migrate|upgrade it/,
            '... and what to do');
        $mend->();
        is_status($admin->get('/policies'), 200,
            'when it is mended it is served') for 1 .. 8;
    }
};

subtest 'workers die' => sub {
    for my $round (1 .. 3) {
        my @workers = $server->workers;
        is(scalar @workers, $server->WORKERS, 'all workers are there');
        for my $worker (@workers) {
            kill KILL => $worker;
            is_status($admin->get('/policies'), 200,
                'a GET after one is killed is served');
        }
        eventually(sub { my @now = $server->workers;
            @now == $server->WORKERS && !grep { my $old = $_; grep { $_ == $old } @now }
                @workers }, 'new ones take their places');
    }
};

subtest 'a worker is asked to stop' => sub {
    my @workers = $server->workers;
    kill TERM => @workers;
    is_status($admin->get('/policies'), 200, 'no GET is lost') for 1 .. 8;
    eventually(sub { my @now = $server->workers; @now == $server->WORKERS
        && !grep { my $old = $_; grep { $_ == $old } @now } @workers },
        'new ones take their places');
};

subtest 'a group of workers is away' => sub {
    my ($group) = Diurnal::Server::slurp($server->dir . '/run/api-1.pid')
        =~ /^(\d+)/;
    kill TERM => $group;
    eventually(sub { !kill 0 => $group }, 'one of the groups stops');
    is_status($admin->get('/policies'), 200, 'the other serves')
        for 1 .. 8;
    is_status($admin->post('/policies', \%policy), 201, '... all of it')
        for 1 .. 8;
    $server->restart;
    is_status($admin->get('/policies'), 200, 'until both are there again');
};

done_testing;
