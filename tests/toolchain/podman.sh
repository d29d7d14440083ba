# How install.sh gets podman. Not a script of its own: it is read with `.`, after parts.sh, and needs $missing, $staging and $toolchain.

# Only what loads and lists images; conmon and crun must be there for it to begin, and are started by nobody. It starts itself again by the name of its own process, so
# it needs the machine's loader and libc (Debian 12's or a later one), and brings the other libraries, whose names differ from one Debian to the next.
podman_from_debian() {
  case "$missing " in *' podman-apart '*) ;; *) return 0 ;; esac
  local began folder=$staging/podman-packages root=$staging/podman part
  began=$(milliseconds)
  mkdir -p "$folder/root" "$root/bin" "$root/lib"
  debian_download "$folder" bookworm podman libdevmapper1.02.1 libgpgme11 libseccomp2 libsubid4 libassuan0 libgpg-error0 libudev1 libselinux1 libpcre2-8-0 \
    conmon crun libyajl2 libcap2 libsystemd0 libglib2.0-0 || return 1
  for part in "$folder"/*.deb; do
    dpkg-deb -x "$part" "$folder/root" || return 1
  done
  find "$folder/root" -path '*/lib/x86_64-linux-gnu/*' -name '*.so*' -exec mv {} "$root/lib/" ';' || return 1
  mv "$folder/root/usr/bin/podman" "$folder/root/usr/bin/conmon" "$folder/root/usr/bin/crun" "$root/bin/" || return 1
  cat > "$staging/bin/podman-apart" << 'SH'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/../podman
export LD_LIBRARY_PATH="$root/lib" CONTAINERS_CONF="${CONTAINERS_CONF:-$root/containers.conf}"
exec "$root/bin/podman" "$@"
SH
  printf '[engine]\nconmon_path = ["%s/podman/bin/conmon"]\nruntime = "crun"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n[engine.runtimes]\ncrun = ["%s/podman/bin/crun"]\n' "$toolchain" "$toolchain" > "$root/containers.conf"
  chmod 755 "$staging/bin/podman-apart"
  "$staging/bin/podman-apart" --version > /dev/null 2>&1 || {
    echo "podman $(debian_version "$folder" podman) of Debian bookworm does not run on this machine" >&2
    return 1
  }
  echo "toolchain: podman $(debian_version "$folder" podman) from Debian bookworm, with its own libraries ($(seconds_since "$began") s)"
  rm -rf "$folder"
}
