// Cuts the body of a watch into its lines.
import { type ByteStream, ObjectBuffer, TruncatedBodyError } from './byte-stream.ts';

const NEWLINE = 0x0a;

/**
 * The lines without their newline, in order; blank ones are left out. A body that ends inside a line was cut short:
 * throws TruncatedBodyError then, after all complete lines.
 */
export async function* watchLines(body: ByteStream): AsyncGenerator<string> {
  const pending = new ObjectBuffer();
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pending.append(chunk.subarray(start, end));
      start = end + 1;
      const line = pending.take();
      if (line.trim() !== '') yield line;
    }
    pending.append(chunk.subarray(start));
  }
  if (!pending.isEmpty) throw new TruncatedBodyError('the watch ended inside a line');
}
