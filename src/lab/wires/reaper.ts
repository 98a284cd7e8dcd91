// Clean-up that cannot be escaped: a shell, started before anything else is made, that waits for the end of a pipe which
// only this process holds open. However this process ends, by close(), an error, Ctrl-C or SIGKILL, the pipe ends with it.
import { execa } from 'execa';

/**
 * Ends the processes whose network namespace is one of the lab's (but never the lab process, a thread of which may be in
 * one), then deletes the namespaces, and last the mounts and files below the lab's directory.
 */
const SCRIPT = `
prefix=$1 directory=$2 lab_pid=$3
cat >/dev/null
for path in /run/netns/"$prefix"*; do
  [ -e "$path" ] || continue
  for pid in $(ip netns pids "\${path##*/}"); do
    [ "$pid" = "$lab_pid" ] || kill -KILL "$pid"
  done
done
for path in /run/netns/"$prefix"*; do
  [ -e "$path" ] && echo "netns delete \${path##*/}"
done | ip -force -batch -
grep -o " $directory/[^ ]*" /proc/mounts | sort -r | while read -r mount; do umount -l "$mount"; done
rm -rf "$directory"
`;

export class Reaper {
  readonly #child;

  /** Removes whatever bears the prefix, and the directory, when this process has ended or close() is called. */
  constructor(prefix: string, directory: string) {
    this.#child = execa('sh', ['-c', SCRIPT, 'fairlead-lab-reaper', prefix, directory, `${process.pid}`], {
      // Its own session, so that neither Ctrl-C nor the end of the terminal reaches it; no clean-up by execa either.
      detached: true,
      cleanup: false,
      cwd: '/',
      stdin: 'pipe',
      stdout: 'ignore',
      stderr: 'ignore',
      reject: false,
    });
    this.#child.nodeChildProcess.unref();
  }

  /** Resolves when everything is removed. */
  async close(): Promise<void> {
    this.#child.nodeChildProcess.ref();
    this.#child.stdin.end();
    await this.#child;
  }
}
