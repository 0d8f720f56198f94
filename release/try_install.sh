#!/usr/bin/env bash
# Installs the .deb with the tested versions in a clean Debian root, runs the gate there, and removes everything again.
#
#   sudo release/try_install.sh SUITE DEB WHEELS [ROOT] [ARCH]
#   sudo release/try_install.sh bookworm dist/okter-gate_0.1.0_all.deb wheels
#   sudo release/try_install.sh bookworm dist/okter-gate_0.1.0_all.deb wheels-arm64 /srv/arm64 arm64
#
# SUITE: bookworm or trixie. WHEELS: a folder with all wheels that the box needs, so that pip downloads nothing (for arm64 add
# `--platform manylinux_2_28_aarch64 --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64 --python-version 311`):
#   pip download --only-binary :all: -c constraints.txt -d wheels dist/okter_gate-*.whl
# ROOT: where to create the root; by default a new folder in $TMPDIR. A foreign ARCH needs qemu-user-static and binfmt.
# Needs root and debootstrap. No systemd runs in such a root, so the programs are started directly, not as services.
# Exit code 75: there was no root to try it in (no mirror, no mounts); nothing is known of the package then.
set -euo pipefail

[ $# -ge 3 ] || { sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 2; }
suite=$1 deb=$(realpath "$2") wheels=$(realpath "$3")
root=${4:-$(mktemp -d)/root} arch=${5:-$(dpkg --print-architecture)}
mirror=${MIRROR:-http://deb.debian.org/debian}
step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }
inside() { chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8 "$@"; }

step "Debian $suite, $arch"
for _ in 1 2 3; do  # a mirror may break off; what was fetched is not fetched again
  if [ -x "$root/usr/bin/dpkg" ] && [ ! -d "$root/debootstrap" ]; then break; fi
  debootstrap --arch="$arch" --variant=minbase --include=python3,python3-venv,systemd,ca-certificates "$suite" "$root" "$mirror" >/dev/null || true
done
[ -x "$root/usr/bin/dpkg" ] && [ ! -d "$root/debootstrap" ] || { echo "no root of Debian $suite"; exit 75; }
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc" || { echo "nothing can be mounted here"; exit 75; }
trap 'umount "$root/proc" "$root/wheels" 2>/dev/null || true' EXIT
mkdir -p "$root/wheels"
mountpoint -q "$root/wheels" || mount --bind -o ro "$wheels" "$root/wheels"
cp "$deb" "$root/srv/okter-gate.deb"
inside cat /etc/debian_version
inside python3 --version

step "install"
inside PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels DEBIAN_FRONTEND=noninteractive dpkg -i /srv/okter-gate.deb
inside dpkg-query -W -f '${Package} ${Version} ${Status}\n' okter-gate
inside id okter-gate
inside id okter-gate-settings
[ "$(readlink "$root/etc/okter-gate/gate.toml")" = settings/gate.toml ] && echo "settings have a folder of their own"
inside stat -c '%U:%G %a %n' /etc/okter-gate/settings /etc/okter-gate/settings/gate.toml
inside gate --version

step "the versions are the tested ones"
tested=$(mktemp)
cat "$root"/opt/okter-gate/venv/lib/python3*/site-packages/edge/_data/constraints.txt | tr 'A-Z_' 'a-z-' >"$tested"
inside /opt/okter-gate/venv/bin/python -m pip list --format=freeze --disable-pip-version-check | tr 'A-Z_' 'a-z-' \
  | grep -v '^pip==\|^setuptools==\|^okter-gate==' | while read -r one; do
    grep -qxF "$one" "$tested" || { echo "$one is none of the tested versions"; exit 1; }
    printf '%s ' "$one"
  done
rm -f "$tested"; echo

step "settings hold, the doctor looks"
inside gate config check --config /etc/okter-gate/gate.toml
inside gate check || echo "gate check: exit code $? (no process runs yet: that is told, and right)"

step "reads a plate of its own film"
inside /opt/okter-gate/venv/bin/python -c "
import cv2
film = cv2.VideoCapture('/etc/okter-gate/demo/gate.mp4')
for _ in range(90): film.grab()
cv2.imwrite('/srv/frame.png', film.retrieve()[1])"
inside gate read --json /srv/frame.png

step "a running gate"
inside sh -c 'cd /var/lib/okter-gate 2>/dev/null || cd /; gate run > /srv/run.log 2>&1 & echo $! > /srv/run.pid'
for _ in $(seq 120); do inside gate status >/dev/null 2>&1 && break; sleep 1; done
inside gate status || true
inside sh -c 'kill $(cat /srv/run.pid); for _ in $(seq 30); do kill -0 $(cat /srv/run.pid) 2>/dev/null || break; sleep 1; done'
tail -n 5 "$root/srv/run.log"

step "away again"
inside dpkg -r okter-gate
for left in /opt/okter-gate /usr/local/bin/gate /etc/systemd/system/okter-gate.service /etc/systemd/system/okter-gate-update.service \
  /etc/systemd/system/okter-gate-settings.socket /etc/systemd/system/okter-gate-settings@.service \
  /etc/systemd/system/multi-user.target.wants/okter-gate.service; do
  [ ! -e "$root$left" ] && [ ! -L "$root$left" ] && echo "gone: $left" || { echo "left behind: $left"; exit 1; }
done
[ -e "$root/etc/okter-gate/gate.toml" ] && echo "kept: /etc/okter-gate/gate.toml"
inside dpkg -P okter-gate
[ ! -e "$root/etc/okter-gate" ] && echo "purged: /etc/okter-gate" || { echo "left behind: /etc/okter-gate"; exit 1; }
step "done"
