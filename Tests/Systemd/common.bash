# shellcheck shell=bash
# What the files of checks share. Each check_* in one of them is one claim; they run in the order they are
# written, since each takes the machine as the one before left it.

# When the running check began, in seconds.
check_began=""

# until_true SECONDS COMMAND...: asks until it is so; says what was not.
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || { echo "not in time: $*"; return 1; }
        sleep 0.05
    done
}

# expect WANTED ACTUAL WHAT
expect() {
    [ "$1" = "$2" ] || { echo "$3: expected $1, got $2"; return 1; }
}

# run_checks FILE: all of its checks, a line for each; whether all held.
run_checks() {
    local checks check held name took passed=0 failed=0
    mapfile -t checks < <(sed -n 's/^\(check_[a-z_0-9]*\)() {.*/\1/p' "$1")
    for check in "${checks[@]}"; do
        check_began=$EPOCHREALTIME
        # Not in a pipe: a check may set variables for the next ones.
        "$check" >/tmp/check.log 2>&1 && held=yes || held=no
        name=${check#check_}
        took="$(((${EPOCHREALTIME/./} - ${check_began/./}) / 1000)) ms"
        if [ "$held" = yes ]; then
            passed=$((passed + 1))
            echo "✔ ${name//_/ } ($took)"
        else
            failed=$((failed + 1))
            echo "✘ ${name//_/ } ($took)"
            sed 's/^/    /' /tmp/check.log
        fi
    done
    echo "${1##*/}: $passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
