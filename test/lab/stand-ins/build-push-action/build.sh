#!/usr/bin/env bash
set -euo pipefail

options=(--progress plain --platform "$PLATFORMS" "--push=$PUSH")
# add OPTION LINES: the option once for each line that is not empty
add() {
  while IFS= read -r line; do
    if [ -n "$line" ]; then options+=("$1" "$line"); fi
  done <<< "$2"
}
add --tag "$TAGS"
add --label "$LABELS"
add --build-arg "$BUILD_ARGS"

# shellcheck disable=SC2016 # for the shell in the builder
in_builder='cd "$(mktemp -d)" && tar --extract && docker buildx build "$@" .'
tar --create --directory "$CONTEXT" --exclude ./node_modules --exclude ./.git . |
  docker exec --interactive --env "DOCKER_CONFIG=/tmp/login/$RUNNER_TEMP" "$LAB_BUILDER" \
    bash -c "$in_builder" bash "${options[@]}"
