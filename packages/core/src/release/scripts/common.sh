#!/bin/sh
# The server's side of a deploy: one program with verbs, called as `sh PROGRAM VERB MARK PROJECT …`. A copy lies in the folder of
# each release as rollback.sh, which makes that release the running one again without any runner. For every POSIX shell (dash,
# bash, busybox ash).
#
# Answers come in sections: a line `MARK name`, then the text. MARK is a word that the caller made up for this run, so that no
# file's content and no greeting of a login shell is mistaken for an answer.
set -eu
umask 077
export LC_ALL=C
unset CDPATH

# Exit statuses. 0 and 1 mean what they mean everywhere.
USAGE=64
# Nothing was changed.
REFUSED=65
# The files were switched in part; a rollback restores them.
FILES=66
# `docker compose up` failed; the files are those of the release.
COMPOSE=69
# The lock, the epoch or the phase is no longer the caller's: somebody else acted meanwhile.
FENCED=75

PROGRAM=$0
TAB=$(printf '\t')
NEWLINE='
'
# Seconds for one call of docker; `up` and `pull` have limits of their own.
DOCKER_LIMIT=60

die() {
  status=$1
  shift
  # Where nobody can be told, the status counts.
  printf '%s\n' "$*" >&2 || :
  exit "$status"
}

section() { printf '\n%s %s\n' "$mark" "$1"; }

# Where everything of a project lies. Through a link in the place of a directory of ours, which a container that can write in the project
# directory may have made, everything would be written, and removed, elsewhere.
use_project() {
  project=$1
  deploy=$project/.deploy
  releases=$deploy/releases
  for own in "$deploy" "$releases" "$deploy/tmp" "$deploy/spare" "$deploy/saved"; do
    [ ! -L "$own" ] || die "$REFUSED" "$own is a symbolic link, and no deploy creates one there. Find out who did (a container that mounts the project directory can), then remove it."
  done
}

# remove_links FILE…: before files are written where they are. What a container has put in the place of one must not lead the text elsewhere.
remove_links() {
  for own; do [ ! -L "$own" ] || rm -f -- "$own" || return 1; done
}

# COMMAND in an environment with only what Docker needs to find its engine, plugins and logins. Compose prefers a variable of the
# shell to the one in .env: a forgotten `export TAG=…` would deploy another version.
# https://docs.docker.com/compose/how-tos/environment-variables/envvars-precedence/
clean() {
  env -i ${PATH+"PATH=$PATH"} ${HOME+"HOME=$HOME"} ${XDG_RUNTIME_DIR+"XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"} \
    ${DOCKER_CONFIG+"DOCKER_CONFIG=$DOCKER_CONFIG"} ${DOCKER_CONTEXT+"DOCKER_CONTEXT=$DOCKER_CONTEXT"} \
    ${DOCKER_HOST+"DOCKER_HOST=$DOCKER_HOST"} ${DOCKER_TLS+"DOCKER_TLS=$DOCKER_TLS"} \
    ${DOCKER_TLS_VERIFY+"DOCKER_TLS_VERIFY=$DOCKER_TLS_VERIFY"} ${DOCKER_CERT_PATH+"DOCKER_CERT_PATH=$DOCKER_CERT_PATH"} \
    ${DOCKER_API_VERSION+"DOCKER_API_VERSION=$DOCKER_API_VERSION"} "$@"
}

# One call of docker. An engine that hangs must not hold the lock without end.
engine() { clean timeout -k 5 "$DOCKER_LIMIT" docker "$@"; }

# Has the files and directories on the disk before what follows relies on them. Not `sync -f`: that flushes pulled images too.
durable() { sync -- "$@" 2>/dev/null || sync; }

# The same for a list of paths, one per line.
durable_list() {
  [ -s "$1" ] || return 0
  tr '\n' '\0' <"$1" | xargs -0 sync -- 2>/dev/null || sync
}

# Whether a text is a number as these scripts write them, which is asked before each calculation and comparison with one that was read:
# a container can write in .deploy, and in an arithmetic expression bash and ksh run the command that a text such as `a[$(reboot)]`
# has in it. A zero in front would make a number octal, and more digits than these an overflow.
is_number() {
  case $1 in '' | *[!0-9]* | 0?* | ????????????????*) return 1 ;; esac
}

