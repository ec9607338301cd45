# The four services and their gateway: one image, told by its command what it is.
ARG NODE_IMAGE=node:22.20-bookworm-slim
ARG BUN_IMAGE=oven/bun:1.4.5-slim
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /shop
COPY package.json package-lock.json ./
# The runtime comes with the base image below, in the same version.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/bun node_modules/@oven node_modules/.bin

FROM dependencies AS site
COPY site site
RUN npm ci --prefix site --ignore-scripts
COPY docs docs
RUN node site/node_modules/vitepress/bin/vitepress.js build site --outDir site/dist

FROM ${BUN_IMAGE}
WORKDIR /shop
# Volumes take over the owner of the folders that they cover.
RUN mkdir -p /data /keys /shared/catalog /shared/cart /shared/order /shared/user profiles \
  && chown -R bun:bun /data /keys /shared profiles
COPY --from=dependencies /shop/node_modules node_modules
COPY package.json package-lock.json tsconfig.json ./
COPY core core
COPY services services
COPY scripts scripts
COPY docs docs
COPY --from=site /shop/site/dist site/dist
COPY infra/compose/keys.sh infra/compose/keys.sh
USER bun
ENTRYPOINT []
CMD ["bun", "--no-env-file", "services/gateway/main.ts"]
