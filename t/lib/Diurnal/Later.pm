package Diurnal::Later;

# Something that a process of its own does while the test goes on.
#
#   my $later = Diurnal::Later->new(sub { $server->client->get('/policies') });
#   ok(!$later->is_done, 'it takes its time');
#   my $answer = $later->result;        # waits; what cannot be JSON is lost
#
# Whoever talks to a server needs a client made in there: a connection belongs
# to one process.

use strict;
use warnings;

use IO::Select;
use JSON ();
use POSIX ();

my $json = JSON->new->utf8->allow_nonref->convert_blessed->allow_blessed;

sub new {
    my ($class, $work) = @_;
    my $pid = open(my $out, '-|') // die "fork: $!\n";

    if ($pid == 0) {
        my $result = eval { $json->encode([ $work->() ]) };
        print STDOUT $result // $json->encode({ died => "$@" });
        STDOUT->flush;
        POSIX::_exit(0);
    }
    return bless { out => $out, pid => $pid, owner => $$ }, $class;
}

sub is_done {
    my ($self) = @_;
    return IO::Select->new($self->{out})->can_read(0) ? 1 : 0;
}

sub result {
    my ($self) = @_;
    my $result = do { local $/; $json->decode(readline $self->{out}) };
    die "later: $result->{died}" if ref $result eq 'HASH';
    return wantarray ? @$result : $result->[0];
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $!);
    kill KILL => $self->{pid};
    close $self->{out};
    return;
}

1;
