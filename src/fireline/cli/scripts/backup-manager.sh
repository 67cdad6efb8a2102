#!/bin/sh
# In place of a project's own backup script: the same words, carried out by Fireline, which neither lies nor destroys.
#
#   backup-manager.sh full                  take a verified backup of the current state
#   backup-manager.sh restore FILE|BACKUP   restore beside the database in use and compare; nothing in use is touched
#   backup-manager.sh list                  the backups there are, and when each was last proved
#   backup-manager.sh verify FILE|BACKUP    read it to its end: signature, checksums, archive
#   backup-manager.sh cleanup               delete what need not be kept; never the last that was proved
#
# FIRELINE_TARGET names the target where the settings have several; FIRELINE_COMMAND the program where it is not on the PATH.
set -eu

fireline=${FIRELINE_COMMAND:-fireline}
command -v "$fireline" >/dev/null 2>&1 || {
    echo "backup-manager.sh: no $fireline on the PATH; install Fireline, or set FIRELINE_COMMAND" >&2
    exit 2
}

usage() {
    sed -n 's/^#   //p' "$0" >&2
    exit 2
}

word=${1:-}
[ $# -gt 0 ] && shift
what=${1:-}
set -- ${FIRELINE_TARGET:+--target "$FIRELINE_TARGET"}

case $word in
full) exec "$fireline" backup create "$@" --yes ;;
restore)
    [ -n "$what" ] || usage
    "$fireline" restore "$what" "$@" --yes
    echo 'The database in use was not touched. What would be lost and what would come back: fireline restore diff latest'
    echo 'To put the restored one into its place, with the way back kept: fireline swap latest'
    ;;
list) exec "$fireline" backup list "$@" ;;
verify)
    [ -n "$what" ] || usage
    exec "$fireline" backup verify "$what" "$@"
    ;;
cleanup) exec "$fireline" backup prune "$@" ;;
*) usage ;;
esac
