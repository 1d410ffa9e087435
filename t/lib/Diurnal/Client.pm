package Diurnal::Client;

# A client of the API over HTTPS that trusts nothing but the local certificate.
#
#   my $client = Diurnal::Client->new($base_url, $ca_file);
#   $client->bootstrap;                       # first organization and admin
#   my $answer = $client->post('/policies', { name => 'office', ... });
#   is($answer->{status}, 201);
#
# An answer is { status, headers, body, json }: headers by lower-case name (of
# one that comes twice a list), json is the body decoded, undef if it is none.

use strict;
use warnings;

use HTTP::Tiny;
use JSON ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);

our $EMAIL    = 'admin@example.com';
our $PASSWORD = 'correct horse battery staple';

sub new {
    my ($class, $base_url, $ca_file) = @_;
    return bless {
        base_url => $base_url,
        ca_file  => $ca_file,
        http     => HTTP::Tiny->new(
            verify_SSL   => 1,
            SSL_options  => { SSL_ca_file => $ca_file },
            max_redirect => 0,
            timeout      => 100,
            agent        => 'diurnal-test',
        ),
        headers => {},
    }, $class;
}

# Another client of the same server, without a sign-in.
sub stranger {
    my ($self) = @_;
    return bless { %$self, headers => {} }, ref $self;
}

# The same client with a connection of its own, for another process.
sub clone {
    my ($self) = @_;
    my $clone = ref($self)->new(@$self{qw(base_url ca_file)});
    $clone->{headers} = { %{ $self->{headers} } };
    return $clone;
}

# Send every further request with this header; undef: no longer.
sub header {
    my ($self, $name, $value) = @_;
    delete $self->{headers}{$name};
    $self->{headers}{$name} = $value if defined $value;
    return $self;
}

sub token {
    my ($self, $token) = @_;
    return $self->header(Authorization => "Bearer $token");
}

sub get    { return $_[0]->request(GET    => @_[1 .. $#_]) }
sub post   { return $_[0]->request(POST   => @_[1 .. $#_]) }
sub put    { return $_[0]->request(PUT    => @_[1 .. $#_]) }
sub delete { return $_[0]->request(DELETE => @_[1 .. $#_]) }

# ${path} is below /api/v1; one that begins with // is below the root.
# ${body} is encoded as JSON if it is a reference, else sent as it is.
sub request {
    my ($self, $method, $path, $body, %headers) = @_;
    # The address that the server sees, whatever localhost is here.
    my %options = (peer => '127.0.0.1',
        headers => { %{ $self->{headers} }, %headers });

    if (defined $body) {
        $options{headers}{'Content-Type'} //= 'application/json';
        $options{content} = ref $body ? JSON->new->utf8->encode($body) : $body;
    }
    $path = $path =~ m{^/(/.*)}s ? $1 : "/api/v1$path";
    my $response = $self->{http}->request($method, $self->{base_url} . $path,
        \%options);
    die "$method $path: $response->{content}" if $response->{status} == 599;
    $self->send_at_once;

    my $json;
    $json = JSON->new->utf8->allow_nonref->decode($response->{content})
        if length $response->{content}
        && ($response->{headers}{'content-type'} // '') =~ /\bjson\b/;
    return {
        status  => $response->{status},
        headers => $response->{headers},
        body    => $response->{content} // '',
        json    => $json,
    };
}

# HTTP::Tiny writes head and body by themselves, and the second would wait for
# the first one's acknowledgement: forty times as long as all the rest.
sub send_at_once {
    my ($self) = @_;
    my $socket = ($self->{http}{handle} // return)->{fh};
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    return;
}

# The answer's JSON; dies, saying what came, unless the status is ${status}.
sub expect {
    my ($self, $status, $method, @arguments) = @_;
    my $answer = $self->$method(@arguments);
    die "$method $arguments[0]: want $status, got $answer->{status}: "
        . "$answer->{body}\n" if $answer->{status} != $status;
    return $answer->{json};
}

# The first organization and its admin, as whom the client is then signed in.
# Returns the token response.
sub bootstrap {
    my ($self, %organization) = @_;
    my $organization = $self->expect(201, post => '/organizations',
        { name => 'Acme', slug => 'acme', %organization });
    my $user = $self->expect(200, post => '/users', {
        email           => $EMAIL,
        password        => $PASSWORD,
        organization_id => $organization->{id},
        role            => 'admin',
    });
    my $answer = $self->expect(200, post => '/auth/bootstrap',
        { user_id => $user->{id} });
    $self->token($answer->{access_token});
    return $answer;
}

# Sign in; returns the token response.
sub sign_in {
    my ($self, $email, $password) = @_;
    my $answer = $self->expect(200, post => '/auth/token',
        { email => $email // $EMAIL, password => $password // $PASSWORD });
    $self->token($answer->{access_token});
    return $answer;
}

1;
