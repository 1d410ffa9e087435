#!/usr/bin/perl
# The document of the API says what is so.
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Temp ();
use JSON ();
use Test::More;

use Diurnal::Check;
use Diurnal::Fixture;
use Diurnal::Routes;
use Diurnal::Server;

my @contract = sort split /\n/, <<'ROUTES';
GET /
GET /health
GET /ready
GET /api/v1/system/status
POST /api/v1/organizations
GET /api/v1/organizations
GET /api/v1/organizations/{organization_id}
PUT /api/v1/organizations/{organization_id}
POST /api/v1/users
GET /api/v1/users
GET /api/v1/users/me
PUT /api/v1/users/me
PUT /api/v1/users/me/password
PUT /api/v1/users/{user_id}
DELETE /api/v1/users/{user_id}
POST /api/v1/auth/token
POST /api/v1/auth/refresh
POST /api/v1/auth/bootstrap
POST /api/v1/auth/login
POST /api/v1/auth/keys
GET /api/v1/auth/keys
DELETE /api/v1/auth/keys/{key_id}
POST /api/v1/auth/keys/bootstrap
GET /api/v1/providers/metadata
POST /api/v1/cloud-accounts
GET /api/v1/cloud-accounts
GET /api/v1/cloud-accounts/{account_id}
PUT /api/v1/cloud-accounts/{account_id}
DELETE /api/v1/cloud-accounts/{account_id}
POST /api/v1/cloud-accounts/{account_id}/sync
GET /api/v1/resources
GET /api/v1/resources/{resource_id}
POST /api/v1/policies
GET /api/v1/policies
GET /api/v1/policies/{policy_id}
PUT /api/v1/policies/{policy_id}
DELETE /api/v1/policies/{policy_id}
GET /api/v1/policies/{policy_id}/preview
POST /api/v1/overrides
GET /api/v1/overrides
DELETE /api/v1/overrides/{override_id}
GET /api/v1/executions
GET /api/v1/executions/count
POST /api/v1/executions/reconcile
ROUTES

my $document = Diurnal::Routes::document();
my @routes   = Diurnal::Routes->all;

is_deeply([sort map { $_->name } @routes], \@contract,
    'the routes are those of the contract');
like($document->{openapi}, qr/^3\.1\./, 'it is OpenAPI 3.1');

