// Numbers of the kernel that are not of a packet: marks, states, types of addresses.

/** The four bytes of a number as this machine has them in memory. */
export function hostOrder(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
