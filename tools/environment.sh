#!/bin/sh
# Prints what the result of a test depends on besides the files of this repository: an input of
# every Nx target. All Debian packages are named, since tests drive many: brz, ssh, browsers,
# openssl, nginx.
set -u
cd "$(dirname -- "$(readlink -f -- "$0")")/.."
node_modules/.bin/node --version
uname -rm
id -u
dpkg-query -W 2>/dev/null
# Breezy and what it imports may be newer than Debian's.
find /usr/local/lib/python3*/dist-packages -maxdepth 1 -printf '%f %T@\n' 2>/dev/null | sort
cksum node_modules/.package-lock.json
