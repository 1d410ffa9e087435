package Diurnal::Moto;

# moto_server, an emulator of EC2 that others wrote, on a free port of the
# loopback; it ends with the test.
#
#   my $moto = Diurnal::Moto->start;
#   my $server = Diurnal::Server->start(AWS_ENDPOINT_URL => $moto->url);
#   my @ids = $moto->run_instances('eu-west-1', 3, tags => { env => 'dev' });
#   my %states = $moto->states('eu-west-1');      # id => 'running'
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
    my $amis    = File::Temp->new;

    # Each machine that is made searches all images.
    $amis->printflush('[]');
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        $ENV{MOTO_AMIS_PATH} = $amis->filename;
        @ENV{ keys %environment } = values %environment;
        open STDOUT, '>&', $log;
        open STDERR, '>&', $log;
        exec { $program } $program, '-H', '127.0.0.1', '-p', $port
            or POSIX::_exit(127);
    }
    my $self = bless {
        pid => $pid, owner => $$, log => $log, amis => $amis,
        http => HTTP::Tiny->new(timeout => 60),
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

# The versions of the services' APIs.
my %version = (
    ec2 => '2016-11-15', iam => '2010-05-08', sts => '2011-06-15',
);

# A call of one of Amazon's services, unsigned but for what says where it goes
# and, by the key, to whose account; returns the answer's XML.
sub call {
    my ($self, $service, $region, $action, %parameters) = @_;
    my $key    = $self->{key} // 'AKIAEXAMPLE';
    my $answer = $self->{http}->post_form("$self->{url}/",
        { Action => $action, Version => $version{$service}, %parameters },
        { headers => { Authorization => 'AWS4-HMAC-SHA256 '
            . "Credential=$key/20260101/$region/$service/aws4_request, "
            . 'SignedHeaders=host, Signature=0' } });
    die "$action: $answer->{content}" if !$answer->{success};
    return $answer->{content};
}

# Have the signatures of calls checked, or no longer.
sub check_signatures {
    my ($self, $on) = @_;
    my $answer = $self->{http}->post("$self->{url}/moto-api/reset-auth",
        { content => $on ? '0' : 'inf' });
    die "moto_server: $answer->{content}\n" if !$answer->{success};
    return;
}

# The same emulator as another account of Amazon's has it.
sub account {
    my ($self, $number) = @_;
    my ($key) = $self->call(sts => 'us-east-1', 'AssumeRole',
        RoleArn => "arn:aws:iam::$number:role/test",
        RoleSessionName => 'test') =~ m{<AccessKeyId>([^<]+)};
    return bless { %$self, key => $key, owner => 0 }, ref $self;
}

# Machines that run; returns their ids.  ${tags} are pairs, and anything else
# is a parameter of RunInstances.
sub run_instances {
    my ($self, $region, $count, %more) = @_;
    my $tags = delete $more{tags} // {};
    my $n    = 0;

    $more{'TagSpecification.1.ResourceType'} = 'instance' if %$tags;
    for my $key (sort keys %$tags) {
        my $tag = 'TagSpecification.1.Tag.' . ++$n;
        @more{ "$tag.Key", "$tag.Value" } = ($key, $tags->{$key});
    }
    return $self->call(ec2 => $region, 'RunInstances',
        ImageId => 'ami-12345678', InstanceType => 't3.micro',
        MinCount => $count, MaxCount => $count, %more)
        =~ m{<instanceId>(i-[^<]+)}g;
}

sub command {
    my ($self, $region, $action, @ids) = @_;
    $self->call(ec2 => $region, $action,
        map { ("InstanceId.$_" => $ids[ $_ - 1 ]) } 1 .. @ids);
    return;
}

# What a region's machines are, by their ids.
sub states {
    my ($self, $region) = @_;
    my $xml = $self->call(ec2 => $region, 'DescribeInstanceStatus',
        IncludeAllInstances => 'true');
    return $xml =~ m{<instanceId>(i-[^<]+).*?<instanceState>.*?<name>([^<]+)}gs;
}

# Forget every machine.
sub reset {
    my ($self) = @_;
    my $answer = $self->{http}->post("$self->{url}/moto-api/reset");
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
