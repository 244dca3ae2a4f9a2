#!/bin/sh
# A systemd of its own, as process 1 of its own namespaces, with one unit: what a machine does with
# deploy/hatchery.service, without being one. Everything it writes is gone with it. Run by unshare
# with new pid, mount, cgroup, ipc and uts namespaces.
#
#   private-systemd.sh CHECKOUT UNIT CONFIG DROP-IN
set -eu
checkout=$1 unit=$2 config=$3 dropin=$4

# What is asked for in /sys/fs/cgroup is asked of our own part of the hierarchy, and of cgroup v2
# alone.
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs -o mode=0755 none /run

# Writable copies, in memory.
for directory in /etc /var/lib; do
  mkdir -p "/run/upper$directory" "/run/work$directory"
  mount -t overlay overlay -o "lowerdir=$directory,upperdir=/run/upper$directory,workdir=/run/work$directory" "$directory"
done
mount -t tmpfs -o mode=0755 none /opt
mkdir /opt/hatchery
mount --bind "$checkout" /opt/hatchery

systemd-sysusers "$checkout/deploy/hatchery.sysusers"
install -m 0644 "$config" /etc/hatchery.toml
install -m 0644 -D "$unit" /etc/systemd/system/hatchery.service
install -m 0644 -D "$dropin" /etc/systemd/system/hatchery.service.d/test.conf
printf '[Unit]\nDefaultDependencies=no\nWants=hatchery.service\n' >/etc/systemd/system/hatchery-test.target

# What the unit has of its own in them is gone with us too. Last, for what is copied above may come
# from there.
mount -t tmpfs -o mode=1777 none /tmp
mount -t tmpfs -o mode=1777 none /var/tmp

exec env container=hatchery-test /lib/systemd/systemd --system --unit=hatchery-test.target \
  --log-target=console --show-status=no
