# shellcheck shell=sh
# stage FOLDER BASE NAME: unpacks a release beside what runs, and has Compose read it there. BASE is a release whose unchanged files
# are not sent again, or ''; NAME is the project's name, or '' for Compose's own rule. Standard input: the paths of BASE that are
# not taken over, one per line, then `.`, then a tar stream of manifest, modes, links, compose, perhaps env, and files/.
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
  while IFS= read -r path && [ "$path" != . ]; do printf './%s\n' "$path"; done >"$work/dropped"
  cd "$staged/files"
  [ ! -s "$work/dropped" ] || tr '\n' '\0' <"$work/dropped" | xargs -0 rm -f --
  find . -depth -type d -exec rmdir -- {} + 2>/dev/null || :
}

kind_of() {
  if [ -L "$project/$1" ]; then
    printf 'link %s\n' "$1"
  elif [ -f "$project/$1" ]; then
    printf 'file %s\n' "$1"
  elif [ -d "$project/$1" ]; then
    printf 'directory %s\n' "$1"
  elif [ -e "$project/$1" ]; then
    printf 'other %s\n' "$1"
  fi
}

# What Compose makes of the project directory as it will be after the switch, made beside it: the staged files and the new .env, and
# links to whatever lies on the server only. A mistake is found while the old version serves. The answer holds secrets.
read_config() {
  # Where Compose takes the project's name from the directory's, the preview must have that name.
  preview=$folder/preview/${project##*/}
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
  printf '%s\n' "$preview"
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
  printf '\n%s\n' ---
  wait "$reading"
  cat "$work/yaml"
  [ -n "$name" ] || name=$(sed -n 's/^  "name": "\(.*\)",\{0,1\}$/\1/p' "$work/config" | head -n 1)
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
      below=${entry##*/}
      # What the switch removes will not be there.
      ! has "${directory#.}/$below" "$work/leaving-marked" || continue
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

# adopt FOLDER NAME: copies what the server has now, so that a rollback leads exactly there. Standard input: paths, one per line, `.`,
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
      printf '%s\n' "$path" >>"$work/links"
    elif [ -f "./$path" ] && [ -r "./$path" ]; then
      printf '%s\n' "$path" >>"$work/list"
    elif [ -f "./$path" ]; then
      printf '%s\n' "$path" >>"$work/unreadable"
    fi
  done
  sed 's/^/compose /' >"$work/plan"
  [ ! -L ./.env ] || printf '.env\n' >>"$work/links"
  sort -u "$work/list" "$work/links" | sed 's|^|./|' >"$work/copied"
  copy "$work/copied" "$adopted/files"
  sort -u "$work/list" | sed 's|^|./|' | tr '\n' '\0' >"$work/checked"
  cd "$adopted/files"
  section manifest
  : >"$work/sums"
  : >"$work/stats"
  if [ -s "$work/checked" ]; then
    xargs -0 sha256sum <"$work/checked" >"$work/sums"
    xargs -0 stat -c '%a %n' <"$work/checked" >"$work/stats"
  fi
  sed 's|  \./|  |' "$work/sums"
  section modes
  sed 's|^\([0-7]*\) \./|\1 |' "$work/stats"
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
  while IFS= read -r file; do [ -f "$project/$file" ] || printf '%s\n' "$file"; done <"$work/composed"
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
  printf 'path %s\n' "$project" >>plan
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
  # Tagged images outlive `docker image prune`. The switch tags them once more, by ID.
  tag_images "$releases/$id/plan" || :
  section end
}

# prune EPOCH: lines `release ID` and `tag REFERENCE`. What a switch could still need is refused here, whoever asks. An image that a
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
    tag) ! engine rmi "$value" >/dev/null 2>&1 </dev/null || printf '%s\n' "$value" ;;
    esac
  done
  section end
}
