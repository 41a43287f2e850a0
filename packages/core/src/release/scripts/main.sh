# shellcheck shell=sh
case ${0##*/}:${1:-} in
rollback.sh:)
  rollback_by_person
  exit
  ;;
rollback.sh:_switch) ;;
rollback.sh:*) die "$USAGE" 'usage: sh rollback.sh' ;;
esac

verb=${1:-}
case $verb in
survey | open | scratch | stage | pull | adopt | store | activate | rollback | _switch | verify | finish | prune | stop | logs) ;;
*) die "$USAGE" "usage: $0 VERB MARK PROJECT …; unknown verb: $verb" ;;
esac
[ "$#" -ge 3 ] || die "$USAGE" "usage: $0 VERB MARK PROJECT …"
mark=$2
use_project "$3"
shift 3
"verb_$verb" "$@"
