#!/usr/bin/env bash
# Hosts on one machine, for trying MPI between them: each has its own network, host name, IPC and /dev/shm, so that nothing but TCP connects them.
# usage: hosts.sh up FOLDER N [RATE]   host1 … hostN at 10.77.0.1 …, shaped to RATE (1gbit); FOLDER gets a file for each, with the process that holds it
#        hosts.sh enter FOLDER HOST COMMAND…
#        hosts.sh cut|join FOLDER HOST
#        hosts.sh down FOLDER
# Needs root, iproute2 and util-linux.
set -euo pipefail

what=$1 folder=$2
bridge=blastrain0

case $what in
  up)
    count=$3 rate=${4:-}
    mkdir -p "$folder"
    ip link add "$bridge" type bridge
    ip link set "$bridge" up
    printf '127.0.0.1 localhost\n' >"$folder/hosts"
    for ((i = 1; i <= count; i++)); do printf '10.77.0.%d host%d\n' "$i" "$i" >>"$folder/hosts"; done
    for ((i = 1; i <= count; i++)); do
      unshare --net --uts --ipc --mount sleep infinity &
      pid=$!
      echo "$pid" >"$folder/host$i"
      until [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ] && [ "$(cat "/proc/$pid/comm")" = sleep ]; do sleep 0.05; done
      ip link add "bt$i" type veth peer name eth0 netns "$pid"
      ip link set "bt$i" master "$bridge" up
      # shellcheck disable=SC2016
      nsenter -t "$pid" -n -u -i -m sh -c '
        hostname "host$1"; mount --make-rprivate /; mount -t tmpfs tmpfs /dev/shm; mount --bind "$2" /etc/hosts
        ip link set lo up; ip addr add "10.77.0.$1/24" dev eth0; ip link set eth0 up
        if [ -n "$3" ]; then tc qdisc add dev eth0 root tbf rate "$3" burst 256kb latency 100ms; fi' sh "$i" "$folder/hosts" "$rate"
    done
    ;;
  enter)
    host=$3
    shift 3
    exec nsenter -t "$(cat "$folder/$host")" -n -u -i -m --wd="$PWD" sh -c "$*"
    ;;
  cut) ip link set "bt${3#host}" down ;;
  join) ip link set "bt${3#host}" up ;;
  down)
    for file in "$folder"/host[0-9]*; do
      [ -e "$file" ] || continue
      # All that runs there, also what a cut has left behind.
      network=$(readlink "/proc/$(cat "$file")/ns/net" || true)
      for process in /proc/[0-9]*; do
        if [ -n "$network" ] && [ "$(readlink "$process/ns/net")" = "$network" ]; then kill -9 "${process#/proc/}" 2>/dev/null || true; fi
      done
      rm -f "$file"
    done
    rm -f "$folder/hosts"
    for link in /sys/class/net/bt[0-9]* /sys/class/net/"$bridge"; do ip link del "$(basename "$link")" 2>/dev/null || true; done
    ;;
  *)
    # As the agent of mpirun (plm_rsh_agent): HOST COMMAND…, with the folder in a variable.
    host=$1
    shift
    exec nsenter -t "$(cat "$BLASTRAIN_HOSTS/$host")" -n -u -i -m --wd=/ sh -c "$*"
    ;;
esac
