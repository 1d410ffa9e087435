package Diurnal::Reconciler;

# The reconciler alone, with a PostgreSQL of its own and nothing else.
#
#   my $r = Diurnal::Reconciler->start;
#   my $org = $r->organization;
#   my $account = $r->account($org, machines => 30);
#   $r->pass(at => '2026-03-02T09:00:00Z');
#   is($r->value('select count(*) from diurnal.resources'), 30);
#
# The programs are taken from the folder DIURNAL_BUILD (the build with test
# hooks; by default the current one).

use strict;
use warnings;

use File::Temp ();
use IPC::Open2 ();
use JSON ();
use POSIX ();
use Scalar::Util qw(weaken);
use Time::HiRes qw(sleep);

# Those that the end of the test may find running: later, when everything goes
# in no order, their directories may be gone before them.
my @started;

use Diurnal::Postgres;

# execute(), value(), rows() and dbh() are those of the superuser's connection.
use parent 'Diurnal::Database';

my $build = $ENV{DIURNAL_BUILD} // '.';

sub start {
    my ($class, %settings) = @_;
    my $self = bless {
        postgres => Diurnal::Postgres->start,
        home     => File::Temp->newdir('diurnal-XXXXXX', TMPDIR => 1),
        pid      => $$, settings => \%settings, serial => 0,
    }, $class;

    weaken($started[@started] = $self);
    $self->{dir} = $self->{home}->dirname;
    $self->tool('setup');
    $self->{dbh} = $self->{postgres}->database->dbh;
    return $self;
}

sub restart_server {
    my ($self) = @_;
    $self->{dbh}->disconnect;
    $self->{postgres}->pg_ctl('restart', '-m', 'immediate');
    $self->{dbh} = $self->{postgres}->database->dbh;
    return;
}

sub url { return $_[0]{postgres}->url }

sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or return '';
    local $/;
    return scalar <$in>;
}

sub environment {
    my ($self, %more) = @_;
    return (
        %ENV,
        DATABASE_URL   => $self->url,
        ENCRYPTION_KEY => '8f1d6a0c3b5e4f72' . '96a1c0de7b48253f' x 3,
        TRIGGER_FILE   => "$self->{dir}/trigger",
        LOG_FORMAT     => 'json',
        DISCOVERY_THREADS => 4,
        %{ $self->{settings} },
        %more,
    );
}

# What the program ${name} said on stdout, given ${input}.
sub tool {
    my ($self, $command, $input, @arguments) = @_;
    local %ENV = $self->environment;
    my $pid = IPC::Open2::open2(my $out, my $in, "$build/t/reconcile/tool",
        $command, @arguments);
    print $in $input // '';
    close $in;
    my $said = do { local $/; <$out> };
    waitpid $pid, 0;
    die "tool $command failed\n" if $? != 0;
    chomp $said if defined $said;
    return $said;
}

# The places at which DIURNAL_FAULT can end or stop the program.
sub fault_points {
    my ($self) = @_;
    my @points = `$build/diurnal-reconcile --fault-points 2>&1`;
    chomp @points;
    return $? == 0 ? @points : ();
}

sub trigger_file { return "$_[0]{dir}/trigger" }

# Start the program; returns its process id.  `at` is the present.
sub spawn {
    my ($self, $arguments, %environment) = @_;
    my $at = delete $environment{at};
    my $log = "$self->{dir}/log";

    $environment{DIURNAL_NOW} = $at if defined $at;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        %ENV = $self->environment(%environment);
        delete @ENV{ grep { !defined $ENV{$_} } keys %ENV };
        open STDERR, '>>', $log or POSIX::_exit(127);
        exec { "$build/diurnal-reconcile" } 'diurnal-reconcile', @$arguments
            or POSIX::_exit(127);
    }
    return $pid;
}

# Run it to its end; returns the wait status.
sub run {
    my ($self, $arguments, %environment) = @_;
    my $pid = $self->spawn($arguments, %environment);
    waitpid $pid, 0;
    my $status = $?;
    die "a sanitizer spoke:\n" . $self->log
        if $self->log =~ /ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:/;
    return $status;
}

# Wait until a process that was spawned with DIURNAL_FAULT => 'stop@...' has
# stopped; false if it ended instead.
sub wait_stopped {
    my ($self, $pid) = @_;
    for (1 .. 1200) {
        my ($state) = slurp("/proc/$pid/stat") =~ /.*\) (\w)/s;
        return ($state // q{}) eq q{T} if ($state // q{Z}) =~ /[TZ]/;
        sleep 0.05;
    }
    die "it neither stops nor ends\n";
}

# Let it go on, and wait for its end; returns the exit code.
sub continue {
    my ($self, $pid) = @_;
    kill CONT => $pid;
    waitpid $pid, 0;
    return $? >> 8;
}

