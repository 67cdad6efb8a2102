#!/bin/sh
# Prints the newest errors of the booking service: recent-errors.sh --minutes 10
exec kubectl logs deployment/booking --since "${2:-10}m" --tail 200