# Makes standard input the content of FILE: whole, on the disk, then by one rename.
put() {
  write_new "$1.new" cat || return 1
  durable "$1.new" || return 1
  replace "$1.new" "$1" || return 1
  durable "${1%/*}"
}

# write_new FILE COMMAND…: the command's output in a file that this call makes. A container that can write in the project directory must
# not lead it elsewhere by a link.
write_new() {
  new_file=$1
  shift
  rm -f -- "$new_file" && (set -C && "$@" >"$new_file")
}

# Moves SOURCE over DESTINATION by one rename. A plain mv would move *into* a link to a directory.
replace() {
  mv -fT -- "$1" "$2" 2>/dev/null && return 0
  [ ! -L "$2" ] || rm -f -- "$2" || return 1
  [ ! -d "$2" ] || return 1
  mv -f -- "$1" "$2"
}

# has LINE FILE: whether the file has the line. A file that cannot be searched ends the program: a failure is not a "no".
has() {
  grep -qxF -- "$1" "$2" && return 0
  [ "$?" = 1 ] || die "$FILES" "$2 cannot be searched"
  return 1
}

# Copies a LIST of files and links below the working directory to DESTINATION, with their modes and times. Not `tar -T`, which
# busybox lacks on Debian.
copy() {
  [ -s "$1" ] || return 0
  # shellcheck disable=SC2016 # for the shell that xargs starts
  (umask 022 && tr '\n' '\0' <"$1" |
    xargs -0 sh -c 'to=$1 && shift && tar -cf "$0" "$@" && tar -C "$to" -xpf "$0" && rm -f "$0"' "$work/copied.tar" "$2")
}

# unequal MANIFEST: the lines of `sha256sum -c` that are not OK, for the files below the working directory. Its status is 1 for a
# difference and for a failure of its own: the number of its lines tells them apart.
unequal() {
  [ -f "$1" ] || return 1
  [ -s "$1" ] || return 0
  sums=$(sha256sum -c "$1" 2>/dev/null) || :
  [ -n "$sums" ] || return 1
  sums_made=$(printf '%s\n' "$sums" | wc -l) && sums_wanted=$(wc -l <"$1") && [ "$sums_made" = "$sums_wanted" ] || return 1
  printf '%s\n' "$sums" | sed '/: OK$/d'
}

# Points the link NAME in .deploy to a release; '' removes it.
point() {
  [ "$(readlink "$deploy/$1" 2>/dev/null)" != "releases/$2" ] || return 0
  if [ -z "$2" ]; then
    rm -f "$deploy/$1"
    return 0
  fi
  rm -f "$deploy/$1.new"
  ln -s "releases/$2" "$deploy/$1.new" && replace "$deploy/$1.new" "$deploy/$1" && durable "$deploy"
}

# The release that the link NAME in .deploy points to.
pointed() {
  [ -L "$deploy/$1" ] || return 0
  found=$(readlink "$deploy/$1") || return 1
  printf '%s\n' "${found##*/}"
}

# The values of a key in a file of lines `key value`; none where there is no such file.
values() {
  [ -f "$2" ] || return 0
  sed -n "s/^$1 //p" "$2"
}

# The number of seconds since 1970, or a readable time.
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# A text as the inside of a JSON string, on one line.
json_text() { printf '%s' "$1" | tr '\n\t' '  ' | tr -d '\000-\037' | sed 's/[\\"]/\\&/g'; }

# Who holds the lock, as the inside of a JSON string.
holder() { sed -n 's/^.*"who":"\([^"\\]*\)".*$/\1/p' "$deploy/lock" 2>/dev/null || :; }

# journal EVENT RELEASE [REASON]. A failed append never stops a deploy or a rollback.
journal() {
  remove_links "$deploy/journal.jsonl" || return 0
  number=$(wc -l 2>/dev/null <"$deploy/journal.jsonl") || number=0
  is_number "$number" || number=0
  printf '{"number":%d,"at":"%s","event":"%s","release":"%s","by":"%s","reason":"%s"}\n' "$((number + 1))" "$(now)" "$1" "$2" \
    "$(holder)" "$(json_text "${3:-}")" >>"$deploy/journal.jsonl" 2>/dev/null || :
}
