# The processes of a running Diurnal besides PostgreSQL: two groups of workers
# behind one nginx, and the loop that stands for the systemd timer.
# shellcheck shell=bash

daemons=(nginx api-1 api-2 reconcile-loop)

# started_at PID: its start in clock ticks, which with the pid says who it is.
started_at() {
	local stat

	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	# shellcheck disable=SC2086 # fields 3.. of proc(5); 22 is the start
	set -- ${stat##*) }
	# A zombie is as good as gone, whenever its parent gets to it.
	[[ $1 != Z ]] && echo "${20}"
}

# start_daemon NAME COMMAND...: in a session of its own, with an environment
# that holds nothing of the caller's.
start_daemon() {
	local name=$1
	shift

	setsid env -i PATH="$PATH" "$@" </dev/null >>"$dir/log/$name.log" 2>&1 &
	echo "$! $(started_at "$!")" >"$run/$name.pid"
	disown
}

# daemon_runs NAME: sets daemon_pid.
daemon_runs() {
	local since

	[[ -e $run/$1.pid ]] && read -r daemon_pid since <"$run/$1.pid" &&
		[[ $since && $(started_at "$daemon_pid") == "$since" ]]
}

# stop_daemon NAME: within ten seconds, politely; then not.
stop_daemon() {
	local try

	if daemon_runs "$1"; then
		kill -TERM "$daemon_pid"
		for ((try = 0; try < 200; try++)); do
			daemon_runs "$1" || break
			sleep 0.05
		done
		# What is left of its session.
		kill -KILL -- "-$daemon_pid" 2>/dev/null || true
	fi
	rm -f "$run/$1.pid"
}

stop_daemons() {
	local name

	for name in "${daemons[@]}"; do
		stop_daemon "$name"
	done
}

any_daemon_runs() {
	local name

	for name in "${daemons[@]}"; do
		! daemon_runs "$name" || return 0
	done
	return 1
}

make_secret() {
	[[ -s $dir/secrets/$1 ]] || (umask 077 && "${@:2}" >"$dir/secrets/$1")
}

make_secrets() {
	mkdir -p "$dir/secrets"
	chmod 700 "$dir/secrets"
	make_secret encryption-key openssl rand -hex 32
	make_secret jwt-secret-key openssl rand -base64 48
	make_secret admin-password openssl rand -hex 12
}

make_certificate() {
	local cert=$dir/tls/cert.pem

	! openssl x509 -in "$cert" -noout -checkend 86400 >/dev/null 2>&1 ||
		return 0
	mkdir -p "$dir/tls"
	(umask 077 && openssl req -x509 -newkey ec -noenc \
		-pkeyopt ec_paramgen_curve:P-256 -days 825 -subj /CN=localhost \
		-addext "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1" \
		-addext "extendedKeyUsage=serverAuth" \
		-keyout "$dir/tls/key.pem" -out "$cert") 2>/dev/null ||
		die "openssl made no certificate"
}

# settings_of PROGRAM: fill the array settings.  Each program gets the keys
# that are its own, none of another's.
settings_of() {
	local role=diurnal_$1 setting

	settings=("TRIGGER_FILE=$run/trigger")
	case $1 in
	api) settings+=("JWT_SECRET_KEY_FILE=$dir/secrets/jwt-secret-key"
		"PASSWORD_LOCK_DIRECTORY=$run/passwords"
		"PUBLIC_API_URL=https://localhost:$port") ;;
	reconcile)
		settings+=("ENCRYPTION_KEY_FILE=$dir/secrets/encryption-key")
		;;
	ctl) role=postgres ;;
	esac
	settings+=("DATABASE_URL=$(database_url "$role")")
	for setting in "${configuration[@]}"; do
		case $1,$setting in
		api,ENCRYPTION_KEY* | ctl,*_KEY* | ctl,SETUP_TOKEN*) ;;
		reconcile,JWT_SECRET_KEY* | reconcile,SETUP_TOKEN*) ;;
		*) settings+=("$setting") ;;
		esac
	done
}

# write_command NAME LINE...: a script DIR/bin/NAME.
write_command() {
	mkdir -p "$dir/bin"
	printf '%s\n' "#!/bin/bash" "${@:2}" >"$dir/bin/$1"
	chmod 755 "$dir/bin/$1"
}

