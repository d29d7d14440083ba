# How the samples start a registry. Not a script of its own: it is read with `.`, after parts.sh.

# start_registry FOLDER: docker-registry on loopback, with all its files in the folder. Sets registry, its process id, and port: any free one, as its log says.
start_registry() {
  local folder=$1
  mkdir -p "$folder"
  cat > "$folder/config.yml" << 'YAML'
version: 0.1
log: { level: info, formatter: text }
http: { addr: "127.0.0.1:0" }
storage: { filesystem: { rootdirectory: storage } }
YAML
  # Not with the lock that the script holds: a registry that outlives it must not keep the next run out.
  (cd "$folder" && exec docker-registry serve config.yml > log 2>&1 < /dev/null 9>&-) & registry=$!
  port=
  for _ in {1..300}; do
    port=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$folder/log" 2> /dev/null) || true
    if [ -n "$port" ] || ! kill -0 "$registry" 2> /dev/null; then break; fi
    sleep 0.1
  done
  [ -n "$port" ] || die "the registry did not start: $(tail -n 3 "$folder/log" 2> /dev/null)"
}
