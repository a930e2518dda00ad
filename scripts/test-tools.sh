# shellcheck shell=sh
# The programs that the tests run for real. Sourced after system.sh.

: "${root:?}"

has_php_module() { php -m | grep -qix "$1"; }
has_postgresql() { has initdb || ls /usr/lib/postgresql/*/bin/initdb; }
has_fonts() { [ -n "$(find /usr/share/fonts -name '*.ttf' -print -quit)" ]; }

# Ubuntu's chromium package is only a pointer to a snap, which does not work in containers or as root.
distribution_has_chromium() { ! grep -q '^ID=ubuntu' /etc/os-release; }

need_test_tools() {
    need python3-venv "makes the virtual environment" python_can_make_environments
    need git "is what packages are read with" has git
    need ca-certificates "knows which certificates to trust" test -e /etc/ssl/certs/ca-certificates.crt
    need redis-server "keeps the queue of background jobs" has redis-server
    need postgresql "is one of the two databases that everything is tested on" has_postgresql
    need composer "installs packages from us, in the end-to-end tests" has composer
    need php-cli "runs composer" has php
    need php-curl "lets composer download as it usually does" has_php_module curl
    need php-zip "lets composer unpack" has_php_module zip
    need unzip "lets composer unpack" has unzip
    need nginx-light "checks the configuration in docker/" has_nginx
    need procps "shows the processes that a test looks for" has ps
    if [ -z "${REPERTORY_TEST_CHROMIUM:-}" ] && distribution_has_chromium; then
        need chromium "is the browser of the end-to-end tests" has chromium
        need fonts-dejavu-core "gives the browser letters" has_fonts
    fi
}

has_nginx() { has nginx || [ -x /usr/sbin/nginx ]; }

# Where the distribution has no Chromium: the one that Playwright brings.
ensure_browser() {
    if [ -n "${REPERTORY_TEST_CHROMIUM:-}" ] || has chromium; then return 0; fi
    say "Installing Playwright's Chromium"
    if [ "$(id -u)" -eq 0 ]; then
        "$root/.venv/bin/python" -m playwright install --with-deps chromium >/dev/null
    else
        "$root/.venv/bin/python" -m playwright install chromium >/dev/null ||
            fail "Type this, then try again:

    sudo $root/.venv/bin/python -m playwright install --with-deps chromium"
    fi
}
