#!/usr/bin/env bash
# The entrypoint of the stand-in for apache/airflow: what users of the official image rely on, in the same order.
#
#   entrypoint bash …      a shell
#   entrypoint python …    Python
#   entrypoint [airflow] … an airflow command; without one airflow itself says what there is and exits with 2

set -euo pipefail

say() {
    printf '%s\n' "$*" >&2
}

# Group 0 owns all that a container writes to, so any user may run it as long as the group is 0.
check_user() {
    local uid gid
    uid=$(id -u)
    gid=$(id -g)
    [[ $gid == 0 ]] && return
    if [[ $uid == "${AIRFLOW_UID:-50000}" ]]; then
        say "WARNING: running as user $uid with group $gid; give it group 0, or another user won't be able to take over its files."
    else
        say "ERROR: running as user $uid with group $gid: only group 0 can write to this image's folders."
        say "       Start the container with group 0, such as --user $uid:0."
        exit 1
    fi
}

# Programs ask for the user's name and home folder; a user that the image doesn't know gets both here.
name_user() {
    whoami >/dev/null 2>&1 && return
    local name=${USER_NAME:-default}
    if [[ -w /etc/passwd ]]; then
        printf '%s:x:%s:0:%s user:%s:/sbin/nologin\n' "$name" "$(id -u)" "$name" "$AIRFLOW_USER_HOME_DIR" >>/etc/passwd
    fi
    export HOME=$AIRFLOW_USER_HOME_DIR
}

# The superuser's python isn't the one of Airflow's environment: without this it finds no Airflow.
show_packages_to_root() {
    [[ $(id -u) == 0 ]] || return 0
    say "Running as root; for anything but a trial choose another user."
    local version
    version=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    export PYTHONPATH="$AIRFLOW_USER_HOME_DIR/.local/lib/python$version/site-packages${PYTHONPATH:+:$PYTHONPATH}"
}

# Run a command until it succeeds, CONNECTION_CHECK_MAX_COUNT times at most; its last output explains a failure.
wait_for() {
    local left=$CONNECTION_CHECK_MAX_COUNT output
    until output=$("$@" 2>&1); do
        left=$((left - 1))
        if ((left <= 0)); then
            say "ERROR: \`$*\` failed $CONNECTION_CHECK_MAX_COUNT times (CONNECTION_CHECK_MAX_COUNT). The last time it said:"
            say "$output"
            exit 1
        fi
        printf .
        sleep "$CONNECTION_CHECK_SLEEP_TIME"
    done
    echo
}

broker_answers() {
    python - "$1" <<'PYTHON'
import socket, sys, urllib.parse
url = urllib.parse.urlsplit(sys.argv[1])
usual = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671, "postgresql": 5432, "mysql": 3306}
port = url.port or usual.get(url.scheme.split("+")[0])
if port:
    socket.create_connection((url.hostname or "localhost", port), timeout=5).close()
else:
    print(f"the port of the broker {url.scheme}://{url.hostname} isn't known: not checked", file=sys.stderr)
PYTHON
}

wait_for_broker() {
    [[ $(airflow config get-value core executor) == *CeleryExecutor* ]] || return 0
    wait_for broker_answers "$(airflow config get-value celery broker_url)"
}

create_user() {
    local password=${_AIRFLOW_WWW_USER_PASSWORD:-}
    if [[ -n ${_AIRFLOW_WWW_USER_PASSWORD_CMD:-} ]]; then
        password=$(bash -c "$_AIRFLOW_WWW_USER_PASSWORD_CMD")
    fi
    unset _AIRFLOW_WWW_USER_PASSWORD _AIRFLOW_WWW_USER_PASSWORD_CMD
    if [[ -z $password ]]; then
        say "ERROR: _AIRFLOW_WWW_USER_CREATE is set, but neither _AIRFLOW_WWW_USER_PASSWORD nor _AIRFLOW_WWW_USER_PASSWORD_CMD."
        exit 1
    fi
    # That the user is there already is no reason not to start.
    airflow users create \
        --username "${_AIRFLOW_WWW_USER_USERNAME:-admin}" \
        --firstname "${_AIRFLOW_WWW_USER_FIRSTNAME:-Airflow}" \
        --lastname "${_AIRFLOW_WWW_USER_LASTNAME:-Admin}" \
        --email "${_AIRFLOW_WWW_USER_EMAIL:-airflowadmin@example.com}" \
        --role "${_AIRFLOW_WWW_USER_ROLE:-Admin}" \
        --password "$password" || true
}

# For trying something out: the container ends after ten minutes, so that nobody runs on it for good.
install_more() {
    local lifetime=600 packages
    read -r -d '' -a packages <<<"$_PIP_ADDITIONAL_REQUIREMENTS" || true
    say "WARNING: installing ${packages[*]} at every start (_PIP_ADDITIONAL_REQUIREMENTS) is for trials only: build an image instead."
    pip install --root-user-action ignore --no-cache-dir "apache-airflow==$AIRFLOW_VERSION" "${packages[@]}"
    pip check
    (
        sleep "$lifetime"
        say "Ending after $lifetime seconds, because _PIP_ADDITIONAL_REQUIREMENTS is set."
        kill -HUP 0
    ) &
}

# Without it some compiled packages fail to load: "cannot allocate memory in static TLS block".
LD_PRELOAD=/usr/lib/$(uname -m)-linux-gnu/libstdc++.so.6
export LD_PRELOAD
unset PIP_USER

check_user
umask 0002
readonly CONNECTION_CHECK_MAX_COUNT=${CONNECTION_CHECK_MAX_COUNT:-20}
readonly CONNECTION_CHECK_SLEEP_TIME=${CONNECTION_CHECK_SLEEP_TIME:-3}
name_user
show_packages_to_root

if ((CONNECTION_CHECK_MAX_COUNT > 0)); then
    wait_for airflow db check
fi
if [[ -n ${_AIRFLOW_DB_MIGRATE:-}${_AIRFLOW_DB_UPGRADE:-} ]]; then
    airflow db migrate || true
fi
if [[ -n ${_AIRFLOW_WWW_USER_CREATE:-} ]]; then
    create_user
fi
if [[ -n ${_PIP_ADDITIONAL_REQUIREMENTS:-} ]]; then
    install_more
fi

case ${1:-} in
    bash) shift && exec /bin/bash "$@" ;;
    python) shift && exec python "$@" ;;
    airflow) shift ;;
esac
if [[ ${1:-} == scheduler || ${1:-} == celery ]] && ((CONNECTION_CHECK_MAX_COUNT > 0)); then
    wait_for_broker
fi
exec airflow "$@"
