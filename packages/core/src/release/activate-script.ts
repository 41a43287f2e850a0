import { cleanEnvironment } from '../compose/command.ts'

/**
 * Makes the release in whose folder it lies the running one: its files, its environment, its images. A copy goes into each
 * release's folder as rollback.sh, and both ways use it: forward to a new release, and back to an earlier one. So the way
 * back is the way that every deploy has just gone, works from the server alone (`sh .deploy/releases/ID/rollback.sh`), and
 * a later version of the action cannot break it for releases made by an earlier one.
 *
 * It may be run again after it was cut off anywhere: what is done already is left as it is. Needs POSIX sh, sha256sum, tar,
 * flock; no bash, as the server may have none.
 */
export const activateScript = `#!/bin/sh
# Makes this release the running one. Run by hand: sh rollback.sh
set -eu
umask 077
export LC_ALL=C

release=$(cd "$(dirname "$0")" && pwd -P)
id=\${release##*/}
deploy=\${release%/releases/*}
project_dir=\${deploy%/.deploy}

# By hand it waits for a deploy that is under way; a deploy that runs it holds that lock itself.
if [ "\${1:-}" != --locked ]; then
  exec flock "$deploy/lock" sh "$0" --locked
fi
# One activation at a time, even when the connection that started an earlier one is gone.
exec 8>"$deploy/activating"
flock 8

journal() {
  printf '{"at":"%s","event":"%s","release":"%s"%s}\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$id" "\${2:-}" >>"$deploy/journal.jsonl"
}
values_of() { sed -n "s/^$1 //p" "$2/plan"; }

rm -rf "$deploy"/activate.*
work=$(mktemp -d "$deploy/activate.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
journal activating

# --- Files. Only what differs is written, each by one rename: a reader sees the old file or the new one, never a half.
cd "$project_dir"
: >"$work/changed"
if [ -s "$release/manifest" ]; then
  sha256sum -c "$release/manifest" 2>/dev/null | sed -n 's|^\\(.*\\): FAILED.*$|./\\1|p' >"$work/changed" || :
fi
values_of link "$release" >>"$work/changed"
mkdir "$work/new"
if [ -s "$work/changed" ]; then
  tar -C "$release/files" -cf "$work/changed.tar" -T "$work/changed"
  (umask 022 && tar -C "$work/new" -xpf "$work/changed.tar")
  rm -f "$work/changed.tar"
fi
cd "$work/new"
blocked=$(find . ! -type d -exec sh -c 'for f; do [ ! -d "$0/$f" ] || [ -L "$0/$f" ] || echo "$f"; done' "$project_dir" {} +)
if [ -n "$blocked" ]; then
  echo "a directory stands where a file of this release belongs: $blocked" >&2
  exit 1
fi
# --- Containers that go, before their files do: the engine makes a mounted folder anew for one that restarts without it.
# A clean environment: nothing that a shell here exports may shadow the release's .env.
name=$(values_of project "$release")
active=$deploy/current
${cleanEnvironment}
containers_of() { clean docker ps -a --no-trunc --filter "label=com.docker.compose.project=$name" "$@"; }
# An \`up\` that was cut off leaves containers under a temporary name (a hex prefix) that block every later one.
containers_of --filter status=created --format '{{.ID}} {{.Names}}' |
  sed -n 's/^\\([0-9a-f]*\\) [0-9a-f]\\{12\\}_.*$/\\1/p' | while read -r leftover; do clean docker rm -f "$leftover" >/dev/null; done
if [ -d "$active" ] && [ ! "$active" -ef "$release" ]; then
  values_of service "$active" | while IFS= read -r service; do
    values_of service "$release" | grep -Fqx -- "$service" && continue
    for container in $(containers_of -q --filter "label=com.docker.compose.service=$service"); do
      echo "removing $service, which is not part of release $id"
      clean docker stop "$container" >/dev/null
      clean docker rm "$container" >/dev/null
    done
  done
fi

# --- The switch.
cd "$work/new"
for entry in * .[!.]* ..?*; do
  if [ -d "$entry" ] && [ ! -L "$entry" ] && [ ! -e "$project_dir/$entry" ]; then
    mv "$entry" "$project_dir/$entry"
  fi
done
find . -type d -exec sh -c 'umask 022; for d; do [ -d "$0/$d" ] || mkdir -p "$0/$d"; done' "$project_dir" {} +
find . ! -type d -exec sh -c 'for f; do mv -f "$f" "$0/$f"; done' "$project_dir" {} +
cd "$project_dir"
values_of exec "$release" | while IFS= read -r file; do [ -x "$file" ] || chmod +x -- "$file"; done

# What another release brought and this one does not have goes. Only what a release of ours brought is ever removed.
paths_of() {
  { [ ! -f "$1/manifest" ] || sed 's|^[^ ]*  |./|' "$1/manifest"; values_of link "$1"; } | sort
}
if [ -d "$active" ] && [ ! "$active" -ef "$release" ]; then
  paths_of "$active" >"$work/before"
  paths_of "$release" >"$work/after"
  comm -23 "$work/before" "$work/after" >"$work/gone"
  while IFS= read -r path; do rm -f -- "$path"; done <"$work/gone"
fi

# --- Environment.
case $(values_of env "$release") in
written)
  if ! cmp -s "$release/env" .env; then
    cp "$release/env" "$work/env"
    chmod 600 "$work/env"
    mv -f "$work/env" .env
  fi
  ;;
none) rm -f .env ;;
esac

ln -sfn "releases/$id" "$deploy/current.new"
mv -fT "$deploy/current.new" "$deploy/current" 2>/dev/null || { ln -sfn "releases/$id" "$deploy/current"; rm -f "$deploy/current.new"; }

status=0
if [ -n "$(values_of compose "$release")" ]; then
  set --
  [ ! -f .env ] || set -- --env-file .env
  while IFS= read -r file; do set -- "$@" -f "$file"; done <<FILES
$(values_of compose "$release")
FILES
  values_of pin "$release" | while read -r image tag; do clean docker tag "$image" "$tag" || :; done
  limit=$(values_of timeout "$release")
  clean timeout -k 10 "$limit" docker compose -p "$name" --project-directory "$project_dir" "$@" \\
    -f "$release/images.yml" up -d --no-build 8>&- 9>&- || status=$?
fi
# Folders that are empty now go last, each up to the first that holds something else: the engine would make a mounted one anew,
# as root's, for a container that restarts before it is replaced.
if [ -f "$work/gone" ]; then
  while IFS= read -r path; do
    while path=$(dirname "$path") && [ "$path" != . ] && rmdir -- "$path" 2>/dev/null; do :; done
  done <"$work/gone"
fi
journal activated ",\\"status\\":$status"
exit "$status"
`
