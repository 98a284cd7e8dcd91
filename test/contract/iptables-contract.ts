// What Fairlead relies on of iptables-restore, iptables-save and ipset: held against the real programs of both variants, and
// against the fake that stands in for them.
import { describe, expect, it } from 'vitest';
import type { CommandResult, Exec } from '../../src/system/exec.ts';

export interface IptablesUnderTest {
  readonly exec: Exec;
  /** `iptables-nft` and so on. */
  readonly command: string;
}

const A = 'KUBE-SVC-AAAAAAAAAAAAAAAA';
const B = 'KUBE-SVC-BBBBBBBBBBBBBBBB';

export function describeIptables(title: string, create: () => IptablesUnderTest): void {
  describe(title, () => {
    const bed = () => {
      const { exec, command } = create();
      const run = (file: string, args: readonly string[], input: string): Promise<CommandResult> =>
        exec({ file, args, input: [input], timeoutMs: 30_000 });
      const restore = (...lines: string[]) =>
        run(`${command}-restore`, ['--noflush', '-w', '5'], `*nat\n${lines.join('\n')}\nCOMMIT\n`);
      const save = async () => {
        const { stdout } = await exec({ file: `${command}-save`, args: [], timeoutMs: 30_000 });
        return stdout.split('\n').filter((line) => line.startsWith(':KUBE') || line.startsWith('-A'));
      };
      return { restore, save, ipset: (input: string) => run('ipset', ['-exist', 'restore'], input) };
    };

    it('a declaration makes a chain, or empties it', async () => {
      const { restore, save } = bed();
      expect(await restore(`:${A} - [0:0]`, `-A ${A} -j RETURN`)).toMatchObject({ exitCode: 0 });
      expect(await save()).toEqual([`:${A} - [0:0]`, `-A ${A} -j RETURN`]);
      expect(await restore(`:${A} - [0:0]`)).toMatchObject({ exitCode: 0 });
      expect(await save()).toEqual([`:${A} - [0:0]`]);
    });

    it('chains that are not mentioned stay', async () => {
      const { restore, save } = bed();
      await restore(`:${A} - [0:0]`, `-A ${A} -j RETURN`);
      await restore(`:${B} - [0:0]`, `-A ${B} -g ${A}`);
      expect(await save()).toEqual([
        `:${A} - [0:0]`,
        `:${B} - [0:0]`,
        `-A ${A} -j RETURN`,
        `-A ${B} -g ${A}`,
      ]);
    });

    it('an insertion goes to the head', async () => {
      const { restore, save } = bed();
      await restore(`:${A} - [0:0]`, `-A OUTPUT -j RETURN`, `-I OUTPUT -j ${A}`);
      expect(await save()).toEqual([`:${A} - [0:0]`, `-A OUTPUT -j ${A}`, '-A OUTPUT -j RETURN']);
    });

    it('a chain goes in the restore that takes away what led to it', async () => {
      const { restore, save } = bed();
      await restore(`:${A} - [0:0]`, `:${B} - [0:0]`, `-A ${A} -j RETURN`, `-A ${B} -g ${A}`);
      expect(await restore(`:${B} - [0:0]`, `:${A} - [0:0]`, `-X ${A}`)).toMatchObject({ exitCode: 0 });
      expect(await save()).toEqual([`:${B} - [0:0]`]);
    });

    it.each([
      ['a chain that rules lead to cannot be deleted', [`:${A} - [0:0]`, `-X ${A}`]],
      [
        'a rule cannot lead to a chain that there is not',
        [`:${B} - [0:0]`, `-A ${B} -g KUBE-SVC-CCCCCCCCCCCCCCCC`],
      ],
      ['a rule cannot use a set that there is not', [`-A ${B} -m set --match-set KUBE-SEP-NONE src -g ${A}`]],
      ['a rule cannot use a port that there is not', [`-A ${B} -p tcp -m tcp --dport 70000 -g ${A}`]],
    ])('%s, and nothing of a refused restore is done', async (_, lines) => {
      const { restore, save } = bed();
      await restore(`:${A} - [0:0]`, `:${B} - [0:0]`, `-A ${B} -g ${A}`);
      const before = await save();
      const { exitCode, stderr } = await restore(`-A ${A} -j RETURN`, ...lines);
      expect(exitCode).not.toBe(0);
      expect(stderr).toMatch(/line:? \d+/);
      expect(await save()).toEqual(before);
    });

    it('a set that a rule uses cannot be destroyed', async () => {
      const { restore, ipset } = bed();
      const create = 'create KUBE-SEP-A hash:ip family inet hashsize 64 maxelem 65536 timeout 0\n';
      expect(await ipset(create + create)).toMatchObject({ exitCode: 0 });
      const rule = `-A ${A} -m set --match-set KUBE-SEP-A src -j RETURN`;
      expect(await restore(`:${A} - [0:0]`, rule)).toMatchObject({ exitCode: 0 });
      expect((await ipset('destroy KUBE-SEP-A\n')).exitCode).not.toBe(0);
      await restore(`:${A} - [0:0]`);
      expect(await ipset('destroy KUBE-SEP-A\n')).toMatchObject({ exitCode: 0 });
    });
  });
}
