# Benchmarks and the Debian package.
# shellcheck shell=bash

command_bench() {
	[[ -x $root/t/bench/run ]] || die "there are no benchmarks: t/bench/run"
	need build run test bench
	build_in "$root/.dev/build" "all t/bench/floor"
	cd "$root"
	DIURNAL_BUILD=$root/.dev/build DIURNAL_SOURCE=$root \
		exec t/bench/run "$@"
}

# From the tarball, so that the package holds what a release would.
command_package() {
	local out version

	(($# == 0)) || die "package takes no arguments"
	[[ -e $root/debian/control ]] ||
		die "there is no debian/control to make a package from"
	need build package
	build_in "$root/.dev/build" dist
	out=$root/.dev/package
	version=$(dpkg-parsechangelog -l "$root/debian/changelog" -S Version)
	version=${version%-*}
	rm -rf "$out"
	mkdir -p "$out"
	tar -C "$out" -xJf "$root/.dev/build/diurnal-$version.tar.xz"
	cp -R "$root/debian" "$out/diurnal-$version/"
	(cd "$out/diurnal-$version" && dpkg-buildpackage --build=binary \
		--unsigned-source --unsigned-changes)
	say "made $(cd "$out" && echo *.deb), in ${out#"$root"/}"
}
