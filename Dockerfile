# The image of the daemon. Debian 12, because that is where the tests run the same packages; amd64 and arm64:
#   docker buildx build --platform linux/amd64,linux/arm64 -t REGISTRY/fairlead:0.1.0 --push .
# test/kernel/image follows these instructions without a container engine: it knows those that are used here, in this form.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
# Without install scripts: the bundler and koffi bring their binaries as packages of their own.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
COPY tools tools
RUN node tools/build.ts --without-lab
RUN node tools/copy-modules.ts modules koffi pino

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="fairlead" \
      org.opencontainers.image.description="A service proxy for Kubernetes: a drop-in replacement for kube-proxy" \
      org.opencontainers.image.licenses="Apache-2.0"
# conntrack, ipvsadm and nftables are for people: nftables mode talks to the kernel itself. kmod is for iptables, which loads modules in
# --init-only.
RUN apt-get update \
 && apt-get install -y --no-install-recommends conntrack ipset iptables ipvsadm kmod nfacct nftables \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
# Node alone: no package manager.
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY package.json LICENSE /opt/fairlead/
COPY --from=build /src/dist /opt/fairlead/dist
COPY --from=build /src/modules /opt/fairlead/node_modules
COPY tools/image/iptables /usr/local/sbin/iptables
# Found before the programs of these names in /usr/sbin, which would always be the nft variant.
RUN cd /usr/local/sbin && for name in iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do \
      ln -s iptables "$name"; \
    done
# kubeadm's DaemonSet starts /usr/local/bin/kube-proxy.
RUN chmod 755 /opt/fairlead/dist/fairlead.js \
 && ln -s /opt/fairlead/dist/fairlead.js /usr/local/bin/fairlead \
 && ln -s fairlead /usr/local/bin/kube-proxy
ENV NODE_COMPILE_CACHE=/opt/fairlead/compile-cache
# Fails the build of an image that cannot start.
RUN fairlead version
# Loads what the daemon loads in any mode, and ends because there is no such file; then what it loads in one mode. Its next start finds the
# compiled code.
RUN ! fairlead --config=/nonexistent
RUN for chunk in /opt/fairlead/dist/*-kernels-*.js; do node -e "import('$chunk')" || exit 1; done
ENTRYPOINT ["/usr/local/bin/fairlead"]
