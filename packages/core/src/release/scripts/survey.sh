# shellcheck shell=sh
# Looks, and changes nothing.

# Only what is read, as the whole would hold every environment variable. The typed `.ID`, because `.Id` makes Docker fall back to
# raw JSON.
CONTAINER_FORMAT='{"id":{{json .ID}},"name":{{json .Name}},"image":{{json .Image}},"imageRef":{{json .Config.Image}},"created":{{json .Created}},"restarts":{{json .RestartCount}},"restartPolicy":{{json .HostConfig.RestartPolicy}},"labels":{{json .Config.Labels}},"status":{{json .State.Status}},"exitCode":{{json .State.ExitCode}},"oomKilled":{{json .State.OOMKilled}},"error":{{json .State.Error}},"startedAt":{{json .State.StartedAt}},"finishedAt":{{json .State.FinishedAt}},"health":{{with .State.Health}}{{json .}}{{else}}null{{end}}}'

# Podman behind docker's own client names itself as a component. Its own client prints a part of this, and fails.
VERSION_FORMAT='{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}{{range .Server.Components}}{{if eq .Name "Podman Engine"}} podman{{end}}{{end}}'

verb_survey() {
  work=$(memory_folder deploy-actions-lists "${TMPDIR:-/tmp}") || die 1 "no temporary directory can be made in /dev/shm or ${TMPDIR:-/tmp}"
  trap 'rm -rf "$work"' EXIT
  # No question depends on another one's answer: all are asked at once.
  mkdir "$work/tried" && unusable_tools "$work/tried" >"$work/missing" &
  endpoint=$(engine context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null) || endpoint=
  # The caller refuses an engine on another machine: it is not waited for.
  case $endpoint in '' | unix://*) ;; *) DOCKER_LIMIT=10 ;; esac
  engine version --format "$VERSION_FORMAT" >"$work/engine" 2>&1 &
  version=$!
  engine compose version --short >"$work/compose" 2>&1 &
  engine info --format '{{.DockerRootDir}}' >"$work/root" 2>/dev/null &
  # Empty where no engine responds.
  compose_projects >"$work/projects" &
  section user
  id -un
  section time
  date +%s
  section endpoint
  printf '%s\n' "$endpoint"
  section snap-home
  case $(command -v docker) in */snap/*) real_path "$HOME" ;; esac
  section python-compose
  if command -v docker-compose >/dev/null 2>&1; then docker-compose version 2>&1 || :; fi
  place=$project
  while [ ! -d "$place" ]; do place=$(dirname "$place"); done
  section writable
  if [ -w "$place" ] && { [ ! -e "$deploy" ] || [ -w "$deploy" ]; }; then echo yes; else echo no; fi
  section file-system
  stat -f -c %T "$place" 2>/dev/null || :
  section real
  if [ -d "$project" ]; then real_path "$project"; fi
  section disk
  df -Pk "$place" 2>/dev/null | tail -n +2
  store_sections
  responds=yes
  wait "$version" || responds=
  wait
  section client
  [ -n "$responds" ] || clean docker --version 2>/dev/null || :
  for answer in projects missing engine compose; do
    section "$answer"
    cat "$work/$answer"
  done
  section docker-disk
  root=$(cat "$work/root")
  df -Pk "${root:-/}" 2>/dev/null | tail -n +2 || :
  section end
}

real_path() { (cd -- "$1" 2>/dev/null && pwd -P) || :; }

# Every Compose project of this server: its name, its directory as the label has it, and where that really is.
compose_projects() {
  started=$(engine ps -a --filter label=com.docker.compose.project \
    --format '{{.Label "com.docker.compose.project"}}	{{.Label "com.docker.compose.project.working_dir"}}' 2>/dev/null) || return 1
  started=$(printf '%s\n' "$started" | sort -u) || return 1
  printf '%s\n' "$started" | while IFS= read -r line; do
    [ -n "$line" ] || continue
    directory=${line#*"$TAB"}
    real=
    [ -z "$directory" ] || real=$(real_path "$directory")
    printf '%s\t%s\n' "$line" "$real"
  done
}

# What .deploy holds.
store_sections() {
  readable || return 1
  section epoch
  [ ! -f "$deploy/epoch" ] || cat "$deploy/epoch" || return 1
  section pending
  [ ! -f "$deploy/pending" ] || cat "$deploy/pending" || return 1
  section current
  pointed current || return 1
  section confirmed
  pointed confirmed || return 1
  here=$(held) || return 1
  section held
  printf '%s\n' "$here"
  section release-ids
  for folder in "$releases"/*/; do
    [ -d "$folder" ] || continue
    folder=${folder%/}
    printf '%s\n' "${folder##*/}"
  done
  damaged=
  for folder in "$releases"/*/; do
    [ -d "$folder" ] || continue
    folder=${folder%/}
    [ -f "$folder/plan" ] || damaged=$damaged${folder##*/}$NEWLINE
    section "release ${folder##*/}"
    cat "$folder/release.json" 2>/dev/null || :
    section "state ${folder##*/}"
    cat "$folder/state" 2>/dev/null || :
  done
  if [ -n "$here" ]; then
    for name in manifest modes plan; do
      section "$name"
      [ ! -f "$releases/$here/$name" ] || cat "$releases/$here/$name" || return 1
    done
    section differences
    (differences "$here") || damaged=$damaged$here$NEWLINE
  fi
  [ -z "$damaged" ] || { section damaged && printf '%s' "$damaged" | sort -u; }
}

# Arguments: a project. Its containers in whatever state: the server's time, then a line of JSON for each. A container that goes
# between the two calls makes the second one fail: then both are repeated.
containers_section() {
  section project
  printf '%s\n' "$1"
  section containers
  time=$(now)
  for attempt in 1 2 3; do
    ids=$(engine ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$1") || return 1
    [ -n "$ids" ] || return 0
    # shellcheck disable=SC2086 # a list of hexadecimal words
    found=$(engine container inspect --format "$CONTAINER_FORMAT" $ids) || {
      [ "$attempt" != 3 ] || return 1
      continue
    }
    printf '%s\n' "$time" "$found"
    return 0
  done
}

# One line `REF<TAB>JSON` for each reference on standard input.
look_up_images() {
  looked_up=0
  while IFS= read -r reference; do
    looked_up=$((looked_up + 1))
    look_up "$reference" >"$work/image.$looked_up" &
    [ "$((looked_up % LOOKS_AT_ONCE))" != 0 ] || wait
  done
  wait
  printed=0
  while [ "$printed" -lt "$looked_up" ]; do
    printed=$((printed + 1))
    cat "$work/image.$printed"
  done
}
LOOKS_AT_ONCE=8

look_up() {
  found=$(engine image inspect --format '{"id":{{json .ID}},"digests":{{json .RepoDigests}}}' "$1" 2>/dev/null </dev/null) ||
    found=null
  printf '%s\t%s\n' "$1" "$found"
}

# logs LINES CONTAINER…
verb_logs() {
  lines=$1
  shift
  for container; do
    section "$container"
    engine logs --tail "$lines" "$container" 2>&1 | cut -c 1-4000 || :
  done
  section end
}
