package Diurnal::Server;

# A Diurnal of the test's own, started by ./dev up --bare from the test build,
# on a free port, below a temporary directory; it ends with the test.
#
#   my $server = Diurnal::Server->start(LOG_LEVEL => 'debug');
#   my $client = $server->client;
#   $server->reconcile;                         # one pass
#   $server->reconcile(DIURNAL_NOW => '2026-03-02T09:00:00Z');
#   $server->serving(sub { $client->post('/cloud-accounts', ...) });
#
# Pairs are configuration, but for demo => 1: not --bare, then, but with the
# demo organization and the reconcile loop.  A worker that a sanitizer stopped
# fails the test.

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET;
use POSIX ();
use Scalar::Util qw(weaken);
use Time::HiRes qw(sleep);

use Diurnal::Client;
use Diurnal::Database;

# Those that the end of the test may find running.
my @started;

my $sanitizer_spoke;

# What ends a test ends its servers.
$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);
$SIG{PIPE} = 'IGNORE';

my $source = $ENV{DIURNAL_SOURCE} // die "run this by ./dev test\n";

sub start {
    my ($class, %configuration) = @_;
    my $self = bless {
        home          => File::Temp->newdir('diurnal-XXXXXX', TMPDIR => 1),
        port          => free_port(),
        configuration => \%configuration,
        pid           => $$,
    }, $class;

    $self->{dir} = $self->{home}->dirname;
    chmod 0755, $self->{dir};
    weaken($started[@started] = $self);
    $self->restart;
    return $self;
}

# A TCP port of the loopback that nobody listens on.
sub free_port {
    my $socket = IO::Socket::INET->new(
        Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0
    ) or die "no free port: $@\n";
    return $socket->sockport;
}

# Again with the same data; pairs change the configuration, undef removes.
sub restart {
    my ($self, %changes) = @_;
    my $configuration = $self->{configuration};

    %$configuration = (%$configuration, %changes);
    delete @$configuration{ grep { !defined $configuration->{$_} }
        keys %$configuration };
    $self->dev('up', $configuration->{demo} ? () : '--bare',
        '--port', $self->{port}, map { "$_=$configuration->{$_}" }
        grep { $_ ne 'demo' } sort keys %$configuration);
    $self->{env} = read_env("$self->{dir}/env");
    return;
}

sub read_env {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    return { map { /^(\w+)=(.*)$/ } <$in> };
}

# Run a command of ./dev on this server; dies with what it said if it fails.
sub dev {
    my ($self, $command, @arguments) = @_;
    my $log = "$self->{dir}/dev.log";

    system('sh', '-c', 'exec "$@" >>"$0" 2>&1', $log, "$source/dev",
        $command, '--dir', $self->{dir}, @arguments) == 0
        or die "dev $command failed:\n" . slurp($log);
    return;
}

sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or return '';
    local $/;
    return <$in>;
}

sub dir      { return $_[0]{dir} }
sub port     { return $_[0]{port} }
sub base_url { return $_[0]{env}{BASE_URL} }
sub ca_file  { return $_[0]{env}{CA_FILE} }
sub db_url   { return $_[0]{env}{DB_URL} }
sub admin    { return @{ $_[0]{env} }{qw(ADMIN_EMAIL ADMIN_PASSWORD)} }

# A log by its name: api-1, api-2, nginx, access, postgresql.
sub log {
    my ($self, $name) = @_;
    return slurp("$self->{dir}/log/$name.log");
}

sub client {
    my ($self) = @_;
    return Diurnal::Client->new($self->base_url, $self->ca_file);
}

# A connection to the database as a role; the superuser's by default.
sub database {
    my ($self, $role) = @_;
    return Diurnal::Database->new($self->db_url, $role);
}

# One pass, with additional environment (names begin with DIURNAL_); returns
# its exit status as wait(2) does.  Its output goes to the log "reconcile".
sub reconcile {
    my ($self, %environment) = @_;
    local %ENV = (%ENV, %environment);
    return system('sh', '-c', 'exec "$1" >>"$0" 2>&1',
        "$self->{dir}/log/reconcile.log", $self->{env}{RECONCILE});
}

