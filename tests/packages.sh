# Sourced by tests/run.sh and examples/demo.sh: ppn_install_packages brings what examples/packages.txt names.
# Says what it does, and touches the network only when something is missing.

ppn_packages_list="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/examples/packages.txt"

# Names on standard output; nothing when all are there.
ppn_missing_packages() {
  local package
  while read -r package; do
    case "$package" in '' | '#'*) continue ;; esac
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
  done <"$ppn_packages_list"
}

# A package with a daemon (nginx) would start it; the tests start their own, on the loopback interface only.
ppn_apt_get_without_daemons() {
  local as_root=("$@") policy=/usr/sbin/policy-rc.d made=no status=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null && "${as_root[@]}" chmod 755 "$policy"
    made=yes
  fi
  "${as_root[@]}" apt-get -q update </dev/null &&
    "${as_root[@]}" apt-get -q -y --no-install-recommends install "${missing[@]}" </dev/null || status=$?
  if [ "$made" = yes ]; then "${as_root[@]}" rm -f "$policy"; fi
  return "$status"
}

ppn_install_packages() {
  local missing as_root
  if ! command -v dpkg-query >/dev/null; then
    echo "packages: this is no Debian; expecting what examples/packages.txt names to be there"
    return 0
  fi
  mapfile -t missing < <(ppn_missing_packages)
  if [ "${#missing[@]}" -eq 0 ]; then
    echo "packages: all there"
    return 0
  fi
  echo "packages: missing ${missing[*]}"
  if [ "$(id -u)" -eq 0 ]; then
    as_root=(env DEBIAN_FRONTEND=noninteractive)
  elif sudo -n true 2>/dev/null; then
    as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive)
  else
    echo "packages: run this as root first: apt-get install --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  echo "packages: installing with apt-get"
  ppn_apt_get_without_daemons "${as_root[@]}"
}
