# shellcheck shell=sh
# Sourced, not run: how environments are made here, on machines with uv or pip, behind mirrors or not.

# find_python NEWEST: a Python from 3.10 to 3.NEWEST that really runs.
find_python() {
    for name in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do
        [ -n "$name" ] || continue
        # A name on the path is not enough: version managers leave shims that do not run.
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
    # Debian ships venv without pip unless python3-venv is there.
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

# uv reads none of pip's settings; people behind a mirror or a proxy have only those.
# pip_setting NAME: from PIP_NAME in the environment, or else from a configuration file.
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
    # Certificates as the system trusts them, by uv's names of today and of yesterday.
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
    # Meltano would try uv once more.
    export MELTANO_VENV_BACKEND="${MELTANO_VENV_BACKEND:-virtualenv}"
}

# python_up_to NEWEST: sets $python, from 3.10 to 3.NEWEST; fetches 3.NEWEST if there is none.
python_up_to() {
    if ! python=$(find_python "$1"); then
        translate_pip_settings .venv
        .venv/bin/uv python install --quiet --install-dir .cache/python "3.$1"
        python=$(echo "$PWD"/.cache/python/*/bin/"python3.$1")
    fi
}

# fresh ENVIRONMENT STAMP: whether it is there, made of the same.
fresh() { [ -f "$1/.stamp" ] && [ "$(cat "$1/.stamp")" = "$2" ]; }
