package Diurnal::Routes;

# The API's routes as the program prints them itself (diurnal-api --openapi),
# for tests of every route.
#
#   for my $route (Diurnal::Routes->all) {
#       $client->request($route->method, $route->path(policy_id => $id));
#   }

use strict;
use warnings;

use JSON ();

sub document {
    my $build = $ENV{DIURNAL_BUILD} // die "run this by ./dev test\n";
    open my $out, '-|', "$build/diurnal-api", '--openapi'
        or die "diurnal-api: $!\n";
    local $/;
    return JSON->new->utf8->decode(<$out>);
}

sub all {
    my ($class) = @_;
    my $paths = document()->{paths};
    return map {
        my $path = $_;
        map { bless { %{ $paths->{$path}{$_} }, method => uc, path => $path },
            $class } sort keys %{ $paths->{$path} }
    } sort keys %$paths;
}

sub name       { return "$_[0]{method} $_[0]{path}" }
sub method     { return $_[0]{method} }
sub permission { return $_[0]{'x-permission'} }

# Does anyone get in, as far as the route is concerned?
sub is_open { return !defined $_[0]{'x-permission'} }

# The path for a client, with ids filled in: those given, else unknown ones.
sub path {
    my ($self, %ids) = @_;
    my $path = $self->{path} =~ s/\{(\w+)\}/
        $ids{$1} \/\/ '01234567-89ab-7def-8123-456789abcdef'/gexr;
    return $path =~ s{^/api/v1(?=/)}{}r =~ s{^(?=/(?:health|ready)?$)}{/}r;
}

sub parameters {
    my ($self, $place) = @_;
    return grep { $_->{in} eq $place } @{ $self->{parameters} };
}

# The members of the body by name, or undef if there is no body.
sub members {
    my ($self) = @_;
    my $body = $self->{requestBody} // return;
    return $body->{content}{'application/json'}{schema}{properties};
}

sub required {
    my ($self) = @_;
    return @{ $self->{requestBody}{content}{'application/json'}{schema}
        {required} // [] };
}

1;
