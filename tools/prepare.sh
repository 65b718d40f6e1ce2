# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
# shellcheck shell=bash
#
# What deploy/quickstart and tests/run both do first: Debian packages, and the
# configure script.  Sourced; the caller sets `me` (its name, for messages),
# `work` (an empty folder of its own) and `top_srcdir`, defines die, and calls
# allow_services when it ends, however it ends.

: "${me:=prepare}" "${work:=}" "${top_srcdir:=}"
as_root=''

# Those of "$@" that are not installed.
missing() {
	local p

	for p in "$@"; do
		dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null |
			grep -qx installed || printf '%s\n' "$p"
	done
}

# Debian starts servers when it installs them, unless this file forbids it.
policy=/usr/sbin/policy-rc.d
policy_is_ours=0

forbid_services() {
	[ ! -e $policy ] || return 0
	policy_is_ours=1
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 755 $policy
}

allow_services() {
	[ "$policy_is_ours" = 1 ] || return 0
	$as_root rm -f $policy
	policy_is_ours=0
}

# A server that came with us is not to start with the machine either.
disable_services() {
	local service

	for service in apache2 lighttpd nginx; do
		case " $* " in *" $service "* | *" $service-"*)
			$as_root systemctl disable "$service" ||
				$as_root update-rc.d "$service" disable
			;;
		esac
	done >/dev/null 2>&1
	case " $* " in *" php-fpm "*)
		for service in /lib/systemd/system/php*-fpm.service; do
			$as_root systemctl disable "${service##*/}"
		done >/dev/null 2>&1
		;;
	esac
}

apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq \
		-o DPkg::Lock::Timeout=600 "$@" </dev/null >"$work/apt.log" 2>&1
}

# Installs what is missing of "$@"; answers whether all of it is there.
install_packages() {
	local lacking fd ok=0

	mapfile -t lacking < <(missing "$@")
	[ ${#lacking[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		sudo -n true 2>/dev/null || {
			printf '%s: missing, and not root: apt-get install %s\n' \
				"$me" "${lacking[*]}" >&2
			return 1
		}
		as_root='sudo -n'
	fi
	# One run at a time; another may have installed it meanwhile.
	exec {fd}</etc/debian_version
	flock "$fd"
	mapfile -t lacking < <(missing "$@")
	if [ ${#lacking[@]} -gt 0 ]; then
		printf 'installing %s\n' "${lacking[*]}"
		forbid_services
		{
			apt update &&
				apt install --no-install-recommends "${lacking[@]}"
		} || ok=1
		disable_services "${lacking[@]}"
		allow_services
		[ $ok = 0 ] || sed 's/^/apt: /' "$work/apt.log" >&2
	fi
	exec {fd}<&-
	return $ok
}

# What Debian calls what a build needs.
# shellcheck disable=SC2034
packages_build=(
	autoconf automake autoconf-archive gcc libc6-dev make pkg-config
	libcmocka-dev libcurl4-openssl-dev libfcgi-dev libgit2-dev
	libjson-c-dev libsodium-dev libsqlite3-dev libssl-dev libxml2-dev
	zlib1g-dev util-linux
)

# Runs a command; what it said is shown only when it failed.
run_logged() {
	local what=$1
	shift
	"$@" >"$work/$what.log" 2>&1 </dev/null && return
	tail -n 100 "$work/$what.log" >&2
	die "$what failed"
}

# Makes configure where it is not there, or older than what it comes from.
make_configure() {
	local fd

	cd "$top_srcdir" || die "no $top_srcdir"
	exec {fd}<configure.ac
	flock "$fd"
	if [ ! -x configure ] || [ ! -e Makefile.in ] ||
		[ -n "$(find . -path ./build\* -prune -o \
			\( -name configure.ac -o -name Makefile.am -o \
			-name module.am \) -newer Makefile.in -print)" ]; then
		run_logged autoreconf autoreconf -fi
	fi
	exec {fd}<&-
}
