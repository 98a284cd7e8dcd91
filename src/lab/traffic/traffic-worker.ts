// The entry of the traffic thread: calls a method of Traffic for each message and posts the result. See traffic-thread.ts.
import { parentPort } from 'node:worker_threads';
import { Traffic } from './traffic.ts';
import type { Reply, Request } from './traffic-thread.ts';

const traffic = new Traffic();

parentPort?.on('message', async ({ id, method, args }: Request) => {
  const reply = await call(method, args).then(
    (value): Reply => ({ id, ok: true, value }),
    (error: unknown): Reply => ({ id, ok: false, error }),
  );
  parentPort?.postMessage(reply);
});

async function call(method: keyof Traffic, args: readonly unknown[]): Promise<unknown> {
  const action: (...args: never[]) => Promise<unknown> = traffic[method];
  return action.apply(traffic, args as never[]);
}
