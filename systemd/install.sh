#!/usr/bin/env bash
# Installs OKter Gate on this machine: program in /opt/okter-gate, settings in /etc/okter-gate, three systemd units.
# May be run again at any time: it brings program and units up to date and leaves settings and data alone.
#
#   sudo systemd/install.sh                 from a checkout
#   sudo systemd/install.sh --wheel FILE    from a built wheel; constraints.txt beside it names the versions
#   sudo systemd/install.sh --update-key F  and let `gate update` take what this public Ed25519 key has signed
#   sudo systemd/install.sh --units         only units, accounts and folders: what `gate update` leaves as they are
#   systemd/install.sh --stage DIR          only put the files under DIR (for packages and tests)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=/opt/okter-gate
source=$(dirname "$here")
stage=""
start=yes
program=yes
update_key=""

fail() { printf 'install: %s\n' "$1" >&2; exit "${2:-1}"; }

while [ $# -gt 0 ]; do
  case "$1" in
    --wheel) [ $# -ge 2 ] || fail "после --wheel нужен файл" 2; source=$2; shift 2 ;;
    --stage) [ $# -ge 2 ] || fail "после --stage нужна папка" 2; stage=$2; shift 2 ;;
    --update-key) [ $# -ge 2 ] || fail "после --update-key нужен файл" 2; update_key=$2; shift 2 ;;
    --units) program=no; shift ;;
    --no-start) start=no; shift ;;
    -h|--help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "неизвестный параметр $1 (можно --wheel, --update-key, --units, --stage, --no-start)" 2 ;;
  esac
done

# -- files -----------------------------------------------------------------------------------------------------------
place() { install -D -m "$1" "$2" "$stage$3"; }

# The settings lie in a folder of their own and are called by the name they always had: a link (ADR 155). What is found
# there as a file, from before or from an editor that does not follow links, is moved in; nothing that was there is lost,
# and at no moment is there no file. A link that leads elsewhere is its owner's and stays: the page then only shows.
settle_settings() {
  local etc=$stage/etc/okter-gate number
  install -d -m 0750 "$etc" "$etc/settings"
  if [ -L "$etc/gate.toml" ] \
    && [ "$(readlink -f "$etc/gate.toml")" != "$(readlink -f "$etc/settings")/gate.toml" ]; then
    printf 'install: %s ведёт в %s и остаётся: страница настроек её не меняет\n' "$etc/gate.toml" "$(readlink "$etc/gate.toml")" >&2
    return
  fi
  if [ -f "$etc/gate.toml" ] && [ ! -L "$etc/gate.toml" ]; then
    if [ -e "$etc/settings/gate.toml" ]; then
      for number in 4 3 2 1; do
        [ ! -e "$etc/settings/gate.toml.$number" ] || mv -f "$etc/settings/gate.toml.$number" "$etc/settings/gate.toml.$((number + 1))"
      done
      cp -p --remove-destination "$etc/settings/gate.toml" "$etc/settings/gate.toml.1"
    fi
    for number in 1 2 3 4 5; do
      [ ! -f "$etc/gate.toml.$number" ] || [ -e "$etc/settings/gate.toml.$number" ] || cp -p "$etc/gate.toml.$number" "$etc/settings/"
    done
    # Never through a link that lies in that folder: it belongs to another account.
    cp -p --remove-destination "$etc/gate.toml" "$etc/settings/.gate.toml.part"
    sync "$etc/settings/.gate.toml.part"
    mv -f "$etc/settings/.gate.toml.part" "$etc/settings/gate.toml"
    for number in 1 2 3 4 5; do
      if [ -f "$etc/gate.toml.$number" ] && cmp -s "$etc/gate.toml.$number" "$etc/settings/gate.toml.$number"; then
        rm "$etc/gate.toml.$number"
      fi
    done
  fi
  if [ ! -e "$etc/settings/gate.toml" ]; then
    place 0640 "$here/../config/gate.toml" /etc/okter-gate/settings/gate.toml
    # The first settings have this recording for a camera: something to look at before the camera is there.
    place 0644 "$here/../config/demo/gate.mp4" /etc/okter-gate/demo/gate.mp4
  fi
  ln -sfn settings/gate.toml "$etc/.gate.toml.link"
  mv -Tf "$etc/.gate.toml.link" "$etc/gate.toml"
}

place_files() {
  local unit
  for unit in okter-gate-relay okter-gate okter-gate-console okter-gate-call okter-gate-update okter-gate-cloud-update; do
    place 0644 "$here/$unit.service" "/etc/systemd/system/$unit.service"
  done
  for unit in okter-gate-settings.socket okter-gate-settings@.service; do
    place 0644 "$here/$unit" "/etc/systemd/system/$unit"
  done
  place 0644 "$here/okter-gate-cloud-update.path" /etc/systemd/system/okter-gate-cloud-update.path
  place 0644 "$here/sysusers.conf" /usr/lib/sysusers.d/okter-gate.conf
  place 0644 "$here/tmpfiles.conf" /usr/lib/tmpfiles.d/okter-gate.conf
  place 0644 "$here/99-okter-gate.rules" /etc/udev/rules.d/99-okter-gate.rules
  # The key that updates are checked with is chosen here, by whoever stands at the box, and never by an update.
  if [ -n "$update_key" ]; then
    grep -qx 'ssh-ed25519 [A-Za-z0-9+/=]\+\( .*\)\?' "$update_key" || fail "$update_key: нужен открытый ключ ssh-ed25519"
    install -d "$stage/etc/okter-gate"
    sed 's/^/okter-gate namespaces="okter-gate-update" /' "$update_key" > "$stage/etc/okter-gate/update.signers"
    chmod 0644 "$stage/etc/okter-gate/update.signers"
  fi
  # `gate` for whoever types it, also after sudo; another program of that name is left alone.
  local command=$stage/usr/local/bin/gate
  if [ -L "$command" ] || [ ! -e "$command" ]; then
    install -d "$stage/usr/local/bin"
    ln -sfn "$prefix/venv/bin/gate" "$command"
  fi
}

