# What the other parts share.
# shellcheck shell=bash

say() {
	printf 'dev: %s\n' "$*"
}

die() {
	printf 'dev: %s\n' "$*" >&2
	exit 1
}

is_root() {
	((EUID == 0))
}

as_root() {
	if is_root; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "root or sudo is needed for: $*"
	fi
}

# absolute PATH: the same directory, whose parent exists, from the root.
absolute() {
	mkdir -p "$1"
	(cd "$1" && pwd -P)
}
