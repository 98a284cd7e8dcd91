// Runs a program in a root directory of its own, as containers do: its own mounts and processes, which end with it.

export interface Mount {
  readonly source: string;
  /** Its path inside. The mount point is made if it is not there. */
  readonly target: string;
  readonly isReadOnly: boolean;
}

export interface Insides {
  readonly root: string;
  readonly mounts: readonly Mount[];
  readonly isRootReadOnly: boolean;
  /** As container engines have it, unless the container is privileged. */
  readonly isSysctlReadOnly: boolean;
  readonly workdir: string;
  /** All of the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** The program and its arguments that run `command` inside. More arguments may follow: they are not used. */
export function inRoot(insides: Insides, command: readonly string[]): string[] {
  return [
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    'sh',
    '-euc',
    script(insides, command),
    'sh',
  ];
}

function script(
  { root, mounts, isRootReadOnly, isSysctlReadOnly, workdir, env }: Insides,
  command: readonly string[],
): string {
  const at = (path: string) => quoted(`${root}${path}`);
  const variables = Object.entries(env).map(([name, value]) => quoted(`${name}=${value}`));
  return [
    // A mount of its own, so that it can be made read-only.
    bind(at(''), at('')),
    `mount -t proc proc ${at('/proc')}`,
    // Read-only for everybody: parameters of kernel modules are the whole machine's.
    `mount --rbind /sys ${at('/sys')} && ${readOnly(at('/sys'))}`,
    ...mounts.map((mount) => bindInside(quoted(root), mount)),
    ...(isSysctlReadOnly ? [bind(at('/proc/sys'), at('/proc/sys')), readOnly(at('/proc/sys'))] : []),
    ...(isRootReadOnly ? [readOnly(at(''))] : []),
    `exec chroot ${at('')} env -i --chdir=${quoted(workdir)} ${[...variables, ...command.map(quoted)].join(' ')}`,
  ].join('\n');
}

/** The target may be behind a link that means something else outside, as /var/run is. */
function bindInside(root: string, { source, target, isReadOnly }: Mount): string {
  const from = quoted(source);
  return [
    `target=${root}$(chroot ${root} readlink --canonicalize-missing ${quoted(target)})`,
    `if [ -d ${from} ]; then mkdir -p "$target"; else touch "$target"; fi`,
    bind(from, '"$target"'),
    ...(isReadOnly ? [readOnly('"$target"')] : []),
  ].join('\n');
}

function bind(source: string, target: string): string {
  return `mount --bind ${source} ${target}`;
}

function readOnly(mountPoint: string): string {
  return `mount -o remount,bind,ro ${mountPoint}`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
