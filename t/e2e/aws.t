#!/usr/bin/perl
# The provider aws against moto, an emulator of EC2, STS and IAM that others
# wrote.  Last with its checking of signatures switched on, and over TLS.
#
#	DIURNAL_MOTO   moto_server's executable (.dev/venv/bin/moto_server)
#	DIURNAL_BUILD  the built tree (.)
use v5.36;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP qw(decode_json encode_json);
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(sleep);

my $moto = $ENV{DIURNAL_MOTO} // '.dev/venv/bin/moto_server';
my $live = ($ENV{DIURNAL_BUILD} // '.') . '/t/provider/aws_live';
plan skip_all => "no moto_server at $moto" if !-x $moto;
plan skip_all => "$live is not built" if !-x $live;

my $dir = tempdir(CLEANUP => 1);
my @running;

END {
	my $status = $?;
	kill TERM => @running;
	waitpid $_, 0 for @running;
	$? = $status;
}

sub free_port {
	my $socket = IO::Socket::INET->new(Listen => 1,
		LocalAddr => '127.0.0.1') or die "no free port: $!";
	return $socket->sockport;
}

sub listens($port) {
	return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
}

# Start the emulator; returns its port.
sub start_moto(@options) {
	my $port = free_port();
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		open STDOUT, '>', "$dir/moto.$port.log";
		open STDERR, '>&', \*STDOUT;
		{ exec $moto, '-H', '127.0.0.1', '-p', $port, @options }
		POSIX::_exit(127);
	}
	push @running, $pid;
	for (1 .. 600) {
		return $port if listens($port);
		die "moto_server ended" if waitpid($pid, WNOHANG) == $pid;
		sleep 0.1;
	}
	die "moto_server does not listen";
}

my $port = start_moto();
my $http = HTTP::Tiny->new(timeout => 60);

# A call of the emulator, unsigned but for what says where it goes.
sub emulate($service, $region, $action, %params) {
	my $version = { ec2 => '2016-11-15', iam => '2010-05-08',
		sts => '2011-06-15' }->{$service};
	my $reply = $http->post_form("http://127.0.0.1:$port/",
		{ Action => $action, Version => $version, %params },
		{ headers => { Authorization => 'AWS4-HMAC-SHA256 ' .
			"Credential=AKIAEXAMPLE/20260101/$region/$service/" .
			'aws4_request, SignedHeaders=host, Signature=0' } });

	die "$action: $reply->{content}" if !$reply->{success};
	return $reply->{content};
}

sub check_signatures($on) {
	$http->post("http://127.0.0.1:$port/moto-api/reset-auth",
		{ content => $on ? '0' : 'inf' })->{success}
		or die 'cannot switch the checking of signatures';
}

sub run_instances($region, $count, %more) {
	my $xml = emulate('ec2', $region, 'RunInstances',
		ImageId => 'ami-12345678', InstanceType => 't3.micro',
		MinCount => $count, MaxCount => $count, %more);

	return $xml =~ m{<instanceId>(i-[^<]+)}g;
}

sub tags(@pairs) {
	my %params = ('TagSpecification.1.ResourceType' => 'instance');

	for my $i (1 .. @pairs / 2) {
		$params{"TagSpecification.1.Tag.$i.Key"} = shift @pairs;
		$params{"TagSpecification.1.Tag.$i.Value"} = shift @pairs;
	}
	return %params;
}

my %credentials = (access_key_id => 'AKIAEXAMPLE',
	secret_access_key => 'secret');
my %environment;

# Run the provider; returns its lines as arrays of fields.
sub provider(@words) {
	local %ENV = (%ENV, DIURNAL_AWS_ENDPOINT => "http://127.0.0.1:$port",
		DIURNAL_AWS_CREDENTIALS => encode_json(\%credentials),
		%environment);

	open my $pipe, '-|', $live, @words or die "$live: $!";
	my @lines = map { chomp; [split /\t/] } <$pipe>;
	close $pipe;
	return @lines;
}

# "" for success, else the fault.
sub fault(@lines) {
	return @lines && $lines[0][0] eq 'failed' ? $lines[0][1] : '';
}

sub states($region) {
	return map { $_->[0] => $_->[4] } provider('discover', $region);
}

subtest 'regions' => sub {
	my %regions = map { $_->[0] => 1 } provider('regions');

	ok $regions{'us-east-1'} && $regions{'eu-west-1'},
		'regions of the account are listed';
	ok !$regions{'ap-east-1'},
		'a region that it has not opted into is not';
};

