# What a reader should not have to look for.
# shellcheck shell=bash

command_lint() {
	local build=$root/.dev/build-lint sources headers bad=0

	(($# == 0)) || die "lint takes no arguments"
	need build lint
	build_in "$build" sources --enable-test-hooks
	cd "$root"
	mapfile -t sources < <(find src t -name '*.c' ! -name '*_sql.c' | sort)
	mapfile -t headers < <(find include src t -name '*.h' \
		! -name '*_sql.h' | sort)
	build-aux/dev/compile-commands "$build" >.dev/compile_commands.json

	say "clang-format"
	build-aux/dev/check-format "${sources[@]}" "${headers[@]}" || bad=1
	say "shellcheck"
	shellcheck --external-sources --check-sourced dev .ci/run \
		build-aux/dev/reconcile-loop build-aux/dev/run-test || bad=1
	say "cppcheck"
	cppcheck --quiet --project=.dev/compile_commands.json \
		--enable=warning,portability --inline-suppr \
		--suppressions-list=build-aux/dev/cppcheck.txt \
		--cppcheck-build-dir="$(absolute .dev/cppcheck)" -j"$(nproc)" \
		--error-exitcode=1 || bad=1
	say "clang-tidy"
	printf '%s\0' "${sources[@]}" |
		xargs -0 -n1 -P"$(nproc)" clang-tidy --quiet -p .dev \
			2> >(grep -v 'warnings\? generated' >&2) || bad=1
	((bad == 0)) || die "lint found something"
	say "lint found nothing"
}
