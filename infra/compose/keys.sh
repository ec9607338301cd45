#!/bin/sh
# Makes the keys that are missing, and hands each service its own: only the user service signs for users.
set -eu
profile=${1:-production}
if [ "$profile" = demo ]; then demo=--demo; else demo=; fi
bun --no-env-file scripts/keys.ts --dir /keys $demo
for service in catalog cart order user; do
  cp "/keys/$service.key.json" /keys/services.jwks.json "/shared/$service/"
done
cp /keys/access.key.json /keys/access.jwks.json /keys/refresh.keys.json /shared/user/
