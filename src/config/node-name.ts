// Which Node object is this node's.

/**
 * `hostnameOverride` if it is set, else the host's name: trimmed and in lower case; undefined when nothing is left. Upstream:
 * component-helpers node/util GetHostname, options.go processHostnameOverrideFlag.
 */
export function nodeNameOf(hostnameOverride: string, hostname: string): string | undefined {
  return (hostnameOverride || hostname).trim().toLowerCase() || undefined;
}
