#!/usr/bin/perl
use strict;
use warnings;

use JSON ();
use POSIX qw(strftime);
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Server;

my $server   = Diurnal::Server->start;
my $fixture  = Diurnal::Fixture->new($server);
my $admin    = $fixture->admin;
my $viewer   = $fixture->user('viewer');
my $password = $Diurnal::Client::PASSWORD;

# A time so many seconds from now, as clients write it.
# Counted from a moment that is certainly past, so that 10 days are not whole.
sub in_seconds {
    my ($seconds, $zone) = @_;
    return strftime('%Y-%m-%dT%H:%M:%S.250000', gmtime time - 1 + $seconds)
        . ($zone // '+00:00');
}

sub days { return in_seconds($_[0] * 86400 + ($_[1] // 0)) }

sub new_key { return $viewer->expect(200, post => '/auth/keys', { @_ }) }

sub uses {
    my ($key) = @_;
    return $fixture->anyone->get('/users/me', undef, 'X-API-Key' => $key);
}

subtest 'create' => sub {
    my $key = new_key(name => 'ci');
    is_deeply([sort keys %$key], [qw(created_at days_until_expiry expires_at
        expires_soon id key last_used_at name prefix)],
        'a key comes with all that is known of it');
    is_like($key, { id => $UUID, name => 'ci', created_at => $TIME,
        expires_at => $TIME, last_used_at => undef,
        key => qr/^[A-Za-z0-9]{32}$/, prefix => qr/^[A-Za-z0-9]{8}$/,
        expires_soon => JSON::false }, '... in its form');
    is(substr($key->{key}, 0, 8), $key->{prefix},
        'its prefix is how it begins');
    ok($key->{days_until_expiry} >= 88 && $key->{days_until_expiry} <= 90,
        'it is good for 90 days');
    is(uses($key->{key})->{json}{email}, $viewer->{user}{email},
        'it stands for its user');
    my $null = new_key(name => 'null', expires_at => undef);
    ok($null->{days_until_expiry} >= 88 && $null->{days_until_expiry} <= 90,
        'null is 90 days, too');
    isnt($null->{key}, $key->{key}, 'no two keys are alike');
    is_status($viewer->post('/auth/keys', { name => 'ci' }), 200,
        'a name can be used again');
};

subtest 'expiry' => sub {
    my @cases = (
        ['in 30 days', days(30, -60), 29, JSON::false],
        ['in 10 days', days(10), 9, JSON::false],
        ['in 8 days and a minute', days(8, 60), 8, JSON::false],
        ['in just under 8 days', days(8, -60), 7, JSON::true],
        ['in 7 days', days(7, -60), 6, JSON::true],
        ['in an hour', in_seconds(3600), 0, JSON::true],
        ['an hour ago', in_seconds(-3600), 0, JSON::false],
        ['in 1970', '1970-01-01T00:00:00Z', 0, JSON::false],
    );
    for my $case (@cases) {
        my ($name, $at, $days, $soon) = @$case;
        my $key = new_key(name => $name, expires_at => $at);
        is_like($key, { days_until_expiry => $days, expires_soon => $soon },
            "a key that expires $name");
        is_status(uses($key->{key}), $name =~ /ago|1970/ ? 401 : 200,
            '... is good as long as it should be');
    }
    my $at = in_seconds(86400);
    is(new_key(name => 'exact', expires_at => $at)->{expires_at},
        $at =~ s/\+00:00/Z/r, 'the time is as it was given');
    is(new_key(name => 'zone', expires_at => '2030-06-01 14:00:00+02:00')
        ->{expires_at}, '2030-06-01T12:00:00.000000Z',
        '... but shown in UTC');
    is(new_key(name => 'none', expires_at => '2030-06-01T12:00:00.1234567')
        ->{expires_at}, '2030-06-01T12:00:00.123456Z',
        '... which it is in if it does not say, to the microsecond');
    my $key = new_key(name => 'dies');
    $fixture->db->execute('update diurnal.api_keys set expires_at = now()
        where id = ?', $key->{id});
    is_problem(uses($key->{key}), 401, 'a key dies at once');
};

subtest 'fields' => sub {
    my @wrong = (
        [{}, 'name', 'missing'],
        [{ name => '' }, 'name', 'value_error'],
        [{ name => undef }, 'name', 'string_type'],
        [{ name => 1 }, 'name', 'string_type'],
        [{ name => 'a', expires_at => 'soon' }, 'expires_at',
            'datetime_parsing'],
        [{ name => 'a', expires_at => '' }, 'expires_at', 'datetime_parsing'],
        [{ name => 'a', expires_at => '2026-02-30T00:00:00Z' }, 'expires_at',
            'datetime_parsing'],
        [{ name => 'a', expires_at => [] }, 'expires_at', 'datetime_type'],
    );
    complains($viewer->post('/auth/keys', $_->[0]), ['body', $_->[1]],
        $_->[2], JSON->new->canonical->encode($_->[0])) for @wrong;
    is_problem($fixture->anyone->post('/auth/keys', { name => 'a' }), 401,
        'a stranger has no keys');
};

subtest 'list' => sub {
    my $fresh = $fixture->user('viewer');
    is_deeply($fresh->expect(200, get => '/auth/keys'), [],
        'in the beginning there is none');
    my @made = map { $fresh->expect(200, post => '/auth/keys',
        { name => $_ }) } qw(one two);
    my $list = $fresh->expect(200, get => '/auth/keys/');
    delete @$_{qw(key days_until_expiry)} for @made;
    delete $_->{days_until_expiry} for @$list;
    is_deeply($list, \@made,
        'then there are those, without the keys themselves');
};

subtest 'last use' => sub {
    my $key = new_key(name => 'used');
    uses($key->{key});
    my ($listed) = grep { $_->{id} eq $key->{id} } @{ $viewer->expect(200,
        get => '/auth/keys') };
    is_time($listed->{last_used_at}, 'the last use of a key is known');
};

subtest 'delete' => sub {
    my $key  = new_key(name => 'gone');
    my $path = "/auth/keys/$key->{id}";
    my $body = $viewer->delete('/auth/keys/' . uuid_nobody_has())->{body};
    is_problem($admin->delete($path), 404,
        'another user cannot delete it, not even an admin');
    is($admin->delete($path)->{body}, $body,
        '... nor tell it from one that is not there');
    is_status(uses($key->{key}), 200, '... it is still good');
    complains($viewer->delete('/auth/keys/x'), ['path', 'key_id'],
        'uuid_parsing', 'an id is a UUID');
    is_status($viewer->delete($path), 204, 'its user can');
    is_problem(uses($key->{key}), 401, '... which ends it at once');
    is_problem($viewer->delete($path), 404, '... and once',
        qr/^API key not found$/);
    my $own = new_key(name => 'own');
    is_status($fixture->anyone->delete("/auth/keys/$own->{id}", undef,
        'X-API-Key' => $own->{key}), 204, 'a key can delete itself');
};

subtest 'sign in for a key' => sub {
    my $login = sub { $fixture->anyone->post('/auth/login', {
        email => $viewer->{user}{email}, password => $password, @_ }) };
    my $answer = $login->();
    is_status($answer, 200, 'email and password are good for a key');
    is_deeply([sort keys %{ $answer->{json} }], ['key', 'user'],
        '... which comes with the user');
    is_deeply($answer->{json}{user}, { map { $_ => $viewer->{user}{$_} }
        qw(id email full_name role organization_id) }, '... and no more');
    is_status(uses($answer->{json}{key}), 200, 'it is good');
    my ($listed) = grep { $_->{prefix} eq substr $answer->{json}{key}, 0, 8 }
        @{ $viewer->expect(200, get => '/auth/keys') };
    is_like($listed, { name => 'login', days_until_expiry => qr/^89|90$/ },
        'it is named login and good for 90 days');
    is_problem($login->(password => 'wrong'), 401,
        'a wrong password is refused');
    is($login->(email => 'nobody@example.com')->{body},
        $login->(password => 'wrong')->{body},
        '... in the same words as an unknown email');
};

subtest 'a user who goes while a key is made' => sub {
    my $leaver = $fixture->user('viewer');
    my $lock   = $server->database;
    $lock->dbh->begin_work;
    $lock->execute('delete from diurnal.users where id = ?',
        $leaver->{user}{id});
    my $clone = $leaver->clone;
    my $pid   = fork // die "fork: $!\n";
    POSIX::_exit($clone->post('/auth/keys', { name => 'late' })->{status}
        == 401 ? 0 : 1) if $pid == 0;
    wait_for_lock();
    $lock->dbh->commit;
    waitpid $pid, 0;
    is($?, 0, 'is nobody in the end');
};

# Until a worker waits for a row.
sub wait_for_lock {
    for (1 .. 200) {
        return if $fixture->db->value("select count(*) from pg_stat_activity
            where wait_event_type = 'Lock' and usename = 'diurnal_api'");
        select undef, undef, undef, 0.05;
    }
    die "nobody waits for a lock\n";
}

done_testing;
