/**
 * Asks a server what a deploy wants to know before it touches anything. Arguments: the mark of sections, the project
 * directory. Changes nothing.
 */
export const surveyScript = `
mark=$1
path=$2
export LC_ALL=C
section() { printf '\\n%s %s\\n' "$mark" "$1"; }

section user
id -un
section missing
for tool in flock tar sha256sum timeout mktemp find sed comm cmp xargs; do
  command -v "$tool" >/dev/null 2>&1 || echo "$tool"
done
section engine
docker version --format '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}' 2>&1
section compose
docker compose version --short 2>&1
section python-compose
command -v docker-compose >/dev/null 2>&1 && docker-compose version 2>&1
place=$path
while [ ! -d "$place" ]; do place=$(dirname "$place"); done
section writable
[ -w "$place" ] && echo yes || echo no
section real
[ -d "$path" ] && cd "$path" && pwd -P
section disk
df -Pk "$place" 2>/dev/null | tail -n +2
section docker-disk
df -Pk "$(docker info --format '{{.DockerRootDir}}' 2>/dev/null || echo /)" 2>/dev/null | tail -n +2
section end
true
`

/** Reads the releases that a project directory holds. Arguments as above. Changes nothing. */
export const storeScript = `
mark=$1
path=$2
export LC_ALL=C
section() { printf '\\n%s %s\\n' "$mark" "$1"; }

section current
readlink "$path/.deploy/current" 2>/dev/null
section releases
for record in "$path"/.deploy/releases/*/release.json; do
  [ -f "$record" ] && cat "$record" && echo
done
section manifest
cat "$path/.deploy/current/manifest" 2>/dev/null
section plan
cat "$path/.deploy/current/plan" 2>/dev/null
section drift
if [ -s "$path/.deploy/current/manifest" ]; then
  cd "$path" && sha256sum -c .deploy/current/manifest 2>/dev/null | sed -n 's/: FAILED.*$//p'
fi
[ ! -f "$path/.deploy/current/env" ] || cmp -s "$path/.deploy/current/env" "$path/.env" || echo .env
section end
true
`
