import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { startEvents } from '../../../src/daemon/start-events.ts';

const NODE = { kind: 'Node', namespace: '', name: 'node-1' };

function eventsWith(flags: Readonly<Record<string, string>>) {
  const texts = Object.entries(flags).map(([name, text]) => [name, [text]] as const);
  return startEvents('node-1', loadConfig({ file: undefined, flags: new Map(texts) }));
}

describe('startEvents', () => {
  it("say that the proxy starts, in kube-proxy's words", () => {
    expect(eventsWith({ 'proxy-mode': 'iptables' })).toEqual([
      { regarding: NODE, type: 'Normal', reason: 'Starting', action: 'StartKubeProxy', note: '' },
    ]);
  });

  it.each([{}, { 'proxy-mode': '' }])('warn that the mode is not set: %j', (flags) => {
    const events = eventsWith(flags);
    expect(events.map(({ type, reason }) => [type, reason])).toEqual([
      ['Normal', 'Starting'],
      ['Warning', 'ProxyModeNotSet'],
    ]);
    expect(events[1]).toMatchObject({ regarding: NODE, action: 'StartKubeProxy' });
    expect(events[1]?.note).toContain('mode is not set, using iptables');
  });
});
