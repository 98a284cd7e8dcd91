// What kube-proxy's nftables mode puts into its table, as the words of nft: what `nft list` prints and `nft -f` takes.

export interface BaselineObjects {
  readonly sets: readonly BaselineSet[];
  readonly chains: readonly BaselineChain[];
  readonly elements: readonly BaselineElement[];
}

export interface BaselineSet {
  readonly kind: 'set' | 'map';
  readonly name: string;
  /** Each a line of its definition: `type ipv4_addr`. */
  readonly properties: readonly string[];
}

export interface BaselineChain {
  readonly name: string;
  /** `type … hook … priority …; policy accept;` of a base chain, or a comment. */
  readonly property?: string;
  readonly rules: readonly string[];
}

export interface BaselineElement {
  /** The set or map that it is in. */
  readonly of: string;
  readonly key: string;
  readonly comment?: string;
  /** Of elements of maps: the verdict. */
  readonly value?: string;
}

export function elementText({ key, comment, value }: BaselineElement): string {
  return `${key}${comment ? ` comment "${comment}"` : ''}${value ? ` : ${value}` : ''}`;
}
