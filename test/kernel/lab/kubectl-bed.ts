// The lab's API server on a port of this machine, and the installed kubectl, whatever its version, to talk to it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { User } from '../../../src/lab/api-server/authorization.ts';
import { makeServerCertificate } from '../../../src/lab/api-server/certificates.ts';
import { createCluster } from '../../../src/lab/api-server/cluster.ts';
import { writeKubeconfig } from '../../../src/lab/api-server/kubeconfig.ts';
import { ApiServer } from '../../../src/lab/api-server/server.ts';
import { exec } from '../../../src/system/exec.ts';
import { systemClock } from '../../../src/util/clock.ts';

/** Another kubectl than the installed one can be tried with KUBECTL=path. */
export const KUBECTL = process.env['KUBECTL'] ?? 'kubectl';

const version = await execa(KUBECTL, ['version', '--client'], { reject: false });
/** undefined where there is no kubectl. */
export const KUBECTL_VERSION = /v\d+\.\d+\.\d+[^\s"]*/.exec(version.stdout ?? '')?.[0];

export interface As {
  /** The first of the bed's users if not said. */
  readonly user?: string;
  readonly input?: string;
}

export interface KubectlBed {
  /** `args` are words with a space between them. */
  start(args: string, as?: As): ReturnType<typeof run>;
  /** What kubectl prints. Throws when it fails. */
  kubectl(args: string, as?: As): Promise<string>;
  /** What kubectl prints when it fails. Throws when it does not. */
  refusal(args: string, as?: As): Promise<string>;
  close(): Promise<void>;
}

export async function startKubectlBed(users: readonly [User, ...User[]]): Promise<KubectlBed> {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-kubectl-'));
  const kubeconfig = (user: string): string => join(directory, user.replaceAll(':', '-'));
  const tls = await makeServerCertificate(exec, { dnsNames: [], ips: ['127.0.0.1'] });
  const cluster = createCluster({ clock: systemClock, serviceCidrs: ['10.96.0.0/12', 'fd00:10:96::/112'] });
  const server = new ApiServer({ ...cluster, users, tls });
  const address = `https://127.0.0.1:${await server.listen({ port: 0 })}`;
  for (const user of users)
    await writeKubeconfig(kubeconfig(user.name), { server: address, ca: tls.ca, user });

  const start = (args: string, { user = users[0].name, input }: As = {}) => {
    // --cache-dir: kubectl keeps discovery per server, and the next server may have the same port.
    const all = ['--kubeconfig', kubeconfig(user), '--cache-dir', join(directory, 'cache')];
    return run([...all, ...args.split(' ')], input);
  };
  return {
    start,
    async kubectl(args, as) {
      const { exitCode, all = '' } = await start(args, as);
      if (exitCode !== 0) throw new Error(`kubectl ${args}: ${all}`);
      return all;
    },
    async refusal(args, as) {
      const { exitCode, all = '' } = await start(args, as);
      if (exitCode === 0) throw new Error(`kubectl ${args} was not refused: ${all}`);
      return all;
    },
    async close() {
      await server.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function run(args: readonly string[], input: string | undefined) {
  return execa(KUBECTL, args, { all: true, reject: false, ...(input === undefined ? {} : { input }) });
}
