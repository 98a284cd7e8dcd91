import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationPage } from '../../../tools/configuration-page.ts';

const PAGE = resolve(import.meta.dirname, '../../../docs/configuration.md');

describe('docs/configuration.md', () => {
  it('is what the tables say', async () => {
    await expect(configurationPage()).toMatchFileSnapshot(PAGE);
  });
});
