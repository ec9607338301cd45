#!/usr/bin/env bash
# The README's two commands in a container of Debian with Node and npm and nothing else: `npm start` is
# ready, `npm test` passes, what is missing is skipped. Needs Docker and git, and some ten minutes.
#   BARE_IMAGE=node:20-bookworm-slim bash tests/containers/bare.sh [words for npm test]
set -euo pipefail
cd "$(dirname "$0")/../.."
image=${BARE_IMAGE:-node:22.20-bookworm-slim}

name=product-store-bare-$$
docker run -d --name "$name" "$image" sleep infinity > /dev/null
trap 'docker rm -f "$name" > /dev/null' EXIT
inside() { docker exec -w /shop "$name" "$@"; }

docker exec "$name" mkdir /shop
# As it lies here, changes that are not committed included; nothing that git ignores.
git ls-files -z --cached --others --exclude-standard | tar --null --files-from - --create |
  docker exec -i "$name" tar --extract --directory /shop
inside sh -c 'for each in curl ps ss git python3 openssl lsof java; do
  command -v $each > /dev/null || echo "without $each"; done' | paste -sd ,

echo '== npm start'
inside sh -c 'npm start > /tmp/start.log 2>&1 & shop=$!
  until grep -q "The shop is ready" /tmp/start.log; do
    kill -0 $shop 2> /dev/null || { cat /tmp/start.log; exit 1; }
    sleep 0.2
  done
  grep "The shop is ready" /tmp/start.log; kill $shop; wait $shop || true
  until grep -q "Stopped" /tmp/start.log; do sleep 0.2; done; rm -r data'

echo '== npm test'
inside npm test -- "$@"
