package Diurnal::Fixture;

# An installation with something in it: people by the API, what only the
# reconciler writes by SQL as the superuser.
#
#   my $fixture = Diurnal::Fixture->new($server);     # Acme and its admin
#   my $viewer = $fixture->user('viewer');            # a client, signed in
#   my $other = $fixture->organization('other');      # a second tenant
#   my $resource = $fixture->resource(name => 'web', tags => { env => 'x' });
#
# ${organization}, where a method takes it, is an id; Acme's by default.

use strict;
use warnings;

use JSON ();

use Diurnal::Client;

my $json = JSON->new->canonical;

sub new {
    my ($class, $server) = @_;
    my $self = bless {
        server => $server, client => $server->client,
        db     => $server->database, count => 0,
    }, $class;
    $self->{tokens} = $self->{client}->bootstrap;
    $self->{organization} = $self->{tokens}{user}{organization_id};
    return $self;
}

sub admin        { return $_[0]{client} }
sub admin_id     { return $_[0]{tokens}{user}{id} }
sub organization_id { return $_[0]{organization} }
sub db           { return $_[0]{db} }
sub anyone       { return $_[0]{client}->stranger }

# A client signed in as a new user; its {user} is the API's answer.
sub user {
    my ($self, $role, %fields) = @_;
    my $email  = sprintf '%s%d@example.com', $role, ++$self->{count};
    my $client = $self->anyone;
    my $user   = $self->admin->expect(200, post => '/users', {
        email           => $email,
        password        => $Diurnal::Client::PASSWORD,
        organization_id => $self->{organization},
        role            => $role,
        %fields,
    });
    $client->sign_in($user->{email}, $fields{password});
    $client->{user} = $user;
    return $client;
}

# The admin of another organization, signed in.
sub organization {
    my ($self, $slug) = @_;
    my $client = $self->anyone;
    my $id = $self->db->value('insert into diurnal.organizations (name, slug)
        values ($1, $1) returning id', $slug);
    my $user = $client->expect(200, post => '/users', {
        email           => "admin\@$slug.example.com",
        password        => $Diurnal::Client::PASSWORD,
        organization_id => $id,
        role            => 'admin',
    });
    $client->sign_in($user->{email});
    $client->{user} = $user;
    return $client;
}

# A row by its columns; references become JSON.  Returns its id.
sub insert {
    my ($self, $table, %row) = @_;
    my @columns = sort keys %row;
    my @values  = map { ref $_ ? $json->encode($_) : $_ } @row{@columns};
    return $self->db->value(sprintf(
        'insert into diurnal.%s (%s) values (%s) returning id', $table,
        join(', ', @columns), join(', ', ('?') x @columns)), @values);
}

# A cloud account whose credentials nobody can open.
sub account {
    my ($self, %row) = @_;
    my $organization = $row{organization_id} // $self->{organization};
    my $key = $self->db->value('select id from diurnal.organization_keys
        where organization_id = ?', $organization)
        // $self->insert('organization_keys',
            organization_id => $organization, purpose => 'cloud',
            public_key => '\x' . '09' x 32, wrapped_key => '\x00',
            kek_id => '\x00');
    return $self->insert('cloud_accounts',
        organization_id => $organization, name => 'account',
        provider_type => 'demo', key_id => $key, sealed => '\x00',
        hints => {}, %row);
}

# A machine, in a cloud account of its own unless one is given.
sub resource {
    my ($self, %row) = @_;
    my $organization = $row{organization_id} // $self->{organization};
    my $account = $row{cloud_account_id} // ($self->{account}{$organization}
        //= $self->account(organization_id => $organization));
    return $self->insert('resources',
        organization_id => $organization, cloud_account_id => $account,
        provider_resource_id => sprintf('machine-%d', ++$self->{count}),
        region => 'north', state => 'RUNNING', digest => '\x00',
        tags => {}, %row);
}

sub execution {
    my ($self, %row) = @_;
    my $at = delete $row{executed_at} // 'now';
    return $self->insert('executions',
        organization_id => $self->{organization}, action => 'START',
        desired_state => 'RUNNING', actual_state_before => 'STOPPED',
        status => 'completed', success => 1, executed_at => $at, %row);
}

1;
