#!/usr/bin/env bash
set -euo pipefail

# Without a value, push is BuildKit's alone, which is what happens in a builder of docker/setup-buildx-action. With one, or with
# --push, buildx has the engine push once more, and Docker 26 gives a tag to each platform's manifest meanwhile.
names=$(paste -s -d , - <<< "$TAGS")
output="type=image,\"name=$names\""
if [ "$PUSH" = true ]; then output+=,push=; fi
options=(--progress plain --platform "$PLATFORMS" --output "$output")
# add OPTION LINES: the option once for each line that is not empty
add() {
  while IFS= read -r line; do
    if [ -n "$line" ]; then options+=("$1" "$line"); fi
  done <<< "$2"
}
add --label "$LABELS"
add --build-arg "$BUILD_ARGS"

# shellcheck disable=SC2016 # for the shell in the builder
in_builder='cd "$(mktemp -d)" && tar --extract && docker buildx build "$@" .'
tar --create --directory "$CONTEXT" --exclude ./node_modules --exclude ./.git . |
  docker exec --interactive --env "DOCKER_CONFIG=/tmp/login/$RUNNER_TEMP" "$LAB_BUILDER" \
    bash -c "$in_builder" bash "${options[@]}"
