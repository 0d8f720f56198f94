#!/usr/bin/env bash
# Tests the gate's units under a real systemd, which is the first process of a container: the .deb as shipped, a relay board
# on a pseudo-terminal, the supplied film as the camera. Kills, stops, breaks and updates everything, and checks the results.
#
#   sudo release/try_systemd.sh SUITE DEB WHEELS [ROOT] > docs/systemd-SUITE.txt
#   sudo release/try_systemd.sh bookworm dist/okter-gate_0.1.0_all.deb wheels
#   sudo CGROUP=2 release/try_systemd.sh trixie dist/okter-gate_0.1.0_all.deb wheels-313
#
# SUITE, DEB, WHEELS: as for try_install.sh. ROOT: where to create the root; by default a new folder in $TMPDIR.
# Needs root, debootstrap, systemd-nspawn (systemd-container), and cgroup v1 (with an empty v2) at /sys/fs/cgroup.
# The container's cgroups are created below those of this process, so that the kernel really enforces the units' limits.
# CGROUP=2: control groups of version 2 in the container, as Debian 13 has them. A kernel whose controllers are those of
# version 1 has none left for it: limits of memory and tasks are then not checked. Without, systemd 257 is told to accept 1.
# Exit code: the number of failed checks.
set -u

[ $# -ge 3 ] || { sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 2; }
suite=$1 deb=$(realpath "$2") wheels=$(realpath "$3") hierarchy=${CGROUP:-1}
work=${4:-$(mktemp -d)} mirror=${MIRROR:-http://deb.debian.org/debian}
here=$(cd "$(dirname "$0")" && pwd)
root=$work/root wrong=0
groups="memory pids cpu cpuacct devices blkio"
[ "$hierarchy" = 1 ] || groups=""

step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }
must() {  # WHAT COMMAND…: checks that COMMAND succeeds
  local what=$1; shift
  if "$@" >/dev/null 2>&1; then printf ' ok    %s\n' "$what"; else printf ' WRONG %s\n' "$what"; wrong=$((wrong + 1)); fi
}
within() { local s=$1 end=$((SECONDS + $1)); shift; until "$@" >/dev/null 2>&1; do [ "$SECONDS" -lt "$end" ] || return 1; sleep 0.3; done; }
first() { pgrep -P "$(cat "$work/nspawn.pid")" 2>/dev/null | tail -n 1; }
inside() {
  nsenter -t "$(first)" -m -p -n -i -u -C -r -w -- env -i HOME=/srv LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
as() { local user=$1; shift; inside setpriv --reuid "$user" --regid "$user" --init-groups "$@"; }
show() { inside systemctl show -p "$2" --value "$1"; }
pid() { show "$1" MainPID; }
is() { [ "$(show "$1" "$2")" = "$3" ]; }
comes_back() { within "${3:-40}" eval "[ \"\$(pid $1)\" != $2 ] && [ \"\$(pid $1)\" != 0 ] && is $1 ActiveState active"; }
said() { inside journalctl --no-pager -o cat -u "$1" --since "$2" | grep -m "${4:-1}" -- "$3" | sed 's/^/       | /'; }
contact() { awk '$2 == 1 {last = $3} END {print last}' "$root/srv/board.log"; }
off() { [ "$(contact)" = off ]; }
uptime() { cut -d ' ' -f 1 /proc/uptime; }
after() { awk -v t="$1" '$2 == 1 && $3 == "off" {s = $1 - t} END {printf "       | open %.1f s after it\n", s}' "$root/srv/board.log"; }
open_gate() { within 20 inside gate open entry && within 5 eval '[ "$(contact)" = on ]'; }
now() { sleep 1; date -u '+%F %T'; }
well() { inside gate check | grep -q '^всё в порядке'; }
settings=$root/etc/okter-gate/settings/gate.toml

words="" unified="env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1"
[ "$hierarchy" = 2 ] || unified="" words="systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"
boot() {
  (
    for group in $groups systemd unified; do  # the container goes below this process's own cgroup
      own=$(sed -n "s/^[0-9]*:\(name=\)\?$group://p" /proc/self/cgroup)
      [ "$group" != unified ] || own=$(sed -n 's/^0:://p' /proc/self/cgroup)
      folder=/sys/fs/cgroup/$group${own%/}/okter-gate-trial
      mkdir -p "$folder" && echo "$BASHPID" >"$folder/cgroup.procs"
    done
    # nspawn creates and clears folders under /run, which must be a tmpfs. On a reboot of the container it exits with 133.
    exec unshare -m bash -c '
      mount -t tmpfs tmpfs /run
      while :; do
        '"$unified"' systemd-nspawn --quiet --directory="$1" --register=no --keep-unit --private-network --machine=okter-gate-trial \
          --hostname=gatebox --console=pipe --kill-signal=SIGRTMIN+3 --bind-ro="$2":/wheels /bin/sh -c "
            for group in '"$groups"'; do mount -o remount,bind,rw /sys/fs/cgroup/\$group; done
            exec /lib/systemd/systemd '"$words"'" &
        echo $! >"$3/nspawn.pid"
        wait $!
        [ $? -eq 133 ] || break
      done' - "$root" "$wheels" "$work"
  ) >"$work/boot.log" 2>&1 </dev/null &
  within 60 inside systemctl is-system-running --wait
}
finish() {
  kill -RTMIN+3 "$(first)" 2>/dev/null && within 60 eval '! kill -0 "$(cat "$work/nspawn.pid")"'
  for group in $groups systemd unified; do find "/sys/fs/cgroup/$group" -depth -type d -path '*/okter-gate-trial*' -exec rmdir {} + 2>/dev/null; done
}
trap finish EXIT

step "Debian $suite with systemd, control groups of version $hierarchy, a board on a pseudo-terminal"
if [ ! -x "$root/lib/systemd/systemd" ]; then
  debootstrap --variant=minbase \
    --include=python3,python3-venv,systemd,systemd-sysv,dbus,ca-certificates,openssh-client,procps,util-linux \
    "$suite" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 || true
fi
[ -x "$root/lib/systemd/systemd" ] || { tail -n 3 "$work/debootstrap.log"; exit 1; }
echo gatebox >"$root/etc/hostname"
mkdir -p "$root/wheels"
cp "$deb" "$root/srv/okter-gate.deb"
cp "$here/try_board.py" "$root/srv/board.py"
cat >"$root/srv/film.py" <<'FILM'
import cv2, numpy as np  # an empty road with a sensor's noise: an update from the cloud waits until nobody is there
noise, road = np.random.default_rng(1), np.tile(np.linspace(60, 140, 640)[None, :, None], (360, 1, 3))
film = cv2.VideoWriter("/etc/okter-gate/demo/empty.mp4", cv2.VideoWriter_fourcc(*"mp4v"), 10, (640, 360))
for _ in range(300):
    film.write((road + noise.integers(-6, 7, road.shape)).astype(np.uint8))
film.release()
FILM
cat >"$root/etc/systemd/system/board.service" <<'UNIT'
[Unit]
Before=okter-gate-relay.service
[Service]
Type=notify
ExecStart=/opt/okter-gate/venv/bin/python /srv/board.py /run/board.port /srv/board.log
[Install]
WantedBy=multi-user.target
UNIT
boot
inside systemctl --version | head -n 1
[ "$hierarchy" = 1 ] || echo "       | controllers of version 2: $(inside cat /sys/fs/cgroup/cgroup.controllers)"
must "systemd is the first process and at ease" inside systemctl is-system-running

step "install, as shipped"
inside env PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels DEBIAN_FRONTEND=noninteractive dpkg -i /srv/okter-gate.deb 2>&1 | grep -v '^Creat\|^Prepar\|^Unpack\|^Select\|^(Read'
inside systemctl enable --now board 2>/dev/null
for set in "barrier.main.port /run/board.port" "barrier.main.driver lcus" "barrier.main.pulse_s 5"; do
  inside gate config set $set | head -n 1
done
inside systemctl restart okter-gate-relay okter-gate okter-gate-console
must "well, says gate check" within 30 well
inside systemctl list-units --no-pager --no-legend --plain 'okter*' | awk '{print "       |", $1, $3, $4}'
must "the guard's page answers" inside /opt/okter-gate/venv/bin/python -c \
  "import urllib.request as u; u.urlopen('http://127.0.0.1:8480/', timeout=10)"
inside gate relay-test | head -n 1 | sed 's/^/       | /'
must "nothing of the networks' maker in the state folder" test ! -e "$root/var/lib/okter-gate/.cache"

step "users, limits and devices are the kernel's, not only words"
for unit in okter-gate-relay okter-gate okter-gate-console; do
  powers=$(inside awk '/^Uid/ {uid = $3} /^CapEff/ {caps = $2} /^NoNewPrivs/ {nnp = $2} /^Seccomp:/ {seccomp = $2}
    END {printf "uid %s, capabilities %s, no new privileges %s, seccomp %s", uid, caps + 0, nnp, seccomp}' "/proc/$(pid $unit)/status")
  printf '       | %s: %s' "$unit" "$powers"
  [ "$hierarchy" = 2 ] || printf ', memory %s MB of %s, tasks of %s' \
    "$(inside awk '{print int($1 / 1048576)}' /sys/fs/cgroup/memory/system.slice/$unit.service/memory.usage_in_bytes)" \
    "$(inside awk '{print int($1 / 1048576)}' /sys/fs/cgroup/memory/system.slice/$unit.service/memory.limit_in_bytes)" \
    "$(inside cat /sys/fs/cgroup/pids/system.slice/$unit.service/pids.max)"
  echo
  must "$unit: no root, no capability, calls filtered" grep -qx 'uid [1-9][0-9]*, capabilities 0, no new privileges 1, seccomp 2' <<<"$powers"
  if [ "$hierarchy" = 1 ]; then
    must "$unit: no device of a disk" eval "! inside cat /sys/fs/cgroup/devices/system.slice/$unit.service/devices.list | grep -E '^(a|b [1-9])'"
  fi
  must "$unit: the program and the settings cannot be written" inside nsenter -t "$(pid $unit)" -m sh -c '! touch /opt/okter-gate/x && ! touch /etc/okter-gate/x'
done
must "relay: does not see who uses the page" inside nsenter -t "$(pid okter-gate-relay)" -m setpriv --reuid okter-gate --clear-groups sh -c '! ls /var/lib/okter-gate-users'
inside systemd-analyze security --no-pager | awk '/^okter-gate/ {print "       | exposure", $1, $2}'

step "readiness and the watchdog: SIGSTOP"
at=$(now); was=$(pid okter-gate-relay); open_gate; t=$(uptime); inside kill -STOP "$was"
must "relay stopped with its contact closed: aborted, OFF, another process" comes_back okter-gate-relay "$was"
must "its contact is open" off; after "$t"
said okter-gate-relay "$at" 'Watchdog timeout'
at=$(now); was=$(pid okter-gate); inside kill -STOP "$was"
must "gate run stopped: the barrier opens meanwhile" open_gate
must "gate run stopped: aborted, another process" comes_back okter-gate "$was" 60
said okter-gate "$at" 'Watchdog timeout'
within 30 well

step "kill -9"
was=$(pid okter-gate-relay); open_gate; t=$(uptime); inside kill -9 "$was"
must "relay killed with its contact closed: OFF before its pulse of 5 s is over" within 4 off; after "$t"
must "another relay process" comes_back okter-gate-relay "$was"
for unit in okter-gate okter-gate-console; do
  was=$(pid $unit); inside kill -9 "$was"
  must "$unit: another process" comes_back $unit "$was"
done
must "well, says gate check" within 30 well
inside gate check | grep 'service' | sed 's/^/       |/'

step "kill -9 while the settings are broken, or name another output"
cp -p "$settings" "$work/good.toml"
at=$(now); was=$(pid okter-gate-relay); open_gate; sed -i 's/"lcus"/"lcuss"/' "$settings"; t=$(uptime); inside kill -9 "$was"
must "broken: the contact is open all the same" within 4 off; after "$t"
sleep 12
must "broken: systemctl status says where the mistake is" eval "inside systemctl status okter-gate-relay | grep -q 'Status: .*gate.toml:.*lcuss'"
inside systemctl status okter-gate-relay 2>/dev/null | grep 'Status:' | sed 's/^ */       | /'
starts=$(inside journalctl --no-pager -o cat -u okter-gate-relay --since "$at" | grep -c '^Starting')
echo "       | starts in those 12 s: $starts"
must "broken: the relay does not spin" test "$starts" -le 4
must "broken: gate check says it in one line, code 2" eval 'inside gate check 2>&1 | grep -c . | grep -qx 1'
was=$SECONDS; cp -p "$work/good.toml" "$settings"
must "mended: the relay is at work again by itself" within 15 is okter-gate-relay ActiveState active; echo "       | $((SECONDS - was)) s after the file was written"
must "mended: well" within 30 well
was=$(pid okter-gate-relay); open_gate; sed -i 's/^pulse_s = 5/channel = 2\n&/' "$settings"; t=$(uptime); inside kill -9 "$was"
must "another output: the contact of before is open" within 4 off; after "$t"
must "another output: the relay works with it" comes_back okter-gate-relay "$was"
cp -p "$work/good.toml" "$settings"; inside systemctl restart okter-gate-relay

step "stop, start, restart, disable, mask: what gate check and gate status say"
open_gate; inside systemctl stop okter-gate-relay
must "stopped in a pulse: OFF" off
inside gate check | grep -A 1 '✗' | sed 's/^/       |/'
inside gate status | grep '✗' | sed 's/^/       |/'
inside systemctl start okter-gate-relay
inside systemctl stop okter-gate; inside gate check | grep '✗' | sed 's/^/       |/'
must "without gate run the barrier opens" open_gate
inside systemctl start okter-gate
inside systemctl disable okter-gate 2>/dev/null; inside gate check | grep -A 1 '✗' | sed 's/^/       |/'; inside systemctl enable okter-gate 2>/dev/null
inside systemctl stop okter-gate-settings.socket; inside gate check | grep '✗' | sed 's/^/       |/'; inside systemctl start okter-gate-settings.socket
inside systemctl enable --now okter-gate-call 2>/dev/null; sleep 3; inside gate check | grep '✗' | sed 's/^/       |/'
must "calls that are off: systemctl status says so" within 20 eval "inside systemctl status okter-gate-call | grep -q 'Status: .*звонки выключены'"
inside systemctl disable --now okter-gate-call 2>/dev/null
inside mv /etc/systemd/system/okter-gate-console.service /srv/; inside systemctl mask --now okter-gate-console 2>/dev/null
inside gate check | grep '✗' | sed 's/^/       |/'
inside systemctl unmask okter-gate-console 2>/dev/null; inside mv /srv/okter-gate-console.service /etc/systemd/system/
inside systemctl daemon-reload; inside systemctl enable --now okter-gate-console 2>/dev/null
at=$(now); inside systemctl restart okter-gate-relay okter-gate okter-gate-console
must "restarted: well" within 30 well
must "the relay is ready before gate run begins" eval "inside journalctl -o cat --since '$at' | grep -E '^Start(ed okter-gate-relay|ing okter-gate.service)' | head -n 1 | grep -q relay"

if [ "$hierarchy" = 1 ]; then
  step "memory: a limit too small for gate run"
  inside systemctl set-property --runtime okter-gate MemoryMax=60M; was=$(pid okter-gate); inside systemctl restart okter-gate 2>/dev/null; sleep 8
  inside gate check | grep 'okter-gate.service' | sed 's/^/       |/'
  must "the kernel ends it, the relay stays and opens" open_gate
  inside rm -rf /run/systemd/system.control; inside systemctl daemon-reload
  must "with its own limit again: well" within 40 well
fi

step "the page writes one key through its socket; nobody else does"
tries="from pathlib import Path; from edge.config.narrow import PageSettings; p = PageSettings(Path('/etc/okter-gate/gate.toml'))
print(*p.set('policy.min_frames', '4', expected=''))"
as okter-gate /opt/okter-gate/venv/bin/python -c "$tries" 2>&1 | tail -n 1 | sed 's/^/       | /'
must "it is written" grep -q 'min_frames = 4' "$settings"
must "by the account of the settings" test "$(stat -c %U "$settings")" = "$(stat -c %U "$root/etc/okter-gate/settings")"
inside useradd -m tech 2>/dev/null; inside useradd -m -G okter-gate guard 2>/dev/null
for user in tech guard; do
  for words in status check "open entry"; do
    printf '       | %s, gate %s: ' $user "$words"; as $user gate $words 2>&1 | tr '\n' ' '; echo
  done
done
must "a stranger's answer is sudo, and nothing else" eval "as guard gate check 2>&1 | grep -qx '/var/lib/okter-gate: нет прав; запустите с sudo'"

step "reboot"
open_gate; was=$(first); inside systemctl reboot
within 60 eval "[ -n \"\$(first)\" ] && [ \"\$(first)\" != $was ]" && within 60 inside systemctl is-system-running --wait
must "the contact was opened on the way down" off
must "all is back by itself" within 40 well
inside systemctl --failed --no-legend --no-pager | sed 's/^/       | failed: /'
inside journalctl -b -o short-monotonic --no-pager | grep -E 'Start(ed|ing) okter-gate(-relay|-console)?\.service' | sed 's/^.*gatebox systemd\[1\]: /       | /'

step "updates: by hand, back, and through the path unit"
inside ssh-keygen -q -t ed25519 -N '' -f /srv/update.key
inside bash /usr/share/okter-gate/systemd/install.sh --units --update-key /srv/update.key.pub >/dev/null 2>&1
mkdir -p "$root/srv/bundle"; cp "$wheels"/*.whl "$root/srv/bundle/"; cp "$root"/usr/share/okter-gate/*.whl "$root/srv/bundle/"
release() { inside env SOURCE_DATE_EPOCH="$1" gate update --build /srv/bundle --key /srv/update.key "$2" >/dev/null; }
release 1000 /srv/one.update; release 2000 /srv/two.update
inside gate update /srv/one.update 2>&1 | sed 's/^/       | /'
must "the services run it" eval "inside readlink /proc/\$(pid okter-gate-relay)/exe /opt/okter-gate/venv && inside grep -qz -- '-1000/' /proc/\$(pid okter-gate-relay)/cmdline"
inside gate update --back 2>&1 | tail -n 1 | sed 's/^/       | /'
must "and the one before again" eval "inside grep -qz installed/ /proc/\$(pid okter-gate-relay)/cmdline"
inside gate config set update.from_cloud true | head -n 1; inside gate config set update.quiet_s 5 >/dev/null
inside /opt/okter-gate/venv/bin/python /srv/film.py && inside gate config set lane.entry.camera file:demo/empty.mp4 | head -n 1
inside systemctl restart okter-gate; within 30 well
version=$(inside gate --version | awk '{print $NF}')
inside install -d -o okter-gate -g okter-gate -m 0700 /var/lib/okter-gate/update
inside install -o okter-gate -g okter-gate -m 0600 /srv/two.update "/var/lib/okter-gate/update/$version-2000.tar"
as okter-gate /opt/okter-gate/venv/bin/python -c "from pathlib import Path; from edge.update.offers import *
make_offer(Path('/var/lib/okter-gate/update'), Offer('$version-2000'))"
must "the path unit wakes root's service" within 10 eval "[ \$(show okter-gate-cloud-update.service ActiveState) != inactive ] || [ -e $root/opt/okter-gate/cloud-update.json ]"
within 300 eval "grep -q done\\\\\\|failed\\\\\\|returned $root/opt/okter-gate/cloud-update.json"
sed 's/^/       | /' "$root/opt/okter-gate/cloud-update.json"; echo
must "it is done" grep -q '"done"' "$root/opt/okter-gate/cloud-update.json"
must "well, says gate check" within 40 well
inside gate check | grep '✗' | sed 's/^/       |/'

step "away again"
inside dpkg -r okter-gate 2>&1 | grep -v '^(Read' | sed 's/^/       | /'
left=$(inside systemctl list-units --all --no-legend --plain 'okter-gate*' | grep -v ' not-found ')  # the board's unit names one
must "no unit is left, none failed" test -z "$left"
must "systemd is at ease" inside systemctl is-system-running

step "done: $wrong wrong"
exit "$wrong"
