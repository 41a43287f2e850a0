# shellcheck shell=sh
# The switch, forward to a new release and back to an earlier one: both by the same steps. So a rollback is what every deploy has
# just done, and it works from the server alone.

# On a full disk nothing can be written there: then the status tells.
step() { printf 'step %s\n' "$1" >&6 || :; }

# A folder for one call, inside of .deploy: a rename from it into the project is atomic.
use_work() {
  [ -z "${work:-}" ] || return 0
  mkdir -p "$deploy/tmp"
  work=$(mktemp -d "$deploy/tmp/work.XXXXXX") || return 1
  trap leave_work EXIT
  trap 'exit 143' INT TERM HUP
}

# Not every program says why it could not write.
leave_work() {
  left_with=$?
  [ "$left_with" = 0 ] || ! is_full || printf 'no space left on device: %s\n' "$deploy" >&2 || :
  rm -rf "$work"
}

# activate EPOCH OWNER ID ROLLBACK_TARGET
verb_activate() {
  result=0
  detached forward "$@" || result=$?
  switch_result
}

# rollback EPOCH OWNER ID
verb_rollback() {
  result=0
  switch_back "$@" || result=$?
  switch_result
}

# switch_back EPOCH OWNER ID: a rollback that fails on a full disk is repeated with the room that was kept for it.
switch_back() {
  switched_back=0
  detached backward "$@" || switched_back=$?
  epoch=$1
  case $switched_back in
  0 | "$FENCED") ;;
  *)
    (fence) || return "$FENCED"
    if make_room "$3" "$switched_back"; then
      switched_back=0
      detached backward "$@" || switched_back=$?
    fi
    ;;
  esac
  # Another run has the lock by now, and its own list.
  if [ "$switched_back" = "$FENCED" ]; then
    start_again "$stopped_now" || :
    return "$FENCED"
  fi
  start_stopped || [ "$switched_back" != "$REFUSED" ] || switched_back=$FILES
  return "$switched_back"
}

switch_result() {
  section result
  printf '%s\n' "$steps"
  printf 'status %s\n' "$result"
  section end
  exit "$result"
}

# lock_switches ATTEMPTS: on descriptor 8; fails where a switch works, perhaps one that outlived its run. After its end, a process of busybox's
# timeout has the descriptor for up to a second.
lock_switches() {
  is_number "$1" && remove_links "$deploy/activating" && exec 8>>"$deploy/activating" || return 1
  locked_after=1
  until flock -n 8; do
    [ "$locked_after" -lt "$1" ] || return 1
    locked_after=$((locked_after + 1))
    sleep 0.1
  done
}

# Runs the switch in a session of its own with its output in a file, and follows that: so it runs to its end when the connection, or
# whoever called, is gone. A pipe would break at Compose's next line. One switch at a time: Compose inherits the descriptor of the
# lock, or a killed shell would free it while an old `up` still works. Both files are new, and are opened once: a container that can write in
# the project directory could put a link in their place.
detached() {
  steps=
  detached_status=0
  remove_links "$deploy/activating" && exec 8>>"$deploy/activating" || return 1
  flock 8 && rm -f -- "$deploy/activation.log" "$deploy/activation.result" || return 1
  set -C
  { set +C && followed "$@"; } 5>"$deploy/activation.log" 6>"$deploy/activation.result" || detached_status=$?
  set +C
  return "$detached_status"
}

# followed ARGUMENTS of _switch, with the log on descriptor 5 and the steps on 6. The steps are in $steps afterwards.
followed() {
  {
    setsid sh "$PROGRAM" _switch "$mark" "$project" "$@" >&5 2>&1 </dev/null 3<&- 4<&- 5>&- &
    exec 8>&-
    follow "$!"
    followed_status=0
    wait "$!" || followed_status=$?
    steps=$(cat <&4) || :
    return "$followed_status"
  } 3<"$deploy/activation.log" 4<"$deploy/activation.result"
}

