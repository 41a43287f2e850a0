# shellcheck shell=sh
# The containers of a project.

# containers_of PROJECT [ARGUMENTS of docker ps…]
containers_of() {
  label=$1
  shift
  engine ps -a --no-trunc --filter "label=com.docker.compose.project=$label" "$@"
}

# inspect_of PROJECT CONTAINER FORMAT: nothing for a container that has gone since it was listed.
inspect_of() {
  engine container inspect --format "$3" "$2" </dev/null && return 0
  containers_of "$1" -q >"$work/still-there" || return 1
  ! has "$2" "$work/still-there"
}

# What the project's containers mount, a path per line.
mounted_sources() {
  containers_of "$1" -q >"$work/mounting" || return 1
  list_left || return 1
  while IFS= read -r container; do
    # One that left is stopped.
    ! has "$container" "$work/left-ids" || continue
    inspect_of "$1" "$container" '{{range .Mounts}}{{println .Source}}{{end}}' || return 1
  done <"$work/mounting" >"$work/sources" || return 1
  sed '/^$/d' "$work/sources"
}

# The containers on record as having left, in $work/left-before as they are there (ID, name, service) and in $work/left-ids.
list_left() {
  : >"$work/left-before" || return 1
  [ ! -f "$deploy/left" ] || cp -- "$deploy/left" "$work/left-before" || return 1
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
# also read the .env of where they are.
run_compose() {
  compose_name=$1 compose_directory=$2 compose_list=$3 compose_images=$4
  shift 4
  cd -- "$compose_directory" || return 1
  # The arguments go behind the options, which are put in front of them in reverse.
  [ -z "$compose_images" ] || set -- -f "$compose_images" "$@"
  values compose "$compose_list" >"$work/compose-order" || return 1
  backwards <"$work/compose-order" >"$work/compose-files" || return 1
  while IFS= read -r file; do set -- -f "$file" "$@"; done <"$work/compose-files"
  [ ! -f .env ] || set -- --env-file .env "$@"
  set -- --project-directory "$compose_directory" "$@"
  [ -z "$compose_name" ] || set -- -p "$compose_name" "$@"
  clean timeout -k 10 "${COMPOSE_LIMIT:-$DOCKER_LIMIT}" docker compose "$@"
}

backwards() { sed -n '1!G;h;$p'; }

# hold_images PROJECT PLAN: has containers that were made and never started hold exactly the images of this plan, so that
# `docker image prune -a` leaves them; what was held before is released. --volumes: an image may bring anonymous ones.
hold_images() {
  values pin "$2" >"$work/pins" || return 1
  while IFS=' ' read -r image tag; do
    holding=deploy-holds-$1-$(short_id "${image#sha256:}")
    printf '%s\n' "$holding" || return 1
    engine container inspect "$holding" >/dev/null 2>&1 </dev/null ||
      engine create --name "$holding" --network none --label "deploy-actions.holds=$1" --entrypoint hold "$image" >/dev/null </dev/null ||
      return 1
    : "$tag"
  done <"$work/pins" >"$work/holds" || return 1
  engine ps -a --filter "label=deploy-actions.holds=$1" --format '{{.Names}}' >"$work/holding" || return 1
  while IFS= read -r held_by; do
    has "$held_by" "$work/holds" || engine rm -v "$held_by" >/dev/null </dev/null || return 1
  done <"$work/holding"
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
  name=$(values project "$1/plan") && stop_limit=$(values timeout "$1/plan") || return 1
  values service "$1/plan" >"$work/services" || return 1
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
    usual_limit=$DOCKER_LIMIT
    DOCKER_LIMIT=$((usual_limit + stop_limit))
    engine stop "$container" >/dev/null </dev/null || return 1
    DOCKER_LIMIT=$usual_limit
    aside=deploy-left-$(short_id "$container")
    [ "$called" = "$aside" ] || engine rename "$container" "$aside" </dev/null || return 1
  done <"$work/present"
}

# The reverse, for services that the release has again.
return_leavers() {
  [ -s "$deploy/left" ] || return 0
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
  [ -s "$deploy/left" ] || return 0
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
  run_compose "$1" "$2" "$3" "$4" config --hash '*' || return 1
  run_compose "$1" "$2" "$3" "$4" config >"$work/resolved" || return 1
  : >"$work/no-list"
  (run_compose "$1" "$2" "$work/no-list" - config --hash '*' <"$work/resolved")
  rm -f "$work/resolved"
}

# verify ID [NAME]: what a switch must have reached. With `none` only the containers of the project NAME: that changes nothing.
verb_verify() {
  id=$1 name=${2:-}
  if [ "$id" != none ]; then
    use_lists
    name=$(values project "$releases/$id/plan")
    section differences
    differences "$id"
    look "$releases/$id"
    sed 's/^/extra /' "$work/leaving"
    section hashes
    config_hashes "$name" "$project" "$releases/$id/plan" "$releases/$id/images.yml" 2>"$work/errors" || :
    section hashes-error
    cat "$work/errors"
  fi
  containers_section "$name"
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
