# shellcheck shell=sh
# As root, the services run as a user of their own. Sourced after system.sh, with `root` and `data` set.

: "${root:?}" "${data:?}"
account=""

# Set `account` to the user that owns, or shall own, the data; empty when we are not root and simply stay who we are.
choose_account() {
    [ "$(id -u)" -eq 0 ] || return 0
    account=repertory
    if [ -d "$data" ]; then
        owner=$(stat -c %U "$data")
        if [ "$owner" != root ] && [ "$owner" != UNKNOWN ]; then account=$owner; fi
    fi
}

make_account() {
    [ -n "$account" ] || return 0
    id "$account" >/dev/null 2>&1 || {
        say "Making the system user '$account', which will run the services"
        useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \
            --comment "Repertory" "$account"
    }
}

# as_account COMMAND…: run it as the account (or just run it, when there is none to change to).
as_account() {
    if [ -z "$account" ]; then
        "$@"
    else
        setpriv --reuid="$account" --regid="$account" --init-groups --inh-caps=-all --no-new-privs -- \
            env HOME="$data" USER="$account" LOGNAME="$account" "$@"
    fi
}

# Replace this process by COMMAND…, run as the account.
exec_as_account() {
    if [ -z "$account" ]; then exec "$@"; fi
    exec setpriv --reuid="$account" --regid="$account" --init-groups --inh-caps=-all --no-new-privs -- \
        env HOME="$data" USER="$account" LOGNAME="$account" "$@"
}

may_be_run_by_services() {
    [ -n "$account" ] && id "$account" >/dev/null 2>&1 || return 0
    case $(readlink -f "$1") in
    "$(closed_folder)"/*) return 1 ;; # hidden from the account, see enter_reachable_view
    esac
    as_account "$(readlink -f "$1")" -c '' 2>/dev/null
}

# The outermost folder above the project that the account may not enter; "-" when there is none.
closed_folder() {
    closed_path=""
    closed_rest=${root#/}
    while [ -n "$closed_rest" ]; do
        closed_path=$closed_path/${closed_rest%%/*}
        case $closed_rest in */*) closed_rest=${closed_rest#*/} ;; *) closed_rest="" ;; esac
        as_account test -x "$closed_path" || {
            printf '%s' "$closed_path"
            return 0
        }
    done
    printf '%s' -
}

# A project below a folder that only root may enter (such as /root): show just the project to the services, at the
# same path, in a mount namespace that ends with them. Nothing on the system is changed. Runs this script again inside.
enter_reachable_view() {
    [ -n "$account" ] || return 0
    closed=$(closed_folder)
    [ "$closed" != - ] || return 0
    if [ -z "${REPERTORY_VIEW:-}" ] && unshare --mount true 2>/dev/null; then
        export REPERTORY_VIEW="$closed"
        exec unshare --mount -- "$root/scripts/view" "$closed" "$root" "$@"
    fi
    fail "The services run as the user '$account', who may not enter $closed, so they can not read $root.

Move the project to a place that every user may enter, for example:

    mv '$root' /opt/repertory && cd /opt/repertory && make run

or let other users pass through (not list) that folder: chmod o+x '$closed'"
}

check_project_is_readable() {
    [ -n "$account" ] || return 0
    as_account test -r "$root/wsgi.py" || fail "The user '$account' may not read the project's files in $root.
Give everybody the right to read them: chmod -R go+rX '$root'"
}

# The data directory, its run and log folders and the short folder of the sockets belong to the account.
make_folders() {
    (umask 077 && mkdir -p "$data/run" "$data/log" 2>/dev/null) || fail "This user may not write to $data.
Was Repertory started with sudo before? Then start it so again, or give the folder to this user with chown -R."
    if [ -n "$account" ]; then
        case $data in "$root"/var/*) chown "$account:" "$root/var" ;; esac
        find "$data" -maxdepth 2 ! -user "$account" -exec chown -h "$account:" {} +
        runtime=/run/repertory-$(printf '%s' "$data" | cksum | cut -d ' ' -f 1)
        mkdir -p "$runtime"
        chown "$account:" "$runtime"
        chmod 700 "$runtime"
        export REPERTORY_RUNTIME_DIR="$runtime"
    fi
}
