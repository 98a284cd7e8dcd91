// iptables-restore, iptables-save and ipset in memory, of one family, behind the port that runs programs. A restore is all or
// nothing per table; what the kernel refuses (jumps to nowhere, chains that are in use or not empty, sets that are missing)
// is refused here too, with the line that the nft variant would name.
import type { Command, CommandResult, Exec } from '../../src/system/exec.ts';

type Chains = Map<string, string[]>;

const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: [],
};

export class FakeIptables {
  #tables = new Map<string, Chains>();
  readonly sets = new Map<string, { readonly header: string; readonly members: Set<string> }>();
  /** The input of every restore of rules, refused ones included. */
  readonly restores: string[] = [];

  readonly exec: Exec = async (command) => {
    if (command.file.endsWith('-restore')) return this.#restoreRules(inputOf(command));
    if (command.file.endsWith('-save')) return succeeded(this.save());
    if (command.file === 'ipset') return this.#ipset(command);
    return failed(127, `${command.file}: not found`);
  };

  /** The rules of a chain, without `-A CHAIN`. */
  rulesOf(table: string, chain: string): readonly string[] | undefined {
    return this.#tables.get(table)?.get(chain);
  }

  save(): string {
    return [...this.#tables].map(([table, chains]) => saveTable(table, chains)).join('');
  }

  #restoreRules(input: string): CommandResult {
    this.restores.push(input);
    const tables = new Map(this.#tables);
    let line = 0;
    let [table, chains]: [string, Chains] = ['', new Map()];
    try {
      for (const text of input.trimEnd().split('\n')) {
        line++;
        if (text.startsWith('*')) {
          table = text.slice(1);
          chains = copyOf(tables.get(table) ?? builtIn(table));
        } else if (text === 'COMMIT') {
          tables.set(table, chains);
          this.#tables = new Map(tables);
        } else this.#runLine(chains, text);
      }
      return succeeded('');
    } catch (error) {
      return failed(1, `iptables-restore: line ${line} failed: ${String(error)}`);
    }
  }

  #runLine(chains: Chains, text: string): void {
    const [command = '', chain = ''] = text.split(' ');
    if (command.startsWith(':')) chains.set(command.slice(1), []);
    else if (command === '-A') this.#checked(chains, chain, text).push(text.slice(4 + chain.length));
    else if (command === '-I') this.#checked(chains, chain, text).unshift(text.slice(4 + chain.length));
    else if (command === '-X') removeChain(chains, chain);
    else throw new Error(`unknown command ${text}`);
  }

  /** The rules of the chain, once the rule is known to be one that the kernel takes. */
  #checked(chains: Chains, chain: string, rule: string): string[] {
    const rules = chains.get(chain);
    const target = targetOf(rule);
    if (!rules) throw new Error(`no chain ${chain}`);
    if (target && !chains.has(target)) throw new Error(`no chain ${target}`);
    for (const [, set = ''] of rule.matchAll(/--(?:match|add)-set (\S+)/g)) {
      if (!this.sets.has(set)) throw new Error(`Set ${set} doesn't exist.`);
    }
    if (/--dport (\d+)/.test(rule) && Number(/--dport (\d+)/.exec(rule)?.[1]) > 65_535)
      throw new Error('bad port');
    return rules;
  }

  #ipset(command: Command): CommandResult {
    if (command.args.includes('restore')) return this.#restoreSets(inputOf(command));
    if (command.args[0] === 'list') return succeeded(this.#listSets());
    const set = this.sets.get(command.args[1] ?? '');
    if (!set) return failed(1, 'The set with the given name does not exist');
    return succeeded([...set.members].map((member) => `add ${command.args[1]} ${member}\n`).join(''));
  }

  #restoreSets(input: string): CommandResult {
    for (const [i, line] of input.trimEnd().split('\n').entries()) {
      const [command, name = '', member = ''] = line.split(' ');
      const set = this.sets.get(name);
      if (command === 'create') this.sets.set(name, set ?? { header: line, members: new Set() });
      else if (!set) return failed(1, `Error in line ${i + 1}: The set with the given name does not exist`);
      else if (command === 'destroy' && this.save().includes(`-set ${name} `)) {
        return failed(
          1,
          `Error in line ${i + 1}: Set cannot be destroyed: it is in use by a kernel component`,
        );
      } else if (command === 'destroy') this.sets.delete(name);
      else if (command === 'add') set.members.add(member);
      else set.members.delete(member);
    }
    return succeeded('');
  }

  #listSets(): string {
    const blocks = [...this.sets].map(
      ([name, { header }]) =>
        `Name: ${name}\nHeader: family ${/family (\S+)/.exec(header)?.[1]} hashsize 64\n`,
    );
    return blocks.join('\n');
  }
}

/** The chain that the rule jumps or goes to; undefined for targets that are no chains. */
export function targetOf(rule: string): string | undefined {
  return / -[jg] (KUBE-\S+)/.exec(` ${rule}`)?.[1];
}

function removeChain(chains: Chains, name: string): void {
  const isUsed = [...chains.values()].some((rules) => rules.some((rule) => targetOf(rule) === name));
  if (isUsed || chains.get(name)?.length !== 0)
    throw new Error(`chain ${name} is missing, in use or not empty`);
  chains.delete(name);
}

function saveTable(table: string, chains: Chains): string {
  const names = [...chains.keys()].sort();
  const declarations = names.map((name) => `:${name} - [0:0]\n`);
  const rules = names.flatMap((name) => chains.get(name)?.map((rule) => `-A ${name} ${rule}\n`) ?? []);
  return `*${table}\n${declarations.join('')}${rules.join('')}COMMIT\n`;
}

function builtIn(table: string): Chains {
  return new Map((BUILT_IN[table] ?? []).map((name) => [name, []]));
}

function copyOf(chains: Chains): Chains {
  return new Map(Array.from(chains, ([name, rules]) => [name, [...rules]]));
}

function inputOf({ input = [] }: Command): string {
  return [...input].join('');
}

function succeeded(stdout: string): CommandResult {
  return { exitCode: 0, stdout, stderr: '' };
}

function failed(exitCode: number, stderr: string): CommandResult {
  return { exitCode, stdout: '', stderr };
}
