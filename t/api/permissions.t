#!/usr/bin/perl
# Who may call what: every route, every role, by token and by key.
use strict;
use warnings;

use JSON ();
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Routes;
use Diurnal::Server;

my $server  = Diurnal::Server->start;
my $fixture = Diurnal::Fixture->new($server);
my $db      = $fixture->db;
my @roles   = qw(admin operator viewer);
my @routes  = Diurnal::Routes->all;

sub names_in {
    my ($path, $pattern) = @_;
    my $text = Diurnal::Server::slurp("$ENV{DIURNAL_SOURCE}/$path");
    my %seen;
    return [sort grep { !$seen{$_}++ } $text =~ /$pattern/g];
}

subtest 'the catalogue' => sub {
    my $names = names_in('src/api/permission.c', qr/^\t"([a-z]+:[a-z]+)",/m);
    ok(@$names > 10, 'there are permissions');
    is_deeply([map { $_->{permission} } $db->rows('select distinct permission
        from diurnal.role_permissions order by 1')], $names,
        'the database grants those that there are, and no others');
    my %used = map { $_->permission => 1 } grep { !$_->is_open } @routes;
    delete @used{@$names};
    is_deeply([sort keys %used], [], 'routes ask for no others');
};

# What the contract lets each role do (its section 3.6).
my %granted = (
    viewer   => [qw(self:read self:write account:read resource:read
        policy:read override:read execution:read)],
    operator => [qw(policy:write override:write pass:request)],
    admin    => [qw(account:write user:read user:write organization:write
        audit:read)],
);
push @{ $granted{operator} }, @{ $granted{viewer} };
push @{ $granted{admin} }, @{ $granted{operator} };
for my $role (@roles) {
    is_deeply([map { $_->{permission} } $db->rows('select permission
        from diurnal.role_permissions where role = ? order by 1', $role)],
        [sort @{ $granted{$role} }], "this is what an $role may do");
}

my %client = (admin => $fixture->admin,
    map { $_ => $fixture->user($_) } qw(operator viewer));
my %key = map { $_ => $client{$_}->expect(200, post => '/auth/keys',
    { name => $_ })->{key} } @roles;
my $inactive = $fixture->user('admin');
$fixture->admin->expect(200, put => "/users/$inactive->{user}{id}",
    { is_active => JSON::false });

# A body that is JSON, but no object: whoever may is told so, others not.
sub call {
    my ($route, $client, %headers) = @_;
    return $client->request($route->method, $route->path,
        $route->members ? '[]' : undef, %headers);
}

sub is_let_in {
    my ($answer, $route, $name) = @_;
    if ($route->members) {
        return complains($answer, ['body'], 'model_attributes_type', $name);
    }
    return ok($answer->{status} != 401 && $answer->{status} != 403, $name)
        || diag("got $answer->{status}: $answer->{body}");
}

my $forbidden = qr/^You do not have permission to perform this action\.$/;

for my $route (@routes) {
    # It would wait for the reconciler, whoever may.
    my $waits = $route->name =~ m{/reconcile$};
    my %may = map { $_ => 1 } grep {
        $route->is_open || grep({ $_ eq $route->permission }
            @{ $granted{$_} }) } @roles;
    subtest $route->name => sub {
        for my $role (grep { !$waits || !$may{$_} } @roles) {
            my @answers = (
                [token => call($route, $client{$role})],
                [key => call($route, $fixture->anyone,
                    'X-API-Key' => $key{$role})],
            );
            for my $case (@answers) {
                my ($how, $answer) = @$case;
                if ($may{$role}) {
                    is_let_in($answer, $route, "$role is let in by a $how");
                } else {
                    is_problem($answer, 403, "$role is not, by a $how",
                        $forbidden);
                }
            }
        }
        if ($route->is_open) {
            is_let_in(call($route, $fixture->anyone), $route,
                'so is anyone') if $route->name !~ m{GET .*/organizations};
            return;
        }
        is_problem(call($route, $fixture->anyone), 401, 'nobody is');
        is_problem(call($route, $inactive), 400, 'nor are the inactive');
        is_problem(call($route, $fixture->anyone->token('rubbish'),
            'X-API-Key' => 'x' x 32), 401, 'nor is who shows rubbish');
    };
}

done_testing;
