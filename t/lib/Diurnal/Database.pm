package Diurnal::Database;

# DBI connections of tests, as any role.
#
#   my $db = Diurnal::Database->new($url);                  # the superuser
#   my $api = Diurnal::Database->new($url, 'diurnal_api');
#   my $count = $db->value('select count(*) from policies where name = ?', $n);
#   my $state = $api->refused('select * from users');       # SQLSTATE or undef

use strict;
use warnings;

use DBI;

sub new {
    my ($class, $url, $role) = @_;
    my ($user, $database, $host) =
        $url =~ m{^postgresql://(\w+)@/(\w+)\?host=(.*)$}
        or die "cannot read $url\n";
    my $dbh = DBI->connect("dbi:Pg:dbname=$database;host=$host",
        $role // $user, '', {
            RaiseError => 1, PrintError => 0, AutoCommit => 1,
            AutoInactiveDestroy => 1,
        });
    return bless { dbh => $dbh }, $class;
}

sub dbh { return $_[0]{dbh} }

sub execute {
    my ($self, $sql, @values) = @_;
    return $self->{dbh}->do($sql, undef, @values);
}

# The first column of the first row.
sub value {
    my ($self, $sql, @values) = @_;
    return scalar $self->{dbh}->selectrow_array($sql, undef, @values);
}

# All rows, as hashes.
sub rows {
    my ($self, $sql, @values) = @_;
    return @{ $self->{dbh}->selectall_arrayref($sql, { Slice => {} },
        @values) };
}

# The SQLSTATE with which a statement fails; undef if it does not.
sub refused {
    my ($self, $sql, @values) = @_;
    return eval { $self->execute($sql, @values); 1 } ? undef
        : $self->{dbh}->state;
}

1;
