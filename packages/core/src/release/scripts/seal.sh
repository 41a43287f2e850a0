# shellcheck shell=sh
# What is on record of a release decides what this machine runs, and lies where a container that mounts the project directory can
# write. Checksums of it lie in the login user's home, which no such container sees.

# The folder with the checksums of this project, a file for each release. Servers can share a home.
seals() {
  sealed_project=$(real_path "$project") && machine=$(cat /etc/machine-id 2>/dev/null || :) &&
    sealed_hash=$(printf '%s %s' "$machine" "$sealed_project" | sha256sum) || return 1
  printf '%s/.local/state/deploy-actions/%s\n' "$HOME" "${sealed_hash%% *}"
}

# seal FOLDER ID. The first one of a login user takes the releases that are there already as they are.
seal() {
  sealed_in=$(seals) || return 1
  if [ ! -d "$sealed_in" ]; then
    rm -rf "$sealed_in.new" && mkdir -p "$sealed_in.new" || return 1
    for sealed in "$releases"/*/; do
      sealed=${sealed%/}
      [ ! -f "$sealed/plan" ] || checksums_of "$sealed" "$sealed_in.new/${sealed##*/}" || return 1
    done
    durable "$sealed_in.new" && replace "$sealed_in.new" "$sealed_in" || return 1
  fi
  checksums_of "$1" "$sealed_in/$2"
}

# trust RELEASE: a rollback target that another login user has stored. What this one deploys from it is no more than what is there.
trust() {
  sealed_in=$(seals) || return 1
  [ -d "$sealed_in" ] && [ ! -f "$sealed_in/$1" ] || return 0
  printf 'release %s was not stored by %s: it is trusted, as this deploy starts from it\n' "$1" "$(id -un)"
  checksums_of "$releases/$1" "$sealed_in/$1"
}

# checksums_of FOLDER FILE
checksums_of() {
  sums=$(
    cd -- "$1" || exit 1
    set --
    for document in release.json plan images.yml manifest modes paths env; do [ ! -f "$document" ] || set -- "$@" "$document"; done
    sha256sum -- "$@"
  ) && printf '%s\n' "$sums" | put "$2"
}

# Refuses a release whose record was changed since it was stored. A login user who has never deployed has no checksums.
refuse_unsealed() {
  [ -n "${HOME:-}" ] || return 0
  sealed_in=$(seals) || die "$REFUSED" 'the checksums of the releases cannot be found'
  [ -d "$sealed_in" ] || return 0
  [ -f "$sealed_in/$1" ] || die "$REFUSED" "release $1 was not stored by $(id -un) on this server: roll back as the user who deployed it, or deploy its commit again"
  broken=$(cd -- "$releases/$1" && unequal "$sealed_in/$1") || die "$REFUSED" "the record of release $1 cannot be checked"
  [ -z "$broken" ] || die "$REFUSED" "the record of release $1 was changed on the server after it was stored:
$broken
Find out by whom. Then remove $releases/$1 on the server, and deploy again."
}

# unseal ID
unseal() {
  sealed_in=$(seals) && rm -f "$sealed_in/$1"
}
