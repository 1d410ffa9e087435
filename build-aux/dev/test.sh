# The tests, all by one prove: its summary is the last word.
# shellcheck shell=bash

# moto, an emulator of EC2, in a virtual environment of its own.
install_moto() {
	local venv=$root/.dev/venv list=$root/t/requirements.txt

	cmp -s "$list" "$venv/requirements.txt" && return
	say "installing $(grep -v '^#' "$list") into .dev/venv"
	python3 -m venv --clear "$venv"
	"$venv/bin/pip" install --quiet --disable-pip-version-check -r "$list"
	cp "$list" "$venv/requirements.txt"
}

# tests_at BUILD PATH...: the test programs and scripts at the paths, which
# are those of the sources: folders, scripts, t/unit/NAME or t/unit/NAME.c.
tests_at() {
	local build=$1 path unit found units scripts
	shift

	mapfile -t units < <(make -s --no-print-directory -C "$build" list-tests)
	for path; do
		path=${path#./} path=${path#"$root"/} path=${path%/}
		found=
		for unit in "${units[@]}"; do
			[[ $unit == "${path%.c}" || $unit == "$path"/* ]] || continue
			echo "${build#"$root"/}/$unit"
			found=1
		done
		mapfile -t scripts < <(find "$path" -name '*.t' 2>/dev/null | sort)
		if ((${#scripts[@]})); then
			printf '%s\n' "${scripts[@]}"
		elif [[ ! $found ]]; then
			die "no test at $path"
		fi
	done
}

command_test() {
	local build=$root/.dev/build-test flags=() paths=() tests argument

	for argument; do
		case $argument in
		--sanitize)
			build=$root/.dev/build-sanitize
			flags=(--enable-sanitize)
			;;
		-*) die "test: unknown option $argument" ;;
		*) paths+=("$argument") ;;
		esac
	done
	need build run test
	install_moto
	build_in "$build" "all tests" --enable-werror --enable-test-hooks \
		"${flags[@]}"

	cd "$root"
	tests=$(tests_at "$build" "${paths[@]-t}")
	# Each test brings what it needs, so two run side by side; those in e2e
	# watch the clock and run one after the other.
	# shellcheck disable=SC2086 # a list
	DIURNAL_BUILD=$build DIURNAL_SOURCE=$root DIURNAL_FORGETFUL=1 \
		DIURNAL_MOTO=$root/.dev/venv/bin/moto_server \
		ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
		exec prove --exec build-aux/dev/run-test --jobs=2 \
		--rules='seq=t/e2e/*' --rules='par=**' $tests
}
