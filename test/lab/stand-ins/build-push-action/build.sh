#!/usr/bin/env bash
set -euo pipefail

# Without a value, push is BuildKit's alone, which is what happens in a builder of docker/setup-buildx-action. With one, or with
# --push, buildx has the engine push once more, and Docker 26 gives a tag to each platform's manifest meanwhile.
names=$(paste -s -d , - <<< "$TAGS")
output="type=image,\"name=$names\""
if [ "$PUSH" = true ]; then output+=,push=; fi
options=(--progress plain --output "$output")
if [ -n "$PLATFORMS" ]; then options+=(--platform "$PLATFORMS"); fi
if [ -n "$TARGET" ]; then options+=(--target "$TARGET"); fi
# add OPTION LINES: the option once for each line that is not empty
add() {
  while IFS= read -r line; do
    if [ -n "$line" ]; then options+=("$1" "$line"); fi
  done <<< "$2"
}
add --label "$LABELS"
add --build-arg "$BUILD_ARGS"

# An official image that a Dockerfile builds from comes from the lab's registry. No Dockerfile and no workflow says so.
while IFS='=' read -r official image; do
  if [ -n "$official" ]; then options+=(--build-context "$official=docker-image://$image"); fi
done <<< "${LAB_BASE_IMAGES:-}"
# What a build downloads comes through the same proxy as on this machine.
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
  if [ -n "${!name:-}" ]; then options+=(--build-arg "$name=${!name}"); fi
done

in_builder() {
  docker exec --interactive --env "DOCKER_CONFIG=/tmp/login/$RUNNER_TEMP" "$LAB_BUILDER" bash -c "$@"
}
folder=$(in_builder 'mktemp -d')
# shellcheck disable=SC2016 # for the shell in the builder
trap 'in_builder '\''rm -rf "$1"'\'' bash "$folder"' EXIT
while IFS='=' read -r id value; do
  if [ -z "$id" ]; then continue; fi
  # shellcheck disable=SC2016
  in_builder 'cat > "$1"' bash "$folder/secret-$id" <<< "$value"
  options+=(--secret "id=$id,src=$folder/secret-$id")
done <<< "$SECRETS"

# As with the real one, the path of the Dockerfile is relative to the workspace, not to the context.
# shellcheck disable=SC2016
in_builder 'cat > "$1/Dockerfile"' bash "$folder" < "${DOCKERFILE:-$CONTEXT/Dockerfile}"
# shellcheck disable=SC2016
build='cd "$1" && shift && mkdir context && cd context && tar --extract && docker buildx build --file ../Dockerfile --metadata-file ../metadata "$@" .'
tar --create --directory "$CONTEXT" --exclude ./node_modules --exclude ./.git . | in_builder "$build" bash "$folder" "${options[@]}"
# shellcheck disable=SC2016
digest=$(in_builder 'sed -n '\''s/.*"containerimage.digest": "\(sha256:[0-9a-f]*\)".*/\1/p'\'' "$1/metadata"' bash "$folder")
echo "digest=$digest" >> "$GITHUB_OUTPUT"
