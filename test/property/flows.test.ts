// Flows made by the rules of each moment, and by others, while Services, endpoints and the node change: after each change, what
// is checked for it alone leaves exactly the flows that are right.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { UdpDestination } from '../../src/flows/flow-table.ts';
import { createStaleFlowTest } from '../../src/flows/stale-flows.ts';
import { UdpFrontends } from '../../src/flows/udp-frontends.ts';
import { joinHostPort } from '../../src/model/ip.ts';
import { findTarget, type Target } from '../../src/plan/find-target.ts';
import { endpointsOf, type PlannedEndpoint, type ProxyPlan, type ServicePlan } from '../../src/plan/plan.ts';
import { runToEnd } from '../../src/util/cooperate.ts';
import { arbitraryService, arbitrarySlice } from '../builders/arbitraries.ts';
import { PlanFollower } from '../builders/plan-follower.ts';
import { aCluster, aNode, type Cluster } from '../builders/plans.ts';
import { ip } from '../builders/records.ts';
import { aFlow, flowText } from '../fakes/fake-flow-table.ts';

const NODE_ADDRESSES = ['192.0.2.11', '192.0.2.12'];
const DESTINATIONS = ['10.96.1.1', '10.96.1.2', '203.0.113.1', '203.0.113.2', ...NODE_ADDRESSES];
const FOREIGN_ENDPOINT = '10.244.99.1:9999';

const arbitraryPacket = fc.record({
  ip: fc.constantFrom(...DESTINATIONS),
  port: fc.constantFrom(80, 81, 30_000, 30_001),
  /** Which endpoint the rules choose. */
  choice: fc.nat({ max: 9 }),
  /** Somebody else's rules translate it if ours do not. */
  isForeign: fc.boolean(),
});
type PacketSeed = typeof arbitraryPacket extends fc.Arbitrary<infer P> ? P : never;

/** The node changes apart from the objects: NodePorts that go are looked for at the addresses that the node has then. */
const arbitraryChange = fc.oneof(
  { weight: 1, arbitrary: fc.record({ addresses: fc.subarray(NODE_ADDRESSES, { minLength: 1 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      services: fc.uniqueArray(arbitraryService, { selector: ({ name }) => name, maxLength: 4 }),
      slices: fc.uniqueArray(arbitrarySlice, { selector: ({ name }) => name, maxLength: 5 }),
    }),
  },
);
const episode = fc.record({ change: arbitraryChange, packets: fc.array(arbitraryPacket, { maxLength: 6 }) });

interface World extends Pick<Cluster, 'services' | 'slices'> {
  readonly addresses: readonly string[];
}

interface MadeFlow {
  readonly flow: ReturnType<typeof aFlow>;
  readonly madeBy: 'us' | 'others' | 'nobody';
}

it('leaves the right flows and no others, checking only what a change concerns', () => {
  fc.assert(
    fc.property(fc.array(episode, { minLength: 2, maxLength: 8 }), (story) => {
      const follower = new PlanFollower();
      const frontends = new UdpFrontends();
      let flows: readonly MadeFlow[] = [];
      let now: World = { services: [], slices: [], addresses: NODE_ADDRESSES };
      for (const { change, packets } of story) {
        now = { ...now, ...change };
        const node = aNode({ addresses: now.addresses.map(ip) });
        const destinations = runToEnd(frontends.commit(follower.follow(aCluster({ ...now, node }))));
        const { plan } = follower;
        if (!plan) throw new Error('nothing was committed');
        const isStale = createStaleFlowTest(frontends);
        const left = flows.filter(({ flow }) => !isListed(flow, destinations) || !isStale(flow));
        expect(texts(left)).toEqual(texts(flows.filter((made) => isRight(plan, made, now.addresses))));
        frontends.forgetGone(destinations);
        flows = [...left, ...packets.flatMap((seed) => flowMadeOf(plan, seed))];
      }
    }),
    { numRuns: 500 },
  );
});

function isListed({ destinationIp, destinationPort }: MadeFlow['flow'], listed: readonly UdpDestination[]) {
  return listed.some(
    ({ ip: of, port }) => port === destinationPort && (of ?? destinationIp) === destinationIp,
  );
}

/** What becomes of a packet that no flow exists for. */
function flowMadeOf(plan: ProxyPlan, { ip: to, port, choice, isForeign }: PacketSeed): MadeFlow[] {
  const destination = `${to}:${port}`;
  const target = targetOf(plan, aFlow(destination));
  if (!target) {
    const reply = isForeign ? FOREIGN_ENDPOINT : destination;
    return [{ flow: aFlow(destination, reply), madeBy: isForeign ? 'others' : 'nobody' }];
  }
  const { service, frontend } = target;
  const { policy, verdict } = frontend.kind === 'ClusterIP' ? service.internal : service.external;
  const endpoints = endpointsOf(service, policy);
  const endpoint = endpoints[choice % endpoints.length];
  if (endpoint) return [{ flow: aFlow(destination, joinHostPort(endpoint.ip, endpoint.port)), madeBy: 'us' }];
  // What is refused leaves no flow, but one may have been made in the moment before the rules.
  const isPassed = verdict === 'reject' && servingOf(service).length === 0;
  return isPassed ? [{ flow: aFlow(destination), madeBy: 'nobody' }] : [];
}

/** The same question asked of the plan as a whole. */
function isRight(plan: ProxyPlan, { flow, madeBy }: MadeFlow, addresses: readonly string[]): boolean {
  const target = targetOf(plan, flow);
  const reply = joinHostPort(ip(flow.replyIp), flow.replyPort);
  if (!target) {
    // What is sent to an address that the node lost does not come here any more.
    const isLostAddress =
      NODE_ADDRESSES.includes(flow.destinationIp) && !addresses.includes(flow.destinationIp);
    return madeBy !== 'us' || isLostAddress;
  }
  const serving = servingOf(target.service);
  if (serving.length === 0) return reply === joinHostPort(ip(flow.destinationIp), flow.destinationPort);
  return serving.some((endpoint) => joinHostPort(endpoint.ip, endpoint.port) === reply);
}

function servingOf({ allEndpoints }: ServicePlan): readonly PlannedEndpoint[] {
  return allEndpoints.filter(({ record }) => record.serving || record.ready);
}

function targetOf(plan: ProxyPlan, flow: MadeFlow['flow']): Target | undefined {
  return findTarget(plan, {
    sourceIp: ip('198.51.100.7'),
    destinationIp: ip(flow.destinationIp),
    destinationPort: flow.destinationPort,
    protocol: 'UDP',
    inputInterface: 'eth0',
    isFromNode: false,
  });
}

function texts(flows: readonly MadeFlow[]): string[] {
  return flows.map(({ flow, madeBy }) => `${flowText(flow)} by ${madeBy}`);
}
