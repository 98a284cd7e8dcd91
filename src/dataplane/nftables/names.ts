// Names in the table: of base chains as kube-proxy has them, of all other chains as it does not. So ours can be made beside those of a
// running kube-proxy, and whichever writes the base chains is the one that packets go through.
import type { PickSize } from './schema.ts';

/** kube-proxy's own table: its clean-up, and that of other tools, removes ours with it. */
export const TABLE_NAME = 'kube-proxy';

export const TABLE_COMMENT = 'rules for kube-proxy';

/** An empty chain that says which layout wrote the table. */
export const LAYOUT_CHAIN = 'fairlead-layout-2';

/** kube-proxy has chains called `services` and `masquerading`, through which packets still come while ours are made. */
export const SERVICES = 'dispatch';
export const MASQUERADING = 'masquerade-marked';
export const PICK = 'pick';
export const TREAT = 'treat';
export const NODE_PORTS = 'node-ports';
export const LEARNING = 'learning';
export const CHECK_INPUT = 'check-input';
export const CHECK_OUTPUT = 'check-output';

/** `reject` is what it should be called, but nft has that for a keyword. */
export const REJECTING = 'rejecting';

/** Which frontends a chain serves: NodePorts have the zero address in their keys; local slots begin at FIRST_LOCAL_SLOT. */
export interface Serves {
  readonly isNodePort: boolean;
  readonly isLocal: boolean;
}

/** Picks one of up to `size` endpoints. */
export function pickChain(serves: Serves, size: PickSize): string {
  return `${variant('pick', serves)}-${size}`;
}

/** Draws one slot among `size`, and comes back if there is no endpoint. */
export function drawChain(serves: Serves, size: PickSize): string {
  return `${variant('draw', serves)}-${size}`;
}

/** Treats traffic to destinations that the outside may use as the external traffic policy Local wants. */
export function localExternalChain(isNodePort: boolean): string {
  return variant('external', { isNodePort, isLocal: true });
}

function variant(name: string, { isNodePort, isLocal }: Serves): string {
  return `${isNodePort ? 'node-' : ''}${name}${isLocal ? '-local' : ''}`;
}