# The same without waiting for it; returns the process id.
sub reconcile_in_background {
    my ($self, %environment) = @_;
    my $pid = fork // die "fork: $!\n";

    return $pid if $pid != 0;
    @ENV{ keys %environment } = values %environment;
    open STDOUT, '>>', "$self->{dir}/log/reconcile.log";
    open STDERR, '>&', \*STDOUT;
    exec { $self->{env}{RECONCILE} } $self->{env}{RECONCILE}
        or POSIX::_exit(127);
}

# Have requests to the reconciler, and passes when something changed, served
# until the end of the test.
sub reconcile_always {
    my ($self) = @_;
    my $loop = "$source/build-aux/dev/reconcile-loop";
    my $pid  = fork // die "fork: $!\n";

    if ($pid == 0) {
        setpgrp;
        open STDOUT, '>>', "$self->{dir}/log/reconcile-loop.log";
        open STDERR, '>&', \*STDOUT;
        exec { $loop } $loop, "$self->{dir}/run/trigger",
            $self->{env}{RECONCILE} or POSIX::_exit(127);
    }
    $self->{loop} = $pid;
    return;
}

# How many workers ./dev up starts: two groups of three.
use constant WORKERS => 6;

# The workers' process ids, in order.
sub workers {
    my ($self) = @_;
    my @groups = map { slurp("$self->{dir}/run/api-$_.pid") =~ /^(\d+)/ }
        1, 2;
    return sort { $a <=> $b } map { split } map {
        slurp("/proc/$_/task/$_/children") } @groups;
}

# Do ${work} while what it asks of the reconciler is served, as the systemd
# path unit would have it; returns what it returns.
sub serving {
    my ($self, $work, %environment) = @_;
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        $self->serve_until_told(%environment);
        POSIX::_exit(0);
    }
    my @result = eval { $work->() };
    my $failure = $@;
    kill TERM => $pid;
    waitpid $pid, 0;
    die $failure if $failure ne '';
    return wantarray ? @result : $result[0];
}

sub serve_until_told {
    my ($self, %environment) = @_;
    my $told = 0;
    local $SIG{TERM} = sub { $told = 1 };

    @ENV{ keys %environment } = values %environment;
    until ($told) {
        $self->requests if -e "$self->{dir}/run/trigger";
        sleep 0.05;
    }
    # The trigger of what was asked for last may still be on its way.
    $self->requests;
    return;
}

# Serve what has been asked for; returns the exit status as wait(2) does.
sub requests {
    my ($self) = @_;
    return system('sh', '-c', 'exec "$1" --requests >>"$0" 2>&1',
        "$self->{dir}/log/reconcile.log", $self->{env}{RECONCILE});
}

# What diurnalctl prints.
sub diurnalctl {
    my ($self, @arguments) = @_;
    open my $out, '-|', $self->{env}{DIURNALCTL}, @arguments
        or die "diurnalctl: $!\n";
    local $/;
    my $text = <$out>;
    close $out;
    return $text;
}

# pg_ctl on the server's PostgreSQL: ('restart', '-m', 'immediate').
sub pg_ctl {
    my ($self, @arguments) = @_;
    return system("$self->{dir}/bin/pg_ctl", @arguments) == 0;
}

sub stop {
    my ($self) = @_;
    return if $self->{pid} != $$ || $self->{stopped}++;
    if (my $loop = delete $self->{loop}) {
        kill TERM => -$loop;
        waitpid $loop, 0;
    }
    $self->dev('down');
    for my $name (qw(api-1 api-2 reconcile-loop reconcile)) {
        next if $self->log($name) !~ /^.*(?:Sanitizer:|runtime error:).*$/m;
        print STDERR "# $name: $&\n";
        $sanitizer_spoke = 1;
    }
    return;
}

sub DESTROY {
    my ($self) = @_;
    local ($@, $!, $?);
    $self->stop;
    return;
}

END {
    my $status = $?;
    $_->stop for grep { defined } @started;
    $? = $status || ($sanitizer_spoke ? 1 : 0);
}

1;
