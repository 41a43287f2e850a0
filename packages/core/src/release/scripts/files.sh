# shellcheck shell=sh
# The files of a release, compared with what lies in the project directory.

# The paths that a release ships, sorted: `paths` in its folder.
list_paths() {
  # Each in a step of its own: of a pipeline only the last status counts.
  shipped=$(sed 's/^[^ ]*  //' "$1/manifest") || return 1
  shipped_links=$(values link "$1/plan") || return 1
  shipped=$(printf '%s\n%s\n' "$shipped" "$shipped_links" | sort) || return 1
  printf '%s\n' "$shipped" | sed '/^$/d'
}

# differences ID: how the project directory differs from the release, a line `KIND PATH` for each path:
#   changed missing  its content            mode  its permission bits      link  its target
#   unreadable       cannot be compared, as the login user has no permission to look
#   extra            `.env`, where the release has none
differences() {
  [ -f "$releases/$1/plan" ] || return 1
  file_differences "$releases/$1" && env_differences "$releases/$1"
}

file_differences() {
  cd -- "$project" && content_differences "$1" && mode_differences "$1" && link_differences "$1"
}

content_differences() {
  unequal_here=$(unequal "$1/manifest") || return 1
  printf '%s\n' "$unequal_here" | while IFS= read -r line; do
    path=${line%: FAILED*}
    [ -z "$path" ] || printf '%s %s\n' "$(why_different "$path")" "$path" || exit 1
  done
}

mode_differences() {
  [ -f "$1/modes" ] || return 1
  # Once more where a file went between the two looks.
  look_at_modes "$1" || look_at_modes "$1" || return 1
  [ "$seen" != "$recorded" ] || return 0
  while IFS= read -r line && IFS= read -r was <&3; do
    [ "$line" = "$was" ] || printf 'mode %s\n' "${line#* }" || return 1
  done <<SEEN 3<<RECORDED
$seen
SEEN
$recorded
RECORDED
}

