import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load-config.ts';
import { writeConfigTo } from '../../../src/daemon/write-config.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-write-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(target: string, file?: string): Promise<number> {
  const flags = new Map([['cluster-cidr', ['10.244.0.0/16']]]);
  return writeConfigTo({ kind: 'write-config', source: { file, flags }, target });
}

describe('--write-config-to', () => {
  it('writes what flags and defaults make, and ends well', async () => {
    const target = join(directory, 'config.conf');
    expect(await write(target)).toBe(0);
    const { config, warnings } = parseConfig(readFileSync(target, 'utf8'), {
      file: target,
      flags: new Map(),
    });
    expect(config.clusterCIDR).toBe('10.244.0.0/16');
    expect(warnings).toEqual([]);
  });

  it('ends with 1 where the file cannot be written', async () => {
    expect(await write(join(directory, 'no', 'such', 'directory'))).toBe(1);
  });

  it('ends with 1 and writes nothing where the configuration cannot be used', async () => {
    const [file, target] = [join(directory, 'bad.conf'), join(directory, 'config.conf')];
    writeFileSync(file, 'kind: Pod\n');
    expect(await write(target, file)).toBe(1);
    expect(() => readFileSync(target)).toThrow('ENOENT');
  });
});
