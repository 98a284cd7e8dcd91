// Feature gates: which names mean something to kube-proxy 1.36 (pkg/features/kube_features.go and component-base), and what they
// are worth here. A gate that means nothing is warned of, so that a gate that is removed never stops a proxy.

interface Gate {
  readonly isOn: boolean;
  /** Undefined: it can be switched, and does something here. */
  readonly why?: string;
}

const LOCKED = 'it is always on';
const NOT_HERE = 'it changes nothing in Fairlead';

const GATES: Readonly<Record<string, Gate>> = {
  AllowServiceExternalIPs: { isOn: true },
  MultiCIDRServiceAllocator: { isOn: true, why: LOCKED },
  PreferSameTrafficDistribution: { isOn: true, why: LOCKED },
  NFTablesProxyMode: { isOn: true, why: LOCKED },
  ComponentFlagz: { isOn: true, why: NOT_HERE },
  ComponentStatusz: { isOn: true, why: NOT_HERE },
  ContextualLogging: { isOn: true, why: NOT_HERE },
  LoggingBetaOptions: { isOn: true, why: NOT_HERE },
  LoggingAlphaOptions: { isOn: false, why: NOT_HERE },
  NativeHistograms: { isOn: false, why: NOT_HERE },
  WinDSR: { isOn: true, why: NOT_HERE },
  WinOverlay: { isOn: true, why: NOT_HERE },
  StrictIPCIDRValidation: { isOn: true, why: NOT_HERE },
  RelaxedServiceNameValidation: { isOn: true, why: NOT_HERE },
  KubeProxyIPVS: { isOn: true, why: NOT_HERE },
  NFTablesNetlink: { isOn: true, why: NOT_HERE },
  KubeProxyNFTablesLocalhostNodePorts: { isOn: false, why: NOT_HERE },
  AllAlpha: { isOn: false, why: NOT_HERE },
  AllBeta: { isOn: false, why: NOT_HERE },
};

/** A sentence for each gate that is set and has no effect, or is unknown. One that is set to what it is anyway is none. */
export function gateWarnings(gates: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(gates).flatMap(([name, isWanted]) => {
    const gate = Object.hasOwn(GATES, name) ? GATES[name] : undefined;
    if (!gate) return [`feature gate ${name} is unknown or was removed: ignored`];
    return gate.why && gate.isOn !== isWanted ? [`feature gate ${name} is ignored: ${gate.why}`] : [];
  });
}

/** `AllowServiceExternalIPs=false` makes `spec.externalIPs` be ignored (KEP-5707). */
export function allowsServiceExternalIps(gates: Readonly<Record<string, boolean>>): boolean {
  return gates['AllowServiceExternalIPs'] ?? true;
}