subtest 'a machine' => sub {
	my ($id) = run_instances('eu-west-2', 1,
		tags(Name => 'web "1"', env => "pr\x{f6}d"));
	my ($line, @more) = provider('discover', 'eu-west-2');

	is scalar @more, 0, 'it is alone in its region';
	is_deeply [@$line[0 .. 7]], [$id, 'web "1"', 'eu-west-2', 't3.micro',
		'RUNNING', 'running', '-', '-'], 'it is seen as it is';
	is_deeply decode_json($line->[8]),
		{ Name => 'web "1"', env => "pr\x{f6}d" }, 'with its tags';
};

subtest 'whom we leave alone' => sub {
	run_instances('eu-west-3', 1,
		tags('aws:autoscaling:groupName' => 'web'));
	run_instances('eu-west-3', 1,
		'InstanceMarketOptions.MarketType' => 'spot');
	my ($gone) = run_instances('eu-west-3', 1);
	emulate('ec2', 'eu-west-3', 'TerminateInstances',
		'InstanceId.1' => $gone);
	my %seen = map { $_->[0] => $_ } provider('discover', 'eu-west-3');

	is_deeply [sort grep { $_ ne '-' } map { $_->[7] } values %seen],
		['member of autoscaling group web', 'spot instance'],
		'members of groups and spot instances are marked';
	is $seen{$gone}[4], 'UNKNOWN', 'a terminated machine is unknown';
	is $seen{$gone}[5], 'terminated', '... with the reason';
};

subtest 'a region of several pages' => sub {
	# The emulator counts reservations, not machines.
	my %started = map { $_ => 1 } map { run_instances('us-west-2', 1) }
		1 .. 1003;
	my @lines = provider('discover', 'us-west-2');
	my %seen = map { $_->[0] => 1 } @lines;

	is scalar @lines, 1003, 'every machine is seen once';
	is_deeply \%seen, \%started, '... and no other';
};

subtest 'stop and start' => sub {
	my @ids = run_instances('us-west-1', 60);
	my @some = @ids[0 .. 49];

	is_deeply [provider('stop', 'us-west-1', @some)],
		[map { [$_, 'none'] } @some], 'a batch of fifty is stopped';
	my %states = states('us-west-1');
	is scalar(grep { $states{$_} eq 'STOPPED' } @some), 50,
		'... and is seen to be';
	is scalar(grep { $_ eq 'RUNNING' } values %states), 10,
		'... while the others run on';
	is_deeply [provider('stop', 'us-west-1', $ids[0])],
		[[$ids[0], 'none']], 'stopping what is stopped is no error';
	is fault(provider('start', 'us-west-1', @some)), '',
		'the batch is started';
	%states = states('us-west-1');
	is scalar(grep { $_ eq 'RUNNING' } values %states), 60,
		'... and is seen to be';
};

subtest 'what is refused' => sub {
	my @ids = run_instances('ca-central-1', 2);
	my ($kept) = run_instances('ca-central-1', 1,
		DisableApiStop => 'true');
	my @lines = provider('stop', 'ca-central-1', $ids[0],
		'i-00000000000000000', $ids[1]);

	is fault(@lines), 'refused', 'a batch with an unknown id is refused';
	like $lines[0][2], qr/^InvalidInstanceID\.NotFound: .*i-0{17}/,
		'... in the provider\'s words';
	is_deeply { states('ca-central-1') },
		{ map { $_ => 'RUNNING' } @ids, $kept },
		'... and stops nothing';
	is fault(provider('start', 'ca-central-1', 'nonsense')), 'refused',
		'a malformed id is refused';
	@lines = provider('stop', 'ca-central-1', $kept);
	is fault(@lines), 'refused', 'a machine may refuse to stop';
	like $lines[0][2], qr/^OperationNotPermitted: /,
		'... for its owner\'s reason';
};

subtest 'identity' => sub {
	like((provider('check'))[0][0], qr/^arn:aws:/,
		'a check tells who we are');
};

sub new_user($name, $actions) {
	emulate('iam', 'us-east-1', 'CreateUser', UserName => $name);
	emulate('iam', 'us-east-1', 'PutUserPolicy', UserName => $name,
		PolicyName => 'p', PolicyDocument => encode_json({
			Version => '2012-10-17', Statement => [{
				Effect => 'Allow', Action => $actions,
				Resource => '*' }] }));
	my $xml = emulate('iam', 'us-east-1', 'CreateAccessKey',
		UserName => $name);
	my ($id) = $xml =~ m{<AccessKeyId>([^<]+)};
	my ($secret) = $xml =~ m{<SecretAccessKey>([^<]+)};

	return (access_key_id => $id, secret_access_key => $secret);
}