# Prints what is added to the file on descriptor 3 until a process has ended. The process does not depend on it.
follow() {
  running=yes
  while [ -n "$running" ]; do
    kill -0 "$1" 2>/dev/null || running=
    # All that is new: each command reads on where the one before it ended.
    head -c "$MOST_OF_LOG" <&3
    [ -z "$running" ] || sleep 0.1
  done
}
MOST_OF_LOG=1000000000

# _switch DIRECTION EPOCH OWNER ID [ROLLBACK_TARGET]. Descriptor 8 is locked already.
verb__switch() {
  direction=$1 epoch=$2 owner=$3 id=$4
  back=${5:-}
  rm -rf "$deploy"/tmp/work.*
  use_work || die "$REFUSED" "no folder can be made in $deploy/tmp"
  trap '' HUP
  rm -f "$deploy"/*.new
  [ -f "$releases/$id/plan" ] || die "$REFUSED" "release $id is not on this server"
  fence
  step check
  phase=$(pending phase)
  # Of a switch that was begun already nobody can say that nothing was changed.
  if ! is_final "$phase" && [ "$(pending owner)" = "$owner" ]; then REFUSED=$FILES; fi
  refuse_unsealed "$id"
  "intend_$direction"
  switch_to "$id"
}

# Writes the intent to switch forward, before the first file moves.
intend_forward() {
  lock_state
  phase=$(pending phase)
  if ! is_final "$phase" && { [ "$(pending owner)" != "$owner" ] || [ "$(pending target)" != "$id" ]; }; then
    die "$FENCED" "release $(pending target) of another run is unfinished"
  fi
  unlock_state
  [ -f "$releases/$back/plan" ] || die "$REFUSED" "the record of the rollback target $back is damaged: $releases/$back/plan is missing"
  refuse_obstacles
  step seal
  # A rollback that would be refused is refused here, where nothing is lost.
  trust "$back" || die "$REFUSED" "the checksums of release $back cannot be written"
  refuse_unsealed "$back"
  step reserve
  keep_room "$id" "$back" || die "$REFUSED" "there is no room on the disk of $deploy for a rollback, which every deploy keeps there: $room_wanted bytes"
  step hold
  name=$(values project "$releases/$id/plan")
  (hold_images "$name" "$releases/$id/plan" "$releases/$back/plan") || die "$REFUSED" 'the images of the rollback target cannot be held'
  record_intent "$id" "$back" armed
}

# A rollback that continues an unfinished switch keeps its target; one that a person asked for goes to the release that they chose,
# whoever finishes it.
intend_backward() {
  target=$id
  if is_final "$phase"; then
    # A release that a person chose runs as it was, or not at all.
    refuse_modified
  else
    target=$(pending target)
  fi
  refuse_obstacles
  hold_left
  record_intent "$target" "$id" rolling-back
}

record_intent() {
  lock_state
  fence
  attempts=0
  phase=$(pending phase)
  [ "$phase" != "$3" ] || attempts=$(pending attempts)
  case $phase in
  '' | confirmed | rolled-back | disarmed) ;;
  *) keep_in_mind "$1" "$2" || die "$REFUSED" "$deploy/may-be-there cannot be written" ;;
  esac
  write_pending "$owner" "$1" "$2" "$3" "$attempts" || die "$REFUSED" "$deploy/pending cannot be written"
  unlock_state
  journal "$3" "$id"
}

# keep_in_mind RELEASE OTHER, which replace those of a switch without a good end in `pending`: files of more than these two can be
# there then.
keep_in_mind() {
  was_target=$(pending target) && was_back=$(pending rollback-target) || return 1
  for was in "$was_target" "$was_back"; do
    case $was in "$1" | "$2") continue ;; esac
    switched >"$work/may-be-there" && put "$deploy/may-be-there" <"$work/may-be-there"
    return
  done
}

# The images of the confirmed release, where this rollback leads to an earlier one: a run returns to it if the chosen one is not healthy, and people
# may choose it again. That they cannot be held is no reason against a rollback; its end tries once more. A rollback that had to use the room on a
# full disk has stopped what runs, and does not wait for it.
hold_left() {
  [ -f "$deploy/reserve" ] || return 0
  left_release=$(pointed confirmed) || return 0
  name=$(values project "$releases/$id/plan")
  (hold_confirmed "$name" "$id" "$left_release") || printf 'images of release %s cannot be held yet\n' "$left_release"
}

refuse_modified() {
  modified=$(cd "$releases/$id/files" && unequal ../manifest) || die "$REFUSED" "the files of release $id cannot be checked"
  [ -z "$modified" ] || die "$REFUSED" "the files of release $id were modified on the server:
$modified"
}

# What stands in the way of the files is found before anything is touched.
refuse_obstacles() {
  (
    look "$releases/$id" && unwritable_in >"$work/unwritable" &&
      sed 's/.*/the login user cannot write in &/' "$work/unwritable" >"$work/obstacles" && blocked "$releases/$id" >>"$work/obstacles"
  ) || die "$REFUSED" "the files of release $id cannot be compared with those on the server"
  [ ! -s "$work/obstacles" ] || die "$REFUSED" "$(cat "$work/obstacles")"
}

