// Feature gates: which names mean something to kube-proxy 1.36 and 1.37 (pkg/features/kube_features.go and component-base), and
// what they are worth here. A gate that means nothing is warned of, so that a gate that is removed never stops a proxy.

/** As component-base writes it: '' is a gate that is generally available. */
export type GateStage = 'ALPHA' | 'BETA' | 'DEPRECATED' | '';

interface Gate {
  readonly stage: GateStage;
  readonly isOn: boolean;
  /** Undefined: it can be switched, and does something here. */
  readonly why?: string;
}

/** What the configuration says of gates, by their names. */
export type WantedGates = Readonly<Record<string, boolean>>;

const LOCKED = 'it is always on';
const NOT_HERE = 'it changes nothing in Fairlead';

const GATES = {
  AllowServiceExternalIPs: { stage: '', isOn: true },
  ComponentFlagz: { stage: 'BETA', isOn: true },
  ComponentStatusz: { stage: 'BETA', isOn: true },
  MultiCIDRServiceAllocator: { stage: '', isOn: true, why: LOCKED },
  PreferSameTrafficDistribution: { stage: '', isOn: true, why: LOCKED },
  NFTablesProxyMode: { stage: '', isOn: true, why: LOCKED },
  ContextualLogging: { stage: 'BETA', isOn: true, why: NOT_HERE },
  LoggingBetaOptions: { stage: 'BETA', isOn: true, why: NOT_HERE },
  LoggingAlphaOptions: { stage: 'ALPHA', isOn: false, why: NOT_HERE },
  NativeHistograms: { stage: 'ALPHA', isOn: false, why: NOT_HERE },
  WinDSR: { stage: '', isOn: true, why: NOT_HERE },
  WinOverlay: { stage: '', isOn: true, why: NOT_HERE },
  StrictIPCIDRValidation: { stage: 'BETA', isOn: true, why: NOT_HERE },
  RelaxedServiceNameValidation: { stage: 'BETA', isOn: true, why: NOT_HERE },
  KubeProxyIPVS: { stage: 'DEPRECATED', isOn: true, why: NOT_HERE },
  NFTablesNetlink: { stage: 'BETA', isOn: true, why: NOT_HERE },
  KubeProxyNFTablesLocalhostNodePorts: { stage: 'ALPHA', isOn: false, why: NOT_HERE },
  AllAlpha: { stage: 'ALPHA', isOn: false, why: NOT_HERE },
  // Of those that do something here, it switches the beta ones that are not named themselves.
  AllBeta: { stage: 'BETA', isOn: false },
} as const satisfies Readonly<Record<string, Gate>>;

export type GateName = keyof typeof GATES;

/** How a gate is, whatever was wanted of it. */
export interface GateState {
  readonly name: GateName;
  readonly stage: GateStage;
  readonly isOn: boolean;
}

export const GATE_NAMES = Object.keys(GATES) as readonly GateName[];

/** All gates that are known here. One that is ignored is as it always is. */
export function gateStates(wanted: WantedGates): readonly GateState[] {
  return GATE_NAMES.map((name) => ({ name, stage: GATES[name].stage, isOn: isGateOn(name, wanted) }));
}

export function isGateOn(name: GateName, wanted: WantedGates): boolean {
  const { stage, isOn, why }: Gate = GATES[name];
  if (why !== undefined) return isOn;
  return wanted[name] ?? (stage === 'BETA' ? wanted['AllBeta'] : undefined) ?? isOn;
}

/** A sentence for each gate that is set and has no effect, or is unknown. One that is set to what it is anyway is none. */
export function gateWarnings(wanted: WantedGates): string[] {
  return Object.entries(wanted).flatMap(([name, isWanted]) => {
    if (!isKnown(name)) return [`feature gate ${name} is unknown or was removed: ignored`];
    const { isOn, why }: Gate = GATES[name];
    return why !== undefined && isOn !== isWanted ? [`feature gate ${name} is ignored: ${why}`] : [];
  });
}

function isKnown(name: string): name is GateName {
  return Object.hasOwn(GATES, name);
}
