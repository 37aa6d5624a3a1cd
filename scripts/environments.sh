# shellcheck shell=sh
# Sourced, not run: creates environments with uv or pip, with or without a mirror.

# find_python NEWEST: find a working Python from 3.10 to 3.NEWEST.
find_python() {
    for name in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do
        [ -n "$name" ] || continue
        # Run it to check: version managers leave shims on the path that do not work.
        if path=$("$name" -c "import sys; (3, 10) <= sys.version_info[:2] <= (3, $1) and print(sys.executable)" 2>/dev/null) &&
            [ -n "$path" ]; then
            echo "$path"
            return
        fi
    done
    return 1
}

make_environment() {
    rm -rf "$1"
    if "$python" -m venv "$1" >/dev/null 2>&1; then return; fi
    # On Debian, venv lacks pip unless python3-venv is installed.
    rm -rf "$1"
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --seed --python "$python" "$1"
    elif "$python" -m venv --without-pip "$1" 2>/dev/null &&
        "$python" -m pip --python "$1/bin/python" install --quiet pip 2>/dev/null; then
        return
    else
        echo "$python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2
        return 1
    fi
}

# uv does not read pip's settings, which users behind a mirror or a proxy have.
# pip_setting NAME: read PIP_NAME from the environment, or else from a configuration file.
pip_setting() {
    for section in :env: install global; do
        value=$(printf '%s\n' "$pip_settings" | sed -n "s/^$section\.$1='\(.*\)'\$/\1/p" | sed 's/\\n/ /g')
        if [ -n "$value" ]; then
            # shellcheck disable=SC2086 # unquoted: one blank between several values
            echo $value
            return
        fi
    done
}

translate_pip_settings() {
    pip_settings=$("$1/bin/python" -m pip --disable-pip-version-check config list 2>/dev/null || true)
    # Use the system's certificates; the option's name depends on uv's version.
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}" UV_NATIVE_TLS="${UV_NATIVE_TLS:-true}"
    export UV_INDEX_STRATEGY="${UV_INDEX_STRATEGY:-unsafe-best-match}"
    value=$(pip_setting index-url)
    if [ -n "$value" ]; then export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$value}"; fi
    value=$(pip_setting extra-index-url)
    if [ -n "$value" ]; then export UV_INDEX="${UV_INDEX:-$value}"; fi
    value=$(pip_setting find-links | tr ' ' ',')
    if [ -n "$value" ]; then export UV_FIND_LINKS="${UV_FIND_LINKS:-$value}"; fi
    value=$(pip_setting cert)
    if [ -n "$value" ]; then export SSL_CERT_FILE="${SSL_CERT_FILE:-$value}"; fi
}

# install ENVIRONMENT REQUIREMENT...: with uv, which takes seconds, or else with pip.
install() {
    environment=$1
    shift
    if "$environment/bin/python" -m pip install --quiet --disable-pip-version-check uv 2>/dev/null; then
        translate_pip_settings "$environment"
        if "$environment/bin/uv" pip install --quiet --python "$environment/bin/python" "$@" 2>/dev/null; then
            return
        fi
    fi
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
    # Otherwise Meltano would try uv again.
    export MELTANO_VENV_BACKEND="${MELTANO_VENV_BACKEND:-virtualenv}"
}

# python_up_to NEWEST: set $python to one from 3.10 to 3.NEWEST; download 3.NEWEST if there is none.
python_up_to() {
    if ! python=$(find_python "$1"); then
        translate_pip_settings .venv
        .venv/bin/uv python install --quiet --install-dir .cache/python "3.$1"
        python=$(echo "$PWD"/.cache/python/*/bin/"python3.$1")
    fi
}

# fresh ENVIRONMENT STAMP: whether it exists with the same stamp.
fresh() { [ -f "$1/.stamp" ] && [ "$(cat "$1/.stamp")" = "$2" ]; }