SKIP: {
    my $validator = dirname($ENV{DIURNAL_MOTO} // '')
        . '/openapi-spec-validator';
    skip "there is no $validator", 1 if !-x $validator;
    my $file = File::Temp->new(SUFFIX => '.json');
    print $file JSON->new->utf8->encode($document);
    close $file;
    my $said = `'$validator' --errors all '$file' 2>&1`;
    is($?, 0, 'a validator finds nothing wrong with it') || diag($said);
}

# What is wrong with a value by its schema: that part of JSON Schema which the
# document uses.
sub fault {
    my ($schema, $value, $where) = @_;
    if (my $name = $schema->{'$ref'}) {
        $schema = $document->{components}{schemas}{ $name =~ s{.*/}{}r };
    }
    my %types = map { $_ => 1 } ref $schema->{type} ? @{ $schema->{type} }
        : $schema->{type} // ();
    if ($schema->{anyOf}) {
        my @faults = map { fault($_, $value, $where) } @{ $schema->{anyOf} };
        return @faults == @{ $schema->{anyOf} } ? @faults : ();
    }
    return $types{null} ? () : "$where is null" if !defined $value;
    my $type = ref $value eq 'HASH' ? 'object' : ref $value eq 'ARRAY'
        ? 'array' : JSON::is_bool($value) ? 'boolean'
        : JSON->new->allow_nonref->encode($value) =~ /^"/ ? 'string'
        : $value =~ /^-?\d+$/ ? 'integer' : 'number';
    return "$where is a $type" if %types && !$types{$type}
        && !($type eq 'integer' && $types{number});
    return "$where is $value" if $schema->{enum}
        && !grep { defined && $_ eq $value } @{ $schema->{enum} };
    return "$where is no uuid" if ($schema->{format} // '') eq 'uuid'
        && $value !~ $UUID;
    return "$where is no time" if ($schema->{format} // '') eq 'date-time'
        && $value !~ $TIME;
    return map { fault($schema->{items}, $value->[$_], "$where\[$_]") }
        0 .. $#$value if $type eq 'array' && $schema->{items};
    return if $type ne 'object';
    my $known = $schema->{properties} // return;
    return (
        map({ "$where has no $_" } grep { !exists $value->{$_} }
            @{ $schema->{required} // [] }),
        map({ "$where has $_" } grep { !exists $known->{$_} }
            sort keys %$value),
        map({ fault($known->{$_}, $value->{$_}, "$where.$_") }
            grep { exists $known->{$_} } sort keys %$value),
    );
}

subtest 'answers are as the document has them' => sub {
    my $server  = Diurnal::Server->start(ORGANIZATIONS_PUBLIC => 'true');
    my $fixture = Diurnal::Fixture->new($server);
    my $admin   = $fixture->admin;
    my $web     = $fixture->resource(name => 'web', tags => { a => 'b' });
    $fixture->execution(resource_id => $web);
    my %ids = (
        organization_id => $fixture->organization_id,
        resource_id     => $web,
        account_id      => $fixture->db->value(
            'select id from diurnal.cloud_accounts'),
        policy_id => $admin->expect(201, post => '/policies', {
            name => 'p', timezone => 'UTC', schedule => {},
            resource_selector => { tags => { a => 'b' } } })->{id},
        override_id => $admin->expect(201, post => '/overrides', {
            resource_id => $web, desired_state => 'RUNNING',
            expires_at => '2099-01-01T00:00:00Z' })->{id},
        key_id => $admin->expect(200, post => '/auth/keys',
            { name => 'k' })->{id},
    );
    my %bodies = (
        'POST /api/v1/policies' => { name => 'p', timezone => 'UTC',
            schedule => {}, resource_selector => { resource_ids => [] } },
        'PUT /api/v1/policies/{policy_id}' => {},
        'POST /api/v1/overrides' => { resource_id => $web,
            desired_state => 'STOPPED',
            expires_at => '2099-01-01T00:00:00Z' },
        'POST /api/v1/auth/keys' => { name => 'k' },
        'POST /api/v1/auth/token' => { email => $Diurnal::Client::EMAIL,
            password => $Diurnal::Client::PASSWORD },
        'POST /api/v1/auth/login' => { email => $Diurnal::Client::EMAIL,
            password => $Diurnal::Client::PASSWORD },
        'PUT /api/v1/users/me' => {},
        'PUT /api/v1/organizations/{organization_id}' => {},
        'PUT /api/v1/cloud-accounts/{account_id}' => {},
        'POST /api/v1/users' => { email => 'b@example.com',
            password => $Diurnal::Client::PASSWORD,
            organization_id => $ids{organization_id} },
    );
    for my $route (@routes) {
        my $body = $bodies{ $route->name };
        next if $route->method ne 'GET' && !$body;
        my $answer  = $admin->request($route->method, $route->path(%ids),
            $body);
        my $told = $route->{responses}{ $answer->{status} };
        my $schema = $told->{content}{'application/json'}{schema};
        ok($schema, $route->name . ' may answer ' . $answer->{status})
            || diag($answer->{body}), next;
        is_deeply([fault($schema, $answer->{json}, 'it')], [],
            '... in that form');
    }
    my $problem = $document->{components}{schemas}{Problem};
    is_deeply([fault($problem, $admin->get('/policies/'
        . uuid_nobody_has())->{json}, 'it')], [], 'so is a problem');
    my $input = $document->{components}{schemas}{InputProblem};
    is_deeply([fault($input, $admin->get('/resources?page=x')->{json},
        'it')], [], '... and one of input');
};

done_testing;
