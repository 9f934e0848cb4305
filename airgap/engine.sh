#!/bin/sh
# Stacks the engine's root file system and becomes the engine. Runs in mount and pid namespaces of its own, which the
# kernel clears away with it. usage: engine.sh LAYERS ROOT STATE SOCKETS NETWORK CIDR   (LAYERS: as for overlayfs)
set -eu
layers=$1 root=$2 state=$3 sockets=$4 network=$5 cidr=$6

# A fresh writable layer in memory: what an engine changes in its root never reaches the cache.
mount -t tmpfs -o mode=0755 tmpfs "$root"
mkdir "$root/changes" "$root/work" "$root/merged"
mount -t overlay -o "lowerdir=$layers,upperdir=$root/changes,workdir=$root/work" overlay "$root/merged"
cd "$root/merged"

mkdir -p proc sys dev tmp var/lib/dagger run/dagger .old
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount --bind "$state/engine" var/lib/dagger
mount --bind "$state/tmp" tmp
mount --bind "$sockets" run/dagger
pivot_root . .old
cd /
umount -l /.old

# The engine keeps a database per client open; many systems allow 1024 files.
ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -H -n)" || true
# Network namespaces kept ready: the default of 128 costs 13 s of work after a start and again before a stop.
exec tini -- dagger-engine --network-name "$network" --network-cidr "$cidr" \
  --oci-cni-pool-size 16
