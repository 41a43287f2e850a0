# shellcheck shell=sh
# Room on the disk. A release that fills it is a frequent reason for a rollback, which needs some blocks itself: every deploy keeps
# them in a reserve file, and a rollback that finds the disk full uses it.

# Bytes for the lists and logs of a rollback. The files that it copies come on top.
ROOM=4194304
# The same for taking the lock.
LITTLE_ROOM=65536

# A directory in memory of the user's own, where there is one; /dev/shm is everybody's.
MEMORY=${XDG_RUNTIME_DIR:-/dev/shm}

# The containers that this call has stopped.
stopped_now=

# Whether nothing can be written. Another failure, such as a missing permission, is not a full disk.
is_full() {
  # Among the folders of the switches, which the next one removes.
  probe=$(mktemp "$deploy/tmp/work.XXXXXX" 2>&1) || {
    says_full "$probe"
    return
  }
  # `head` of busybox does not say why it cannot write.
  said=$({ head -c "$LITTLE_ROOM" /dev/urandom 2>/dev/null | cat >"$probe"; } 2>&1) || :
  rm -f "$probe"
  says_full "$said"
}

# Whether there is less room than a rollback may need.
is_tight() {
  free=$(df -Pk "$deploy" 2>/dev/null | sed -n 's/^.*[[:space:]]\([0-9][0-9]*\)[[:space:]]\{1,\}[0-9]\{1,\}%[[:space:]].*$/\1/p') || return 1
  reserved=$(wc -c <"$deploy/reserve") && is_number "$free" && is_number "$reserved" && [ "$free" -lt "$((reserved / 1024))" ]
}

says_full() { case $1 in *'No space left on device'* | *uota\ exceeded*) return 0 ;; *) return 1 ;; esac; }

# keep_room RELEASE BACK: the reserve for a rollback from one release to the other, a list for the containers that it stops, and a folder
# with a small reserve that a run can take the lock with.
keep_room() {
  room_wanted=$ROOM
  differing_bytes "$releases/$1" "$releases/$2" >"$work/bytes" && copied_bytes=$(cat "$work/bytes") && is_number "$copied_bytes" || return 1
  # Copied files are packed first. In whole MiB, so that it seldom has to grow.
  room_wanted=$((ROOM + (2 * copied_bytes + 1048575) / 1048576 * 1048576))
  fill "$deploy/reserve" "$room_wanted" random || return 1
  fill "$deploy/stopped" "$LITTLE_ROOM" empty_lines || return 1
  mkdir -p "$deploy/spare" && fill "$deploy/spare/reserve" "$LITTLE_ROOM" random
}

