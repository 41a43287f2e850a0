// Made by `pnpm server-program` from scripts/*.sh: change those.

export const PROGRAM_HASH = '4dc232ed6379606145f9a372605949261a6b8a1a1c099219ce60c23a04141dc2'

export const PROGRAM = `#!/bin/sh
# The server's side of a deploy: one program with verbs, called as \`sh PROGRAM VERB MARK PROJECT …\`. A copy lies in the folder of
# each release as rollback.sh, which makes that release the running one again without any runner. For every POSIX shell (dash,
# bash, busybox ash).
#
# Answers come in sections: a line \`MARK name\`, then the text. MARK is a word that the caller made up for this run, so that no
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
# \`docker compose up\` failed; the files are those of the release.
COMPOSE=69
# The lock, the epoch or the phase is no longer the caller's: somebody else acted meanwhile.
FENCED=75

PROGRAM=$0
TAB=$(printf '\\t')
NEWLINE='
'
# Seconds for one call of docker; \`up\` and \`pull\` have limits of their own.
DOCKER_LIMIT=60

die() {
  status=$1
  shift
  # Where nobody can be told, the status counts.
  printf '%s\\n' "$*" >&2 || :
  exit "$status"
}

section() { printf '\\n%s %s\\n' "$mark" "$1"; }

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
# shell to the one in .env: a forgotten \`export TAG=…\` would deploy another version.
# https://docs.docker.com/compose/how-tos/environment-variables/envvars-precedence/
clean() {
  env -i \${PATH+"PATH=$PATH"} \${HOME+"HOME=$HOME"} \${XDG_RUNTIME_DIR+"XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"} \\
    \${DOCKER_CONFIG+"DOCKER_CONFIG=$DOCKER_CONFIG"} \${DOCKER_CONTEXT+"DOCKER_CONTEXT=$DOCKER_CONTEXT"} \\
    \${DOCKER_HOST+"DOCKER_HOST=$DOCKER_HOST"} \${DOCKER_TLS+"DOCKER_TLS=$DOCKER_TLS"} \\
    \${DOCKER_TLS_VERIFY+"DOCKER_TLS_VERIFY=$DOCKER_TLS_VERIFY"} \${DOCKER_CERT_PATH+"DOCKER_CERT_PATH=$DOCKER_CERT_PATH"} \\
    \${DOCKER_API_VERSION+"DOCKER_API_VERSION=$DOCKER_API_VERSION"} "$@"
}

# One call of docker. An engine that hangs must not hold the lock without end.
engine() { clean timeout -k 5 "$DOCKER_LIMIT" docker "$@"; }

# Has the files and directories on the disk before what follows relies on them. Not \`sync -f\`: that flushes pulled images too.
durable() { sync -- "$@" 2>/dev/null || sync; }

# The same for a list of paths, one per line.
durable_list() {
  [ -s "$1" ] || return 0
  tr '\\n' '\\0' <"$1" | xargs -0 sync -- 2>/dev/null || sync
}

# Whether a text is a number as these scripts write them, which is asked before each calculation and comparison with one that was read:
# a container can write in .deploy, and in an arithmetic expression bash and ksh run the command that a text such as \`a[$(reboot)]\`
# has in it. A zero in front would make a number octal, and more digits than these an overflow.
is_number() {
  case $1 in '' | *[!0-9]* | 0?* | ????????????????*) return 1 ;; esac
}

# Makes standard input the content of FILE: whole, on the disk, then by one rename.
put() {
  write_new "$1.new" cat || return 1
  durable "$1.new" || return 1
  replace "$1.new" "$1" || return 1
  durable "\${1%/*}"
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

# Copies a LIST of files and links below the working directory to DESTINATION, with their modes and times. Not \`tar -T\`, which
# busybox lacks on Debian.
copy() {
  [ -s "$1" ] || return 0
  # shellcheck disable=SC2016 # for the shell that xargs starts
  (umask 022 && tr '\\n' '\\0' <"$1" |
    xargs -0 sh -c 'to=$1 && shift && tar -cf "$0" "$@" && tar -C "$to" -xpf "$0" && rm -f "$0"' "$work/copied.tar" "$2")
}

# unequal MANIFEST: the lines of \`sha256sum -c\` that are not OK, for the files below the working directory. Its status is 1 for a
# difference and for a failure of its own: the number of its lines tells them apart.
unequal() {
  [ -f "$1" ] || return 1
  [ -s "$1" ] || return 0
  sums=$(sha256sum -c "$1" 2>/dev/null) || :
  [ -n "$sums" ] || return 1
  sums_made=$(printf '%s\\n' "$sums" | wc -l) && sums_wanted=$(wc -l <"$1") && [ "$sums_made" = "$sums_wanted" ] || return 1
  printf '%s\\n' "$sums" | sed '/: OK$/d'
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
  printf '%s\\n' "\${found##*/}"
}

# The values of a key in a file of lines \`key value\`; none where there is no such file.
values() {
  [ -f "$2" ] || return 0
  sed -n "s/^$1 //p" "$2"
}

# The number of seconds since 1970, or a readable time.
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# A text as the inside of a JSON string, on one line.
json_text() { printf '%s' "$1" | tr '\\n\\t' '  ' | tr -d '\\000-\\037' | sed 's/[\\\\"]/\\\\&/g'; }

# Who holds the lock, as the inside of a JSON string.
holder() { sed -n 's/^.*"who":"\\([^"\\\\]*\\)".*$/\\1/p' "$deploy/lock" 2>/dev/null || :; }

# journal EVENT RELEASE [REASON]. A failed append never stops a deploy or a rollback.
journal() {
  remove_links "$deploy/journal.jsonl" || return 0
  number=$(wc -l 2>/dev/null <"$deploy/journal.jsonl") || number=0
  is_number "$number" || number=0
  printf '{"number":%d,"at":"%s","event":"%s","release":"%s","by":"%s","reason":"%s"}\\n' "$((number + 1))" "$(now)" "$1" "$2" \\
    "$(holder)" "$(json_text "\${3:-}")" >>"$deploy/journal.jsonl" 2>/dev/null || :
}

# .deploy/pending: the one record of intent and the only commit point. Everything else (the links \`current\` and \`confirmed\`, the
# state of each release) follows from it and is repaired by whoever takes the lock.

pending() {
  pending_values=$(values "$1" "$deploy/pending") || return 1
  printf '%s\\n' "\${pending_values%%"$NEWLINE"*}"
}

# No one works on the project: the last switch was confirmed, rolled back or given up.
is_final() {
  case $1 in '' | confirmed | disarmed | rolled-back | rollback-failed) return 0 ;; *) return 1 ;; esac
}

# write_pending OWNER TARGET ROLLBACK_TARGET PHASE ATTEMPTS
write_pending() {
  # A value that could not be read must not replace one that is there.
  for value_of_pending; do [ -n "$value_of_pending" ] || return 1; done
  printf 'format 1\\nowner %s\\ntarget %s\\nrollback-target %s\\nphase %s\\nconfirm none\\nconfirm-timeout 0\\nwall-deadline 0\\nattempts %s\\n' \\
    "$@" | put "$deploy/pending"
}

# Every compare-and-set of \`pending\` happens under this lock, which is held for milliseconds.
lock_state() {
  remove_links "$deploy/state.lock" || return 1
  exec 7>>"$deploy/state.lock"
  flock 7
}
unlock_state() { exec 7>&-; }

# Refuses when another run has taken the project's lock since the caller got its epoch.
fence() {
  [ "$(cat "$deploy/epoch" 2>/dev/null)" = "$epoch" ] ||
    die "$FENCED" "another run has taken the lock of $project meanwhile; nothing more was changed"
}

next_epoch() {
  readable || return 1
  epoch=0
  [ ! -f "$deploy/epoch" ] || epoch=$(cat "$deploy/epoch") || return 1
  is_number "$epoch" || epoch=0
  was_epoch=$epoch
  epoch=$((epoch + 1))
  if [ "$was_epoch" = 0 ] || [ -L "$deploy/epoch" ]; then
    printf '%s\\n' "$epoch" | put "$deploy/epoch"
  else
    # In place, as that needs no room: the number never has fewer digits than the one before it.
    printf '%s\\n' "$epoch" 1<>"$deploy/epoch" && durable "$deploy/epoch"
  fi
}

# Files that somebody else owns are not files that are missing.
readable() {
  for file in "$deploy/epoch" "$deploy/pending"; do
    [ ! -e "$file" ] || [ -r "$file" ] || die 1 "$file cannot be read by $(id -un); give .deploy back to the user that deploys: sudo chown -R $(id -un) $deploy"
  done
}

state_of() { values state "$releases/$1/state"; }

# set_state RELEASE WORD [REASON]
set_state() {
  is_directory "$releases/$1" || return 0
  printf 'state %s\\nat %s\\nreason %s\\n' "$2" "$(now)" "$(printf '%s' "\${3:-}" | tr '\\n' ' ')" | put "$releases/$1/state"
}

# Brings links and states in line with \`pending\`. May be repeated; a crash between any two of its steps is repaired by the next.
settle() {
  target=$(pending target) && back=$(pending rollback-target) && settled=$(pending phase) || return 1
  case $settled in confirmed | rolled-back) rm -f "$deploy/may-be-there" || return 1 ;; esac
  case $settled in
  confirmed)
    set_state_unless confirmed "$target" && point current "$target" && point confirmed "$target"
    ;;
  rolled-back)
    before=$(pointed confirmed) || return 1
    if [ "$target" != "$back" ]; then
      fail_staged "$target" "\${1:-}" || return 1
    elif [ -n "$before" ] && [ "$before" != "$back" ]; then
      set_state "$before" rolled-back "\${1:-}" || return 1
    fi
    set_state_unless confirmed "$back" && point current "$back" && point confirmed "$back"
    ;;
  disarmed) fail_staged "$target" "\${1:-}" && point current "$target" ;;
  started) point current "$target" ;;
  esac
}

set_state_unless() {
  known_state=$(state_of "$2") || return 1
  [ "$known_state" = "$1" ] || set_state "$2" "$1"
}

# A release that never served well has failed. One that did, and is unhealthy now, can still be named for a rollback.
fail_staged() {
  known_state=$(state_of "$1") || return 1
  [ "$known_state" != staged ] || set_state "$1" failed "$2"
}

# The release that the project directory holds; nothing while a switch is unfinished or nothing is on record.
held() {
  held_in=$(pending phase) || return 1
  case $held_in in
  confirmed | started | disarmed) pending target ;;
  rolled-back) pending rollback-target ;;
  esac
}

# finish EPOCH OWNER ID PHASE; reason on standard input. The commit point, by compare-and-set: a confirm and a rollback compete for
# one file, and exactly one of them wins.
verb_finish() {
  IFS= read -r reason || :
  commit "$@"
  # The decision is made. What follows is tidying, which the next run repeats if it is missing.
  tidy "$4" || printf 'the records of release %s could not be updated; the next run does it\\n' "$3" >&2
  section end
}

# commit EPOCH OWNER ID PHASE, with the reason in $reason.
commit() {
  epoch=$1 owner=$2 id=$3 phase=$4
  fence
  lock_state || die 1 "$deploy/state.lock cannot be opened"
  {
    now_phase=$(pending phase) && now_owner=$(pending owner) && target=$(pending target) && back=$(pending rollback-target) &&
      attempts=$(pending attempts)
  } || die 1 "$deploy/pending cannot be read"
  # It failed before it was on record as begun: nothing was touched.
  if [ "$phase" = rollback-failed ] && is_final "$now_phase"; then
    unlock_state
    return 0
  fi
  case $phase in rolled-back) expected=$back ;; *) expected=$target ;; esac
  if [ "$now_owner" != "$owner" ] || [ "$expected" != "$id" ]; then
    die "$FENCED" "release $id is not the one that is being switched to: another run acted meanwhile"
  fi
  case $now_phase:$phase in
  "$phase:$phase") ;;
  started:confirmed | started:disarmed | armed:disarmed | rolling-back:rolled-back | *:rollback-failed)
    write_pending "$owner" "$target" "$back" "$phase" "$attempts" || die 1 "$deploy/pending cannot be written"
    journal "$phase" "$id" "$reason"
    ;;
  *) die "$FENCED" "release $id is $now_phase and cannot become $phase" ;;
  esac
  unlock_state
}

# tidy PHASE, after the commit: links and states, the containers that left, and images that were held.
tidy() {
  before=$(pointed confirmed) && settle "$reason" || return 1
  # Nothing of what another run's switch has made meanwhile may be removed: none works while this one has the lock of the switches.
  case $1 in confirmed | rolled-back) (lock_switches 50 && fence && forget_leavers "$1" && release_images "$1") ;; esac
}

# Room on the disk. A release that fills it is a frequent reason for a rollback, which needs some blocks itself: every deploy keeps
# them in a reserve file, and a rollback that finds the disk full uses it.

# Bytes for the lists and logs of a rollback. The files that it copies come on top.
ROOM=4194304
# The same for taking the lock.
LITTLE_ROOM=65536

# A directory in memory of the user's own, where there is one; /dev/shm is everybody's.
MEMORY=\${XDG_RUNTIME_DIR:-/dev/shm}

# The containers that this call has stopped.
stopped_now=

# Whether nothing can be written. Another failure, such as a missing permission, is not a full disk.
is_full() {
  # Among the folders of the switches, which the next one removes.
  probe=$(mktemp "$deploy/tmp/work.XXXXXX" 2>&1) || {
    says_full "$probe"
    return
  }
  # \`head\` of busybox does not say why it cannot write.
  said=$({ head -c "$LITTLE_ROOM" /dev/urandom 2>/dev/null | cat >"$probe"; } 2>&1) || :
  rm -f "$probe"
  says_full "$said"
}

# Whether there is less room than a rollback may need.
is_tight() {
  free=$(df -Pk "$deploy" 2>/dev/null | sed -n 's/^.*[[:space:]]\\([0-9][0-9]*\\)[[:space:]]\\{1,\\}[0-9]\\{1,\\}%[[:space:]].*$/\\1/p') || return 1
  reserved=$(wc -c <"$deploy/reserve") && is_number "$free" && is_number "$reserved" && [ "$free" -lt "$((reserved / 1024))" ]
}

says_full() { case $1 in *'No space left on device'* | *uota\\ exceeded*) return 0 ;; *) return 1 ;; esac; }

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
  filling=$deploy/\${1##*/}.new
  write_new "$filling" "$3" "$2" && filled=$(wc -c <"$filling") && is_number "$filled" && [ "$filled" -ge "$2" ] && durable "$filling" &&
    replace "$filling" "$1" && durable "\${1%/*}" && return 0
  # What was written of it must not take the last room from others.
  rm -f "$filling"
  return 1
}

# Some file systems store nothing for zeros.
random() { head -c "$1" /dev/urandom; }
empty_lines() { head -c "$1" /dev/zero | tr '\\000' '\\n'; }

# differing_bytes FOLDER BACK: the size of the files that a rollback copies.
differing_bytes() {
  sort "$1/manifest" >"$work/sums-here" && sort "$2/manifest" >"$work/sums-back" || return 1
  comm -13 "$work/sums-here" "$work/sums-back" >"$work/sums" && sed 's|^[^ ]*  |./|' "$work/sums" >"$work/differing" || return 1
  : >"$work/sizes" || return 1
  # Of one that is missing there, nothing is copied.
  [ ! -s "$work/differing" ] ||
    (cd "$2/files" && tr '\\n' '\\0' <"$work/differing" | xargs -0 stat -c %s -- 2>/dev/null) >"$work/sizes" || :
  bytes=0
  while IFS= read -r size; do is_number "$size" && bytes=$((bytes + size)) || return 1; done <"$work/sizes"
  printf '%s\\n' "$bytes"
}

# make_room ID STATUS: on a full disk, what the rollback to a release needs, after an attempt that ended with STATUS. The containers stop
# first: one that still writes would have the reserve at once. \`stopped\` has them on record before: a list that is written in place, as
# that needs no room.
make_room() {
  [ -f "$deploy/reserve" ] || return 1
  is_full || { [ "$2" != "$COMPOSE" ] && is_tight; } || return 1
  echo 'the disk is full: the containers are stopped, and the rollback uses the room that was kept for it' || :
  stop_limit=$(stop_limit_of "$releases/$1") && is_number "$stop_limit" || return 1
  stopped_now=$(all_containers "$1" --filter status=running --filter status=restarting --filter label=com.docker.compose.oneoff=False) || return 1
  if [ -n "$stopped_now" ]; then
    listed=$({ stopped_containers && printf '%s\\n' "$stopped_now"; } | sort -u)
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
  found_names=$(printf '%s\\n' "$found_names" | sort -u) || return 1
  shift
  for found_name in $found_names; do containers_of "$found_name" -q "$@" || return 1; done
}

stopped_containers() {
  ! is_file "$deploy/stopped" || sed -n '/^[0-9a-f]\\{12,\\}$/p' "$deploy/stopped"
}

# write_stopped LIST: in place, as that needs no room, and without a change of the size.
write_stopped() {
  is_file "$deploy/stopped" || return 0
  stopped_size=$(wc -c <"$deploy/stopped") && is_number "$stopped_size" || return 1
  rest=$((stopped_size - \${#1} - 1))
  [ "$rest" -gt 0 ] || rest=0
  { printf '%s\\n' "$1" && empty_lines "$rest"; } 1<>"$deploy/stopped" && durable "$deploy/stopped"
}

# What was stopped for room, by this call or by one that was killed, runs on. Whoever takes the lock tries the others again.
start_stopped() {
  listed=$(stopped_containers) || return 1
  [ -n "$listed$stopped_now" ] || return 0
  unstarted=
  start_again "$(printf '%s\\n%s\\n' "$listed" "$stopped_now" | sort -u)" || [ -n "$unstarted" ] || return 1
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
    engine start "$container" >/dev/null </dev/null || unstarted=$unstarted\${unstarted:+"$NEWLINE"}$container
  done
  [ -n "$unstarted" ] || return 0
  printf 'containers that were stopped could not be started again:\\n%s\\n' "$unstarted" >&2 || :
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
  find "$MEMORY" /dev/shm -maxdepth 1 -name 'deploy-actions-lists.*' -user "$(id -un)" -mmin +60 \\
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

# The tools of the server. That one is there does not mean that it knows the options that are used here: busybox is built in many ways.

TOOLS='cat chmod cmp comm cp cut date df dirname env find flock grep head id ln mkdir mktemp mv readlink rm rmdir sed setsid sha256sum sleep sort stat sync tail tar timeout tr wc xargs'

# With no other programs than these: not every PATH has \`true\` and \`echo\`.
#
# unusable_tools FOLDER: a line for each tool that is missing (\`find\`), and for each use of one that does not work (\`find -mmin\`). Options with a way around them are not
# tried. The folder is empty, and stays with what was tried in it.
unusable_tools() (
  cd "$1" || exit 1
  for tool in $TOOLS; do command -v "$tool" >/dev/null 2>&1 || printf '%s\\n' "$tool"; done
  printf 'b\\na\\nb\\n' >lines && printf 'a\\nb\\n' >sorted && printf 'lines\\0sorted\\0' >names && mkdir below && ln -s lines link || exit 0
  attempt 'flock -n' '' locks_at_once
  attempt 'timeout -k' '' timeout -k 5 60 sh -c :
  attempt 'setsid' '' setsid sh -c :
  attempt 'sleep 0.1' '' sleep 0.01
  attempt 'env -i' 'A=x' env -i A=x env
  attempt 'mktemp -d' '' mktemp -d "$1/new.XXXXXX"
  attempt 'find -maxdepth' './below' find . -mindepth 1 -maxdepth 1 -type d -name 'be*'
  attempt 'find -mmin' '' find . -user "$(id -un)" -mmin +60
  attempt 'find -exec {} +' "./link\${NEWLINE}./lines" find ./link ./lines ! -type d -exec stat -c %n -- {} +
  attempt 'find -depth' './below' find ./below -depth
  attempt 'xargs -0' "lines\${NEWLINE}sorted" reads_names
  attempt 'tr \\000' "lines\${NEWLINE}sorted" divides_names
  attempt 'head -c' 'b' head -c 1 lines
  attempt 'tail -n +2' "a\${NEWLINE}b" tail -n +2 lines
  attempt 'sort -u' "a\${NEWLINE}b" sort -u lines
  attempt 'comm -12' "a\${NEWLINE}b" comm -12 sorted sorted
  attempt 'comm -23' '' comm -23 sorted sorted
  attempt 'cmp -s' '' cmp -s sorted sorted
  attempt 'grep -qxF' '' grep -qxF -- a lines
  attempt 'stat -c' "644 lines 0" shows_mode
  attempt 'readlink' 'lines' readlink link
  attempt 'ln -sfn' '' ln -sfn below link
  attempt 'sha256sum -c' 'lines: OK' checks_sums
  attempt 'cp -a' '' cp -a -- lines below
  attempt 'tar -x -m -o -p' "a\${NEWLINE}b" copies_by_tar
)

# attempt NAME OUTPUT COMMAND…: prints the name where the command fails, or prints anything else than the output, which '' leaves open.
attempt() {
  attempted=$1 wanted=$2
  shift 2
  command -v "\${attempted%% *}" >/dev/null 2>&1 || return 0
  printed=$("$@" 2>/dev/null </dev/null) && { [ -z "$wanted" ] || [ "$printed" = "$wanted" ]; } || printf '%s\\n' "$attempted"
}

locks_at_once() { flock -n 6 6>>lock; }
reads_names() { xargs -0 stat -c %n -- <names; }
divides_names() { tr '\\000' '\\n' <names; }
shows_mode() { chmod 644 lines && : >empty && printf '%s %s\\n' "$(stat -c '%a %n' lines)" "$(stat -c %s -- empty)" && stat -c '%u %U' lines >empty; }
checks_sums() { sha256sum -- lines >sums && sha256sum -c sums; }
copies_by_tar() { tar -cf copy.tar ./sorted && tar -C below -xpf copy.tar && tar -x -m -o -p -f - <copy.tar && cat below/sorted; }

# What is on record of a release decides what this machine runs, and lies where a container that mounts the project directory can
# write. Checksums of it lie in the login user's home, which no such container sees.

# The folder with the checksums of this project, a file for each release. Servers can share a home.
seals() {
  sealed_project=$(real_path "$project") && machine=$(cat /etc/machine-id 2>/dev/null || :) &&
    sealed_hash=$(printf '%s %s' "$machine" "$sealed_project" | sha256sum) || return 1
  printf '%s/.local/state/deploy-actions/%s\\n' "$HOME" "\${sealed_hash%% *}"
}

# seal FOLDER ID. The first one of a login user takes the releases that are there already as they are.
seal() {
  sealed_in=$(seals) || return 1
  if [ ! -d "$sealed_in" ]; then
    rm -rf "$sealed_in.new" && mkdir -p "$sealed_in.new" || return 1
    for sealed in "$releases"/*/; do
      sealed=\${sealed%/}
      [ ! -f "$sealed/plan" ] || checksums_of "$sealed" "$sealed_in.new/\${sealed##*/}" || return 1
    done
    durable "$sealed_in.new" && replace "$sealed_in.new" "$sealed_in" || return 1
  fi
  checksums_of "$1" "$sealed_in/$2"
}

# trust RELEASE: a rollback target that another login user has stored. What this one deploys from it is no more than what is there.
trust() {
  sealed_in=$(seals) || return 1
  [ -d "$sealed_in" ] && [ ! -f "$sealed_in/$1" ] || return 0
  printf 'release %s was not stored by %s: it is trusted, as this deploy starts from it\\n' "$1" "$(id -un)"
  checksums_of "$releases/$1" "$sealed_in/$1"
}

# checksums_of FOLDER FILE
checksums_of() {
  sums=$(
    cd -- "$1" || exit 1
    set --
    for document in release.json plan images.yml manifest modes paths env; do [ ! -f "$document" ] || set -- "$@" "$document"; done
    sha256sum -- "$@"
  ) && printf '%s\\n' "$sums" | put "$2"
}

# Refuses a release whose record was changed since it was stored. A login user who has never deployed has no checksums.
refuse_unsealed() {
  [ -n "\${HOME:-}" ] || return 0
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

# Looks, and changes nothing.

# Only what is read, as the whole would hold every environment variable. The typed \`.ID\`, because \`.Id\` makes Docker fall back to
# raw JSON.
CONTAINER_FORMAT='{"id":{{json .ID}},"name":{{json .Name}},"image":{{json .Image}},"imageRef":{{json .Config.Image}},"created":{{json .Created}},"restarts":{{json .RestartCount}},"restartPolicy":{{json .HostConfig.RestartPolicy}},"labels":{{json .Config.Labels}},"status":{{json .State.Status}},"exitCode":{{json .State.ExitCode}},"oomKilled":{{json .State.OOMKilled}},"error":{{json .State.Error}},"startedAt":{{json .State.StartedAt}},"finishedAt":{{json .State.FinishedAt}},"health":{{with .State.Health}}{{json .}}{{else}}null{{end}}}'

# Podman behind docker's own client names itself as a component. Its own client prints a part of this, and fails.
VERSION_FORMAT='{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}{{range .Server.Components}}{{if eq .Name "Podman Engine"}} podman{{end}}{{end}}'

verb_survey() {
  work=$(memory_folder deploy-actions-lists "\${TMPDIR:-/tmp}") || die 1 "no temporary directory can be made in /dev/shm or \${TMPDIR:-/tmp}"
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
  printf '%s\\n' "$endpoint"
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
  df -Pk "\${root:-/}" 2>/dev/null | tail -n +2 || :
  section end
}

real_path() { (cd -- "$1" 2>/dev/null && pwd -P) || :; }

# Every Compose project of this server: its name, its directory as the label has it, and where that really is.
compose_projects() {
  started=$(engine ps -a --filter label=com.docker.compose.project \\
    --format '{{.Label "com.docker.compose.project"}}	{{.Label "com.docker.compose.project.working_dir"}}' 2>/dev/null) || return 1
  started=$(printf '%s\\n' "$started" | sort -u) || return 1
  printf '%s\\n' "$started" | while IFS= read -r line; do
    [ -n "$line" ] || continue
    directory=\${line#*"$TAB"}
    real=
    [ -z "$directory" ] || real=$(real_path "$directory")
    printf '%s\\t%s\\n' "$line" "$real"
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
  printf '%s\\n' "$here"
  section release-ids
  for folder in "$releases"/*/; do
    [ -d "$folder" ] || continue
    folder=\${folder%/}
    printf '%s\\n' "\${folder##*/}"
  done
  damaged=
  for folder in "$releases"/*/; do
    [ -d "$folder" ] || continue
    folder=\${folder%/}
    [ -f "$folder/plan" ] || damaged=$damaged\${folder##*/}$NEWLINE
    section "release \${folder##*/}"
    cat "$folder/release.json" 2>/dev/null || :
    section "state \${folder##*/}"
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
  printf '%s\\n' "$1"
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
    printf '%s\\n' "$time" "$found"
    return 0
  done
}

# One line \`REF<TAB>JSON\` for each reference on standard input.
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
  printf '%s\\t%s\\n' "$1" "$found"
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

# The files of a release, compared with what lies in the project directory.

# The paths that a release ships, sorted: \`paths\` in its folder.
list_paths() {
  # Each in a step of its own: of a pipeline only the last status counts.
  shipped=$(sed 's/^[^ ]*  //' "$1/manifest") || return 1
  shipped_links=$(values link "$1/plan") || return 1
  shipped=$(printf '%s\\n%s\\n' "$shipped" "$shipped_links" | sort) || return 1
  printf '%s\\n' "$shipped" | sed '/^$/d'
}

# differences ID: how the project directory differs from the release, a line \`KIND PATH\` for each path:
#   changed missing  its content            mode  its permission bits      link  its target
#   unreadable       cannot be compared, as the login user has no permission to look
#   extra            \`.env\`, where the release has none
differences() {
  [ -f "$releases/$1/plan" ] || return 1
  file_differences "$releases/$1" && env_differences "$releases/$1"
}

file_differences() {
  cd -- "$project" && content_differences "$1" && mode_differences "$1" && link_differences "$1"
}

content_differences() {
  unequal_here=$(unequal "$1/manifest") || return 1
  printf '%s\\n' "$unequal_here" | while IFS= read -r line; do
    path=\${line%: FAILED*}
    [ -z "$path" ] || printf '%s %s\\n' "$(why_different "$path")" "$path" || exit 1
  done
}

mode_differences() {
  [ -f "$1/modes" ] || return 1
  # Once more where a file went between the two looks.
  look_at_modes "$1" || look_at_modes "$1" || return 1
  [ "$seen" != "$recorded" ] || return 0
  while IFS= read -r line && IFS= read -r was <&3; do
    [ "$line" = "$was" ] || printf 'mode %s\\n' "\${line#* }" || return 1
  done <<SEEN 3<<RECORDED
$seen
SEEN
$recorded
RECORDED
}

# In $recorded the lines of \`modes\` for what is there and can be compared, and in $seen what is there, both in the same order.
look_at_modes() {
  recorded=$(
    while IFS= read -r line; do
      path=./\${line#* }
      [ ! -e "$path" ] || { [ -f "$path" ] && [ ! -r "$path" ]; } || printf '%s\\n' "$line" || exit 1
    done <"$1/modes"
  ) || return 1
  seen=
  [ -n "$recorded" ] || return 0
  seen=$(printf '%s\\n' "$recorded" | sed 's|^[0-7]* |./|' | tr '\\n' '\\0' | xargs -0 stat -c '%a %n') || return 1
  seen=$(printf '%s\\n' "$seen" | sed 's|^\\([0-7]*\\) \\./|\\1 |') || return 1
}

link_differences() {
  recorded=$(values link "$1/plan") || return 1
  printf '%s\\n' "$recorded" | while IFS= read -r path; do
    [ -n "$path" ] || continue
    if [ ! -L "./$path" ]; then
      printf '%s %s\\n' "$(why_different "$path")" "$path" || exit 1
    elif [ "$(readlink "./$path")" != "$(readlink "$1/files/$path")" ]; then
      printf 'link %s\\n' "$path" || exit 1
    fi
  done
}

# sha256sum reports a missing file and one that cannot be read in the same words.
why_different() {
  if [ -e "./$1" ] || [ -L "./$1" ]; then
    if [ ! -f "./$1" ] || [ -r "./$1" ]; then echo changed; else echo unreadable; fi
    return 0
  fi
  above=$1
  while [ "\${above%/*}" != "$above" ]; do
    above=\${above%/*}
    [ ! -d "./$above" ] || break
  done
  if [ -d "./$above" ] && [ ! -x "./$above" ]; then echo unreadable; else echo missing; fi
}

env_differences() {
  env_policy=$(values env "$1/plan") || return 1
  case $env_policy in
  written)
    if [ ! -e "$project/.env" ]; then
      echo 'missing .env'
    elif ! cmp -s "$1/env" "$project/.env"; then
      echo 'changed .env'
    elif [ "$(stat -c %a "$project/.env")" != "$(env_mode "$1")" ]; then
      echo 'mode .env'
    fi
    ;;
  none)
    [ -f "$1/paths" ] || return 1
    if exists "$project/.env" && ! has .env "$1/paths"; then echo 'extra .env'; fi
    ;;
  esac
}

env_mode() {
  mode=$(values env-mode "$1/plan")
  printf '%s\\n' "\${mode:-600}"
}

# The releases whose files and containers can be there: those of the last switch, and those that the links name.
switched() {
  switched_to=$(pending target) && switched_back=$(pending rollback-target) &&
    switched_current=$(pointed current) && switched_confirmed=$(pointed confirmed) || return 1
  switched_before=
  ! is_file "$deploy/may-be-there" || switched_before=$(cat "$deploy/may-be-there") || return 1
  printf '%s\\n' "$switched_to" "$switched_back" "$switched_current" "$switched_confirmed" "$switched_before" | sort -u
}

# The release whose files the project directory holds, all of them; nothing where that is not certain.
held_whole() {
  held_in=$(pending phase) || return 1
  case $held_in in confirmed | started | rolled-back) held ;; esac
}

# leaving FOLDER: the paths that a release of ours shipped to the project directory and the release in FOLDER does not have: only such
# a path is ever removed. \`.env\` has a policy of its own. After a switch that was cut off nobody knows which of its releases a file is
# of: then all of them count. What an adopted release has and no deploy had brought is the team's, and stays.
leaving() {
  held_there=$(held_whole) || return 1
  releases_there=$held_there
  [ -n "$held_there" ] || releases_there=$(switched) || return 1
  printf '.env\\n' >"$work/stays" || return 1
  : >"$work/paths-there" || return 1
  for other in $releases_there; do
    shipped_by "$other" >>"$work/paths-there" || return 1
    [ -n "$held_there" ] || foreign_there "$other" >>"$work/stays" || return 1
  done
  sort -u "$work/stays" "$1/paths" >"$work/staying" || return 1
  sort -u "$work/paths-there" >"$work/shipped" || return 1
  comm -23 "$work/shipped" "$work/staying"
}

# The paths that a release brought itself.
shipped_by() {
  if [ ! -f "$releases/$1/paths" ]; then
    [ ! -f "$releases/$1/manifest" ] || list_paths "$releases/$1"
    return
  fi
  values foreign "$releases/$1/plan" >"$work/foreign-paths" || return 1
  sort -u "$work/foreign-paths" >"$work/foreign-sorted" || return 1
  comm -23 "$releases/$1/paths" "$work/foreign-sorted"
}

# The team's files of an adopted release that are there as it has them, or that the login user cannot look at.
foreign_there() {
  values foreign "$releases/$1/plan" >"$work/foreign-paths" || return 1
  while IFS= read -r path; do
    if [ -L "$project/$path" ]; then
      [ "$(readlink "$project/$path")" = "$(readlink "$releases/$1/files/$path")" ] || continue
    elif [ -r "$project/$path" ]; then
      cmp -s "$releases/$1/files/$path" "$project/$path" || continue
    fi
    printf '%s\\n' "$path" || return 1
  done <"$work/foreign-paths"
}

exists() { [ -e "$1" ] || [ -L "$1" ]; }
is_directory() { [ -d "$1" ] && [ ! -L "$1" ]; }
is_file() { [ -f "$1" ] && [ ! -L "$1" ]; }

# kind_conflicts FOLDER LEAVING: a file where a directory belongs, or the reverse, that is not ours to remove. A line for each.
kind_conflicts() {
  cd -- "$project" 2>/dev/null || return 0
  : >"$work/no-directories" || return 1
  if is_file "$deploy/directories"; then ours=$deploy/directories; else ours=$work/no-directories; fi
  sort -u "$ours" >"$work/ours" || return 1
  while IFS= read -r path; do
    if is_directory "./$path"; then
      is_ours "$path" "$2" || printf '%s is a directory on the server, and a file in this release\\n' "$path" || return 1
      continue
    fi
    above=$path
    while [ "\${above%/*}" != "$above" ]; do
      above=\${above%/*}
      # A link of the team's own to a directory elsewhere is as good as a directory.
      if exists "./$above" && [ ! -d "./$above" ] && ! has "$above" "$2"; then
        printf '%s is not a directory on the server, and a directory in this release\\n' "$above" || return 1
        break
      fi
    done
  done <"$1/paths" >"$work/conflicts" || return 1
  sort -u "$work/conflicts"
}

# is_ours DIRECTORY LEAVING: whether all that is in it is ours to remove. What cannot be looked into is not.
is_ours() {
  find "./$1" ! -type d >"$work/files-below" 2>/dev/null && find "./$1" -type d >"$work/directories-below" || return 1
  while IFS= read -r below; do has "\${below#./}" "$2" || return 1; done <"$work/files-below"
  while IFS= read -r below; do has "\${below#./}" "$work/ours" || return 1; done <"$work/directories-below"
}

# Which of the paths on standard input lie in a directory in which the login user cannot write.
unwritable() {
  cd -- "$project" 2>/dev/null || return 0
  while IFS= read -r path; do
    above=$path
    while [ "\${above%/*}" != "$above" ]; do
      above=\${above%/*}
      [ ! -d "./$above" ] || break
    done
    [ -d "./$above" ] && [ "$above" != "$path" ] || above=.
    [ -w "./$above" ] || printf '%s\\n' "$above"
  done | sort -u
}

# changes DIFFERENCES: the paths that have to be written.
changes() { sed -n -e 's/^changed //p' -e 's/^missing //p' -e 's/^link //p' -e 's/^mode //p' "$1"; }

# untouchable FOLDER DIFFERENCES: paths that the login user cannot look at, where the release has another content than the releases
# of the last switch. What has the same content is left alone.
untouchable() {
  hidden=$(sed -n 's/^unreadable //p' "$2") || return 1
  printf '%s\\n' "$hidden" | while IFS= read -r path; do
    [ -n "$path" ] || continue
    line=$(checksum_line "$1" "$path")
    for other in "$(pending target)" "$(pending rollback-target)"; do
      [ -n "$other" ] && [ "$releases/$other" != "$1" ] || continue
      [ ! -f "$releases/$other/manifest" ] || ! has "$line" "$releases/$other/manifest" || continue 2
    done
    printf '%s\\n' "$path"
  done
}

checksum_line() {
  grep -F -- "  $2" "$1/manifest" | while IFS= read -r line; do
    [ "\${line#*  }" != "$2" ] || printf '%s\\n' "$line"
  done
}

# look FOLDER: what a switch to the release would change, in $work/leaving (paths to remove) and $work/differences.
look() {
  cd -- "$project" || return 1
  leaving "$1" >"$work/may-leave" || return 1
  while IFS= read -r path; do
    # A directory by now, or nothing that can be seen, is not the file that a release of ours shipped.
    is_directory "./$path" || ! exists "./$path" || printf '%s\\n' "$path" || return 1
  done <"$work/may-leave" >"$work/leaving" || return 1
  { file_differences "$1" && behind_links "$1"; } >"$work/differences"
}

# A link that leaves hides the directory that takes its place: what seems to lie there lies somewhere else.
behind_links() {
  while IFS= read -r link; do
    [ -L "./$link" ] || continue
    while IFS= read -r path; do
      case $path in "$link"/*) printf 'changed %s\\n' "$path" || return 1 ;; esac
    done <"$1/paths"
  done <"$work/leaving"
}

# Why the files of a release cannot be switched, looked for before anything is touched: after \`look FOLDER\`.
unwritable_in() {
  { changes "$work/differences" && cat "$work/leaving"; } >"$work/touched" || return 1
  unwritable <"$work/touched"
}
blocked() {
  kind_conflicts "$1" "$work/leaving" || return 1
  untouchable "$1" "$work/differences" >"$work/untouchable" || return 1
  sed 's/.*/& cannot be read or replaced by the login user/' "$work/untouchable"
}

# switch_files FOLDER: gives the project directory the files of a release, each by one rename: a reader sees the old file or the new
# one, never a half. What is right already is left as it is, so that this may be repeated after it was cut off anywhere.
switch_files() {
  release=$1
  cd -- "$project" || return 1
  look "$release" || return 1
  sed -n 's/^unreadable //p' "$work/differences" | while IFS= read -r path; do
    printf '%s is left as it is: the login user has no permission to look at it\\n' "$path"
  done
  changes "$work/differences" >"$work/changed" || return 1
  sed 's|^|./|' "$work/changed" >"$work/wanted" || return 1
  rm -rf "$work/new" && mkdir "$work/new" || return 1
  (cd "$release/files" && copy "$work/wanted" "$work/new") || return 1
  (cd "$work/new" && find . ! -type d) >"$work/entries" || return 1
  find "$work/new" -type f >"$work/sync" || return 1
  durable_list "$work/sync" || return 1
  clear_kinds || return 1
  make_directories || return 1
  while IFS= read -r entry; do
    # A new directory has been moved as a whole.
    ! exists "$work/new/$entry" || replace "$work/new/$entry" "$project/$entry" || return 1
  done <"$work/entries"
  while IFS= read -r path; do
    # Below what is a file by now there is nothing, which rm of busybox takes for an error.
    is_directory "./$path" || ! exists "./$path" || rm -f -- "./$path" || return 1
  done <"$work/leaving"
  { sed 's|^\\./||' "$work/entries" && cat "$work/leaving"; } >"$work/touched" || return 1
  sed -n 's|/[^/]*$||p' "$work/touched" >"$work/above" || return 1
  sort -u "$work/above" >"$work/directories-touched" || return 1
  while IFS= read -r directory; do
    [ ! -d "$directory" ] || printf './%s\\n' "$directory" || return 1
  done <"$work/directories-touched" >"$work/sync" || return 1
  echo . >>"$work/sync" || return 1
  durable_list "$work/sync"
}

# Removes what is of another kind than the release's entry of that name: kind_conflicts has found that it is ours.
clear_kinds() {
  while IFS= read -r entry; do
    path=\${entry#./}
    if is_directory "./$path"; then
      # Deepest first; files of ours that leave, then directories of ours.
      find "./$path" ! -type d | sed 's|^\\./||' | while IFS= read -r file; do
        ! has "$file" "$work/leaving" || rm -f -- "./$file" || exit 1
      done || return 1
      find "./$path" -depth -type d -exec rmdir -- {} + 2>/dev/null || return 1
      continue
    fi
    above=$path
    while [ "\${above%/*}" != "$above" ]; do
      above=\${above%/*}
      ! has "$above" "$work/leaving" || rm -f -- "./$above" || return 1
    done
  done <"$work/entries"
}

# Makes the directories that are missing, and has on record before that they are ours, so that they can go again.
make_directories() {
  (cd "$work/new" && find . -type d) | sed -n 's|^\\./||p' | sort >"$work/wanted-directories" || return 1
  while IFS= read -r directory; do
    [ -d "./$directory" ] || printf '%s\\n' "$directory" || return 1
  done <"$work/wanted-directories" >"$work/missing-directories" || return 1
  [ -s "$work/missing-directories" ] || return 0
  cp -- "$work/missing-directories" "$work/ours" || return 1
  ! is_file "$deploy/directories" || cat "$deploy/directories" >>"$work/ours" || return 1
  sort -u "$work/ours" >"$work/known-directories" || return 1
  put "$deploy/directories" <"$work/known-directories" || return 1
  while IFS= read -r directory; do
    case $directory in
    */*) [ -d "./$directory" ] || (umask 022 && mkdir -- "./$directory") || return 1 ;;
    # By one rename with all that is in it.
    *) [ -d "./$directory" ] || mv -- "$work/new/$directory" "./$directory" || return 1 ;;
    esac
  done <"$work/missing-directories"
}

# A directory that a container mounts stays, also when it is empty: the container would keep one that is not there any more.
is_mounted() {
  [ -s "$work/mounted" ] || return 1
  while IFS= read -r source; do
    case $source/ in "$project/$1"/*) return 0 ;; esac
  done <"$work/mounted"
  return 1
}

# An empty directory that the login user can look into and remove.
is_removable() {
  is_directory "$1" && [ -r "$1" ] && [ -x "$1" ] && [ -w "\${1%/*}" ] || return 1
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do ! exists "$entry" || return 1; done
}

# Directories of ours that are empty now, deepest first. Last, after \`up\`: the engine makes a mounted one anew, as root's, for a
# container that restarts before it is replaced.
remove_empty_directories() {
  cd -- "$project" || return 1
  is_file "$deploy/directories" && [ -s "$deploy/directories" ] || return 0
  sort -r "$deploy/directories" >"$work/ours" || return 1
  mounted_for=$(values project "$1/plan") || return 1
  mounted_sources "$mounted_for" >"$work/mounted" || return 1
  while IFS= read -r directory; do
    # It stays on record, and the next switch tries again.
    is_mounted "$directory" || ! is_removable "./$directory" || rmdir -- "./$directory" ||
      printf 'the directory %s is empty now and could not be removed\\n' "$directory" || return 1
  done <"$work/ours"
  while IFS= read -r directory; do
    ! is_directory "./$directory" || printf '%s\\n' "$directory" || return 1
  done <"$work/ours" >"$work/left" || return 1
  sort "$work/left" >"$work/left-sorted" || return 1
  cmp -s "$work/left-sorted" "$deploy/directories" || put "$deploy/directories" <"$work/left-sorted"
}

# switch_env FOLDER
switch_env() {
  env_is=$(env_differences "$1") || return 1
  case $env_is in '') return 0 ;; extra*) rm -f "$project/.env" && durable "$project" && return 0 || return 1 ;; esac
  cp -- "$1/env" "$work/env" && chmod "$(env_mode "$1")" "$work/env" && durable "$work/env" || return 1
  replace "$work/env" "$project/.env" && durable "$project"
}

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
      printf '%s\\n' "$inspected"
      return
    fi
    containers_of "$1" -q >"$work/still-there" || return 1
    remaining=$(for container in $inspected_ids; do ! has "$container" "$work/still-there" || printf '%s\\n' "$container"; done) || return 1
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
    has "$container" "$work/left-ids" || printf '%s\\n' "$container" || return 1
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
short_id() { printf '%s\\n' "\${1%"\${1#????????????}"}"; }

# compose FOLDER ARGUMENTS…: docker compose for the release in FOLDER, with its images pinned.
compose() {
  from=$1
  shift
  compose_project=$(values project "$from/plan") && [ -n "$compose_project" ] || return 1
  run_compose "$compose_project" "$project" "$from/plan" "$from/images.yml" "$@"
}

# run_compose NAME DIRECTORY LIST IMAGES ARGUMENTS…: LIST has lines \`compose FILE\`; NAME and IMAGES may be ''. \`cd\`, as some versions
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
  clean timeout -k 10 "\${COMPOSE_LIMIT:-$DOCKER_LIMIT}" docker compose "$@"
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
  [ "$number" = 0 ] || printf 'images held for a rollback: %s\\n' "$number"
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

hold_name() { printf 'deploy-holds-%s-%s\\n' "$1" "$(short_id "\${2#sha256:}")"; }

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
  built_for=$(engine image inspect --format '{{with .Config}}{{with .Labels}}{{index . "com.docker.compose.project"}}{{end}}{{end}}' \\
    "$image" </dev/null 2>"$work/said") || {
    grep -qi 'no such image' "$work/said" || return 1
    printf 'image %s of the rollback target is not on this server any more: a rollback would have to pull it\\n' "$image"
    return 0
  }
  set -- --name "$holding" --network none --label "deploy-actions.holds=$1" \\
    \${built_for:+--label "com.docker.compose.project=deploy-holds-$1"}
  # That it was started does not mean that \`sleep\` found its libraries.
  if run_hold "$@" && engine exec "$holding" "$sleeper" 0 >/dev/null 2>"$work/said" </dev/null; then return 0; fi
  printf '%s does not run on this server: a prune of containers removes it, and one of images then removes what a rollback needs (%s)\\n' \\
    "$holding" "$(head -n 1 "$work/said")"
  holds_of "$hold_project" -a >"$work/holds" || return 1
  ! has "$holding" "$work/holds" || engine rm -f -v "$holding" >/dev/null </dev/null || return 1
  engine create "$@" --entrypoint hold "$image" >/dev/null </dev/null
}

# run_hold OPTIONS: nothing of the image runs, and nothing has to be in it: \`sleep\` and its libraries are the server's own, and the
# image's variables do not make it load others. Other tools on the server are told to leave the container alone.
run_hold() {
  for sleeper in /usr/bin/sleep /bin/sleep; do [ ! -x "$sleeper" ] || break; done
  for directory in /usr/bin /usr/lib /usr/lib64 /bin /lib /lib64; do
    [ ! -d "$directory" ] || set -- "$@" --mount "type=bind,src=$directory,dst=$directory,readonly"
  done
  engine run -d --pull never --restart always --stop-signal KILL --no-healthcheck --log-driver none --user 0:0 --workdir / --read-only \\
    --cap-drop ALL --security-opt no-new-privileges --env LD_PRELOAD= --env LD_LIBRARY_PATH= \\
    --label com.centurylinklabs.watchtower.enable=false --label traefik.enable=false "$@" --entrypoint "$sleeper" "$image" 2147483647 \\
    >/dev/null 2>"$work/said" </dev/null
}

# release_images PHASE, after the commit, with the release that was confirmed before in $before. \`confirmed\`: holds what the release and its rollback
# target need, and removes the other holds. \`rolled-back\`: removes those whose images run again. The others may be those of the next rollback
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
  printf '%s\\n' "$tags" | while IFS=' ' read -r id tag; do
    [ -z "$id" ] || engine tag "$id" "$tag" </dev/null || exit 1
  done
}

# An \`up\` that was cut off leaves containers under a temporary name (a hexadecimal prefix) that block every later one.
remove_cut_off() {
  containers_of "$1" --filter status=created --format '{{.ID}} {{.Names}}' >"$work/created" || return 1
  sed -n 's/^\\([0-9a-f]*\\) [0-9a-f]\\{12\\}_.*$/\\1/p' "$work/created" >"$work/cut-off" || return 1
  while IFS= read -r container; do engine rm -f "$container" >/dev/null </dev/null || return 1; done <"$work/cut-off"
}

# Containers of services that the release does not have are stopped and renamed, and removed when the release is confirmed: until
# then a rollback starts them again, with their anonymous volumes. \`left\` has them on record before they are touched. Only services
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
  containers_of "$name" --format '{{.ID}} {{.Names}} {{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.oneoff"}}' \\
    >"$work/present" || return 1
  while IFS=' ' read -r container called service oneoff; do
    case $oneoff in [Tt]rue) continue ;; esac
    has "$service" "$work/leaving-services" || continue
    if ! has "$container" "$work/left-ids"; then
      printf '%s %s %s\\n' "$container" "$called" "$service" >>"$work/left-before" || return 1
      put "$deploy/left" <"$work/left-before" || return 1
    fi
    printf 'stopping %s, which is not part of release %s\\n' "$service" "\${1##*/}"
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
  printf '%s\\n' "$limit_on_record"
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
    ! has "$container" "$work/existing" || engine rm \${volumes:+-v} "$container" >/dev/null </dev/null || return 1
    forget_left "$container" || return 1
  done <"$work/left-before"
}

# config_hashes NAME DIRECTORY LIST IMAGES: Compose's own hashes of each service, \`SERVICE HASH\` per line; a container has one of them
# as its label. Twice: several versions hash a service with \`env_file\` or \`depends_on\` otherwise than \`up\` does, unless the
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

# verify ID [NAME]: what a switch must have reached. With \`none\` only the containers of the project NAME: that changes nothing.
verb_verify() {
  id=$1 name=\${2:-}
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

# open SILENCE HOLDER OWNER: holds the project's lock for as long as its input is open and something comes through it now and then.
#
# The kernel frees the lock when this process ends, however it ends. It ends with its input, which sshd closes with the connection;
# and by itself when the other side has sent nothing for SILENCE seconds, since sshd can take hours to notice that a peer has
# vanished. A run that comes back over a new connection has its own old lock freed at once: it is known by OWNER, a word that only this
# run knows. Children do not inherit descriptor 9, or one that outlives this process would keep the lock.
#
# Prints: \`missing PROGRAM\`, or \`held JSON\` each time that somebody else has the lock, then \`locked EPOCH FOLDER\` and the store.
verb_open() {
  silence=$1 holder=$2 owner=$3
  is_number "$silence" || die "$USAGE" "not a number of seconds: $silence"
  set +e
  for program in flock timeout mktemp; do
    command -v "$program" >/dev/null || { printf 'missing %s\\n' "$program"; exit 1; }
  done
  prepare || exit 1
  remove_links "$deploy/lock" && exec 9>>"$deploy/lock" || exit 1
  trap '' PIPE
  said='' quiet=0
  until flock -n 9; do
    if [ "$(sed -n 2p "$deploy/lock")" = "$owner" ]; then
      remove_links "$deploy/yield" && printf '%s\\n' "$owner" >"$deploy/yield"
    else
      holding=$(sed -n 1p "$deploy/lock")
      [ "$holding" = "$said" ] || printf 'held %s\\n' "$holding"
      said=$holding
    fi
    listen 1
    case $? in
    0) quiet=0 ;;
    1) exit 0 ;;
    *)
      quiet=$((quiet + 1))
      [ "$quiet" -lt "$silence" ] || exit 0
      ;;
    esac
  done
  name_holder "$holder$NEWLINE$owner$NEWLINE"
  rm -f "$deploy/yield"
  # What lies there was left behind by holders that were killed.
  return_spare
  rm -rf "$deploy"/tmp/run.*
  (remove_configs)
  (remove_old_lists)
  # Unless a switch that outlived its run still works, for longer than the rest of one that was killed.
  (exec 9>&- && lock_switches 15 && rm -rf "$deploy"/tmp/work.* && rm -f "$deploy"/*.new)
  { run_folder=$(mktemp -d "$deploy/tmp/run.XXXXXX") && next_epoch; } || { use_spare 9>&- && next_epoch; } || exit 1
  trap 'return_spare; rm -rf "$run_folder"; name_holder ""' EXIT
  trap 'exit 0' HUP INT TERM
  settle '' 9>&-
  # A rollback was killed that had stopped them for room. One that is unfinished starts them at its end.
  if is_final "$(pending phase)"; then start_stopped 9>&-; fi
  printf 'locked %s %s\\n' "$epoch" "$run_folder"
  # An engine that does not respond now may be back later: then the projects of the survey count.
  if found_projects=$(compose_projects 9>&-); then
    section projects
    printf '%s\\n' "$found_projects"
  fi
  store_sections 9>&- || exit 1
  section end
  quiet=0
  while [ "$quiet" -lt "$silence" ] && ! is_asked_back; do
    listen "$LOOK_EVERY"
    case $? in
    0) quiet=0 ;;
    1) exit 0 ;;
    *) quiet=$((quiet + LOOK_EVERY)) ;;
    esac
  done
}

# name_holder TEXT: what others read of who has the lock.
name_holder() { remove_links "$deploy/lock" && printf '%s' "$1" >"$deploy/lock"; }

# Seconds after which the holder looks whether its own run asks for the lock.
LOOK_EVERY=1
is_asked_back() { [ -f "$deploy/yield" ] && [ "$(cat "$deploy/yield" 2>/dev/null)" = "$owner" ]; }

# 0 when a line came, 1 when the input has ended, more when the time is up.
listen() { timeout "$1" sh -c 'read -r _' 9>&-; }

# The team's own directory is made as any other; .deploy is nobody else's business, as it holds environments.
prepare() {
  (umask 022 && mkdir -p "$project") && mkdir -p "$releases" "$deploy/tmp" && chmod 700 "$deploy"
}

# A private folder that goes with the input: for a dry run.
verb_scratch() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 143' HUP INT TERM
  printf 'folder %s\\n' "$folder"
  cat >/dev/null
}

# stage FOLDER BASE NAME: unpacks a release beside what runs, and has Compose read it there. BASE is a release whose unchanged files
# are not sent again, or ''; NAME is the project's name, or '' for Compose's own rule. Standard input: the paths of BASE that are
# not taken over, one per line, then \`.\`, then a tar stream of manifest, modes, links, compose, perhaps env, and files/.
verb_stage() {
  folder=$1 base=$2 name=$3
  use_scratch "$folder"
  staged=$folder/staged
  rm -rf "$staged"
  mkdir -p "$staged"
  take_over "$base"
  # The time is that of the unpacking: web servers derive ETag and Last-Modified from it. The owner is who unpacks; modes are kept.
  (cd "$staged" && umask 022 && tar -x -m -o -p -f -) || die 1 'the files could not be unpacked'
  mkdir -p "$staged/files"
  chmod 700 "$staged"
  [ ! -f "$staged/env" ] || chmod 600 "$staged/env"
  : >>"$staged/manifest"
  : >>"$staged/modes"
  sed 's/^/link /' "$staged/links" >"$staged/plan"
  list_paths "$staged" >"$staged/paths"
  section damaged
  (cd "$staged/files" && unequal ../manifest)
  section existing
  if [ -d "$project" ]; then
    while IFS= read -r path; do kind_of "$path"; done <"$staged/paths"
    kind_of .env
  fi
  : >"$work/leaving"
  : >"$work/differences"
  [ ! -d "$project" ] || look "$staged"
  section changes
  cat "$work/differences"
  section leaving
  cat "$work/leaving"
  section unwritable
  [ ! -d "$project" ] || unwritable_in
  section blocked
  [ ! -d "$project" ] || blocked "$staged"
  read_config
  section end
}

# Hard links to the files of an earlier release, which are never written in place, less those that are sent. The read of a shell
# takes its lines byte by byte, so that the tar stream behind them stays whole.
take_over() {
  if [ -z "$1" ]; then
    mkdir "$staged/files"
  else
    cp -al -- "$releases/$1/files" "$staged/files" 2>/dev/null || {
      rm -rf "$staged/files"
      cp -a -- "$releases/$1/files" "$staged/files"
    }
  fi
  while IFS= read -r path && [ "$path" != . ]; do printf './%s\\n' "$path"; done >"$work/dropped"
  cd "$staged/files"
  [ ! -s "$work/dropped" ] || tr '\\n' '\\0' <"$work/dropped" | xargs -0 rm -f --
  find . -depth -type d -exec rmdir -- {} + 2>/dev/null || :
}

kind_of() {
  if [ -L "$project/$1" ]; then
    printf 'link %s\\n' "$1"
  elif [ -f "$project/$1" ]; then
    printf 'file %s\\n' "$1"
  elif [ -d "$project/$1" ]; then
    printf 'directory %s\\n' "$1"
  elif [ -e "$project/$1" ]; then
    printf 'other %s\\n' "$1"
  fi
}

# What Compose makes of the project directory as it will be after the switch, made beside it: the staged files and the new .env, and
# links to whatever lies on the server only. A mistake is found while the old version serves. The answer holds secrets.
read_config() {
  # Where Compose takes the project's name from the directory's, the preview must have that name.
  preview=$folder/preview/\${project##*/}
  rm -rf "$folder/preview"
  mkdir -p "$folder/preview"
  cp -al -- "$staged/files" "$preview" 2>/dev/null || {
    rm -rf "$preview"
    cp -a -- "$staged/files" "$preview"
  }
  [ ! -f "$staged/env" ] || ln -sf "$staged/env" "$preview/.env"
  [ ! -d "$project" ] || link_the_rest
  sed 's/^/compose /' "$staged/compose" >"$work/list"
  section directory
  printf '%s\\n' "$preview"
  # Each start of Compose takes longer than all the rest: what does not depend on another answer is asked at once.
  run_compose "$name" "$preview" "$work/list" '' config >"$work/yaml" 2>/dev/null &
  reading=$!
  run_compose "$name" "$preview" "$work/list" '' config --images >"$work/references" 2>/dev/null &
  listing=$!
  # Without a name that was given, the project most probably still has that of the release before.
  likely=$name
  [ -n "$likely" ] || [ -z "$base" ] || likely=$(values project "$releases/$base/plan")
  if [ -n "$likely" ]; then
    containers_section "$likely" >"$work/containers" &
    looking=$!
  fi
  result=0
  run_compose "$name" "$preview" "$work/list" '' config --format json >"$work/config" 2>"$work/warnings" || result=$?
  if [ "$result" != 0 ]; then
    wait
    section config-error
    cat "$work/warnings"
    return 0
  fi
  section warnings
  cat "$work/warnings"
  section config
  cat "$work/config"
  printf '\\n%s\\n' ---
  wait "$reading"
  cat "$work/yaml"
  [ -n "$name" ] || name=$(sed -n 's/^  "name": "\\(.*\\)",\\{0,1\\}$/\\1/p' "$work/config" | head -n 1)
  if [ "$name" = "$likely" ]; then
    wait "$looking"
    cat "$work/containers"
  else
    containers_section "$name"
  fi
  section images
  wait "$listing" || :
  sort -u "$work/references" | look_up_images
}

link_the_rest() {
  (cd "$preview" && find . -type d) >"$work/directories"
  sed 's|^|/|' "$work/leaving" >"$work/leaving-marked"
  while IFS= read -r directory; do
    for entry in "$project/$directory"/* "$project/$directory"/.[!.]* "$project/$directory"/..?*; do
      below=\${entry##*/}
      # What the switch removes will not be there.
      ! has "\${directory#.}/$below" "$work/leaving-marked" || continue
      [ "$below" = .deploy ] || ! exists "$entry" || exists "$preview/$directory/$below" || ln -s "$entry" "$preview/$directory/$below"
    done
  done <"$work/directories"
}

# A dry run has its folder outside of the project, which it leaves alone.
use_scratch() {
  work=$1/work
  rm -rf "$work"
  mkdir -p "$work"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 143' INT TERM HUP
}

# adopt FOLDER NAME: copies what the server has now, so that a rollback leads exactly there. Standard input: paths, one per line, \`.\`,
# then the compose files that the containers were started from. NAME is '' where nothing runs.
verb_adopt() {
  folder=$1 name=$2
  use_scratch "$folder"
  adopted=$folder/adopted
  # A copy that is not whole must not take the room of a rollback.
  trap 'left_with=$?; rm -rf "$work"; [ "$left_with" = 0 ] || rm -rf "$adopted"' EXIT
  rm -rf "$adopted"
  mkdir -p "$adopted/files"
  cd -- "$project"
  : >"$work/list"
  : >"$work/links"
  : >"$work/unreadable"
  while IFS= read -r path && [ "$path" != . ]; do
    if [ -L "./$path" ]; then
      printf '%s\\n' "$path" >>"$work/links"
    elif [ -f "./$path" ] && [ -r "./$path" ]; then
      printf '%s\\n' "$path" >>"$work/list"
    elif [ -f "./$path" ]; then
      printf '%s\\n' "$path" >>"$work/unreadable"
    fi
  done
  sed 's/^/compose /' >"$work/plan"
  [ ! -L ./.env ] || printf '.env\\n' >>"$work/links"
  sort -u "$work/list" "$work/links" | sed 's|^|./|' >"$work/copied"
  copy "$work/copied" "$adopted/files"
  sort -u "$work/list" | sed 's|^|./|' | tr '\\n' '\\0' >"$work/checked"
  cd "$adopted/files"
  section manifest
  : >"$work/sums"
  : >"$work/stats"
  if [ -s "$work/checked" ]; then
    xargs -0 sha256sum <"$work/checked" >"$work/sums"
    xargs -0 stat -c '%a %n' <"$work/checked" >"$work/stats"
  fi
  sed 's|  \\./|  |' "$work/sums"
  section modes
  sed 's|^\\([0-7]*\\) \\./|\\1 |' "$work/stats"
  section links
  sort -u "$work/links"
  section unreadable
  cat "$work/unreadable"
  section env
  # A link is recorded as one, with the other links.
  if [ -f "$project/.env" ] && [ ! -L "$project/.env" ]; then
    cp -- "$project/.env" "$adopted/env"
    chmod 600 "$adopted/env"
    stat -c %a "$project/.env"
  fi
  section missing
  values compose "$work/plan" >"$work/composed"
  while IFS= read -r file; do [ -f "$project/$file" ] || printf '%s\\n' "$file"; done <"$work/composed"
  section hashes
  [ -z "$name" ] || config_hashes "$name" "$project" "$work/plan" '' 2>"$work/errors" || :
  section hashes-error
  [ ! -f "$work/errors" ] || cat "$work/errors"
  section end
}

# store EPOCH FOLDER ID: completes the release that was made in FOLDER with the documents that come as a tar stream, and moves it into
# the store by one rename.
verb_store() {
  epoch=$1 folder=$2 id=$3
  mkdir -p "$folder/files"
  cd "$folder"
  tar -x -m -o -f -
  for document in release.json state plan manifest modes images.yml; do
    [ -f "$document" ] || die 1 "release $id is not whole: $document is missing"
  done
  chmod 700 .
  find . -maxdepth 1 -type f -exec chmod 600 {} +
  # Of this name may be there what a container has made meanwhile.
  rm -f -- paths rollback.sh ../stored
  list_paths . >paths
  # As given: behind a link, rollback.sh would find another one.
  printf 'path %s\\n' "$project" >>plan
  cp -- "$PROGRAM" rollback.sh
  if [ -d "$releases/$id" ]; then
    # The answer of an earlier call was lost.
    cmp -s release.json "$releases/$id/release.json" || die "$REFUSED" "there is another release $id on this server"
    rm -rf "$folder"
  else
    fence
    find . -type f >../stored
    durable_list ../stored
    rm -f ../stored
    seal . "$id"
    mv -- "$folder" "$releases/$id"
    durable "$releases"
  fi
  # Tagged images outlive \`docker image prune\`. The switch tags them once more, by ID.
  tag_images "$releases/$id/plan" || :
  section end
}

# prune EPOCH: lines \`release ID\` and \`tag REFERENCE\`. What a switch could still need is refused here, whoever asks. An image that a
# container uses stays: rmi without force.
verb_prune() {
  epoch=$1
  fence
  use_work
  target=$(pending target)
  back=$(pending rollback-target)
  current=$(pointed current)
  confirmed=$(pointed confirmed)
  section removed
  while IFS=' ' read -r word value; do
    case $word in
    release)
      for needed in "$target" "$back" "$current" "$confirmed"; do
        [ "$needed" != "$value" ] || continue 2
      done
      # By a rename first: a release that was removed in part must not pass for one.
      case $value in '' | */* | .*) continue ;; esac
      [ ! -d "$releases/$value" ] || mv -- "$releases/$value" "$work/"
      unseal "$value"
      ;;
    tag) ! engine rmi "$value" >/dev/null 2>&1 </dev/null || printf '%s\\n' "$value" ;;
    esac
  done
  section end
}

# pull FOLDER SECONDS: standard input has lines \`login REGISTRY USER\`, each followed by a line with the password; \`pull REFERENCE\`,
# with the server's own logins; \`pull-with-login REFERENCE\`, with those of this call; \`look REFERENCE\`; and \`.\` at the end. Logins live
# in a Docker configuration of their own, which goes with this call.
PULLS_AT_ONCE=4

verb_pull() {
  folder=$1 limit=$2
  use_lists
  config=
  trap 'rm -rf "$work" \${config:+"$config"}' EXIT
  : >"$work/pull"
  : >"$work/look"
  : >"$work/failed"
  while IFS=' ' read -r word value more; do
    case $word in
    login) log_in "$value" "$more" || break ;;
    pull | pull-with-login) printf '%s %s\\n' "$word" "$value" >>"$work/pull" ;;
    look) printf '%s\\n' "$value" >>"$work/look" ;;
    .) break ;;
    esac
  done
  [ -s "$work/failed" ] || pull_all
  section failed
  cat "$work/failed"
  section images
  [ -s "$work/failed" ] || look_up_images <"$work/look"
  section end
}

# log_in REGISTRY USER; \`-\` is Docker Hub. The password goes by standard input.
log_in() {
  IFS= read -r password || :
  [ -n "$config" ] || make_config || die 1 'no folder for the logins of this run could be made'
  set -- "$1" --username "$2" --password-stdin
  registry=$1
  shift
  [ "$registry" = - ] || set -- "$@" "$registry"
  printf '%s' "$password" | clean timeout -k 5 "$DOCKER_LIMIT" docker --config "$config" login "$@" >/dev/null 2>"$work/said" && return 0
  printf 'login %s\\t%s\\n' "$registry" "$(tr '\\n' ' ' <"$work/said")" >>"$work/failed"
  return 1
}

# Plugins and the chosen context are those of the user's own configuration. Its logins are not: \`docker login\` would keep the password
# there, or in its credential helper. In a configuration without any entry it looks for a helper as well, hence the one for no registry.
make_config() {
  prefix=$(config_prefix) || return 1
  # Docker from snap reads neither of the directories in memory.
  case $(command -v docker) in
  */snap/*) config=$(mktemp -d "$folder/$prefix.XXXXXX") || return 1 ;;
  *) config=$(memory_folder "$prefix" "$folder") || return 1 ;;
  esac
  own=\${DOCKER_CONFIG:-$HOME/.docker}
  [ ! -d "$own/cli-plugins" ] || ln -sfn "$own/cli-plugins" "$config/cli-plugins"
  [ ! -d "$own/contexts" ] || ln -sfn "$own/contexts" "$config/contexts"
  context=$(engine context show 2>/dev/null) || context=
  [ "$context" != default ] || context=
  printf '{"auths":{"deploy-actions.invalid":{}},"currentContext":"%s"}\\n' "$context" >"$config/config.json"
}

# The name of such folders of this project: they lie in memory where possible, so that a server that dies keeps no password.
config_prefix() {
  project_hash=$(printf '%s' "$project" | sha256sum) && printf 'deploy-actions-%.16s\\n' "$project_hash"
}

# Removes those of calls that were killed. Whoever holds the lock is the only one who pulls. Others can write in /dev/shm too.
remove_configs() {
  prefix=$(config_prefix) || return 1
  for left in "$MEMORY/$prefix".* "/dev/shm/$prefix".*; do
    [ -d "$left" ] && [ ! -L "$left" ] && [ "$(stat -c %u "$left")" = "$(id -u)" ] || continue
    rm -rf "$left"
  done
}

pull_all() {
  running=
  count=0
  number=0
  while IFS=' ' read -r word reference; do
    number=$((number + 1))
    pull_one "$word" "$reference" "$work/said.$number" &
    running="$running $!"
    count=$((count + 1))
    if [ "$count" = "$PULLS_AT_ONCE" ]; then
      wait_for_pulls || return 0
    fi
  done <"$work/pull"
  wait_for_pulls || return 0
}

wait_for_pulls() {
  for process in $running; do wait "$process" || :; done
  running=
  count=0
  [ ! -s "$work/failed" ]
}

# pull_one WORD REFERENCE FILE: in a process of its own; docker's error goes to the file.
pull_one() {
  said=$3
  name=$(printf '%s' "$2" | sed 's/[\\\\&|]/\\\\&/g')
  case $1 in
  pull-with-login) set -- --config "$config" pull "$2" ;;
  *) set -- pull "$2" ;;
  esac
  # The exit status of a pipeline is its last command's.
  { clean timeout -k 10 "$limit" docker "$@" </dev/null 2>"$said" || printf '%s\\n' "$?" >"$said.status"; } | sed "s|^|$name: |" >&2 || :
  [ -f "$said.status" ] || return 0
  [ "$(cat "$said.status")" != 124 ] || printf 'it did not end within %s s' "$limit" >>"$said"
  printf 'pull %s\\t%s\\n' "\${name}" "$(tr '\\n' ' ' <"$said")" >>"$work/failed"
}

# The switch, forward to a new release and back to an earlier one: both by the same steps. So a rollback is what every deploy has
# just done, and it works from the server alone.

# On a full disk nothing can be written there: then the status tells.
step() { printf 'step %s\\n' "$1" >&6 || :; }

# A folder for one call, inside of .deploy: a rename from it into the project is atomic.
use_work() {
  [ -z "\${work:-}" ] || return 0
  mkdir -p "$deploy/tmp"
  work=$(mktemp -d "$deploy/tmp/work.XXXXXX") || return 1
  trap leave_work EXIT
  trap 'exit 143' INT TERM HUP
}

# Not every program says why it could not write.
leave_work() {
  left_with=$?
  [ "$left_with" = 0 ] || ! is_full || printf 'no space left on device: %s\\n' "$deploy" >&2 || :
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
  printf '%s\\n' "$steps"
  printf 'status %s\\n' "$result"
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
# lock, or a killed shell would free it while an old \`up\` still works. Both files are new, and are opened once: a container that can write in
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
  back=\${5:-}
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

# keep_in_mind RELEASE OTHER, which replace those of a switch without a good end in \`pending\`: files of more than these two can be
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
  (hold_confirmed "$name" "$id" "$left_release") || printf 'images of release %s cannot be held yet\\n' "$left_release"
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
  tag_images "$1/plan" || printf 'not all images could be tagged\\n'
  COMPOSE_LIMIT=$(values timeout "$1/plan") && started=$(values service "$1/plan") || return 1
  # By name: of a project that was started in part, only what ran is on record. Names of services have no spaces.
  # shellcheck disable=SC2086
  compose "$1" up -d --no-build $started
}

# \`sh .deploy/releases/ID/rollback.sh\`, run by a person: waits for a deploy that is under way, makes this release the running one, and
# compares what then is there with the record. Frozen: no arguments; exit status 0 verified, 1 failed, 65 refused with nothing changed,
# 66 and 69 failed in part (run it again), 75 another run acted meanwhile.
rollback_by_person() {
  release=$(cd -- "$(dirname -- "$0")" && pwd -P)
  id=\${release##*/}
  use_project "\${release%/.deploy/releases/*}"
  use_given_path
  # Before anything is touched. Without a folder to try them in, nothing is known about them.
  tried_in=$(memory_folder deploy-actions-lists "\${TMPDIR:-/tmp}") && unusable=$(unusable_tools "$tried_in") || unusable=
  [ -z "$tried_in" ] || rm -rf "$tried_in"
  [ -z "$unusable" ] || die "$REFUSED" "these tools are missing on this server, or do not work as this program uses them (they come from coreutils, findutils and util-linux):
$unusable"
  # As another user (sudo), it would leave files behind that the deploy user cannot read.
  user=$(stat -c %U "$deploy")
  [ "$(id -un)" = "$user" ] || die "$REFUSED" "run this as the user that deploys: sudo -u $user sh $0"
  owner=$(id -un)$(tty 2>/dev/null | sed -n 's|^/|@/|p')
  mark='result of rollback.sh'
  printf 'waiting for the lock of %s …\\n' "$project"
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
  (tidy rolled-back) 9>&- || printf 'the records of release %s could not be updated; the next run does it\\n' "$id" >&2
  printf 'release %s runs again, verified\\n' "$id"
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
  printf 'copied to %s first, as no release has it:\\n' "$saved_to"
  sed 's|^\\./|  |' "$work/saved"
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
      { [ ! -L "./$path" ] && [ ! -r "./$path" ]; } || printf '%s\\n' "$path" || return 1
    done <"$work/touched-once" >"$work/unsaved" || return 1
  fi
  env_is_saved || printf '.env\\n' >>"$work/unsaved" || return 1
  sed 's|^|./|' "$work/unsaved" >"$work/entries" || return 1
  while IFS= read -r path; do ! exists "$path" || printf '%s\\n' "$path" || return 1; done <"$work/entries" >"$work/saved"
}

# Whether the .env stays, or the release that is there has it.
env_is_saved() {
  env_is=$(env_differences "$releases/$id") || return 1
  [ -n "$env_is" ] && exists "$project/.env" || return 0
  [ -n "$here" ] && [ "$(values env "$releases/$here/plan")" = written ] && cmp -s "$releases/$here/env" "$project/.env"
}

# Seconds after which containers are looked at once more: one that dies soon after its start looks healthy at first. Tests set it.
LOOK_AGAIN=\${LOOK_AGAIN:-5}

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
  inspect_listed "$name" \\
    '{{.Image}} {{.State.Status}} {{.State.ExitCode}} {{index .Config.Labels "com.docker.compose.oneoff"}} {{index .Config.Labels "com.docker.compose.service"}}' \\
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
      [ "$image" = "$recorded" ] || printf 'service %s runs another image\\n' "$service"
      case $optional$state:$code in yes* | running:* | exited:0) ;; *) printf 'service %s is %s\\n' "$service" "$state" ;; esac
    done <"$work/running"
    [ -n "$optional$seen" ] || printf 'service %s has no container\\n' "$service"
  done <"$work/recorded"
}

case \${0##*/}:\${1:-} in
rollback.sh:)
  rollback_by_person
  exit
  ;;
rollback.sh:_switch) ;;
rollback.sh:*) die "$USAGE" 'usage: sh rollback.sh' ;;
esac

verb=\${1:-}
case $verb in
survey | open | scratch | stage | pull | adopt | store | activate | rollback | _switch | verify | finish | prune | stop | logs) ;;
*) die "$USAGE" "usage: $0 VERB MARK PROJECT …; unknown verb: $verb" ;;
esac
[ "$#" -ge 3 ] || die "$USAGE" "usage: $0 VERB MARK PROJECT …"
mark=$2
use_project "$3"
shift 3
"verb_$verb" "$@"
`