# The phase must still be this switch's own: a rollback, or another run, may have decided meanwhile.
still_ours() {
  fence
  case $direction:$(pending phase) in
  forward:armed | backward:rolling-back) ;;
  *) die "$FENCED" "release $id is $(pending phase) by now; nothing more was changed" ;;
  esac
  [ "$(pending owner)" = "$owner" ] || die "$FENCED" 'another run acts on this project by now; nothing more was changed'
}

switch_to() {
  release=$releases/$1
  name=$(values project "$release/plan")
  still_ours
  step containers
  # Before their files go: the engine makes a mounted folder anew for a container that restarts without it.
  remove_cut_off "$name" || die "$FILES" 'containers that an earlier start left behind could not be removed'
  stop_leavers "$release" || die "$FILES" 'containers that are not part of the release could not be stopped'
  step files
  switch_files "$release" || die "$FILES" 'the files of the release could not be put in place'
  step env
  switch_env "$release" || die "$FILES" '.env could not be written'
  step current
  point current "$1" || die "$FILES" "the link $deploy/current could not be set"
  step up
  still_ours
  status=0
  start "$release" || status=$?
  tidied=yes
  remove_empty_directories "$release" || tidied=
  if [ "$direction" = forward ]; then
    [ "$status" != 0 ] || forget_stopped || :
    lock_state
    still_ours
    write_pending "$owner" "$(pending target)" "$(pending rollback-target)" started "$(pending attempts)" ||
      die "$FILES" "$deploy/pending cannot be written"
    unlock_state
  fi
  journal activated "$1" "status $status"
  [ "$status" = 0 ] || die "$COMPOSE" "docker compose up ended with status $status"
  [ -n "$tidied" ] || die "$FILES" 'directories that are empty now could not be removed'
  step complete
}

start() {
  return_leavers || return 1
  composed=$(values compose "$1/plan") || return 1
  [ -n "$composed" ] || return 0
  tag_images "$1/plan" || printf 'not all images could be tagged\n'
  COMPOSE_LIMIT=$(values timeout "$1/plan") && started=$(values service "$1/plan") || return 1
  # By name: of a project that was started in part, only what ran is on record. Names of services have no spaces.
  # shellcheck disable=SC2086
  compose "$1" up -d --no-build $started
}

