# What install.sh and base-image.sh share. Not a script of its own: it is read with `.` and expects set -eu.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# need COMMAND WHAT-TO-DO: fails with a sentence unless the command is there.
need() {
  command -v "$1" > /dev/null || die "$1 is missing. $2"
}

milliseconds() {
  local now=${EPOCHREALTIME/[.,]/}
  echo $((now / 1000))
}

# seconds_since MILLISECONDS: as 1.2
seconds_since() {
  local passed=$(($(milliseconds) - $1))
  printf '%d.%d' $((passed / 1000)) $((passed % 1000 / 100))
}

# lock FOLDER: one run at a time; a second one waits until the first has ended, however it ended.
lock() {
  need flock 'It is part of util-linux: apt-get install util-linux.'
  mkdir -p "$1"
  exec 9> "$1/.lock"
  flock -w 900 9 || die "another run has held $1/.lock for 15 minutes. End it, then run this again."
}

# Debian packages come from the machine's own mirror, signed by Debian's own keys, through apt directories of our own: nothing is
# installed, and the machine's apt knows nothing of it.
debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

need_debian() {
  need apt-get "The tools come as Debian packages. Run this on Debian 12 or later, or put the official $1 on PATH."
  need dpkg-deb 'It is part of dpkg.'
  [ -r "$debian_keyring" ] || die "$debian_keyring is missing; without it no package can be checked. apt-get install debian-archive-keyring."
  [ -n "$(debian_mirror)" ] || die 'no Debian mirror found in /etc/apt/sources.list.d/debian.sources or /etc/apt/sources.list. Add a "URIs:" or "deb" line for Debian there.'
}

debian_mirror() {
  local from
  from=$(sed -n 's/^URIs:[[:space:]]*\([^[:space:]]*\).*/\1/p' /etc/apt/sources.list.d/debian.sources 2> /dev/null | head -n 1)
  [ -n "$from" ] || from=$(sed -n 's/^deb[[:space:]]\{1,\}\(\[[^]]*\][[:space:]]*\)\{0,1\}\([^[:space:]]*\/debian\/\{0,1\}\)[[:space:]].*/\2/p' /etc/apt/sources.list 2> /dev/null | head -n 1)
  printf '%s' "${from%/}"
}

# debian_download FOLDER SUITE PACKAGE…: the packages' files into FOLDER. Fails with apt's own words.
debian_download() {
  local folder=$1 suite=$2
  shift 2
  local apt=$folder/.apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' "$debian_keyring" "$(debian_mirror)" "$suite" > "$apt/sources.list"
  local options=(
    -q
    -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache"
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    -o Acquire::Retries=3 -o APT::Sandbox::User=root -o APT::Get::AllowUnauthenticated=false
  )
  # apt-get update ends with 0 although a list could not be had; Error-Mode=any makes that a failure.
  if ! apt-get "${options[@]}" -o APT::Update::Error-Mode=any update > "$apt/log" 2>&1 \
    || ! (cd "$folder" && apt-get "${options[@]}" download "$@") >> "$apt/log" 2>&1; then
    printf 'Debian %s: no %s:\n' "$suite" "$*" >&2
    tail -n 5 "$apt/log" >&2
    return 1
  fi
  rm -rf "$apt"
}

# debian_version FOLDER PACKAGE: the version that was downloaded.
debian_version() {
  dpkg-deb -f "$1/$2"_*.deb Version
}

# npm_download FOLDER PACKAGE VERSION INTEGRITY: the package, unpacked into FOLDER. INTEGRITY is npm's own sha512-… of the archive, pinned in
# the script that calls this: what the registry says of itself is not enough.
npm_download() {
  local folder=$1 name=$2 version=$3 integrity=$4 archive actual
  mkdir -p "$folder"
  # A cache of its own: nothing is left in the home folder.
  archive=$(cd "$folder" && npm pack --cache "$folder/.npm" --no-update-notifier --silent --loglevel=error "$name@$version") || {
    echo "npm pack $name@$version failed (is the npm registry of this machine reachable?)" >&2
    return 1
  }
  actual=$(sha512sum "$folder/$archive" | cut -d ' ' -f 1 | sed 's/../\\x&/g')
  actual=sha512-$(printf '%b' "$actual" | base64 -w 0)
  [ "$actual" = "$integrity" ] || {
    echo "$name@$version is not what was pinned: expected $integrity, got $actual. Nothing of it was used." >&2
    return 1
  }
  tar -xzf "$folder/$archive" -C "$folder" --strip-components=1 --no-same-owner "${@:5}"
  rm -r "${folder:?}/$archive" "$folder/.npm"
}
