import { describe, expect, it } from 'vitest';
import { nodeNameOf } from '../../../src/config/node-name.ts';

describe('nodeNameOf', () => {
  it.each([
    [' Config ', 'host', 'config'],
    ['', 'Host.example', 'host.example'],
    [' ', 'host', undefined],
  ])("is hostnameOverride '%s' before the host's name %s", (hostnameOverride, hostname, expected) => {
    expect(nodeNameOf(hostnameOverride, hostname)).toBe(expected);
  });
});
