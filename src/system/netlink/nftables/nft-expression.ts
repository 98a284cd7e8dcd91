// What a rule of nf_tables is made of: a program of expressions that hand values on in registers. Pure data, as `nft --debug=netlink`
// shows it; expression-writer.ts turns it into attributes.

/** 0 to 15, of four bytes each (NFT_REG32_00 …). A longer value goes on in the next ones; concatenated fields follow each other. */
export type Register = number;

export type NftExpression =
  /** Bytes of the packet. */
  | {
      readonly kind: 'payload';
      readonly base: 'network' | 'transport';
      readonly offset: number;
      readonly length: number;
      readonly to: Register;
    }
  | { readonly kind: 'meta'; readonly key: 'l4proto' | 'mark' | 'iifname'; readonly to: Register }
  | { readonly kind: 'set-mark'; readonly from: Register }
  | {
      readonly kind: 'ct';
      readonly key: 'state' | 'status';
      readonly to: Register;
    }
  /** The tuple with which the connection came, before any translation. Addresses of the family of the table. */
  | {
      readonly kind: 'ct-original';
      readonly key:
        | 'source-ipv4'
        | 'destination-ipv4'
        | 'source-ipv6'
        | 'destination-ipv6'
        | 'destination-port';
      readonly to: Register;
    }
  /** `numgen random mod modulus offset offset`. */
  | { readonly kind: 'random'; readonly modulus: number; readonly offset: number; readonly to: Register }
  /** to = (from & mask) ^ xor. */
  | {
      readonly kind: 'bitwise';
      readonly from: Register;
      readonly to: Register;
      readonly mask: Uint8Array;
      readonly xor: Uint8Array;
    }
  /** Ends the rule unless the comparison holds. */
  | {
      readonly kind: 'compare';
      readonly from: Register;
      readonly operator: 'equal' | 'not-equal';
      readonly value: Uint8Array;
    }
  /** Ends the rule unless the key is in the set (or is not, when inverted). Of a map, `to` gets the value. */
  | {
      readonly kind: 'lookup';
      readonly set: string;
      readonly from: Register;
      readonly to?: Register;
      readonly isInverted?: boolean;
    }
  | { readonly kind: 'verdict'; readonly verdict: NftVerdict }
  | {
      readonly kind: 'dnat';
      readonly family: 'IPv4' | 'IPv6';
      readonly address: Register;
      readonly port: Register;
    }
  /** With `fully-random`. */
  | { readonly kind: 'masquerade' }
  /** ICMP port unreachable of the table's family. */
  | { readonly kind: 'reject' }
  /** `fib saddr type` or `fib daddr type`, four bytes in host order; 2 is local (RTN_LOCAL). */
  | { readonly kind: 'fib-type'; readonly of: 'source' | 'destination'; readonly to: Register }
  | { readonly kind: 'counter' }
  /** `update @set { key timeout … : data }`: adds the element, or renews its timeout. */
  | {
      readonly kind: 'learn';
      readonly set: string;
      readonly key: Register;
      readonly data: Register;
      readonly timeoutMs: number;
    };

export type NftVerdict =
  | { readonly kind: 'goto' | 'jump'; readonly chain: string }
  | { readonly kind: 'accept' | 'drop' | 'return' };
