# shellcheck shell=sh
# pull FOLDER SECONDS: standard input has lines `login REGISTRY USER`, each followed by a line with the password; `pull REFERENCE`;
# `look REFERENCE`; and `.` at the end. Logins live in a Docker configuration of their own, which goes with this call.
PULLS_AT_ONCE=4

verb_pull() {
  folder=$1 limit=$2
  use_lists
  config=$folder/docker
  trap 'rm -rf "$work" "$config"' EXIT
  : >"$work/pull"
  : >"$work/look"
  : >"$work/failed"
  while IFS=' ' read -r word value more; do
    case $word in
    login) log_in "$value" "$more" || break ;;
    pull) printf '%s\n' "$value" >>"$work/pull" ;;
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

# log_in REGISTRY USER; `-` is Docker Hub. Plugins and the chosen context are taken over from the user's own configuration, its
# logins are not. The password goes by standard input.
log_in() {
  IFS= read -r password || :
  if [ ! -d "$config" ]; then
    mkdir -p "$config"
    own=${DOCKER_CONFIG:-$HOME/.docker}
    [ ! -d "$own/cli-plugins" ] || ln -sfn "$own/cli-plugins" "$config/cli-plugins"
    [ ! -d "$own/contexts" ] || ln -sfn "$own/contexts" "$config/contexts"
    context=$(engine context show 2>/dev/null) || context=
    [ "$context" != default ] || context=
    printf '{"auths":{},"currentContext":"%s"}\n' "$context" >"$config/config.json"
  fi
  set -- "$1" --username "$2" --password-stdin
  registry=$1
  shift
  [ "$registry" = - ] || set -- "$@" "$registry"
  printf '%s' "$password" | clean timeout -k 5 "$DOCKER_LIMIT" docker --config "$config" login "$@" >/dev/null 2>"$work/said" && return 0
  printf 'login %s\t%s\n' "$registry" "$(tr '\n' ' ' <"$work/said")" >>"$work/failed"
  return 1
}

pull_all() {
  running=
  count=0
  number=0
  while IFS= read -r reference; do
    number=$((number + 1))
    pull_one "$reference" "$work/said.$number" &
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

pull_one() {
  name=$(printf '%s' "$1" | sed 's/[\\&|]/\\&/g')
  set -- "$2" pull "$1"
  said=$1
  shift
  [ ! -d "$config" ] || set -- --config "$config" "$@"
  # The exit status of a pipeline is its last command's.
  { clean timeout -k 10 "$limit" docker "$@" </dev/null 2>"$said" || printf '%s\n' "$?" >"$said.status"; } | sed "s|^|$name: |" >&2 || :
  [ -f "$said.status" ] || return 0
  [ "$(cat "$said.status")" != 124 ] || printf 'it did not end within %s s' "$limit" >>"$said"
  printf 'pull %s\t%s\n' "${name}" "$(tr '\n' ' ' <"$said")" >>"$work/failed"
}
