# shellcheck shell=bash
# What checks of the running service share.

drop_ins=/run/systemd/system/parleyd.service.d

# install_and_start: the service of the machine, with a sound server of its own.
install_and_start() {
    dpkg --install /packages/parley_*.deb && systemctl enable --now parleyd.service && has_sound
}

# property NAME: of the system's service.
property() { systemctl show --property="$1" --value parleyd.service; }

# answers: the gateway, to one request.
answers() { parleyctl status; }

# replaced OLD: whether the service runs as another process than OLD, and answers.
replaced() { [ "$(property MainPID)" != "$1" ] && [ "$(property MainPID)" != 0 ] && answers; }

# host PLUGIN: the process that has it loaded.
host() { grep --files-with-matches "transports/$1.so" /proc/[0-9]*/maps 2>/dev/null | tail -n 1 | cut -d / -f 3; }

# has_host PLUGIN
has_host() { [ -n "$(host "$1")" ]; }

# is_connected SESSION
is_connected() { parleyctl sessions | grep -w -- "$1" | grep -q connected; }

# has_sound: whether the sound server of the service is there, soon.
has_sound() { until_true 20 sh -c 'parleyctl devices | grep -q auto_null'; }

# shellcheck disable=SC2154  # of common.bash
# entries [FIELD=VALUE...]: of the service and about it, since the check began.
entries() { journalctl --unit parleyd --since "@$check_began" --no-pager --output json "$@"; }

# journal_has PATTERN [FIELD=VALUE...]: in one of these entries.
journal_has() { entries "${@:2}" | grep -i -e "$1"; }

# says TEXT: the line of `systemctl status`.
says() { property StatusText | grep -q -- "$1"; }

# drop_in NAME: reads a part of the unit from the standard input, and lets systemd read it.
drop_in() {
    mkdir -p "$drop_ins"
    cat >"$drop_ins/$1.conf"
    systemctl daemon-reload
}
