// A process with a lab that never closes it: says what it has, then waits to be killed. Run by network.test.ts.
import { execa } from 'execa';
import { Lab } from '../../../src/lab/lab.ts';

const lab = await Lab.start({ nodes: [{ name: 'node-1' }], pods: [{ name: 'a', node: 'node-1' }] });
const orphan = execa('ip', ['netns', 'exec', lab.pod('a').netns, 'sleep', '600'], {
  detached: true,
  cleanup: false,
  reject: false,
});
console.log(JSON.stringify({ prefix: lab.prefix, directory: lab.directory, orphanPid: orphan.pid }));
await orphan;
