# Run the command in $RUN, and run it again whenever it ends, for as long as the process $STARTED_BY lives.
#
# honcho ends everything as soon as one process ends; a scan worker that dies must not take the pages
# with it. The command comes in a variable, so that ending a process by its name spares this keeper.

export PATH="$PWD/.venv/bin:$PATH"
# honcho gives every process a port of its own; the product knows only the dashboard's.
export PORT="$DASHBOARD_PORT"

# honcho puts each process into a session of its own, where a closed terminal is not noticed, and it
# cannot tell them when it is killed itself.
( while kill -0 "$STARTED_BY" 2>/dev/null; do sleep 10; done; kill -TERM 0 ) &

# To stop, the whole process group is signalled: the command ends first, then this trap runs.
trap 'exit 0' TERM
while :; do
    $RUN
    echo "ended with code $?; starting it again: $RUN"
    sleep 1
done
