#!/usr/bin/env bash
# The entrypoint of the stand-in for the official postgres image: makes a database cluster at the first start, then
# runs the server as user postgres. Any other command is run as it is.
#
#   POSTGRES_PASSWORD            the superuser's password; needed, unless POSTGRES_HOST_AUTH_METHOD is trust
#   POSTGRES_USER, POSTGRES_DB   the superuser (postgres) and the first database (as the superuser)
#   POSTGRES_HOST_AUTH_METHOD    how connections from elsewhere prove who they are (scram-sha-256)
#   POSTGRES_INITDB_ARGS         more arguments for initdb
#   PGDATA                       where the cluster lies
#   /docker-entrypoint-initdb.d  *.sh, *.sql, *.sql.gz: run once, in the order of their names
#
# The first three and POSTGRES_INITDB_ARGS may be given as files instead: POSTGRES_PASSWORD_FILE and so on.

set -euo pipefail
shopt -s nullglob

fail() {
    printf 'postgres: %s\n' "$*" >&2
    exit 1
}

# Set the variable named $1 from itself, from the file that $1_FILE names, or to $2.
setting() {
    local name=$1 file_name=$1_FILE
    local value=${!name:-} file=${!file_name:-}
    [[ -z $value || -z $file ]] || fail "$name and $file_name are both set: unset one"
    if [[ -n $file ]]; then
        [[ -r $file ]] || fail "$file_name names $file, which can't be read"
        value=$(<"$file")
    fi
    export "$name=${value:-${2-}}"
    unset "$file_name"
}

check_settings() {
    setting POSTGRES_PASSWORD
    setting POSTGRES_USER postgres
    setting POSTGRES_DB "$POSTGRES_USER"
    setting POSTGRES_INITDB_ARGS
    local method=${POSTGRES_HOST_AUTH_METHOD:-}
    if [[ -z $POSTGRES_PASSWORD && $method != trust ]]; then
        fail "no password for the superuser: set POSTGRES_PASSWORD to one that isn't empty, as in" \
            "\"-e POSTGRES_PASSWORD=secret\", or POSTGRES_HOST_AUTH_METHOD=trust to let everyone in without"
    fi
    if [[ $method == trust ]]; then
        echo "postgres: WARNING: POSTGRES_HOST_AUTH_METHOD=trust lets everyone who reaches this port in, without a password" >&2
    fi
}

make_cluster() {
    local more=()
    # As a shell reads it, quotes included: that is how the official image takes it.
    eval "more=($POSTGRES_INITDB_ARGS)"
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") "${more[@]}"
    printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
}

query() {
    psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --no-password "$@"
}

run_scripts() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh)
                echo "postgres: running $file"
                # shellcheck disable=SC1090 # one that isn't executable is meant to share our variables
                if [[ -x $file ]]; then "$file"; else . "$file"; fi
                ;;
            *.sql) echo "postgres: running $file" && query --dbname="$POSTGRES_DB" --file="$file" ;;
            *.sql.gz) echo "postgres: running $file" && gunzip --stdout "$file" | query --dbname="$POSTGRES_DB" ;;
            *) echo "postgres: leaving $file alone: not *.sh, *.sql or *.sql.gz" ;;
        esac
    done
}

# Fill the new cluster with a server that nobody outside can reach, so that no one sees it half-made.
fill_cluster() {
    PGPASSWORD=$POSTGRES_PASSWORD
    export PGPASSWORD
    export PGPORT=${PGPORT:-5432}
    pg_ctl --wait --silent start -o "${*@Q} -c listen_addresses='' -c port=$PGPORT"
    if [[ $POSTGRES_DB != postgres ]]; then
        query --dbname=postgres --set=name="$POSTGRES_DB" --quiet <<<'CREATE DATABASE :"name";'
    fi
    run_scripts
    pg_ctl --wait --silent --mode=fast stop
    unset PGPASSWORD
}

become_postgres() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 700 "$PGDATA"
    chmod 3775 /var/run/postgresql
    find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres:postgres {} +
    exec setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql "$0" "$@"
}

main() {
    [[ ${1:-} != -* ]] || set -- postgres "$@"
    [[ ${1:-} == postgres ]] || exec "$@"
    case " $* " in *" --help "* | *" --version "* | *" -V "* | *" -? "*) exec "$@" ;; esac
    [[ $(id -u) != 0 ]] || become_postgres "$@"
    if [[ ! -s $PGDATA/PG_VERSION ]]; then
        check_settings
        make_cluster
        fill_cluster "${@:2}"
        echo "postgres: the cluster is ready"
    fi
    exec "$@"
}

main "$@"
