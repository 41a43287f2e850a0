# shellcheck shell=sh
# The containers of a project.

# containers_of PROJECT [ARGUMENTS of docker ps…]
containers_of() {
  label=$1
  shift
  engine ps -a --no-trunc --filter "label=com.docker.compose.project=$label" "$@"
}

# inspect_listed PROJECT FORMAT LIST: prints each container of a list, in one call. One that has gone since it was listed is left out; one that is
# there and cannot be inspected is a failure.
inspect_listed() {
  inspected_ids=$(cat -- "$3") || return 1
  while [ -n "$inspected_ids" ]; do
    # shellcheck disable=SC2086 # a list of hexadecimal words
    if inspected=$(engine container inspect --format "$2" $inspected_ids </dev/null); then
      printf '%s\n' "$inspected"
      return
    fi
    containers_of "$1" -q >"$work/still-there" || return 1
    remaining=$(for container in $inspected_ids; do ! has "$container" "$work/still-there" || printf '%s\n' "$container"; done) || return 1
    [ "$remaining" != "$inspected_ids" ] || return 1
    inspected_ids=$remaining
  done
}

# What the project's containers mount, a path per line.
mounted_sources() {
  containers_of "$1" -q >"$work/present-ids" || return 1
  list_left || return 1
  while IFS= read -r container; do
    # One that left is stopped.
    has "$container" "$work/left-ids" || printf '%s\n' "$container" || return 1
  done <"$work/present-ids" >"$work/mounting" || return 1
  inspect_listed "$1" '{{range .Mounts}}{{println .Source}}{{end}}' "$work/mounting" >"$work/sources" || return 1
  sed '/^$/d' "$work/sources"
}

# The containers on record as having left, in $work/left-before as they are there (ID, name, service) and in $work/left-ids.
list_left() {
  : >"$work/left-before" || return 1
  ! is_file "$deploy/left" || cp -- "$deploy/left" "$work/left-before" || return 1
  sed 's/ .*//' "$work/left-before" >"$work/left-ids"
}

forget_left() {
  sed "/^$1 /d" "$deploy/left" >"$work/left-now" && put "$deploy/left" <"$work/left-now"
}