# Commands for people and tests.  A pass sees its settings and nothing of the
# caller's environment but what tests steer it by; diurnalctl sees both.
write_commands() {
	local reconcile ctl setting lines=() postgres=()
	reconcile=$(program "$build" diurnal-reconcile)
	ctl=$(program "$build" diurnalctl)

	settings_of reconcile
	# shellcheck disable=SC2016 # for the script
	write_command reconcile 'passed=()' \
		'for name in "${!DIURNAL_@}" "${!ASAN_@}" "${!UBSAN_@}"; do' \
		'	passed+=("$name=${!name}")' 'done' \
		"exec env -i PATH=\"\$PATH\" $(printf '%q ' "${settings[@]}")\\" \
		"	\"\${passed[@]}\" $reconcile \"\$@\""

	settings_of ctl
	for setting in "${settings[@]}"; do
		lines+=("$(printf '[[ -v %s ]] || export %s=%q' \
			"${setting%%=*}" "${setting%%=*}" "${setting#*=}")")
	done
	write_command diurnalctl "${lines[@]}" "exec $ctl \"\$@\""

	! is_root || postgres=(runuser -u postgres --)
	write_command pg_ctl "cd / && exec ${postgres[*]} $pgbin/pg_ctl --pgdata=$pg \\" \
		"	\"\$@\" </dev/null >>$dir/log/postgresql.log 2>&1"
}

write_nginx_conf() {
	local ipv6='#'

	! grep -qs '^0\{31\}1 ' /proc/net/if_inet6 || ipv6=
	mkdir -p "$dir/nginx"
	ln -sfn "$root/nginx" "$dir/nginx/diurnal"
	cat >"$dir/nginx/nginx.conf" <<CONF
$(is_root && echo "user root;")
daemon off;
pid $run/nginx-master.pid;
worker_processes auto;
error_log $dir/log/nginx.log;
events {
	worker_connections 1024;
}
http {
	client_body_temp_path $dir/nginx/body;
	fastcgi_temp_path $dir/nginx/fastcgi;
	proxy_temp_path $dir/nginx/proxy;
	scgi_temp_path $dir/nginx/scgi;
	uwsgi_temp_path $dir/nginx/uwsgi;
	include diurnal/http.conf;
	access_log $dir/log/access.log diurnal;
	upstream diurnal_api {
		# Both are always tried: one that refuses does so at once.
		server unix:$run/api-1.sock max_fails=0;
		server unix:$run/api-2.sock max_fails=0;
	}
	server {
		listen 127.0.0.1:$port ssl http2;
		$ipv6 listen [::1]:$port ssl http2;
		server_name localhost;
		ssl_certificate $dir/tls/cert.pem;
		ssl_certificate_key $dir/tls/key.pem;
		root $root/nginx;
		include diurnal/diurnal.conf;
	}
}
CONF
}

start_workers() {
	local group=$1 api
	api=$(program "$build" diurnal-api)

	rm -f "$run/api-$group.sock"
	settings_of api
	# Three: two may wait for the reconciler (WAITING_WORKERS).
	start_daemon "api-$group" "${settings[@]}" \
		spawn-fcgi -n -s "$run/api-$group.sock" -M 0660 -- \
		/usr/bin/multiwatch -f 3 -r 100 -t 1000 -s TERM -- "$api"
}

start_serving() {
	write_nginx_conf
	start_workers 1
	start_workers 2
	start_daemon nginx /usr/sbin/nginx -c "$dir/nginx/nginx.conf" \
		-e "$dir/log/nginx.log"
	wait_until_ready
	[[ $bare ]] || start_daemon reconcile-loop \
		"$root/build-aux/dev/reconcile-loop" "$run/trigger" \
		"$dir/bin/reconcile"
}

request() {
	curl --silent --cacert "$dir/tls/cert.pem" "$@"
}

wait_until_ready() {
	local try name

	for ((try = 0; try < 150; try++)); do
		! request --fail -o /dev/null "https://localhost:$port/ready" ||
			return 0
		for name in nginx api-1 api-2; do
			daemon_runs "$name" || give_up "$name ended at once"
		done
		sleep 0.1
	done
	give_up "no answer after 15 seconds"
}

# Say what the logs say, and leave nothing half running.
give_up() {
	stop_daemons
	stop_postgres
	tail -n 5 "$dir/log/nginx.log" "$dir/log/api-1.log" >&2
	die "$1"
}
