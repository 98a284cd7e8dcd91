// Addresses that two Services claim: a ClusterIP beats all others, then the older Service wins (docs/compatibility.md: kube-proxy
// leaves it to chance). What happens when the winner goes is in experiments/takeover.ts.
import { reaches } from '../expectation.ts';
import { type FlowGroup, probesOf, reachProbes } from '../flow-case.ts';
import { clusterIpsOf, externalIpsOf, flowService, ready, TCP_80 } from '../flow-service.ts';
import { type Manifest, manifestsOf } from '../manifests.ts';
import { FAR, onNode1 as from, NEAR } from './cast.ts';

export function conflictGroup(): FlowGroup {
  const claimed = clusterIpsOf(183);
  const claimant = flowService({
    number: 181,
    name: 'claims-a-cluster-ip',
    externalIps: Object.values(claimed),
    ports: [TCP_80, { name: 'other', protocol: 'TCP', port: 82 }],
    endpoints: ready(NEAR),
  });
  const elder = flowService({
    number: 182,
    name: 'z-elder',
    externalIps: Object.values(externalIpsOf(182)),
    endpoints: ready(NEAR),
  });
  const owner = flowService({ number: 183, name: 'younger-owner', endpoints: ready(FAR) });
  const younger = flowService({
    number: 184,
    name: 'younger-rival',
    externalIps: Object.values(externalIpsOf(182)),
    endpoints: ready(FAR),
  });
  return {
    name: 'of two Services that claim one address and port',
    manifests: manifestsOf(claimant, elder, owner, younger),
    cases: [
      {
        name: 'the one whose ClusterIP it is wins, though the other is older',
        probes: reachProbes({ service: owner, from, endpoints: [FAR], protocols: ['TCP'] }),
      },
      {
        name: 'the loser keeps the ports of that address that nobody else has',
        probes: probesOf({
          from,
          to: { ips: claimed, port: 82 },
          protocols: ['TCP'],
          expected: (family) => reaches({ from, endpoints: [NEAR], isMasqueraded: true }, family),
        }),
      },
      {
        name: 'the older one wins',
        probes: reachProbes({
          service: elder,
          kind: 'external IP',
          from,
          endpoints: [NEAR],
          isMasqueraded: true,
        }),
      },
      {
        name: 'the loser keeps its own addresses',
        probes: reachProbes({ service: younger, from, endpoints: [FAR] }),
      },
    ],
  };
}

/** Objects that are to be made at least a second after the others: so coarse is the time of creation. */
export function isYounger({ metadata }: Manifest): boolean {
  return metadata.name.startsWith('younger-');
}
