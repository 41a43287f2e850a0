# shellcheck shell=sh
# Room on the disk. A release that fills it is a frequent reason for a rollback, which needs some blocks itself: every deploy keeps
# them in a reserve file, and a rollback that finds the disk full uses it.

# Bytes for the lists and logs of a rollback. The files that it copies come on top.
ROOM=4194304
# The same for taking the lock.
LITTLE_ROOM=65536
# The containers that were stopped for it.
stopped=

# Whether nothing can be written. Another failure, such as a missing permission, is not a full disk.
is_full() {
  said=$({ head -c "$LITTLE_ROOM" /dev/urandom >"$deploy/probe.new"; } 2>&1) || :
  rm -f "$deploy/probe.new"
  case $said in *'No space left on device'* | *uota\ exceeded*) return 0 ;; esac
  return 1
}

# keep_room RELEASE BACK: the reserve for a rollback from one release to the other, and a folder with a small one that a run can take
# the lock with. Random, as some file systems store nothing for zeros.
keep_room() {
  differing_bytes "$releases/$1" "$releases/$2" >"$work/bytes" && copied_bytes=$(cat "$work/bytes") || return 1
  # In whole MiB, so that it seldom has to grow.
  fill "$deploy/reserve" "$((ROOM + (copied_bytes + 1048575) / 1048576 * 1048576))" || return 1
  mkdir -p "$deploy/spare" && fill "$deploy/spare/reserve" "$LITTLE_ROOM"
}

# fill FILE BYTES: at least so many.
fill() {
  filled=0
  [ ! -f "$1" ] || filled=$(wc -c <"$1") || return 1
  [ "$filled" -lt "$2" ] || return 0
  head -c "$2" /dev/urandom >"$1.new" && filled=$(wc -c <"$1.new") && [ "$filled" -ge "$2" ] && durable "$1.new" &&
    mv -f -- "$1.new" "$1" && durable "${1%/*}" && return 0
  # What was written of it must not take the last room from others.
  rm -f "$1.new"
  return 1
}

# differing_bytes FOLDER BACK: the size of the files that a rollback copies.
differing_bytes() {
  sort "$1/manifest" >"$work/sums-here" && sort "$2/manifest" >"$work/sums-back" || return 1
  comm -13 "$work/sums-here" "$work/sums-back" >"$work/sums" && sed 's|^[^ ]*  |./|' "$work/sums" >"$work/differing" || return 1
  : >"$work/sizes" || return 1
  [ ! -s "$work/differing" ] ||
    (cd "$2/files" && tr '\n' '\0' <"$work/differing" | xargs -0 stat -c %s --) >"$work/sizes" || return 1
  bytes=0
  while IFS= read -r size; do bytes=$((bytes + size)); done <"$work/sizes"
  printf '%s\n' "$bytes"
}

# make_room ID: on a full disk, what the rollback to a release needs. The containers stop first: one that still writes would have the
# reserve at once.
make_room() {
  [ -f "$deploy/reserve" ] && is_full || return 1
  echo 'the disk is full: the containers are stopped, and the rollback uses the room that was kept for it'
  name=$(values project "$releases/$1/plan") && stop_limit=$(values timeout "$releases/$1/plan") || return 1
  stopped=$(containers_of "$name" -q --filter status=running --filter status=restarting) || return 1
  # shellcheck disable=SC2086 # a list of hexadecimal words
  [ -z "$stopped" ] || clean timeout -k 5 "$((DOCKER_LIMIT + stop_limit))" docker stop $stopped >/dev/null || return 1
  rm -f "$deploy/reserve" && durable "$deploy"
}

# What was stopped for it runs on, unless it was replaced or is not part of the release.
start_stopped() {
  for container in $stopped; do
    engine container inspect "$container" >/dev/null 2>&1 </dev/null || continue
    ! grep -q "^$container " "$deploy/left" 2>/dev/null || continue
    engine start "$container" >/dev/null </dev/null || return 1
  done
}

# memory_folder NAME FOLDER: makes a private folder in memory, where there is a tmpfs, or else in FOLDER. Prints its path.
memory_folder() {
  for place in "${XDG_RUNTIME_DIR:-/dev/shm}" /dev/shm "$2"; do
    mktemp -d "$place/$1.XXXXXX" 2>/dev/null && return 0
  done
  return 1
}

# A folder for the lists of a verb that writes nothing into the project. In memory, so that it works on a full disk.
use_lists() {
  work=$(memory_folder deploy-actions-lists "$deploy/tmp") || return 1
  trap leave_work EXIT
  trap 'exit 143' INT TERM HUP
}

# Those of calls that were killed. A call that runs now may be another project's, or hold no lock.
remove_old_lists() {
  find "${XDG_RUNTIME_DIR:-/dev/shm}" /dev/shm -maxdepth 1 -name 'deploy-actions-lists.*' -user "$(id -un)" -mmin +60 \
    -exec rm -rf -- {} + 2>/dev/null || :
}

# The folder of a run on a full disk, with room for a moment.
use_spare() {
  [ -d "$deploy/spare" ] && is_full || return 1
  run_folder=$deploy/tmp/run.spare
  rm -rf "$run_folder"
  mv -- "$deploy/spare" "$run_folder" && rm -f "$run_folder/reserve"
}
