#!/bin/sh
# Installs what the project needs and the machine lacks: npm packages (Node 24 among them) and Debian packages.
# Says what it does; does nothing, quickly, when nothing is missing.
set -eu
cd "$(dirname "$0")/.."

# command:Debian package
TOOLS='ip:iproute2 iptables-legacy-restore:iptables iptables-nft-restore:iptables ipset:ipset nft:nftables conntrack:conntrack openssl:openssl nfacct:nfacct kubectl:kubernetes-client debootstrap:debootstrap'

missing=''
for tool in $TOOLS; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${tool%%:*}" >/dev/null 2>&1 || missing="$missing ${tool##*:}"
done
if [ -n "$missing" ]; then
  missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
  if [ "$(id -u)" -ne 0 ]; then
    echo "set-up: these Debian packages are missing and only root can install them: $missing" >&2
    exit 1
  fi
  echo "set-up: installing Debian packages: $missing"
  DEBIAN_FRONTEND=noninteractive apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# npm writes its own lock file into node_modules; an older one than ours means that packages changed.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo 'set-up: installing npm packages (npm ci)'
  npm ci --no-audit --no-fund --loglevel=error
fi
