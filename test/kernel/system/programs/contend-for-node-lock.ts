// A process that wants the node lock: says `waits`, `holds` or `gave up`, and takes `give up`, `release` and
// `give to a child`, which lives for a second, from its input.
import { createInterface } from 'node:readline';
import { exec } from '../../../../src/system/exec.ts';
import { acquireNodeLock, type NodeLock } from '../../../../src/system/node-lock.ts';
import { systemClock } from '../../../../src/util/clock.ts';

const end = new AbortController();
let lock: NodeLock | undefined;
const input = createInterface(process.stdin);
input.on('line', (line) => {
  if (line === 'give up') end.abort();
  if (line === 'release') lock?.release();
  if (line === 'give to a child')
    void exec({ file: 'sleep', args: ['1'], timeoutMs: 10_000, holds: lock?.fd });
});

lock = await acquireNodeLock({
  clock: systemClock,
  signal: end.signal,
  onWait: () => console.log('waits'),
});
console.log(lock ? 'holds' : 'gave up');
