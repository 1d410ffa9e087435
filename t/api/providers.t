#!/usr/bin/perl
use strict;
use warnings;
use utf8;

use JSON ();
use Test::More;

use Diurnal::Check;
use Diurnal::Server;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output);

my $server    = Diurnal::Server->start;
my $providers = $server->client->expect(200, get => '/providers/metadata');

is(scalar @$providers, 3, 'anyone sees three providers');
is_deeply([map { [@$_{qw(provider_type display_name color region_label)}] }
    @$providers], [
    ['aws', 'AWS', 'orange', 'Regions'],
    ['azure', 'Azure', 'blue', 'Regions'],
    ['gcp', 'GCP', 'red', 'Zones'],
], '... in their order, with their names');

my ($true, $false) = (JSON::true, JSON::false);
my %fields = (
    aws => [
        ['access_key_id', 'Access Key ID', 'text', $false],
        ['secret_access_key', 'Secret Access Key', 'password', $true],
    ],
    azure => [
        ['subscription_id', 'Subscription ID', 'text', $false],
        ['tenant_id', 'Tenant ID', 'text', $false],
        ['client_id', 'Client ID', 'text', $false],
        ['client_secret', 'Client Secret', 'password', $true],
    ],
    gcp => [
        ['project_id', 'Project ID', 'text', $false],
        ['service_account_json', 'Service Account JSON', 'textarea', $true],
    ],
);
for my $provider (@$providers) {
    is_deeply($provider->{credential_fields}, [map { {
        key => $_->[0], label => $_->[1], type => $_->[2],
        required => $true, secret => $_->[3], placeholder => '',
    } } @{ $fields{ $provider->{provider_type} } }],
        "$provider->{display_name} has its credential fields");
}

my %regions = (
    aws => { count => 34, first => 'us-east-1', last => 'sa-east-1', some => {
        'us-east-1' => 'US East (N. Virginia)',
        'ap-southeast-7' => 'Asia Pacific (Thailand)',
        'eu-central-2' => 'Europe (Zurich)',
        'sa-east-1' => 'South America (São Paulo)',
    } },
    azure => { count => 42, first => 'eastus', last => 'westindia', some => {
        'germanywestcentral' => 'Germany West Central',
        'uksouth' => 'UK South', 'westindia' => 'West India',
    } },
    gcp => { count => 73, first => 'us-central1-a', last => 'me-west1-c',
        some => {
        'us-central1-a' => 'Iowa (a)', 'us-central1-f' => 'Iowa (f)',
        'us-east1-d' => 'South Carolina (d)', 'us-east4-b' =>
        'N. Virginia (b)', 'europe-west1-b' => 'Belgium (b)',
        'southamerica-east1-c' => 'São Paulo (c)',
        'me-west1-c' => 'Tel Aviv (c)',
    } },
);
for my $provider (@$providers) {
    my ($name, $found) = @$provider{qw(display_name regions)};
    my $want = $regions{ $provider->{provider_type} };
    my %name = map { $_->{code} => $_->{name} } @$found;
    is(scalar @$found, $want->{count}, "$name has its regions");
    is(scalar keys %name, $want->{count}, '... each once');
    is_deeply([$found->[0]{code}, $found->[-1]{code}],
        [@$want{qw(first last)}], '... in their order');
    is_like(\%name, $want->{some}, '... with their names');
    is_deeply([sort keys %{ $found->[0] }], ['code', 'name'],
        '... and nothing more');
}

done_testing;
