# Starting and stopping it all.
# shellcheck shell=bash

# Sets dir, port, bare and configuration.
read_options() {
	local command=$1
	shift

	dir=$root/.dev port=8443 bare='' configuration=()
	while (($#)); do
		case $command,$1 in
		*,--dir) dir=${2?--dir DIR}; shift ;;
		*,--dir=*) dir=${1#*=} ;;
		up,--port) port=${2?--port PORT}; shift ;;
		up,--port=*) port=${1#*=} ;;
		up,--bare) bare=1 ;;
		up,[A-Z]*=*) configuration+=("$1") ;;
		*) die "$command: cannot read $1; see ./dev help" ;;
		esac
		shift
	done
	[[ $port =~ ^[1-9][0-9]{0,4}$ ]] || die "not a port: $port"
	# It goes into configuration files and URLs as it is.
	[[ $dir =~ ^[A-Za-z0-9._/+-]+$ ]] || die "unfit for a directory: $dir"
}

# Roles, database and schema.
prepare_database() {
	local ctl exists super
	ctl=$(program "$build" diurnalctl)
	super="postgresql://postgres@/postgres?host=$run/pg"

	exists=$("$pgbin/psql" -XAtd "$super" \
		-c "select 1 from pg_database where datname = 'diurnal'")
	[[ $exists ]] || DATABASE_URL=$(database_url postgres) "$ctl" db-init
	DATABASE_URL=$(database_url postgres) "$ctl" migrate
}

# For scripts; the values need no quoting in a shell.
write_env() {
	cat >"$dir/env" <<ENV
BASE_URL=https://localhost:$port
CA_FILE=$dir/tls/cert.pem
DB_URL=$(database_url postgres)
ADMIN_EMAIL=$admin_email
ADMIN_PASSWORD=$(cat "$dir/secrets/admin-password")
RECONCILE=$dir/bin/reconcile
DIURNALCTL=$dir/bin/diurnalctl
ENV
}

command_up() {
	read_options up "$@"
	need build run
	dir=$(absolute "$dir")
	# Tests bring a build of their own.
	build=${DIURNAL_BUILD-}
	if [[ ! $build ]]; then
		build=$dir/build
		build_in "$build" all
	fi

	mkdir -p "$dir/log"
	make_places
	if any_daemon_runs; then
		say "already up: starting again with these settings"
		stop_daemons
	fi
	make_secrets
	make_certificate
	start_postgres
	prepare_database
	write_commands
	write_env
	say "starting; logs are in $dir/log"
	start_serving
	if [[ $bare ]]; then
		say "up and empty"
	else
		add_demo
		say "up"
	fi
	sed 's/^/  /' "$dir/env"
}

# Whether up has ever been here; sets run and pg if so.
find_places() {
	[[ -d $dir/run && -d $dir/pg ]] || return 1
	dir=$(absolute "$dir")
	run=$(readlink -f "$dir/run")
	pg=$(readlink -f "$dir/pg")
}

command_down() {
	read_options down "$@"
	if find_places && { any_daemon_runs || postgres_runs; }; then
		stop_daemons
		stop_postgres
		say "down"
	else
		say "nothing runs in $dir"
	fi
}

command_reset() {
	command_down "$@"
	[[ -d $dir ]] || return 0
	forget_place run
	forget_place pg
	(cd "$dir" && rm -rf bin demo env log nginx secrets tls)
	say "forgot the data in $dir"
}
