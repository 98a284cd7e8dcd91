import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/util/turns.ts';

describe('turns', () => {
  it('are taken one after the other, in the order of asking', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const task = (name: string) => async () => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
    };
    await Promise.all([turns.run(task('one')), turns.run(task('two')), turns.run(task('three'))]);
    expect(log).toEqual([
      ...['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends'],
    ]);
  });

  it('go on after one that failed, who alone learns of it', async () => {
    const turns = new Turns();
    const failing = turns.run(() => Promise.reject(new Error('no')));
    const next = turns.run(async () => 'yes');
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });
});
