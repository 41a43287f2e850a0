# shellcheck shell=sh
# open SILENCE HOLDER OWNER: holds the project's lock for as long as its input is open and something comes through it now and then.
#
# The kernel frees the lock when this process ends, however it ends. It ends with its input, which sshd closes with the connection;
# and by itself when the other side has sent nothing for SILENCE seconds, since sshd can take hours to notice that a peer has
# vanished. A run that comes back over a new connection has its own old lock freed at once: it is known by OWNER, a word that only this
# run knows. Children do not inherit descriptor 9, or one that outlives this process would keep the lock.
#
# Prints: `missing PROGRAM`, or `held JSON` each time that somebody else has the lock, then `locked EPOCH FOLDER` and the store.
verb_open() {
  silence=$1 holder=$2 owner=$3
  is_number "$silence" || die "$USAGE" "not a number of seconds: $silence"
  set +e
  for program in flock timeout mktemp; do
    command -v "$program" >/dev/null || { printf 'missing %s\n' "$program"; exit 1; }
  done
  prepare || exit 1
  remove_links "$deploy/lock" && exec 9>>"$deploy/lock" || exit 1
  trap '' PIPE
  said='' quiet=0
  until flock -n 9; do
    if [ "$(sed -n 2p "$deploy/lock")" = "$owner" ]; then
      remove_links "$deploy/yield" && printf '%s\n' "$owner" >"$deploy/yield"
    else
      holding=$(sed -n 1p "$deploy/lock")
      [ "$holding" = "$said" ] || printf 'held %s\n' "$holding"
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
  printf 'locked %s %s\n' "$epoch" "$run_folder"
  # An engine that does not respond now may be back later: then the projects of the survey count.
  if found_projects=$(compose_projects 9>&-); then
    section projects
    printf '%s\n' "$found_projects"
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
  printf 'folder %s\n' "$folder"
  cat >/dev/null
}
