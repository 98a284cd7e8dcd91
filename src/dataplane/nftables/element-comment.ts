// How a human finds a Service in `nft list map`.
import { type ServicePortName, servicePortNameText } from '../../model/names.ts';

/** nft has 128 bytes for a comment, one of which ends it. Valid names of a Service and its port take 143 at most. */
const MAX_BYTES = 127;

/** `namespace/name:port`, cut where it is too long. Names are valid; what is not is evened out, as nft must load what it lists. */
export function elementComment(name: ServicePortName): string {
  return servicePortNameText(name)
    .replace(/[^A-Za-z0-9._/:-]/g, '_')
    .slice(0, MAX_BYTES);
}
