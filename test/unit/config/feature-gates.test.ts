import { describe, expect, it } from 'vitest';
import { GATE_NAMES, gateStates, gateWarnings, isGateOn } from '../../../src/config/feature-gates.ts';

describe('a feature gate', () => {
  it('that does something is as it was wanted', () => {
    for (const name of ['AllowServiceExternalIPs', 'ComponentFlagz', 'ComponentStatusz'] as const) {
      expect(isGateOn(name, {})).toBe(true);
      expect(isGateOn(name, { [name]: false })).toBe(false);
      expect(gateWarnings({ [name]: false })).toEqual([]);
    }
  });

  it('that is beta follows AllBeta unless it is named itself', () => {
    const wanted = { AllBeta: false, ComponentStatusz: true };
    expect(isGateOn('ComponentFlagz', wanted)).toBe(false);
    expect(isGateOn('ComponentStatusz', wanted)).toBe(true);
    expect(isGateOn('AllowServiceExternalIPs', wanted)).toBe(true);
    expect(gateWarnings(wanted)).toEqual([]);
  });

  it('that is ignored is shown as it always is, and not as it was wanted', () => {
    const wanted = { NativeHistograms: true, NFTablesProxyMode: false, AllBeta: false };
    const states = new Map(gateStates(wanted).map(({ name, isOn }) => [name, isOn]));
    expect([...states.keys()]).toEqual(GATE_NAMES);
    expect(states.get('NativeHistograms')).toBe(false);
    expect(states.get('NFTablesProxyMode')).toBe(true);
    expect(states.get('ContextualLogging')).toBe(true);
    expect(gateWarnings(wanted)).toEqual([
      'feature gate NativeHistograms is ignored: it changes nothing in Fairlead',
      'feature gate NFTablesProxyMode is ignored: it is always on',
    ]);
  });
});
