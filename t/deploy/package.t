#!/usr/bin/perl
# The Debian package on a fresh system, booted in a container: installed,
# set up over HTTPS, at work, upgraded under load, and purged.  Takes some
# minutes, root, and the packages debhelper, mmdebstrap and systemd-container.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON ();
use Test::More;

$ENV{DIURNAL_DEPLOY} or plan skip_all => 'set DIURNAL_DEPLOY=1 to run it';
$> == 0 or plan skip_all => 'needs root';

my $source = abs_path(dirname(__FILE__) . '/../..');
my $place  = tempdir('diurnal-deploy.XXXXXX', TMPDIR => 1);
my $root   = "$place/root";
my ($nspawn, $init);

sub must {
    system(@_) == 0 or BAIL_OUT("failed: @_");
}

# What a shell in the container prints.
sub inside {
    my ($script) = @_;
    open my $out, '-|', 'nsenter', '-t', $init, '-a', 'env', '-i',
        'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8', 'HOME=/root',
        'DEBIAN_FRONTEND=noninteractive', 'bash', '-c', "$script 2>&1"
        or die "nsenter: $!\n";
    my $printed = do { local $/; <$out> } // '';
    close $out;
    chomp $printed;
    return $printed;
}

sub eventually {
    my ($seconds, $condition) = @_;
    for (1 .. $seconds) {
        return 1 if $condition->();
        sleep 1;
    }
    return 0;
}

sub boot {
    $nspawn = fork // die "fork: $!\n";
    if ($nspawn == 0) {
        setpgrp;
        open STDIN,  '<', '/dev/null';
        open STDOUT, '>', "$place/console";
        open STDERR, '>&', \*STDOUT;
        exec 'systemd-nspawn', qw(--register=no --keep-unit --quiet
            --private-network --console=pipe -b -D), $root;
    }
    eventually(60, sub {
        $init = qx(cat /proc/$nspawn/task/$nspawn/children) =~ /(\d+)/
            && $1;
        return $init && inside('systemctl is-system-running') =~ /running/;
    }) or BAIL_OUT('the container does not boot');
    return;
}

END {
    my $status = $?;
    if ($nspawn) {
        inside('systemctl --no-block poweroff') if $init;
        kill 'KILL', $nspawn unless eventually(30, sub {
            waitpid($nspawn, 1) != 0;
        });
    }
    system 'rm', '-rf', '--one-file-system', $place if $place;
    $? = $status;
}

