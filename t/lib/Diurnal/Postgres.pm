package Diurnal::Postgres;

# A PostgreSQL of the test's own, on a unix socket below a temporary directory;
# it ends with the test.  Who runs the test may sign in as every role.
#
#   my $postgres = Diurnal::Postgres->start;       # an empty server
#   my $postgres = Diurnal::Postgres->migrated;    # db-init and migrate done
#   my $db = $postgres->database('diurnal_api');   # Diurnal::Database
#   my ($status, $text) = $postgres->diurnalctl('migrate', 'status');
#
# libpq's environment variables name it from then on.

use strict;
use warnings;

use File::Temp ();
use POSIX ();
use Scalar::Util qw(weaken);

use Diurnal::Database;

# Those that the end of the test may find running: later, when everything goes
# in no order, their directories may be gone before them.
my @started;

my $build = $ENV{DIURNAL_BUILD} // die "run this by ./dev test\n";

# Whatever ends the test, its objects end first.
$SIG{$_} = sub { exit 1 } for qw(HUP INT PIPE TERM);

sub start {
    my ($class) = @_;
    my ($bin) = sort { version($b) <=> version($a) }
        glob '/usr/lib/postgresql/*/bin';
    my $home = File::Temp->newdir('diurnal-pg-XXXXXX', TMPDIR => 1);
    my $self = bless {
        bin => $bin // die("no PostgreSQL in /usr/lib\n"),
        home => $home, dir => $home->dirname, pid => $$,
    }, $class;

    weaken($started[@started] = $self);
    delete @ENV{ grep { /^(?:PG|POSTGRES_|DATABASE_URL)/ } keys %ENV };
    chmod 0755, $self->{dir};
    chown +(getpwnam 'postgres')[ 2, 3 ], $self->{dir} if $> == 0;
    $self->run('initdb', '-D', "$self->{dir}/data", '-U', 'postgres',
        '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync');
    $self->pg_ctl('start', '-o', "-c listen_addresses= -c fsync=off "
        . "-c unix_socket_directories=$self->{dir} -c max_connections=200");
    @ENV{qw(PGHOST PGUSER)} = ($self->{dir}, 'postgres');
    return $self;
}

sub version { return $_[0] =~ m{/(\d+)/bin} ? $1 : 0 }

sub migrated {
    my ($class) = @_;
    my $self = $class->start;
    for my $command (qw(db-init migrate)) {
        my ($status, $text) = $self->diurnalctl($command);
        die "diurnalctl $command: $text\n" if $status != 0;
    }
    return $self;
}

# A command line that runs one of PostgreSQL's programs as who may.
sub command {
    my ($self, $program, @arguments) = @_;
    return ($> == 0 ? qw(runuser -u postgres --) : (),
        "$self->{bin}/$program", @arguments);
}

sub run {
    my ($self, $program, @arguments) = @_;
    my ($status, $text) = capture($self->command($program, @arguments));
    die "$program: $text\n" if $status != 0;
    return;
}

sub pg_ctl {
    my ($self, $action, @arguments) = @_;
    $self->run('pg_ctl', $action, '-w', '-D', "$self->{dir}/data", '-l',
        "$self->{dir}/log", @arguments);
    return;
}

# The shell command that restarts the server.
sub restart_command {
    my ($self) = @_;
    return join ' ', $self->command('pg_ctl', 'restart', '-w', '-m', 'fast',
        '-s', '-D', "$self->{dir}/data", '-l', "$self->{dir}/log");
}

# Run a program; returns its exit status and what it wrote.
sub capture {
    my (@command) = @_;
    # A server keeps the descriptors of who started it: a file, not a pipe.
    my $out = File::Temp->new;
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        @SIG{qw(HUP INT PIPE TERM)} = ('DEFAULT') x 4;
        chdir '/';
        open STDIN,  '<',  '/dev/null';
        open STDOUT, '>&', $out;
        open STDERR, '>&', $out;
        exec { $command[0] } @command or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    my $status = $? & 127 ? -1 : $? >> 8;
    seek $out, 0, 0;
    my $text = do { local $/; <$out> } // '';
    return ($status, $text);
}

sub diurnalctl {
    my ($self, @arguments) = @_;
    return capture("$build/diurnalctl", @arguments);
}

sub dir { return $_[0]{dir} }

# postgresql://ROLE@/DATABASE?host=...
sub url {
    my ($self, $role, $database) = @_;
    return sprintf 'postgresql://%s@/%s?host=%s', $role // 'postgres',
        $database // 'diurnal', $self->{dir};
}

# A connection as a role; the superuser's by default.
sub database {
    my ($self, $role, $database) = @_;
    return Diurnal::Database->new($self->url($role, $database));
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{pid} != $$ || $self->{stopped}++;
    local ($@, $!, $?);
    eval { $self->pg_ctl('stop', '-m', 'immediate') };
    return;
}

END { $_->DESTROY for grep { defined } @started }

1;
