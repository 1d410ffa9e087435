# Compiling, always outside the source's own folders.
# shellcheck shell=bash

# build_in BUILD MAKE-TARGETS CONFIGURE-FLAG...: bring BUILD up to date.
build_in() {
	local build=$1 targets=$2 target
	shift 2

	build=$(absolute "$build")
	say "building in ${build#"$root"/}"
	# One at a time: autotools write into the source, and all builds share
	# that.
	(
		flock 9
		[[ -e $root/configure ]] ||
			(cd "$root" && autoreconf --install 9>&-)
		cd "$build"
		if [[ ! -e Makefile || $(cat .flags) != "$*" ]]; then
			"$root/configure" --quiet "$@"
			echo "$*" >.flags
		fi
		for target in $targets; do
			make --no-print-directory -j"$(nproc)" "$target" 9>&-
		done
	) 9>"$(absolute "$root/.dev")/build.lock"
}

command_build() {
	(($# == 0)) || die "build takes no arguments"
	need build
	build_in "$root/.dev/build" all
}

# program BUILD NAME: where BUILD has put it.
program() {
	local path

	for path in "$1/$2" "$1"/src/*/"$2"; do
		[[ ! -x $path || -d $path ]] || { echo "$path"; return; }
	done
	die "$1 holds no $2"
}
