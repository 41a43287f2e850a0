# shellcheck shell=sh
# The tools of the server. That one is there does not mean that it knows the options that are used here: busybox is built in many ways.

TOOLS='cat chmod cmp comm cp cut date df dirname env find flock grep head id ln mkdir mktemp mv readlink rm rmdir sed setsid sha256sum sleep sort stat sync tail tar timeout tr wc xargs'

# With no other programs than these: not every PATH has `true` and `echo`.
#
# unusable_tools FOLDER: a line for each tool that is missing (`find`), and for each use of one that does not work (`find -mmin`). Options with a way around them are not
# tried. The folder is empty, and stays with what was tried in it.
unusable_tools() (
  cd "$1" || exit 1
  for tool in $TOOLS; do command -v "$tool" >/dev/null 2>&1 || printf '%s\n' "$tool"; done
  printf 'b\na\nb\n' >lines && printf 'a\nb\n' >sorted && printf 'lines\0sorted\0' >names && mkdir below && ln -s lines link || exit 0
  attempt 'flock -n' '' locks_at_once
  attempt 'timeout -k' '' timeout -k 5 60 sh -c :
  attempt 'setsid' '' setsid sh -c :
  attempt 'sleep 0.1' '' sleep 0.01
  attempt 'env -i' 'A=x' env -i A=x env
  attempt 'mktemp -d' '' mktemp -d "$1/new.XXXXXX"
  attempt 'find -maxdepth' './below' find . -mindepth 1 -maxdepth 1 -type d -name 'be*'
  attempt 'find -mmin' '' find . -user "$(id -un)" -mmin +60
  attempt 'find -exec {} +' "./link${NEWLINE}./lines" find ./link ./lines ! -type d -exec stat -c %n -- {} +
  attempt 'find -depth' './below' find ./below -depth
  attempt 'xargs -0' "lines${NEWLINE}sorted" reads_names
  attempt 'tr \000' "lines${NEWLINE}sorted" divides_names
  attempt 'head -c' 'b' head -c 1 lines
  attempt 'tail -n +2' "a${NEWLINE}b" tail -n +2 lines
  attempt 'sort -u' "a${NEWLINE}b" sort -u lines
  attempt 'comm -12' "a${NEWLINE}b" comm -12 sorted sorted
  attempt 'comm -23' '' comm -23 sorted sorted
  attempt 'cmp -s' '' cmp -s sorted sorted
  attempt 'grep -qxF' '' grep -qxF -- a lines
  attempt 'stat -c' "644 lines 0" shows_mode
  attempt 'readlink' 'lines' readlink link
  attempt 'ln -sfn' '' ln -sfn below link
  attempt 'sha256sum -c' 'lines: OK' checks_sums
  attempt 'cp -a' '' cp -a -- lines below
  attempt 'tar -x -m -o -p' "a${NEWLINE}b" copies_by_tar
)

# attempt NAME OUTPUT COMMAND…: prints the name where the command fails, or prints anything else than the output, which '' leaves open.
attempt() {
  attempted=$1 wanted=$2
  shift 2
  command -v "${attempted%% *}" >/dev/null 2>&1 || return 0
  printed=$("$@" 2>/dev/null </dev/null) && { [ -z "$wanted" ] || [ "$printed" = "$wanted" ]; } || printf '%s\n' "$attempted"
}

locks_at_once() { flock -n 6 6>>lock; }
reads_names() { xargs -0 stat -c %n -- <names; }
divides_names() { tr '\000' '\n' <names; }
shows_mode() { chmod 644 lines && : >empty && printf '%s %s\n' "$(stat -c '%a %n' lines)" "$(stat -c %s -- empty)" && stat -c '%u %U' lines >empty; }
checks_sums() { sha256sum -- lines >sums && sha256sum -c sums; }
copies_by_tar() { tar -cf copy.tar ./sorted && tar -C below -xpf copy.tar && tar -x -m -o -p -f - <copy.tar && cat below/sorted; }