# The name that Docker itself gives an ID.
short_id() { printf '%s\n' "${1%"${1#????????????}"}"; }

# compose FOLDER ARGUMENTS…: docker compose for the release in FOLDER, with its images pinned.
compose() {
  from=$1
  shift
  compose_project=$(values project "$from/plan") && [ -n "$compose_project" ] || return 1
  run_compose "$compose_project" "$project" "$from/plan" "$from/images.yml" "$@"
}

# run_compose NAME DIRECTORY LIST IMAGES ARGUMENTS…: LIST has lines `compose FILE`; NAME and IMAGES may be ''. `cd`, as some versions
# also read the .env of where they are. Several may work at once: nothing is written.
run_compose() {
  compose_name=$1 compose_directory=$2 compose_list=$3 compose_images=$4
  shift 4
  cd -- "$compose_directory" || return 1
  composed_of=$(values compose "$compose_list") || return 1
  given=$#
  [ -z "$compose_name" ] || set -- "$@" -p "$compose_name"
  set -- "$@" --project-directory "$compose_directory"
  [ ! -f .env ] || set -- "$@" --env-file .env
  set -f
  IFS=$NEWLINE
  for file in $composed_of; do set -- "$@" -f "$file"; done
  unset IFS
  set +f
  [ -z "$compose_images" ] || set -- "$@" -f "$compose_images"
  # The options stand behind what was given: that goes to the end, one by one.
  while [ "$given" -gt 0 ]; do
    set -- "$@" "$1"
    shift
    given=$((given - 1))
  done
  clean timeout -k 10 "${COMPOSE_LIMIT:-$DOCKER_LIMIT}" docker compose "$@"
}

# hold_images PROJECT OTHER PLAN…: each image of these releases that no container keeps while the release of OTHER runs gets a container
# of its own that sleeps. A running container is what no prune removes, nor its image.
hold_images() {
  idle_images "$@" >"$work/idle-images" || return 1
  holds_of "$1" -a >"$work/holds" && holds_of "$1" --filter status=running >"$work/running-holds" || return 1
  number=0
  while IFS= read -r image; do
    number=$((number + 1))
    holding=$(hold_name "$1" "$image")
    ! has "$holding" "$work/running-holds" || continue
    ! has "$holding" "$work/holds" || engine rm -f -v "$holding" >/dev/null </dev/null || return 1
    hold_image "$1" || return 1
  done <"$work/idle-images" || return 1
  [ "$number" = 0 ] || printf 'images held for a rollback: %s\n' "$number"
}

# hold_confirmed PROJECT RELEASE CONFIRMED: holds what only the confirmed release has, where a rollback leads to another one.
hold_confirmed() {
  [ "$2" = "$3" ] || [ ! -f "$releases/$3/plan" ] || hold_images "$1" "$releases/$2/plan" "$releases/$3/plan"
}

holds_of() {
  label=$1
  shift
  engine ps --filter "label=deploy-actions.holds=$label" --format '{{.Names}}' "$@"
}

hold_name() { printf 'deploy-holds-%s-%s\n' "$1" "$(short_id "${2#sha256:}")"; }

# idle_images PROJECT OTHER PLAN…: the images that OTHER does not have, and those of which nothing runs, such as a job's that has ended.
idle_images() {
  running_images "$1" >"$work/running-images" && images_in "$2" >"$work/other-images" || return 1
  shift 2
  images_in "$@" >"$work/images" && comm -12 "$work/running-images" "$work/other-images" >"$work/busy-images" || return 1
  comm -23 "$work/images" "$work/busy-images"
}

images_in() {
  for plan; do values pin "$plan" || return 1; done >"$work/pins" || return 1
  sed 's/ .*//' "$work/pins" >"$work/pinned" && sort -u "$work/pinned"
}

running_images() {
  containers_of "$1" --filter label=com.docker.compose.oneoff=False --filter status=running -q >"$work/running-ids" || return 1
  inspect_listed "$1" '{{.Image}}' "$work/running-ids" >"$work/running-now" || return 1
  sort -u "$work/running-now"
}

# hold_image PROJECT, with the image in $image and the container's name in $holding. Compose labels the images that it builds: without
# another project's name, the container would count as one of the project's.
hold_image() {
  hold_project=$1
  built_for=$(engine image inspect --format '{{with .Config}}{{with .Labels}}{{index . "com.docker.compose.project"}}{{end}}{{end}}' \
    "$image" </dev/null 2>"$work/said") || {
    grep -qi 'no such image' "$work/said" || return 1
    printf 'image %s of the rollback target is not on this server any more: a rollback would have to pull it\n' "$image"
    return 0
  }
  set -- --name "$holding" --network none --label "deploy-actions.holds=$1" \
    ${built_for:+--label "com.docker.compose.project=deploy-holds-$1"}
  # That it was started does not mean that `sleep` found its libraries.
  if run_hold "$@" && engine exec "$holding" "$sleeper" 0 >/dev/null 2>"$work/said" </dev/null; then return 0; fi
  printf '%s does not run on this server: a prune of containers removes it, and one of images then removes what a rollback needs (%s)\n' \
    "$holding" "$(head -n 1 "$work/said")"
  holds_of "$hold_project" -a >"$work/holds" || return 1
  ! has "$holding" "$work/holds" || engine rm -f -v "$holding" >/dev/null </dev/null || return 1
  engine create "$@" --entrypoint hold "$image" >/dev/null </dev/null
}

# run_hold OPTIONS: nothing of the image runs, and nothing has to be in it: `sleep` and its libraries are the server's own, and the
# image's variables do not make it load others. Other tools on the server are told to leave the container alone.
run_hold() {
  for sleeper in /usr/bin/sleep /bin/sleep; do [ ! -x "$sleeper" ] || break; done
  for directory in /usr/bin /usr/lib /usr/lib64 /bin /lib /lib64; do
    [ ! -d "$directory" ] || set -- "$@" --mount "type=bind,src=$directory,dst=$directory,readonly"
  done
  engine run -d --pull never --restart always --stop-signal KILL --no-healthcheck --log-driver none --user 0:0 --workdir / --read-only \
    --cap-drop ALL --security-opt no-new-privileges --env LD_PRELOAD= --env LD_LIBRARY_PATH= \
    --label com.centurylinklabs.watchtower.enable=false --label traefik.enable=false "$@" --entrypoint "$sleeper" "$image" 2147483647 \
    >/dev/null 2>"$work/said" </dev/null
}

# release_images PHASE, after the commit, with the release that was confirmed before in $before. `confirmed`: holds what the release and its rollback
# target need, and removes the other holds. `rolled-back`: removes those whose images run again. The others may be those of the next rollback
# target, which is not on record here, or of the release that was left.
release_images() {
  use_work || return 1
  target=$(pending target) && back=$(pending rollback-target) || return 1
  if [ "$1" = confirmed ]; then
    held_for=$(values project "$releases/$target/plan") || return 1
    hold_images "$held_for" "$releases/$target/plan" "$releases/$back/plan" "$releases/$target/plan" >&2 || return 1
    hold_names "$held_for" <"$work/idle-images" >"$work/names" || return 1
    list_holds "$held_for" && comm -23 "$work/all-holds" "$work/names" >"$work/unneeded" || return 1
  else
    held_for=$(values project "$releases/$back/plan") || return 1
    hold_confirmed "$held_for" "$back" "$before" >&2 || return 1
    running_images "$held_for" >"$work/running-images" && hold_names "$held_for" <"$work/running-images" >"$work/names" || return 1
    list_holds "$held_for" && comm -12 "$work/all-holds" "$work/names" >"$work/unneeded" || return 1
  fi
  while IFS= read -r holding; do engine rm -f -v "$holding" >/dev/null </dev/null || return 1; done <"$work/unneeded"
}

list_holds() { holds_of "$1" -a >"$work/holds" && sort "$work/holds" >"$work/all-holds"; }

# The names of the holds of a list of images, sorted.
hold_names() {
  while IFS= read -r image; do hold_name "$1" "$image" || return 1; done >"$work/unsorted" || return 1
  sort "$work/unsorted"
}

# tag_images PLAN: our own tags, under which images.yml names the images. By ID: a prune leaves only one of an image's tags.
tag_images() {
  tags=$(values pin "$1") || return 1
  printf '%s\n' "$tags" | while IFS=' ' read -r id tag; do
    [ -z "$id" ] || engine tag "$id" "$tag" </dev/null || exit 1
  done
}

# An `up` that was cut off leaves containers under a temporary name (a hexadecimal prefix) that block every later one.
remove_cut_off() {
  containers_of "$1" --filter status=created --format '{{.ID}} {{.Names}}' >"$work/created" || return 1
  sed -n 's/^\([0-9a-f]*\) [0-9a-f]\{12\}_.*$/\1/p' "$work/created" >"$work/cut-off" || return 1
  while IFS= read -r container; do engine rm -f "$container" >/dev/null </dev/null || return 1; done <"$work/cut-off"
}

# Containers of services that the release does not have are stopped and renamed, and removed when the release is confirmed: until
# then a rollback starts them again, with their anonymous volumes. `left` has them on record before they are touched. Only services
# of a release are touched: what somebody else runs under the project's name stays.
stop_leavers() {
  name=$(values project "$1/plan") && stop_limit=$(stop_limit_of "$1") || return 1
  is_number "$stop_limit" && values service "$1/plan" >"$work/services" || return 1
  sort -u "$work/services" >"$work/staying-services" || return 1
  releases_there=$(switched) || return 1
  for other in $releases_there; do values service "$releases/$other/plan" || return 1; done >"$work/services-there" || return 1
  sort -u "$work/services-there" >"$work/known-services" || return 1
  comm -23 "$work/known-services" "$work/staying-services" >"$work/leaving-services" || return 1
  list_left || return 1
  containers_of "$name" --format '{{.ID}} {{.Names}} {{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.oneoff"}}' \
    >"$work/present" || return 1
  while IFS=' ' read -r container called service oneoff; do
    case $oneoff in [Tt]rue) continue ;; esac
    has "$service" "$work/leaving-services" || continue
    if ! has "$container" "$work/left-ids"; then
      printf '%s %s %s\n' "$container" "$called" "$service" >>"$work/left-before" || return 1
      put "$deploy/left" <"$work/left-before" || return 1
    fi
    printf 'stopping %s, which is not part of release %s\n' "$service" "${1##*/}"
    # A service can take its time to stop: as long as a start may take, and the usual limit.
    clean timeout -k 5 "$((DOCKER_LIMIT + stop_limit))" docker stop "$container" >/dev/null </dev/null || return 1
    aside=deploy-left-$(short_id "$container")
    [ "$called" = "$aside" ] || engine rename "$container" "$aside" </dev/null || return 1
  done <"$work/present"
}

# stop_limit_of FOLDER: the seconds of a release's plan; none where they cannot be read, as that must not prevent a rollback.
stop_limit_of() {
  limit_on_record=$(values timeout "$1/plan") || return 1
  is_number "$limit_on_record" || limit_on_record=0
  printf '%s\n' "$limit_on_record"
}

# The reverse, for services that the release has again.
return_leavers() {
  is_file "$deploy/left" && [ -s "$deploy/left" ] || return 0
  list_left || return 1
  containers_of "$name" -q >"$work/existing" || return 1
  while IFS=' ' read -r container called service; do
    has "$service" "$work/services" || continue
    if has "$container" "$work/existing"; then
      current=$(engine container inspect --format '{{.Name}}' "$container" </dev/null) || return 1
      [ "$current" != "/deploy-left-$(short_id "$container")" ] || engine rename "$container" "$called" </dev/null || return 1
    fi
    forget_left "$container" || return 1
  done <"$work/left-before"
}

# forget_leavers PHASE, with the release that was confirmed before in $before: removes the containers that left. Their anonymous
# volumes stay, as they hold what the service had stored.
forget_leavers() {
  is_file "$deploy/left" && [ -s "$deploy/left" ] || return 0
  use_work || return 1
  # By the list: that a container cannot be inspected does not mean that it is gone.
  failed=$(pending target) && left_by=$(values project "$releases/$failed/plan") && failed_state=$(state_of "$failed") || return 1
  containers_of "$left_by" -q >"$work/existing" || return 1
  : >"$work/confirmed-services"
  [ -z "$before" ] || values service "$releases/$before/plan" >"$work/confirmed-services" || return 1
  list_left || return 1
  while IFS=' ' read -r container called service; do
    : "$called"
    volumes=
    # What only the failed release had goes with its anonymous volumes.
    if [ "$1:$failed_state" = rolled-back:failed ] && ! has "$service" "$work/confirmed-services"; then volumes=yes; fi
    ! has "$container" "$work/existing" || engine rm ${volumes:+-v} "$container" >/dev/null </dev/null || return 1
    forget_left "$container" || return 1
  done <"$work/left-before"
}

# config_hashes NAME DIRECTORY LIST IMAGES: Compose's own hashes of each service, `SERVICE HASH` per line; a container has one of them
# as its label. Twice: several versions hash a service with `env_file` or `depends_on` otherwise than `up` does, unless the
# configuration is resolved first. https://github.com/docker/compose/issues/14001
config_hashes() {
  hashed=$(values compose "$3") || return 1
  [ -n "$hashed" ] || return 0
  # Beside the longer way, as each start of Compose takes long.
  run_compose "$1" "$2" "$3" "$4" config --hash '*' >"$work/hashed" &
  hashing=$!
  run_compose "$1" "$2" "$3" "$4" config >"$work/resolved" || {
    wait "$hashing" || :
    return 1
  }
  : >"$work/no-list"
  hashed_twice=0
  (run_compose "$1" "$2" "$work/no-list" - config --hash '*' <"$work/resolved" >"$work/hashed-again") || hashed_twice=1
  wait "$hashing" && cat "$work/hashed" "$work/hashed-again" || return 1
  rm -f "$work/resolved"
  return "$hashed_twice"
}

# verify ID [NAME]: what a switch must have reached. With `none` only the containers of the project NAME: that changes nothing.
verb_verify() {
  id=$1 name=${2:-}
  if [ "$id" != none ]; then
    use_lists
    name=$(values project "$releases/$id/plan")
    # Compose needs the longest for its answer: the files and containers are looked at meanwhile.
    config_hashes "$name" "$project" "$releases/$id/plan" "$releases/$id/images.yml" >"$work/hashes" 2>"$work/errors" &
    section differences
    differences "$id"
    look "$releases/$id"
    sed 's/^/extra /' "$work/leaving"
  fi
  containers_section "$name"
  if [ "$id" != none ]; then
    wait
    section hashes
    cat "$work/hashes"
    section hashes-error
    cat "$work/errors"
  fi
  section end
}

# stop EPOCH NAME SECONDS: stops and removes the project's containers and networks, by their labels. Volumes stay.
verb_stop() {
  epoch=$1
  fence
  cd /
  clean timeout -k 10 "$3" docker compose -p "$2" --project-directory / down --remove-orphans >&2
  section end
}
