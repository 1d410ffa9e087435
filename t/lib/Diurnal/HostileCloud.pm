package Diurnal::HostileCloud;

# A server on the loopback that plays EC2 and STS, well or badly: how, the
# access key id says; but well in us-east-1, except that where a key begins
# with CHECK- the call that checks it is answered as badly.  Each key has one
# machine in every region.  It ends with the test.
#
#   my $cloud = Diurnal::HostileCloud->start;
#   my $server = Diurnal::Server->start(AWS_ENDPOINT_URL => $cloud->url);
#   my @ways = $cloud->ways('asked');          # of answering; 'told': commands
#   $cloud->turn('good');                      # it is 'hostile' at first
#   is($cloud->calls('stalled eu-west-1 StopInstances'), 0);
#
# A key that is no way is always answered well.

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

my $many = 100_000_000;

my $head = '<?xml version="1.0" encoding="UTF-8"?>';

sub machine {
    my ($id, $state, $tags) = @_;
    return '<reservationSet><item><instancesSet><item>'
        . "<instanceId>$id</instanceId><instanceType>t3.micro</instanceType>"
        . "<instanceState><name>$state</name></instanceState>"
        . '<tagSet>' . ($tags // '') . '</tagSet>'
        . '</item></instancesSet></item></reservationSet>';
}

sub tag {
    my ($key, $value) = @_;
    return "<item><key>$key</key><value>$value</value></item>";
}

sub describe {
    my ($inside, $token) = @_;
    return "$head<DescribeInstancesResponse>$inside"
        . (defined $token ? "<nextToken>$token</nextToken>" : '')
        . '</DescribeInstancesResponse>';
}

sub failure {
    my ($code, $message) = @_;
    return "$head<Response><Errors><Error><Code>$code</Code>"
        . "<Message>$message</Message></Error></Errors></Response>";
}

# An answer, whole.
sub answer {
    my ($call, $status, $type, $body, @headers) = @_;
    send_all($call, join "\r\n", "HTTP/1.1 $status X", "Content-Type: $type",
        'Content-Length: ' . length $body, 'Connection: close', @headers, '',
        $body);
    return;
}

sub xml { return answer($_[0], 200, 'text/xml;charset=UTF-8', $_[1]) }

sub send_all {
    my ($call, $bytes) = @_;
    while (length $bytes) {
        my $count = syswrite $call->{socket}, $bytes;
        POSIX::_exit(0) if !$count;
        substr($bytes, 0, $count) = '';
    }
    return;
}

# The ways of answering a question.
my %asked = (
    truncated => sub {
        my ($call) = @_;
        xml($call, substr describe(machine('i-1', 'running')), 0, 150);
    },
    cut => sub {
        my ($call) = @_;
        send_all($call, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
            . "Content-Length: 5000\r\n\r\n" . describe(''));
    },
    page => sub {
        my ($call) = @_;
        answer($call, 200, 'text/html', '<!doctype html><p>Sign in!');
    },
    broken  => sub { answer($_[0], 500, 'text/plain', 'oops') },
    crowded => sub {
        my ($call) = @_;
        answer($call, 503, 'text/xml', failure('RequestLimitExceeded',
            'Request limit exceeded.'), 'Retry-After: 3600');
    },
    endless => sub {
        my ($call) = @_;
        send_all($call, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n"
            . '<DescribeInstancesResponse>');
        send_all($call, '<!-- more -->' x 5000) while 1;
    },
    trickle => sub {
        my ($call) = @_;
        send_all($call, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n");
        for (1 .. $many) {
            send_all($call, ' ');
            sleep 0.1;
        }
    },
    headers => sub {
        my ($call) = @_;
        send_all($call, "HTTP/1.1 200 OK\r\n");
        send_all($call, "X-More: and more\r\n" x 100) while 1;
    },
    away => sub {
        my ($call) = @_;
        answer($call, 302, 'text/html', '', 'Location: /elsewhere');
    },
    stalled => sub { sleep 1 while 1 },
    hangs   => sub { },
    noise   => sub { send_all($_[0], join '', map { chr rand 256 } 1 .. 999) },
    circles => sub {
        my ($call) = @_;
        xml($call, describe(machine('i-1', 'running'), 'again'));
    },
    creeping => sub {
        my ($call) = @_;
        sleep 0.2;
        xml($call, describe('', 'token' . time));
    },
    huge => sub {
        my ($call) = @_;
        xml($call, describe(machine('i-' . 'x' x 1_000_000, 'running')));
    },
    deep => sub {
        my ($call) = @_;
        xml($call, describe('<a>' x 100_000));
    },
    bytes => sub {
        my ($call) = @_;
        xml($call, describe(machine('i-1', 'running',
            tag('Name', "\xff\xfe\xc0\x80"))));
    },
    laughs => sub {
        my ($call) = @_;
        my $entities = join '', map { my $n = $_ + 1;
            "<!ENTITY e$n \"" . "&e$_;" x 10 . '">' } 0 .. 9;
        xml($call, "$head<!DOCTYPE x [<!ENTITY e0 \"ha\">$entities]>"
            . '<DescribeInstancesResponse>&e10;</DescribeInstancesResponse>');
    },
    parrot => sub {
        my ($call) = @_;
        answer($call, 403, 'text/xml', failure('UnauthorizedOperation',
            "you sent $call->{head}" =~ s/\s+/ /gr));
    },
);

# The ways of being told something.
my %told = (
    mute => sub { sleep 1 while 1 },
    deaf => sub { answer($_[0], 200, 'text/plain', 'What?') },
    rude => sub {
        my ($call) = @_;
        answer($call, 400, 'text/xml',
            failure('IncorrectInstanceState', 'Not now.'));
    },
);

sub ways {
    my ($self, $kind) = @_;
    return sort keys %{ $kind eq 'asked' ? \%asked : \%told };
}

sub start {
    my ($class) = @_;
    my $home   = File::Temp->newdir('diurnal-XXXXXX', TMPDIR => 1);
    my $socket = IO::Socket::INET->new(
        Listen => 100, LocalAddr => '127.0.0.1', LocalPort => 0
    ) or die "no free port: $@\n";
    my $self = bless {
        home => $home, dir => $home->dirname, owner => $$,
        url => 'http://127.0.0.1:' . $socket->sockport,
    }, $class;

    $self->{pid} = fork // die "fork: $!\n";
    if ($self->{pid} == 0) {
        setpgrp;
        local $SIG{CHLD} = 'IGNORE';
        $self->accept_one($socket) while 1;
    }
    return $self;
}

sub url { return $_[0]{url} }

sub accept_one {
    my ($self, $socket) = @_;
    my $connection = $socket->accept or return;
    my $pid = fork // return;
    return if $pid != 0;
    local $SIG{PIPE} = 'IGNORE';
    my $call = read_call($connection);
    $self->serve($call) if $call;
    POSIX::_exit(0);
}

sub read_call {
    my ($socket) = @_;
    my $bytes = '';

    sysread $socket, $bytes, 65536, length $bytes or return
        until $bytes =~ /\r\n\r\n/;
    my ($lines, $body) = split /\r\n\r\n/, $bytes, 2;
    my ($length) = $lines =~ /^Content-Length: (\d+)/mi or return;
    sysread $socket, $body, 65536, length $body or return
        while length $body < $length;
    my ($key, $region) = $lines =~ m{Credential=([^/]+)/\d+/([^/]+)/};
    my %form = map { /^([^=]+)=(.*)/ ? ($1, $2) : () } split /&/, $body;
    return { socket => $socket, head => $lines, form => \%form,
        key => lc $key, region => $region };
}

sub serve {
    my ($self, $call) = @_;
    my ($key, $action) = ($call->{key}, $call->{form}{Action});
    my $is_command = $action =~ /^(?:Start|Stop)/;
    my $way = $key =~ s/^check-// ? $asked{$key}
        : $call->{region} eq 'us-east-1' || $self->is('good') ? undef
        : $is_command ? $told{$key} : $asked{$key};

    $self->note("$call->{key} $call->{region} $action");
    $self->obey($call) if $is_command && (!$way || $key eq 'mute');
    return $way->($call) if $way;
    return $self->answer_well($call, $action);
}

sub answer_well {
    my ($self, $call, $action) = @_;
    my $machine = $self->machine_of($call);

    return xml($call, "<$action><instancesSet><item><instanceId>$machine"
        . "</instanceId></item></instancesSet></$action>")
        if $action =~ /^(?:Start|Stop)/;
    return xml($call, describe(machine($machine,
        $self->is("stopped.$machine") ? 'stopped' : 'running',
        tag('env', 'dev')))) if $action eq 'DescribeInstances';
    return xml($call, '<GetCallerIdentityResponse><GetCallerIdentityResult>'
        . '<Arn>arn:aws:iam::1:user/x</Arn></GetCallerIdentityResult>'
        . '</GetCallerIdentityResponse>');
}

sub machine_of {
    my ($self, $call) = @_;
    return "i-$call->{key}-$call->{region}";
}

sub obey {
    my ($self, $call) = @_;
    my $mark = 'stopped.' . $self->machine_of($call);
    return $call->{form}{Action} eq 'StopInstances' ? $self->mark($mark)
        : unlink "$self->{dir}/$mark";
}

# What is known to all processes.
sub is { return -e "$_[0]{dir}/$_[1]" }

sub mark {
    my ($self, $name) = @_;
    open my $file, '>', "$self->{dir}/$name" or die "$name: $!\n";
    return;
}

sub note {
    my ($self, $line) = @_;
    open my $file, '>>', "$self->{dir}/calls" or die "calls: $!\n";
    syswrite $file, "$line\n";
    return;
}

sub turn {
    my ($self, $how) = @_;
    $how eq 'good' ? $self->mark('good') : unlink "$self->{dir}/good";
    return;
}

# How often there was a call: 'KEY REGION ACTION'.
sub calls {
    my ($self, $call) = @_;
    open my $in, '<', "$self->{dir}/calls" or return 0;
    return scalar grep { $_ eq "$call\n" } <$in>;
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $!);
    kill TERM => -$self->{pid};
    waitpid $self->{pid}, 0;
    return;
}

1;
