// Runs a container of a pod as kubelet and a container engine would: command, environment, mounts, capabilities and the
// read-only root are taken from the manifest.
import type { V1Container, V1EnvVar, V1SecurityContext } from '@kubernetes/client-node';
import type { Image } from './build-image.ts';
import { inRoot, type Mount } from './in-root.ts';

/** What the pod has, and where it is on this machine. */
export interface PodSurroundings {
  /** Files and directories, by name of the volume. */
  readonly volumes: Readonly<Record<string, string>>;
  /** The directory with ca.crt and token. */
  readonly serviceAccount: string;
  /** spec.nodeName */
  readonly nodeName: string;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The program and its arguments that run the container in the network namespace of whoever starts them. */
export function containerCommand(image: Image, container: V1Container, pod: PodSurroundings): string[] {
  const { securityContext = {} } = container;
  const env = { ...image.env, ...environment(container.env ?? [], pod) };
  const words = [...(container.command ?? image.entrypoint), ...(container.args ?? [])];
  const command = words.map((word) => word.replaceAll(/\$\((\w+)\)/g, (_, name) => env[name] ?? ''));
  const insides = {
    root: image.root,
    mounts: mountsOf(container, pod),
    isRootReadOnly: securityContext.readOnlyRootFilesystem === true,
    isSysctlReadOnly: securityContext.privileged !== true,
    workdir: '/',
    env,
  };
  return inRoot(insides, [...privileges(securityContext), ...command]);
}

function environment(variables: readonly V1EnvVar[], pod: PodSurroundings): Record<string, string> {
  return Object.fromEntries(variables.map((variable) => [variable.name, valueOfVariable(variable, pod)]));
}

function valueOfVariable({ name, value, valueFrom }: V1EnvVar, { nodeName }: PodSurroundings): string {
  if (value !== undefined) return value;
  if (valueFrom?.fieldRef?.fieldPath === 'spec.nodeName') return nodeName;
  throw new Error(`the tests do not know the value of ${name}`);
}

function mountsOf({ volumeMounts = [] }: V1Container, pod: PodSurroundings): Mount[] {
  const mounts = volumeMounts.map(({ name, mountPath, readOnly = false }) => {
    const source = pod.volumes[name];
    if (!source) throw new Error(`the tests have no volume ${name}`);
    return { source, target: mountPath, isReadOnly: readOnly };
  });
  return [...mounts, { source: pod.serviceAccount, target: SERVICE_ACCOUNT, isReadOnly: true }];
}

/** The program that takes the privileges away. Seccomp is not followed: only container engines have the profile. */
function privileges({ privileged, capabilities, allowPrivilegeEscalation }: V1SecurityContext): string[] {
  if (privileged) return [];
  if (!capabilities?.drop?.includes('ALL')) throw new Error('the tests know only containers that drop ALL');
  const kept = (capabilities.add ?? []).map((name) => `+${name.toLowerCase()}`);
  const flags = [`--bounding-set=${['-all', ...kept].join(',')}`, '--inh-caps=-all'];
  return ['setpriv', ...flags, ...(allowPrivilegeEscalation === false ? ['--no-new-privs'] : [])];
}
