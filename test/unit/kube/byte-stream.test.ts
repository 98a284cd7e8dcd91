import { expect, it } from 'vitest';
import { inTurns } from '../../../src/kube/byte-stream.ts';

it('inTurns lets the rest of the program run while chunks without end arrive', async () => {
  let hasRun = false;
  setImmediate(() => {
    hasRun = true;
  });
  async function* endless() {
    for (;;) yield Buffer.of(1);
  }
  let chunks = 0;
  for await (const chunk of inTurns(endless(), 1)) {
    chunks += chunk.length;
    if (hasRun) break;
  }
  expect(chunks).toBeGreaterThan(1);
});
