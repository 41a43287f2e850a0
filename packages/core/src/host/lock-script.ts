/**
 * Holds a lock on a host, for as long as its input is open and something comes through it now and then. For every POSIX
 * shell (dash, bash, busybox ash); arguments: lock file, holder as a line of JSON, folder for the private folder, seconds of
 * silence after which the other side counts as dead.
 *
 * The kernel gives the lock back when this process ends, however it ends. It ends with its input, which sshd closes with the
 * connection; and by itself when the other side has said nothing for long, since sshd may not notice for hours that a peer
 * has vanished. Children do not inherit descriptor 9, or one that outlives the script would keep the lock.
 *
 * Says: `missing PROGRAM`, or `held JSON` each time that somebody else has the lock, then `locked FOLDER`.
 */
export const LOCK_SCRIPT = `
set -u
umask 077
lock=$1 holder=$2 parent=$3 silence=$4
for program in flock timeout mktemp; do
  command -v "$program" >/dev/null || { printf 'missing %s\\n' "$program"; exit 1; }
done
# 0 when a line came, 1 when the input has ended, more when the time is up.
listen() { timeout "$1" sh -c 'read -r _' 9>&-; }
mkdir -p "$parent" && exec 9>>"$lock" || exit 1
trap '' PIPE
said= quiet=0
until flock -n 9; do
  now=$(cat "$lock")
  [ "$now" = "$said" ] || printf 'held %s\\n' "$now"
  said=$now
  listen 1
  case $? in
    0) quiet=0 ;;
    1) exit 0 ;;
    *) quiet=$((quiet + 1)); [ "$quiet" -lt "$silence" ] || exit 0 ;;
  esac
done
printf '%s\\n' "$holder" >"$lock"
# What is there was left behind by holders that were killed.
rm -rf "$parent"/tmp.*
folder=$(mktemp -d "$parent/tmp.XXXXXX") || exit 1
trap 'rm -rf "$folder"; : >"$lock"' EXIT
trap 'exit 0' HUP INT TERM
printf 'locked %s\\n' "$folder"
while listen "$silence"; do :; done
`