# A pass; returns the exit code, or dies if a signal ended it.
sub pass {
    my ($self, %environment) = @_;
    my $status = $self->run([], %environment);
    die "the pass was ended by signal " . ($status & 127) . "\n" . $self->log
        if ($status & 127) != 0;
    return $status >> 8;
}

# The program's log so far, and its last event of a kind.
sub log { return slurp("$_[0]{dir}/log") }

sub event {
    my ($self, $event) = @_;
    my ($last) = reverse grep { ($_->{event} // $_->{message} // '') eq $event }
        map { eval { JSON::decode_json($_) } // () } split /\n/, $self->log;
    return $last;
}

# An organization with its key pair, made by the program.
sub organization {
    my ($self, %columns) = @_;
    my $name = 'org' . ++$self->{serial};
    my $id = $self->value(
        'insert into diurnal.organizations (name, slug, unmatched_resources)
         values (?, ?, ?) returning id', $name, $name,
        $columns{unmatched_resources} // 'leave');
    $self->ask($id, kind => 'keys') or die "no keys:\n" . $self->log;
    return $id;
}

# Ask for something without waiting; returns the request's id.
sub request {
    my ($self, $organization, %columns) = @_;
    my @names = sort keys %columns;
    my $id = $self->value('insert into diurnal.requests (organization_id, '
        . join(', ', @names) . ') values (?' . ', ?' x @names
        . ') returning id', $organization, @columns{@names});
    open my $touch, '>', $self->trigger_file or die "trigger: $!\n";
    close $touch;
    return $id;
}

sub answer {
    my ($self, $id) = @_;
    my $answer = $self->value(
        'select answer from diurnal.requests where id = ?', $id);
    return defined $answer ? JSON::decode_json($answer) : undef;
}

# Ask and have it served; returns the answer.
sub ask {
    my ($self, $organization, %columns) = @_;
    my %environment = map { ($_ => delete $columns{$_}) }
        grep { $_ eq 'at' } keys %columns;
    my $id = $self->request($organization, %columns);
    $self->run(['--requests'], %environment);
    return $self->answer($id);
}

sub seal {
    my ($self, $organization, $account, $credentials) = @_;
    my ($key) = $self->rows("select id, encode(public_key, 'hex') as hex
        from diurnal.organization_keys where organization_id = ?",
        $organization);
    my $sealed = $self->tool('seal',
        ref $credentials ? JSON::encode_json($credentials) : $credentials,
        $key->{hex}, $organization, $account);
    return ($key->{id}, $sealed);
}

# A demo account; pairs are its credentials, or columns of cloud_accounts.
sub account {
    my ($self, $organization, %pairs) = @_;
    my $id = $self->value('select diurnal.uuid_v7()');
    my %columns = (provider_type => 'demo', mode => 'enforce',
        is_active => 1, selected_regions => undef, name => 'account');
    for my $name (keys %columns) {
        $columns{$name} = delete $pairs{$name} if exists $pairs{$name};
    }
    my ($key, $sealed) = $self->seal($organization, $id,
        { machines => '30', settle_seconds => '3', map { ($_ => "$pairs{$_}") } keys %pairs });
    $self->execute("insert into diurnal.cloud_accounts (organization_id, id,
        name, provider_type, is_active, mode, selected_regions, key_id,
        sealed, hints) values (?, ?, ?, ?, ?, ?, ?, ?, decode(?, 'hex'), '{}')",
        $organization, $id, @columns{qw(name provider_type is_active mode
        selected_regions)}, $key, $sealed);
    return $id;
}

# A policy; weekly and always RUNNING unless told otherwise.
sub policy {
    my ($self, $organization, %columns) = @_;
    my %policy = (
        name => 'policy', timezone => 'UTC', schedule_type => 'weekly',
        schedule => {}, resource_selector => { tags => { env => 'dev' } },
        priority => 0, is_enabled => 1, %columns,
    );
    return $self->value('insert into diurnal.policies (organization_id, name,
        timezone, schedule_type, schedule, resource_selector, priority,
        is_enabled) values (?, ?, ?, ?, ?, ?, ?, ?) returning id',
        $organization, map { ref $_ ? JSON::encode_json($_) : $_ }
        @policy{qw(name timezone schedule_type schedule resource_selector
        priority is_enabled)});
}

# Make every machine of the account look alike to what decides.
sub shape {
    my ($self, $account, %columns) = @_;
    my @names = sort keys %columns;
    return $self->execute('update diurnal.demo_machines set '
        . join(', ', map { "$_ = ?" } @names) . ' where cloud_account_id = ?',
        @columns{@names}, $account);
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{pid} != $$ || $self->{stopped}++;
    local ($?, $!, $@);
    eval { $self->{dbh}->disconnect if $self->{dbh}; };
    return;
}

END { $_->DESTROY for grep { defined } @started }

1;
