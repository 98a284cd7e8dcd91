// Which Node object is this node's.

/** First of these that is set: the flag, the configuration, the host's name. */
export interface NodeNameSources {
  readonly flag: string | undefined;
  readonly hostnameOverride: string;
  readonly hostname: string;
}

/**
 * Trimmed and in lower case; undefined when nothing is left. Upstream: component-helpers node/util GetHostname, options.go
 * processHostnameOverrideFlag.
 */
export function nodeNameOf({ flag, hostnameOverride, hostname }: NodeNameSources): string | undefined {
  const name = flag ?? (hostnameOverride || hostname);
  return name.trim().toLowerCase() || undefined;
}
