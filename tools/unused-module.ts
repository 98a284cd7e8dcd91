// Stands in the bundle for packages that client-node imports but Fairlead never calls (see bundle.ts). Using one fails loudly.
const unused = new Proxy(class {}, {
  construct(): never {
    throw new Error('this part of @kubernetes/client-node is not in the bundle');
  },
});

export {
  unused as Agent,
  unused as fetch,
  unused as FormData,
  unused as HttpProxyAgent,
  unused as HttpsProxyAgent,
  unused as ProxyAgent,
  unused as RetryAgent,
  unused as SocksClient,
  unused as SocksProxyAgent,
  unused as Socks5ProxyAgent,
  unused as JSONPath,
  unused as default,
};