# METHOD PATH [JSON] [HEADER]: status and answer.
sub ask {
    my ($method, $path, $json, $header) = @_;
    my $data = defined $json ? "-H 'Content-Type: application/json' -d '"
        . JSON::encode_json($json) . q(') : '';
    $data .= " -H '$header'" if $header;
    my ($body, $status) = inside("curl -sk -w '\\n%{http_code}' -X $method "
        . "$data https://localhost$path") =~ /\A(.*)\n(\d+)\z/s;
    return ($status, eval { JSON::decode_json($body) } // $body);
}

my $deb = $ENV{DIURNAL_DEB};
if (!$deb) {
    must("$source/dev package >&2");
    ($deb) = glob "$source/.dev/package/diurnal_*.deb";
}
my ($suite) = qx(cat /etc/os-release) =~ /^VERSION_CODENAME=(\w+)/m;
my $wanted = '/root/diurnal.deb postgresql nginx ssl-cert';
my $install = "apt-get -qq -y --no-install-recommends install";
must('mmdebstrap', '--quiet', '--variant=minbase', '--skip=cleanup/apt',
    '--include=systemd,systemd-sysv,dbus,curl,ca-certificates,procps',
    "--customize-hook=cp $deb \"\$1/root/diurnal.deb\"",
    "--customize-hook=chroot \"\$1\" $install -d $wanted >&2",
    $suite, $root);
boot();

my $printed = inside("$install $wanted");
like($printed, qr/^Applied \d+: the database is at version/m,
    'one command installs it beside PostgreSQL and makes the database')
    || diag($printed);
is(inside('systemctl is-active diurnal.target diurnal-api@1 diurnal-api@2 '
    . 'diurnal-reconcile.timer diurnal-requests.path | sort -u'), 'active',
    'everything is started');
is(inside('stat -c %a:%U /etc/diurnal/credentials/*/* | sort -u'), '600:root',
    "secrets are root's alone");
is((ask(GET => $_))[0], 200, "$_ is answered over HTTPS")
    for '/health', '/ready';
for my $unit (qw(diurnal-api@1 diurnal-reconcile diurnal-requests)) {
    my ($exposed) = inside("systemd-analyze security $unit.service")
        =~ /exposure level for \S+ ([\d.]+)/;
    my $most = $unit =~ /api/ ? 1.0 : 1.5;
    cmp_ok($exposed // 10, '<=', $most, "$unit is exposed at most $most");
}

# First set-up.
my $api = '/api/v1';
my %organization = (name => 'Example', slug => 'example');
is((ask(POST => "$api/organizations", \%organization))[0], 403,
    'nobody sets it up without the token');
my $token = 'X-Setup-Token: '
    . inside('cat /etc/diurnal/credentials/api/SETUP_TOKEN');
my ($status, $answer) = ask(POST => "$api/organizations", \%organization,
    $token);
is($status, 201, 'the token lets one make the organization');
my %admin = (email => 'ada@example.com', password => 'a long passphrase');
($status, $answer) = ask(POST => "$api/users",
    { %admin, role => 'admin', organization_id => $answer->{id} }, $token);
is($status, 200, 'and its first user');
my $user = $answer->{id};
is((ask(POST => "$api/auth/bootstrap", { user_id => $user }, $token))[0], 200,
    'and to sign in');
is((ask(POST => "$api/auth/bootstrap", { user_id => $user }, $token))[0], 403,
    'once');
($status, $answer) = ask(POST => "$api/auth/token", \%admin);
is($status, 200, 'then the password does');
my $auth = "Authorization: Bearer $answer->{access_token}";

# The reconciler, asked and by itself.
($status, $answer) = ask(POST => "$api/cloud-accounts", { name => 'Demo',
    provider_type => 'demo', credentials => { machines => '20' } }, $auth);
is($status, 201, 'the API has the reconciler try credentials');
($status, $answer) = ask(POST => "$api/cloud-accounts/$answer->{id}/sync",
    undef, $auth);
is($answer->{total}, 20, 'and look for machines');
ok(eventually(70, sub {
    inside('journalctl -q -o cat -u diurnal-reconcile') =~ /pass ended/;
}), 'the timer has a pass run') || diag(inside('journalctl -u diurnal*'));

# An upgrade, while others ask all the time.
inside(q(cat >/root/ask <<'END'
exec </dev/null >"$1" 2>&1
while [ ! -e /root/done ] && ((SECONDS < 120)); do
	curl -sk -o /dev/null -w '%{http_code}\n' https://localhost/ready
done
END
for i in 1 2 3; do bash /root/ask "/root/got.$i" >/dev/null & done));
my $before = inside('systemctl show -p MainPID --value diurnal-api@2');
is(inside('dpkg -i /root/diurnal.deb >/root/dpkg.log; echo $?'), 0,
    'an upgrade goes through') || diag(inside('cat /root/dpkg.log'));
sleep 2;
inside('touch /root/done; sleep 1');
isnt(inside('systemctl show -p MainPID --value diurnal-api@2'), $before,
    'it restarts the workers');
is(inside('sort -u /root/got.*'), 200, 'and no request fails meanwhile');
is(inside('systemctl --failed --plain --no-legend'), '', 'no unit has failed');

inside('apt-get -qq -y purge diurnal');
is(inside('ls -d /etc/diurnal /var/lib/diurnal /etc/nginx/*/diurnal* '
    . '2>/dev/null; systemctl list-units --plain --no-legend "diurnal*"'),
    '', 'a purge leaves neither files nor units')
    || diag(inside('find /etc/nginx /etc/diurnal -name "*diurnal*"'));

done_testing;
