# The Debian packages that each task needs, and their installation.
# shellcheck shell=bash

declare -A packages=(
	[build]="gcc libc6-dev make autoconf automake pkg-config perl xz-utils
		libfcgi-dev libpq-dev libjson-c-dev libssl-dev libjwt-dev
		libcurl4-openssl-dev libxml2-dev libargon2-dev
		libsystemd-dev"
	[run]="postgresql nginx spawn-fcgi multiwatch openssl tzdata curl jq"
	[test]="libdbd-pg-perl libjson-perl libio-socket-ssl-perl libwww-perl
		python3-venv procps"
	[lint]="clang-format clang-tidy cppcheck shellcheck"
	[bench]="time wrk"
	[package]="dpkg-dev debhelper fakeroot"
)

# The zones' former names, which policies may use, left tzdata in Debian 13.
grep -qx 'VERSION_ID="12"' /etc/os-release || packages[run]+=" tzdata-legacy"

# need TASK...: install the packages of the tasks as far as they are missing.
need() {
	local task package installed missing=()

	installed=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ') "
	for task; do
		for package in ${packages[$task]}; do
			[[ $installed == *" installed:$package "* ]] ||
				missing+=("$package")
		done
	done
	((${#missing[@]})) || return 0

	say "installing ${missing[*]}"
	# Offline, systemctl starts no nginx and no PostgreSQL of the system's:
	# we bring our own and need neither.
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
	as_root env DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 \
		apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
		install --no-install-recommends "${missing[@]}"
}