if [ -n "$stage" ]; then
  place_files
  settle_settings
  exit 0
fi

# -- the whole machine -----------------------------------------------------------------------------------------------
[ "$(id -u)" -eq 0 ] || fail "нужны права root: sudo $0"
[ "$(getconf LONG_BIT)" = 64 ] || fail "нужна 64-разрядная система"
command -v systemctl >/dev/null || fail "нужен systemd"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "нужен Python 3.11 или новее"
python3 -c 'import ensurepip' 2>/dev/null || fail "нужен python3-venv: apt install python3-venv"

venv=$prefix/venv

install_program() {
  # Environments lie side by side and `venv` is a link to the one in use: `gate update` puts another beside it.
  mkdir -p "$prefix/environments"
  if [ -d "$venv" ] && [ ! -L "$venv" ]; then  # the layout of before
    rm -rf "$prefix/environments/installed"
    mv "$venv" "$prefix/environments/installed"
  fi
  [ -L "$venv" ] || ln -s environments/installed "$venv"
  environment=$prefix/$(readlink "$venv")
  if [ ! -x "$environment/bin/python" ]; then
    options=()
    # Debian's own lgpio (no wheel for its Python) and picamera2 (bound to its libcamera) are used where they are.
    if python3 -c 'import lgpio' 2>/dev/null || python3 -c 'import picamera2' 2>/dev/null; then
      options+=(--system-site-packages)
    fi
    python3 -m venv "${options[@]}" "$environment"
  fi
  # Called by its own path and not through the link: the programs it makes name that path, and stay with it.
  pip=("$environment/bin/python" -m pip)
  extra=""
  if compgen -G '/dev/gpiochip*' >/dev/null && ! "$environment/bin/python" -c 'import lgpio' 2>/dev/null; then
    extra="[gpio]"
  fi
  # The versions that were tested, and no others. Where Debian's packages are used, numpy alone is left as Debian has it
  # (if new enough): its picamera2 is bound to that one.
  constraints=$(mktemp)
  trap 'rm -f "$constraints"' EXIT
  tested=$(dirname "$here")/constraints.txt
  [ -d "$source" ] || [ ! -e "$(dirname "$source")/constraints.txt" ] || tested=$(dirname "$source")/constraints.txt  # beside the wheel
  cp "$tested" "$constraints"
  if grep -qi 'system-site-packages = true' "$environment/pyvenv.cfg"; then
    sed -i '/^numpy==/d' "$constraints"
  fi
  rm -f "$environment/bundle.json"  # whatever update it came from, from now on it is something else
  "${pip[@]}" install --quiet --disable-pip-version-check --upgrade -c "$constraints" "$source$extra" \
    || fail "pip не смог установить программу"
  # pip takes a wheel of the version that is there for the same program; it need not be.
  "${pip[@]}" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$source" \
    || fail "pip не смог установить программу"
}

# What the cloud has brought may wait for a quiet moment just now: it must not undo what is installed here.
if [ -d /run/systemd/system ]; then
  for _ in $(seq 100); do  # one on trial is judged within minutes: to end it would leave it unjudged
    [ -e "$prefix/update.json" ] || break
    [ "$(systemctl show -p ActiveState --value okter-gate-cloud-update.service)" = activating ] || break
    sleep 3
  done
  systemctl stop okter-gate-cloud-update.path okter-gate-cloud-update.service 2>/dev/null || true
fi
if [ "$program" = yes ]; then install_program; fi
place_files
systemd-sysusers /usr/lib/sysusers.d/okter-gate.conf
systemd-tmpfiles --create /usr/lib/tmpfiles.d/okter-gate.conf
settle_settings
find /etc/okter-gate/settings -maxdepth 1 -type f -name 'gate.toml*' -exec chown -h okter-gate-settings:okter-gate {} +
# A root that is being made into an image, or a container, has no systemd at work: its services begin when it boots.
booted=no
[ ! -d /run/systemd/system ] || booted=yes
if [ "$booted" = yes ]; then
  [ ! -S /run/udev/control ] || udevadm control --reload || true  # none in a container
  systemctl daemon-reload
fi

if "$venv/bin/gate" config check --config /etc/okter-gate/gate.toml; then
  # The users of the page go where no service can write them (ADR 169); a program of before does not know how, and need not.
  "$venv/bin/gate" console user settle --config /etc/okter-gate/gate.toml \
    || printf 'install: с людьми страницы охраны не всё в порядке: sudo gate check\n' >&2
else
  start=no
fi
if [ "$start" = no ]; then
  printf 'Установлено, не запущено. Исправьте /etc/okter-gate/gate.toml и повторите установку.\n'
  exit 0
fi
systemctl enable okter-gate-relay okter-gate okter-gate-console okter-gate-update okter-gate-cloud-update.path \
  okter-gate-settings.socket
if [ "$booted" = no ]; then
  printf 'Установлено. Здесь не работает systemd: службы запустятся при загрузке.\n'
  exit 0
fi
systemctl restart okter-gate-settings.socket okter-gate-cloud-update.path
systemctl restart okter-gate-relay okter-gate okter-gate-console
systemctl try-restart okter-gate-call || true  # runs only where somebody wanted calls
printf 'Готово. Дальше: sudo gate check; sudo gate relay-test\n'
