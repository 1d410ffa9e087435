package Diurnal::Check;

# What many tests of the API ask of an answer.
#
#   is_problem($answer, 404, 'an unknown policy', qr/Policy not found/);
#   complains($answer, ['body', 'name'], 'missing', 'a policy without name');
#
# Each is one test, and says what came when it fails.

use strict;
use warnings;

use Exporter qw(import);
use POSIX ();
use Test::More;

our @EXPORT = qw(is_status is_problem complains is_uuid is_time is_like
    at_once uuid_nobody_has $UUID $TIME);

our $UUID = qr/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
our $TIME = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

# A well-formed id of nothing.
sub uuid_nobody_has { return '01234567-89ab-7def-8123-456789abcdef' }

# Run each of these in a process of its own, all starting at the same moment;
# what they return, as text.  A client must be made inside.
sub at_once {
    my (@tasks) = @_;
    pipe my $gate, my $opener or die "pipe: $!\n";
    my @running = map { start_task($gate, $opener, $_) } @tasks;
    close $gate;
    close $opener;
    return map { my $line = <$_>; close $_; $line // 'died' } @running;
}

sub start_task {
    my ($gate, $opener, $task) = @_;
    my $pid = open(my $out, '-|') // die "fork: $!\n";
    return $out if $pid != 0;
    close $opener;
    sysread $gate, my $nothing, 1;
    my $result = eval { $task->() } // "died: $@";
    syswrite STDOUT, $result;
    POSIX::_exit(0);
}

sub verdict {
    my ($wrong, $answer, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 2;
    return ok(!defined $wrong, $name)
        || diag("$wrong\ngot $answer->{status}: "
        . substr($answer->{body} // '', 0, 1000));
}

sub is_status {
    my ($answer, $status, $name) = @_;
    return verdict($answer->{status} == $status ? undef : "want $status",
        $answer, $name);
}

# What is wrong with a problem as RFC 9457 and our contract have it.
sub problem_fault {
    my ($answer, $status) = @_;
    my $json = $answer->{json};
    return "want $status" if $answer->{status} != $status;
    return 'no problem+json'
        if $answer->{headers}{'content-type'} ne 'application/problem+json';
    return 'not an object' if ref $json ne 'HASH';
    return 'wrong type'    if $json->{type} ne 'about:blank';
    return 'no title'      if !length $json->{title};
    return 'wrong status'  if $json->{status} != $status;
    return detail_fault($json->{detail}, $status);
}

sub detail_fault {
    my ($detail, $status) = @_;
    if ($status != 422) {
        return !defined $detail || ref $detail || !length $detail
            ? 'no detail' : undef;
    }
    return 'no complaints' if ref $detail ne 'ARRAY' || !@$detail;
    for my $complaint (@$detail) {
        return 'an incomplete complaint'
            if join(',', sort keys %$complaint) ne 'loc,msg,type';
        return 'a complaint about nowhere'
            if $complaint->{loc}[0] !~ /^(?:body|query|path)$/;
    }
    return;
}

# A problem of this status, whose detail matches a pattern if one is given.
sub is_problem {
    my ($answer, $status, $name, $pattern) = @_;
    my $wrong = problem_fault($answer, $status);
    $wrong //= "want a detail like $pattern"
        if $pattern && $answer->{json}{detail} !~ $pattern;
    return verdict($wrong, $answer, $name);
}

# A 422 one of whose complaints is of this place and type.
sub complains {
    my ($answer, $loc, $type, $name) = @_;
    my $wrong = problem_fault($answer, 422);
    my $place = place($loc);
    $wrong //= "want a complaint $type at $place"
        if !grep { place($_->{loc}) eq $place && $_->{type} eq $type }
        @{ $wrong ? [] : $answer->{json}{detail} };
    return verdict($wrong, $answer, $name);
}

sub place { return join '/', @{ $_[0] } }

sub is_uuid {
    my ($value, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return like($value, $UUID, $name);
}

sub is_time {
    my ($value, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return like($value, $TIME, $name);
}

# The members of ${want} are in ${got} and equal; a pattern may stand for a
# value.
sub is_like {
    my ($got, $want, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %part = map {
        my $value = $got->{$_};
        $_ => ref $want->{$_} eq 'Regexp' && defined $value
            && $value =~ $want->{$_} ? $want->{$_} : $value
    } keys %$want;
    return is_deeply(\%part, $want, $name) || diag(explain($got));
}

1;
