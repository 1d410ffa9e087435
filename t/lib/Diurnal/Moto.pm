package Diurnal::Moto;

# moto_server, an emulator of EC2 that others wrote, on a free port of the
# loopback; it ends with the test.
#
#   my $moto = Diurnal::Moto->start;
#   my $server = Diurnal::Server->start(AWS_ENDPOINT_URL => $moto->url);
#   $moto->reset;

use strict;
use warnings;

use HTTP::Tiny;
use POSIX ();
use Time::HiRes qw(sleep);

use Diurnal::Server;

# Pairs are environment: INITIAL_NO_AUTH_ACTION_COUNT => 0 has it check
# signatures.
sub start {
    my ($class, %environment) = @_;
    my $program = $ENV{DIURNAL_MOTO} // die "run this by ./dev test\n";
    my $port    = Diurnal::Server::free_port();
    my $log     = File::Temp->new;
    my $pid     = fork // die "fork: $!\n";

    if ($pid == 0) {
        @ENV{ keys %environment } = values %environment;
        open STDOUT, '>&', $log;
        open STDERR, '>&', $log;
        exec { $program } $program, '-H', '127.0.0.1', '-p', $port
            or POSIX::_exit(127);
    }
    my $self = bless {
        pid => $pid, owner => $$, log => $log,
        url => "http://127.0.0.1:$port",
    }, $class;
    $self->wait_until_ready;
    return $self;
}

sub wait_until_ready {
    my ($self) = @_;
    for (1 .. 300) {
        return if HTTP::Tiny->new->get("$self->{url}/moto-api/data.json")
            ->{success};
        die "moto_server ended:\n" . Diurnal::Server::slurp($self->{log})
            if waitpid($self->{pid}, POSIX::WNOHANG()) != 0;
        sleep 0.1;
    }
    die "moto_server does not answer\n";
}

sub url { return $_[0]{url} }

# Forget every machine.
sub reset {
    my ($self) = @_;
    my $answer = HTTP::Tiny->new->post("$self->{url}/moto-api/reset");
    die "moto_server: $answer->{content}\n" if !$answer->{success};
    return;
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $!);
    kill TERM => $self->{pid};
    waitpid $self->{pid}, 0;
    return;
}

1;
