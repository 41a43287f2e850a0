# shellcheck shell=sh
# .deploy/pending: the one record of intent and the only commit point. Everything else (the links `current` and `confirmed`, the
# state of each release) follows from it and is repaired by whoever takes the lock.

pending() {
  pending_values=$(values "$1" "$deploy/pending") || return 1
  printf '%s\n' "${pending_values%%"$NEWLINE"*}"
}

# No one works on the project: the last switch was confirmed, rolled back or given up.
is_final() {
  case $1 in '' | confirmed | disarmed | rolled-back | rollback-failed) return 0 ;; *) return 1 ;; esac
}

# write_pending OWNER TARGET ROLLBACK_TARGET PHASE ATTEMPTS
write_pending() {
  # A value that could not be read must not replace one that is there.
  for value_of_pending; do [ -n "$value_of_pending" ] || return 1; done
  printf 'format 1\nowner %s\ntarget %s\nrollback-target %s\nphase %s\nconfirm none\nconfirm-timeout 0\nwall-deadline 0\nattempts %s\n' \
    "$@" | put "$deploy/pending"
}

# Every compare-and-set of `pending` happens under this lock, which is held for milliseconds.
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
    printf '%s\n' "$epoch" | put "$deploy/epoch"
  else
    # In place, as that needs no room: the number never has fewer digits than the one before it.
    printf '%s\n' "$epoch" 1<>"$deploy/epoch" && durable "$deploy/epoch"
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
  printf 'state %s\nat %s\nreason %s\n' "$2" "$(now)" "$(printf '%s' "${3:-}" | tr '\n' ' ')" | put "$releases/$1/state"
}

# Brings links and states in line with `pending`. May be repeated; a crash between any two of its steps is repaired by the next.
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
      fail_staged "$target" "${1:-}" || return 1
    elif [ -n "$before" ] && [ "$before" != "$back" ]; then
      set_state "$before" rolled-back "${1:-}" || return 1
    fi
    set_state_unless confirmed "$back" && point current "$back" && point confirmed "$back"
    ;;
  disarmed) fail_staged "$target" "${1:-}" && point current "$target" ;;
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
  tidy "$4" || printf 'the records of release %s could not be updated; the next run does it\n' "$3" >&2
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
