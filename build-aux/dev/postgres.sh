# A PostgreSQL cluster of our own, on a unix socket in DIR/run/pg.  The
# system's clusters are not touched.
# shellcheck shell=bash

# What tests store (DIURNAL_FORGETFUL) need not outlive the machine; what a
# benchmark measures must.
postgres_options=${DIURNAL_FORGETFUL+-c fsync=off}

# PostgreSQL does not run as root.
as_postgres() {
	if is_root; then
		(cd / && runuser -u postgres -- "$@")
	else
		"$@"
	fi
}

# make_place NAME SUITABLE TEMPLATE: make $dir/NAME, for use by PostgreSQL.
# Where that would not be suitable, it is a link to a directory that is.
make_place() {
	local place=$dir/$1 target

	[[ ! -d $place ]] || return 0
	if "$2"; then
		mkdir "$place"
		return
	fi
	target=$(mktemp -d "$3")
	chmod 755 "$target"
	ln -sfn "$target" "$place"
}

postgres_reaches_dir() {
	as_postgres test -x "$dir"
}

# The path of a unix socket has at most 107 bytes.
sockets_fit_dir() {
	postgres_reaches_dir && ((${#dir} < 70))
}

forget_place() {
	[[ ! -L $dir/$1 ]] || rm -rf "$(readlink "$dir/$1")"
	rm -rf "${dir:?}/$1"
}

make_places() {
	make_place run sockets_fit_dir /tmp/diurnal.XXXXXX
	make_place pg postgres_reaches_dir /var/lib/diurnal-dev.XXXXXX
	run=$(readlink -f "$dir/run")
	pg=$(readlink -f "$dir/pg")
	mkdir -p "$run/pg" "$run/passwords"
	if is_root; then
		chown postgres: "$pg" "$run/pg"
	fi
}

# The programs of the version that made the cluster, or of the newest.
find_postgres() {
	local version

	if [[ -e $pg/PG_VERSION ]]; then
		version=$(cat "$pg/PG_VERSION")
		pgbin=/usr/lib/postgresql/$version/bin
		[[ -x $pgbin/postgres ]] ||
			die "$dir/pg needs PostgreSQL $version: install it," \
				"or ./dev reset"
	else
		pgbin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n1)
		[[ -x $pgbin/postgres ]] || die "no PostgreSQL in /usr/lib"
	fi
}

# Who runs dev may connect as every role; passwords exist for none.
make_cluster() {
	local role

	as_postgres "$pgbin/initdb" --pgdata="$pg" --username=postgres \
		--encoding=UTF8 --locale=C.UTF-8 --auth=peer \
		${DIURNAL_FORGETFUL+--no-sync} \
		>"$dir/log/initdb.log" 2>&1 ||
		die "initdb failed: $(tail -n1 "$dir/log/initdb.log")"
	echo "local all all peer map=dev" >"$pg/pg_hba.conf"
	for role in postgres diurnal_{owner,api,reconcile,deliver}; do
		echo "dev $(id -un) $role"
		is_root || continue
		echo "dev postgres $role"
	done >"$pg/pg_ident.conf"
}

postgres_runs() {
	local pid

	pid=$(head -n1 "$pg/postmaster.pid" 2>/dev/null) &&
		[[ $(readlink "/proc/$pid/cwd") == "$pg" ]]
}

start_postgres() {
	find_postgres
	[[ -e $pg/PG_VERSION ]] || make_cluster
	if ! postgres_runs; then
		# Left by a system that went down; its pid may be another's now.
		rm -f "$pg/postmaster.pid"
		as_postgres "$pgbin/pg_ctl" --pgdata="$pg" --silent --wait start \
			--options="-c listen_addresses= -k $run/pg \
				$postgres_options" \
			</dev/null >>"$dir/log/postgresql.log" 2>&1 ||
			die "PostgreSQL did not start: see $dir/log/postgresql.log"
	fi
}

stop_postgres() {
	postgres_runs || return 0
	find_postgres
	as_postgres "$pgbin/pg_ctl" --pgdata="$pg" --silent --mode=fast stop
}

# database_url ROLE
database_url() {
	echo "postgresql://$1@/diurnal?host=$run/pg"
}