# `sh .deploy/releases/ID/rollback.sh`, run by a person: waits for a deploy that is under way, makes this release the running one, and
# compares what then is there with the record. Frozen: no arguments; exit status 0 verified, 1 failed, 65 refused with nothing changed,
# 66 and 69 failed in part (run it again), 75 another run acted meanwhile.
rollback_by_person() {
  release=$(cd -- "$(dirname -- "$0")" && pwd -P)
  id=${release##*/}
  use_project "${release%/.deploy/releases/*}"
  use_given_path
  # Before anything is touched. Without a folder to try them in, nothing is known about them.
  tried_in=$(memory_folder deploy-actions-lists "${TMPDIR:-/tmp}") && unusable=$(unusable_tools "$tried_in") || unusable=
  [ -z "$tried_in" ] || rm -rf "$tried_in"
  [ -z "$unusable" ] || die "$REFUSED" "these tools are missing on this server, or do not work as this program uses them (they come from coreutils, findutils and util-linux):
$unusable"
  # As another user (sudo), it would leave files behind that the deploy user cannot read.
  user=$(stat -c %U "$deploy")
  [ "$(id -un)" = "$user" ] || die "$REFUSED" "run this as the user that deploys: sudo -u $user sh $0"
  owner=$(id -un)$(tty 2>/dev/null | sed -n 's|^/|@/|p')
  mark='result of rollback.sh'
  printf 'waiting for the lock of %s …\n' "$project"
  remove_links "$deploy/lock" && exec 9>>"$deploy/lock"
  flock 9 || die "$REFUSED" 'the lock could not be taken'
  name_holder "$(printf '{"who":"%s","since":"%s","why":"rollback.sh"}' "$(json_text "$owner")" "$(now)")$NEWLINE" || :
  trap 'name_holder ""' EXIT
  next_epoch || { use_spare 9>&- && next_epoch; } || die "$REFUSED" "$deploy/epoch cannot be written"
  return_spare
  settle || :
  (save_overwritten 9>&-) || { make_room "$id" 1 9>&- && (save_overwritten 9>&-); } || {
    start_stopped 9>&- || die "$FILES" 'containers do not run that ran before'
    die "$REFUSED" "what this rollback overwrites could not be copied to $deploy/saved"
  }
  status=0
  switch_back "$epoch" "$owner" "$id" 9>&- || status=$?
  [ "$status" = 0 ] || exit "$status"
  exact "$id" 9>&- || die 1 "release $id runs, but what is there is not what was recorded; nothing was confirmed"
  reason=rollback.sh
  (commit "$epoch" "$owner" "$id" rolled-back) 9>&- ||
    die 1 "release $id runs again, but that could not be recorded in $deploy/pending; run this again"
  (tidy rolled-back) 9>&- || printf 'the records of release %s could not be updated; the next run does it\n' "$id" >&2
  printf 'release %s runs again, verified\n' "$id"
}

# The project directory as the deploy was given it: behind a link, Compose would see other paths and recreate every container.
use_given_path() {
  given=$(values path "$releases/$id/plan")
  [ -z "$given" ] || [ "$(real_path "$given")" != "$project" ] || use_project "$given"
}

# What this rollback overwrites or removes and differs from the release that is there is copied first: a person's rollback must not
# lose what somebody wrote on the server since.
save_overwritten() {
  find_unsaved || return 1
  [ -s "$work/saved" ] || return 0
  saved_to=$deploy/saved/$epoch
  number=1
  # What is there already under this name was not made by this call.
  while exists "$saved_to"; do
    number=$((number + 1))
    saved_to=$deploy/saved/$epoch.$number
  done
  mkdir -p "$deploy/saved" && mkdir -- "$saved_to" || return 1
  if ! copy "$work/saved" "$saved_to"; then
    rm -rf -- "$saved_to"
    return 1
  fi
  printf 'copied to %s first, as no release has it:\n' "$saved_to"
  sed 's|^\./|  |' "$work/saved"
}

# The paths of that, in $work/saved.
find_unsaved() {
  use_work && look "$releases/$id" && here=$(held) || return 1
  # A damaged record tells nothing.
  if [ -n "$here" ] && { [ ! -f "$releases/$here/paths" ] || ! differences "$here" >"$work/changed-here"; }; then here=; fi
  { changes "$work/differences" && cat "$work/leaving"; } >"$work/touched" || return 1
  sort -u "$work/touched" >"$work/touched-once" || return 1
  if [ -n "$here" ]; then
    # What the release that is there has shipped, and what is still as it has it, is saved.
    sed -n -e 's/^changed //p' -e 's/^link //p' -e 's/^mode //p' "$work/changed-here" >"$work/changed-paths" &&
      sort -u "$work/changed-paths" >"$work/changed-once" && comm -23 "$releases/$here/paths" "$work/changed-once" >"$work/kept" &&
      comm -23 "$work/touched-once" "$work/kept" >"$work/unsaved" || return 1
  else
    # Without a record, all that this rollback replaces or removes. What cannot be read cannot be copied either.
    while IFS= read -r path; do
      { [ ! -L "./$path" ] && [ ! -r "./$path" ]; } || printf '%s\n' "$path" || return 1
    done <"$work/touched-once" >"$work/unsaved" || return 1
  fi
  env_is_saved || printf '.env\n' >>"$work/unsaved" || return 1
  sed 's|^|./|' "$work/unsaved" >"$work/entries" || return 1
  while IFS= read -r path; do ! exists "$path" || printf '%s\n' "$path" || return 1; done <"$work/entries" >"$work/saved"
}

# Whether the .env stays, or the release that is there has it.
env_is_saved() {
  env_is=$(env_differences "$releases/$id") || return 1
  [ -n "$env_is" ] && exists "$project/.env" || return 0
  [ -n "$here" ] && [ "$(values env "$releases/$here/plan")" = written ] && cmp -s "$releases/$here/env" "$project/.env"
}

# Seconds after which containers are looked at once more: one that dies soon after its start looks healthy at first. Tests set it.
LOOK_AGAIN=${LOOK_AGAIN:-5}

# The files, .env, images and containers are those of the record. Prints what is not.
exact() {
  (
    use_work && look "$releases/$1" && differences "$1" >"$work/different" || exit 1
    sed '/^unreadable /d' "$work/different" >"$work/wrong" && sed 's/^/extra /' "$work/leaving" >>"$work/wrong" || exit 1
    wrong_containers "$1" >>"$work/wrong" && composed=$(values compose "$releases/$1/plan") || exit 1
    if [ ! -s "$work/wrong" ] && [ -n "$composed" ]; then
      sleep "$LOOK_AGAIN"
      wrong_containers "$1" >>"$work/wrong" || exit 1
    fi
    cat "$work/wrong"
    [ ! -s "$work/wrong" ]
  )
}

# wrong_containers ID: a line for each container that runs another image or does not run, and each service without one. Of a service that was not
# healthy when its release was adopted, or that its compose file does not require, only the image counts.
wrong_containers() {
  name=$(values project "$releases/$1/plan") || return 1
  containers_of "$name" -q >"$work/ids" || return 1
  inspect_listed "$name" \
    '{{.Image}} {{.State.Status}} {{.State.ExitCode}} {{index .Config.Labels "com.docker.compose.oneoff"}} {{index .Config.Labels "com.docker.compose.service"}}' \
    "$work/ids" >"$work/running" || return 1
  values image "$releases/$1/plan" >"$work/recorded" && values optional "$releases/$1/plan" >"$work/optional" || return 1
  while IFS=' ' read -r service recorded; do
    seen=
    optional=
    ! has "$service" "$work/optional" || optional=yes
    while IFS=' ' read -r image state code oneoff called; do
      [ "$called" = "$service" ] || continue
      case $oneoff in [Tt]rue) continue ;; esac
      seen=yes
      [ "$image" = "$recorded" ] || printf 'service %s runs another image\n' "$service"
      case $optional$state:$code in yes* | running:* | exited:0) ;; *) printf 'service %s is %s\n' "$service" "$state" ;; esac
    done <"$work/running"
    [ -n "$optional$seen" ] || printf 'service %s has no container\n' "$service"
  done <"$work/recorded"
}