# In $recorded the lines of `modes` for what is there and can be compared, and in $seen what is there, both in the same order.
look_at_modes() {
  recorded=$(
    while IFS= read -r line; do
      path=./${line#* }
      [ ! -e "$path" ] || { [ -f "$path" ] && [ ! -r "$path" ]; } || printf '%s\n' "$line" || exit 1
    done <"$1/modes"
  ) || return 1
  seen=
  [ -n "$recorded" ] || return 0
  seen=$(printf '%s\n' "$recorded" | sed 's|^[0-7]* |./|' | tr '\n' '\0' | xargs -0 stat -c '%a %n') || return 1
  seen=$(printf '%s\n' "$seen" | sed 's|^\([0-7]*\) \./|\1 |') || return 1
}

link_differences() {
  recorded=$(values link "$1/plan") || return 1
  printf '%s\n' "$recorded" | while IFS= read -r path; do
    [ -n "$path" ] || continue
    if [ ! -L "./$path" ]; then
      printf '%s %s\n' "$(why_different "$path")" "$path" || exit 1
    elif [ "$(readlink "./$path")" != "$(readlink "$1/files/$path")" ]; then
      printf 'link %s\n' "$path" || exit 1
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
  while [ "${above%/*}" != "$above" ]; do
    above=${above%/*}
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
  printf '%s\n' "${mode:-600}"
}

# The releases whose files and containers can be there: those of the last switch, and those that the links name.
switched() {
  switched_to=$(pending target) && switched_back=$(pending rollback-target) &&
    switched_current=$(pointed current) && switched_confirmed=$(pointed confirmed) || return 1
  switched_before=
  ! is_file "$deploy/may-be-there" || switched_before=$(cat "$deploy/may-be-there") || return 1
  printf '%s\n' "$switched_to" "$switched_back" "$switched_current" "$switched_confirmed" "$switched_before" | sort -u
}

# The release whose files the project directory holds, all of them; nothing where that is not certain.
held_whole() {
  held_in=$(pending phase) || return 1
  case $held_in in confirmed | started | rolled-back) held ;; esac
}

# leaving FOLDER: the paths that a release of ours shipped to the project directory and the release in FOLDER does not have: only such
# a path is ever removed. `.env` has a policy of its own. After a switch that was cut off nobody knows which of its releases a file is
# of: then all of them count. What an adopted release has and no deploy had brought is the team's, and stays.
leaving() {
  held_there=$(held_whole) || return 1
  releases_there=$held_there
  [ -n "$held_there" ] || releases_there=$(switched) || return 1
  printf '.env\n' >"$work/stays" || return 1
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
    printf '%s\n' "$path" || return 1
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
      is_ours "$path" "$2" || printf '%s is a directory on the server, and a file in this release\n' "$path" || return 1
      continue
    fi
    above=$path
    while [ "${above%/*}" != "$above" ]; do
      above=${above%/*}
      # A link of the team's own to a directory elsewhere is as good as a directory.
      if exists "./$above" && [ ! -d "./$above" ] && ! has "$above" "$2"; then
        printf '%s is not a directory on the server, and a directory in this release\n' "$above" || return 1
        break
      fi
    done
  done <"$1/paths" >"$work/conflicts" || return 1
  sort -u "$work/conflicts"
}

# is_ours DIRECTORY LEAVING: whether all that is in it is ours to remove. What cannot be looked into is not.
is_ours() {
  find "./$1" ! -type d >"$work/files-below" 2>/dev/null && find "./$1" -type d >"$work/directories-below" || return 1
  while IFS= read -r below; do has "${below#./}" "$2" || return 1; done <"$work/files-below"
  while IFS= read -r below; do has "${below#./}" "$work/ours" || return 1; done <"$work/directories-below"
}

# Which of the paths on standard input lie in a directory in which the login user cannot write.
unwritable() {
  cd -- "$project" 2>/dev/null || return 0
  while IFS= read -r path; do
    above=$path
    while [ "${above%/*}" != "$above" ]; do
      above=${above%/*}
      [ ! -d "./$above" ] || break
    done
    [ -d "./$above" ] && [ "$above" != "$path" ] || above=.
    [ -w "./$above" ] || printf '%s\n' "$above"
  done | sort -u
}

# changes DIFFERENCES: the paths that have to be written.
changes() { sed -n -e 's/^changed //p' -e 's/^missing //p' -e 's/^link //p' -e 's/^mode //p' "$1"; }

# untouchable FOLDER DIFFERENCES: paths that the login user cannot look at, where the release has another content than the releases
# of the last switch. What has the same content is left alone.
untouchable() {
  hidden=$(sed -n 's/^unreadable //p' "$2") || return 1
  printf '%s\n' "$hidden" | while IFS= read -r path; do
    [ -n "$path" ] || continue
    line=$(checksum_line "$1" "$path")
    for other in "$(pending target)" "$(pending rollback-target)"; do
      [ -n "$other" ] && [ "$releases/$other" != "$1" ] || continue
      [ ! -f "$releases/$other/manifest" ] || ! has "$line" "$releases/$other/manifest" || continue 2
    done
    printf '%s\n' "$path"
  done
}

checksum_line() {
  grep -F -- "  $2" "$1/manifest" | while IFS= read -r line; do
    [ "${line#*  }" != "$2" ] || printf '%s\n' "$line"
  done
}

# look FOLDER: what a switch to the release would change, in $work/leaving (paths to remove) and $work/differences.
look() {
  cd -- "$project" || return 1
  leaving "$1" >"$work/may-leave" || return 1
  while IFS= read -r path; do
    # A directory by now, or nothing that can be seen, is not the file that a release of ours shipped.
    is_directory "./$path" || ! exists "./$path" || printf '%s\n' "$path" || return 1
  done <"$work/may-leave" >"$work/leaving" || return 1
  { file_differences "$1" && behind_links "$1"; } >"$work/differences"
}

# A link that leaves hides the directory that takes its place: what seems to lie there lies somewhere else.
behind_links() {
  while IFS= read -r link; do
    [ -L "./$link" ] || continue
    while IFS= read -r path; do
      case $path in "$link"/*) printf 'changed %s\n' "$path" || return 1 ;; esac
    done <"$1/paths"
  done <"$work/leaving"
}

# Why the files of a release cannot be switched, looked for before anything is touched: after `look FOLDER`.
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
    printf '%s is left as it is: the login user has no permission to look at it\n' "$path"
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
  { sed 's|^\./||' "$work/entries" && cat "$work/leaving"; } >"$work/touched" || return 1
  sed -n 's|/[^/]*$||p' "$work/touched" >"$work/above" || return 1
  sort -u "$work/above" >"$work/directories-touched" || return 1
  while IFS= read -r directory; do
    [ ! -d "$directory" ] || printf './%s\n' "$directory" || return 1
  done <"$work/directories-touched" >"$work/sync" || return 1
  echo . >>"$work/sync" || return 1
  durable_list "$work/sync"
}

# Removes what is of another kind than the release's entry of that name: kind_conflicts has found that it is ours.
clear_kinds() {
  while IFS= read -r entry; do
    path=${entry#./}
    if is_directory "./$path"; then
      # Deepest first; files of ours that leave, then directories of ours.
      find "./$path" ! -type d | sed 's|^\./||' | while IFS= read -r file; do
        ! has "$file" "$work/leaving" || rm -f -- "./$file" || exit 1
      done || return 1
      find "./$path" -depth -type d -exec rmdir -- {} + 2>/dev/null || return 1
      continue
    fi
    above=$path
    while [ "${above%/*}" != "$above" ]; do
      above=${above%/*}
      ! has "$above" "$work/leaving" || rm -f -- "./$above" || return 1
    done
  done <"$work/entries"
}

# Makes the directories that are missing, and has on record before that they are ours, so that they can go again.
make_directories() {
  (cd "$work/new" && find . -type d) | sed -n 's|^\./||p' | sort >"$work/wanted-directories" || return 1
  while IFS= read -r directory; do
    [ -d "./$directory" ] || printf '%s\n' "$directory" || return 1
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
  is_directory "$1" && [ -r "$1" ] && [ -x "$1" ] && [ -w "${1%/*}" ] || return 1
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do ! exists "$entry" || return 1; done
}

# Directories of ours that are empty now, deepest first. Last, after `up`: the engine makes a mounted one anew, as root's, for a
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
      printf 'the directory %s is empty now and could not be removed\n' "$directory" || return 1
  done <"$work/ours"
  while IFS= read -r directory; do
    ! is_directory "./$directory" || printf '%s\n' "$directory" || return 1
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