# fill FILE BYTES COMMAND: at least so many, and not many times more.
fill() {
  is_number "$2" && remove_links "$1" || return 1
  filled=0
  [ ! -f "$1" ] || filled=$(wc -c <"$1") && is_number "$filled" || return 1
  [ "$filled" -lt "$2" ] || [ "$filled" -gt "$((3 * $2))" ] || return 0
  # Where the next switch or run removes it after a kill.
  filling=$deploy/${1##*/}.new
  write_new "$filling" "$3" "$2" && filled=$(wc -c <"$filling") && is_number "$filled" && [ "$filled" -ge "$2" ] && durable "$filling" &&
    replace "$filling" "$1" && durable "${1%/*}" && return 0
  # What was written of it must not take the last room from others.
  rm -f "$filling"
  return 1
}

# Some file systems store nothing for zeros.
random() { head -c "$1" /dev/urandom; }
empty_lines() { head -c "$1" /dev/zero | tr '\000' '\n'; }

# differing_bytes FOLDER BACK: the size of the files that a rollback copies.
differing_bytes() {
  sort "$1/manifest" >"$work/sums-here" && sort "$2/manifest" >"$work/sums-back" || return 1
  comm -13 "$work/sums-here" "$work/sums-back" >"$work/sums" && sed 's|^[^ ]*  |./|' "$work/sums" >"$work/differing" || return 1
  : >"$work/sizes" || return 1
  # Of one that is missing there, nothing is copied.
  [ ! -s "$work/differing" ] ||
    (cd "$2/files" && tr '\n' '\0' <"$work/differing" | xargs -0 stat -c %s -- 2>/dev/null) >"$work/sizes" || :
  bytes=0
  while IFS= read -r size; do is_number "$size" && bytes=$((bytes + size)) || return 1; done <"$work/sizes"
  printf '%s\n' "$bytes"
}

# make_room ID STATUS: on a full disk, what the rollback to a release needs, after an attempt that ended with STATUS. The containers stop
# first: one that still writes would have the reserve at once. `stopped` has them on record before: a list that is written in place, as
# that needs no room.
make_room() {
  [ -f "$deploy/reserve" ] || return 1
  is_full || { [ "$2" != "$COMPOSE" ] && is_tight; } || return 1
  echo 'the disk is full: the containers are stopped, and the rollback uses the room that was kept for it' || :
  stop_limit=$(stop_limit_of "$releases/$1") && is_number "$stop_limit" || return 1
  stopped_now=$(all_containers "$1" --filter status=running --filter status=restarting --filter label=com.docker.compose.oneoff=False) || return 1
  if [ -n "$stopped_now" ]; then
    listed=$({ stopped_containers && printf '%s\n' "$stopped_now"; } | sort -u)
    # Without the list, only this call knows them.
    write_stopped "$listed" || :
    # One that has gone meanwhile, or that the engine cannot stop, does not prevent the rollback.
    # shellcheck disable=SC2086 # a list of hexadecimal words
    clean timeout -k 5 "$((DOCKER_LIMIT + stop_limit))" docker stop $stopped_now >/dev/null || :
  fi
  rm -f "$deploy/reserve" && durable "$deploy"
}

# all_containers RELEASE [ARGUMENTS of docker ps…]: of this project under all names that its releases can run under, and that of one more
# release, or ''. It may have been renamed.
all_containers() {
  releases_there=$(switched) || return 1
  found_names=$(for other in $releases_there $1; do values project "$releases/$other/plan" || exit 1; done) || return 1
  found_names=$(printf '%s\n' "$found_names" | sort -u) || return 1
  shift
  for found_name in $found_names; do containers_of "$found_name" -q "$@" || return 1; done
}

stopped_containers() {
  ! is_file "$deploy/stopped" || sed -n '/^[0-9a-f]\{12,\}$/p' "$deploy/stopped"
}

# write_stopped LIST: in place, as that needs no room, and without a change of the size.
write_stopped() {
  is_file "$deploy/stopped" || return 0
  stopped_size=$(wc -c <"$deploy/stopped") && is_number "$stopped_size" || return 1
  rest=$((stopped_size - ${#1} - 1))
  [ "$rest" -gt 0 ] || rest=0
  { printf '%s\n' "$1" && empty_lines "$rest"; } 1<>"$deploy/stopped" && durable "$deploy/stopped"
}

# What was stopped for room, by this call or by one that was killed, runs on. Whoever takes the lock tries the others again.
start_stopped() {
  listed=$(stopped_containers) || return 1
  [ -n "$listed$stopped_now" ] || return 0
  unstarted=
  start_again "$(printf '%s\n%s\n' "$listed" "$stopped_now" | sort -u)" || [ -n "$unstarted" ] || return 1
  [ -z "$listed" ] || write_stopped "$unstarted" || return 1
  [ -z "$unstarted" ]
}

# After a deploy has started what belongs to its release: what is still stopped is stopped for another reason by now.
forget_stopped() {
  listed=$(stopped_containers) && { [ -z "$listed" ] || write_stopped ''; }
}

# start_again LIST: what of it is there still, of this project, and did not leave with its release. Each is tried.
start_again() {
  still_there=$(all_containers '') || return 1
  unstarted=
  for container in $1; do
    case $still_there in *"$container"*) ;; *) continue ;; esac
    ! grep -q "^$container " "$deploy/left" 2>/dev/null || continue
    engine start "$container" >/dev/null </dev/null || unstarted=$unstarted${unstarted:+"$NEWLINE"}$container
  done
  [ -n "$unstarted" ] || return 0
  printf 'containers that were stopped could not be started again:\n%s\n' "$unstarted" >&2 || :
  return 1
}

# memory_folder NAME FOLDER: makes a private folder in memory, where there is a tmpfs, or else in FOLDER. Prints its path.
memory_folder() {
  for place in "$MEMORY" /dev/shm "$2"; do
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
  find "$MEMORY" /dev/shm -maxdepth 1 -name 'deploy-actions-lists.*' -user "$(id -un)" -mmin +60 \
    -exec rm -rf -- {} + 2>/dev/null || :
}

# The folder of a run on a full disk, with room for a moment.
use_spare() {
  [ -d "$deploy/spare" ] && is_full || return 1
  run_folder=$deploy/tmp/run.spare
  mv -- "$deploy/spare" "$run_folder" && rm -f "$run_folder/reserve"
}

# The folder stays for the next run; the reserve in it comes with the next deploy.
return_spare() {
  [ -d "$deploy/tmp/run.spare" ] || return 0
  find "$deploy/tmp/run.spare" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +
  [ -d "$deploy/spare" ] || mv -- "$deploy/tmp/run.spare" "$deploy/spare"
}
