# shellcheck shell=sh
# pull FOLDER SECONDS: standard input has lines `login REGISTRY USER`, each followed by a line with the password; `pull REFERENCE`,
# with the server's own logins; `pull-with-login REFERENCE`, with those of this call; `look REFERENCE`; and `.` at the end. Logins live
# in a Docker configuration of their own, which goes with this call.
PULLS_AT_ONCE=4

verb_pull() {
  folder=$1 limit=$2
  use_lists
  config=
  trap 'rm -rf "$work" ${config:+"$config"}' EXIT
  : >"$work/pull"
  : >"$work/look"
  : >"$work/failed"
  while IFS=' ' read -r word value more; do
    case $word in
    login) log_in "$value" "$more" || break ;;
    pull | pull-with-login) printf '%s %s\n' "$word" "$value" >>"$work/pull" ;;
    look) printf '%s\n' "$value" >>"$work/look" ;;
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

# log_in REGISTRY USER; `-` is Docker Hub. The password goes by standard input.
log_in() {
  IFS= read -r password || :
  [ -n "$config" ] || make_config || die 1 'no folder for the logins of this run could be made'
  set -- "$1" --username "$2" --password-stdin
  registry=$1
  shift
  [ "$registry" = - ] || set -- "$@" "$registry"
  printf '%s' "$password" | clean timeout -k 5 "$DOCKER_LIMIT" docker --config "$config" login "$@" >/dev/null 2>"$work/said" && return 0
  printf 'login %s\t%s\n' "$registry" "$(tr '\n' ' ' <"$work/said")" >>"$work/failed"
  return 1
}

# Plugins and the chosen context are those of the user's own configuration. Its logins are not: `docker login` would keep the password
# there, or in its credential helper. In a configuration without any entry it looks for a helper as well, hence the one for no registry.
make_config() {
  prefix=$(config_prefix) || return 1
  # Docker from snap reads neither of the directories in memory.
  case $(command -v docker) in
  */snap/*) config=$(mktemp -d "$folder/$prefix.XXXXXX") || return 1 ;;
  *) config=$(memory_folder "$prefix" "$folder") || return 1 ;;
  esac
  own=${DOCKER_CONFIG:-$HOME/.docker}
  [ ! -d "$own/cli-plugins" ] || ln -sfn "$own/cli-plugins" "$config/cli-plugins"
  [ ! -d "$own/contexts" ] || ln -sfn "$own/contexts" "$config/contexts"
  context=$(engine context show 2>/dev/null) || context=
  [ "$context" != default ] || context=
  printf '{"auths":{"deploy-actions.invalid":{}},"currentContext":"%s"}\n' "$context" >"$config/config.json"
}

# The name of such folders of this project: they lie in memory where possible, so that a server that dies keeps no password.
config_prefix() {
  project_hash=$(printf '%s' "$project" | sha256sum) && printf 'deploy-actions-%.16s\n' "$project_hash"
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
  name=$(printf '%s' "$2" | sed 's/[\\&|]/\\&/g')
  case $1 in
  pull-with-login) set -- --config "$config" pull "$2" ;;
  *) set -- pull "$2" ;;
  esac
  # The exit status of a pipeline is its last command's.
  { clean timeout -k 10 "$limit" docker "$@" </dev/null 2>"$said" || printf '%s\n' "$?" >"$said.status"; } | sed "s|^|$name: |" >&2 || :
  [ -f "$said.status" ] || return 0
  [ "$(cat "$said.status")" != 124 ] || printf 'it did not end within %s s' "$limit" >>"$said"
  printf 'pull %s\t%s\n' "${name}" "$(tr '\n' ' ' <"$said")" >>"$work/failed"
}
