# shellcheck shell=sh
# What the commands beside this file share: messages, system packages, Python and the virtual environment.
# Sourced with `root` set to the project's folder.

: "${root:?}"

say() { printf '%s\n' "$*"; }

fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# --- System packages ---------------------------------------------------------------------------------------------

missing_packages=""
missing_reasons=""

# need PACKAGE REASON TEST…: remember PACKAGE as missing unless the command TEST succeeds.
need() {
    need_package=$1
    need_reason=$2
    shift 2
    if ! "$@" >/dev/null 2>&1; then
        missing_packages="$missing_packages $need_package"
        missing_reasons="$missing_reasons
  $need_package: $need_reason"
    fi
}

# Install what `need` found missing. Starts no service, now or at the next boot.
install_missing() {
    [ -n "$missing_packages" ] || return 0
    has apt-get || fail "These programs are missing:
$missing_reasons

Install them with the package manager of this system, then try again."
    if [ "$(id -u)" -eq 0 ]; then
        say "Installing system packages:$missing_reasons"
        install_as_root
    elif has sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        say "Installing system packages with sudo:$missing_reasons"
        # shellcheck disable=SC2086 # a list of package names
        sudo "$root/scripts/install-packages" $missing_packages
    else
        fail "These system packages are missing:$missing_reasons

Type this as root (it installs them and leaves no service running), then try again:

    $root/scripts/install-packages$missing_packages"
    fi
    missing_packages=""
}

install_as_root() {
    # shellcheck disable=SC2086 # a list of package names
    "$root/scripts/install-packages" $missing_packages
}

# --- Python ------------------------------------------------------------------------------------------------------

python_is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# python_is_usable PROGRAM: new enough, and the user that the services run as may execute it too.
python_is_usable() { python_is_new_enough "$1" && may_be_run_by_services "$1"; }

# Overridden by account.sh when the services run as another user.
may_be_run_by_services() { return 0; }

# Set `python` to a Python 3.11 or newer; the distribution's own comes first, being the one every user may read.
find_python() {
    python=""
    for candidate in "${REPERTORY_PYTHON:-}" /usr/bin/python3 python3.14 python3.13 python3.12 python3.11 python3 python; do
        has "$candidate" || continue
        candidate=$(command -v "$candidate")
        if python_is_usable "$candidate"; then
            python=$candidate
            return 0
        fi
    done
    return 1
}

need_python() {
    find_python && return 0
    need python3 "runs Repertory" find_python
    install_missing
    find_python || fail "Repertory needs Python 3.11 or newer, and this system's python3 is older.
Use Debian 12, Ubuntu 24.04 or newer, or name another Python: REPERTORY_PYTHON=/path/to/python3.12 make run"
}

python_can_make_environments() { "$python" -c 'import ensurepip, venv'; }

# --- The virtual environment -------------------------------------------------------------------------------------

# ensure_environment NAME: .venv has exactly what requirements/NAME.txt locks. Does nothing when it has it already.
ensure_environment() {
    lock=$root/requirements/$1.txt
    stamp=$root/.venv/.installed-$1
    exec 9<"$root/requirements"
    flock 9 # two commands at once: the second waits
    [ ! -d "$root/.venv" ] || [ -w "$root/.venv" ] || fail "$root/.venv was made by another user, probably with sudo.
Remove it, then try again: sudo rm -r '$root/.venv'"
    if ! environment_works; then
        say "Making the virtual environment .venv with $python"
        rm -rf "$root/.venv"
        (umask 022 && "$python" -m venv "$root/.venv")
    fi
    wanted="$("$root/.venv/bin/python" -V) $(sha256sum <"$lock")"
    if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
        say "Installing the locked Python packages (requirements/$1.txt)"
        (umask 022 && "$root/.venv/bin/python" -m pip install -qq --no-input --disable-pip-version-check \
            --only-binary :all: --require-hashes -r "$lock") || fail "The Python packages could not be installed.
Is there a way to the package index from here? Set PIP_INDEX_URL or HTTPS_PROXY if your network needs it."
        printf '%s\n' "$wanted" >"$stamp"
    fi
    exec 9<&-
}

environment_works() {
    [ -x "$root/.venv/bin/python" ] && python_is_usable "$root/.venv/bin/python" &&
        "$root/.venv/bin/python" -c 'import pip' 2>/dev/null
}