subtest 'with signatures checked' => sub {
	my %able = new_user('able', '*');
	my %reader = new_user('reader', ['ec2:Describe*']);
	my ($id) = run_instances('eu-north-1', 1);

	emulate('iam', 'us-east-1', 'CreateRole', RoleName => 'stopper',
		AssumeRolePolicyDocument => encode_json({
			Version => '2012-10-17', Statement => [{
				Effect => 'Allow', Principal => { AWS => '*' },
				Action => 'sts:AssumeRole' }] }));
	emulate('iam', 'us-east-1', 'PutRolePolicy', RoleName => 'stopper',
		PolicyName => 'p', PolicyDocument => encode_json({
			Version => '2012-10-17', Statement => [{
				Effect => 'Allow', Action => ['ec2:Describe*',
					'ec2:StopInstances',
					'sts:GetCallerIdentity'],
				Resource => '*' }] }));
	check_signatures(1);

	%credentials = %able;
	like((provider('check'))[0][0], qr{:user/able$},
		'the right secret is accepted by STS');
	is fault(provider('discover', 'eu-north-1')), '', '... and by EC2';

	$credentials{secret_access_key} = 'wrong';
	is fault(provider('check')), 'unauthenticated',
		'a wrong secret is not';
	is fault(provider('stop', 'eu-north-1', $id)), 'unauthenticated',
		'... for a command either';
	$credentials{access_key_id} = 'AKIAUNKNOWNUNKNOWN00';
	is fault(provider('discover', 'eu-north-1')), 'unauthenticated',
		'an unknown key is not';

	%credentials = %reader;
	is_deeply { states('eu-north-1') }, { $id => 'RUNNING' },
		'who may look, sees';
	is fault(provider('stop', 'eu-north-1', $id)), 'denied',
		'... but does not stop anything';

	%credentials = (%able,
		role_arn => 'arn:aws:iam::123456789012:role/stopper',
		external_id => 'ours/1');
	like((provider('check'))[0][0], qr{:assumed-role/stopper/diurnal$},
		'a role is assumed, and its session token signed');
	is_deeply [provider('stop', 'eu-north-1', $id)], [[$id, 'none']],
		'... for commands, too';
	is fault(provider('start', 'eu-north-1', $id)), 'denied',
		'... within what the role may do';

	check_signatures(0);
	my $xml = emulate('sts', 'us-east-1', 'AssumeRole',
		RoleArn => $credentials{role_arn}, RoleSessionName => 'given');
	check_signatures(1);
	%credentials = (
		access_key_id => $xml =~ m{<AccessKeyId>([^<]+)},
		secret_access_key => $xml =~ m{<SecretAccessKey>([^<]+)},
		session_token => $xml =~ m{<SessionToken>([^<]+)});
	is_deeply { states('eu-north-1') }, { $id => 'STOPPED' },
		'temporary credentials are accepted';
	$credentials{session_token} .= 'x';
	is fault(provider('discover', 'eu-north-1')), 'unauthenticated',
		'... but not with another token';
	check_signatures(0);
};

subtest 'TLS' => sub {
	system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 " .
		"-subj /CN=emulator -addext subjectAltName=IP:127.0.0.1 " .
		"-keyout $dir/key.pem -out $dir/cert.pem 2>$dir/openssl.log")
		== 0 or plan skip_all => 'no certificate without openssl';
	my $tls = start_moto('-c', "$dir/cert.pem", '-k', "$dir/key.pem");

	%credentials = (access_key_id => 'AKIAEXAMPLE',
		secret_access_key => 'secret');
	%environment = (DIURNAL_AWS_ENDPOINT => "https://127.0.0.1:$tls");
	my @lines = provider('check');
	is fault(@lines), 'busy',
		'a certificate that nobody we know signed is refused';
	like $lines[0][2], qr/certificate/, '... and said to be';
	$environment{DIURNAL_AWS_CA} = "$dir/cert.pem";
	like((provider('check'))[0][0], qr/^arn:aws:/,
		'one that the operator vouches for is accepted');
	$environment{DIURNAL_AWS_ENDPOINT} = "https://localhost:$tls";
	is fault(provider('check')), 'busy',
		'... but not under another name';
	$environment{DIURNAL_AWS_CA} = "$dir/none.pem";
	is fault(provider('check')), 'internal',
		'a file of certificates that is missing is our mistake';
};

done_testing;
