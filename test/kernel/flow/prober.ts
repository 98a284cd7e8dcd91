// Sends the packets: makes as many connections as it takes to be sure who is reached, and collects what was seen.
import type { Lab } from '../../../src/lab/lab.ts';
import type { Attempt } from '../../../src/lab/traffic/probe.ts';
import type { EndpointName, Expectation } from './expectation.ts';
import type { FlowProbe } from './flow-case.ts';
import { placeOfSource } from './flow-lab.ts';
import { inPool } from './pool.ts';

export interface Observation {
  /** Who answered, in the order of the connections, with the source address that it saw. */
  readonly answers: readonly { readonly endpoint: EndpointName; readonly source: string }[];
  /** Symbolic errnos of the connections that failed. */
  readonly errors: readonly string[];
}

/** How likely it may be that an endpoint that gets its share of the connections is not reached in one probe. */
const MAX_MISS_PROBABILITY = 1e-7;

/** Generous, for the machine may be busy; nothing waits for it where all is well. */
const ANSWER_TIMEOUT_MS = 15_000;
/** For what is to be silence: an answer would come within milliseconds. Shorter than the time to a second SYN. */
const SILENCE_TIMEOUT_MS = 900;

const STICKY_ATTEMPTS = 6;

/** Silence costs nothing but time, so many can wait for it together. */
const SILENT_FLOWS = 100;
/** So many that the machine is busy, and none has to wait for long. */
const OTHER_FLOWS = 12;

/** Probes all of the flows, side by side. */
export async function probeFlows(
  lab: Lab,
  flows: readonly FlowProbe[],
): Promise<ReadonlyMap<FlowProbe, Observation>> {
  const { silent = [], other = [] } = Object.groupBy(flows, ({ expected }) =>
    expectsSilence(expected) ? 'silent' : 'other',
  );
  const probe = async (flow: FlowProbe): Promise<[FlowProbe, Observation]> => [
    flow,
    await probeFlow(lab, flow),
  ];
  const results = await Promise.all([inPool(silent, SILENT_FLOWS, probe), inPool(other, OTHER_FLOWS, probe)]);
  return new Map(results.flat());
}

export interface Patience {
  readonly answerTimeoutMs: number;
  /** Connections after all expected endpoints were reached: others, who must not be, shall have had a chance too. */
  readonly moreConnections: number;
}

const USUAL_PATIENCE: Patience = { answerTimeoutMs: ANSWER_TIMEOUT_MS, moreConnections: 2 };

/** Probes the flow until its expectation is met, or so often that it will not be. */
export async function probeFlow(
  lab: Lab,
  flow: FlowProbe,
  { answerTimeoutMs, moreConnections } = USUAL_PATIENCE,
): Promise<Observation> {
  const { expected } = flow;
  const isSilent = expectsSilence(expected);
  const timeoutMs = isSilent ? SILENCE_TIMEOUT_MS : answerTimeoutMs;
  const connect: Connect = (count) => connectOften(lab, flow, { count, concurrency: count, timeoutMs });
  if (expected.kind !== 'answered') return observationOf(await connect(isSilent ? 1 : 2));
  // Of clients that come at the same moment the first does not decide for the others.
  const first = await connect(1);
  if (expected.isSticky) return observationOf([...first, ...(await connect(STICKY_ATTEMPTS))]);
  const all = await connectUntilAllAnswered(connect, first, expected.answers.size);
  return observationOf([...all, ...(await connect(moreConnections))]);
}

type Connect = (count: number) => Promise<Attempt[]>;

export interface ConnectOptions {
  readonly count: number;
  /** How many at a time. */
  readonly concurrency: number;
  readonly timeoutMs?: number;
}

/** Makes connections and judges nothing. */
export function connectOften(lab: Lab, flow: FlowProbe, options: ConnectOptions): Promise<Attempt[]> {
  const { from, to, port, protocol, family } = flow;
  return placeOfSource(lab, from).probe({
    to,
    port,
    protocol,
    timeoutMs: ANSWER_TIMEOUT_MS,
    ...options,
    ...(from.isBound && { fromIp: from.ips[family] }),
    ...(from.place === 'client' && { via: from.node }),
  });
}

async function connectUntilAllAnswered(
  connect: Connect,
  first: readonly Attempt[],
  endpointCount: number,
): Promise<Attempt[]> {
  const all = [...first];
  const most = sufficientAttempts(endpointCount);
  while (all.length < most && !hasFailed(all) && reachedCount(all) < endpointCount) {
    all.push(...(await connect(Math.min(most - all.length, endpointCount + 2))));
  }
  return all;
}

/** So many that the chance to miss one of the endpoints by accident is MAX_MISS_PROBABILITY. */
function sufficientAttempts(endpointCount: number): number {
  if (endpointCount < 2) return 2;
  return Math.ceil(Math.log(MAX_MISS_PROBABILITY / endpointCount) / Math.log(1 - 1 / endpointCount));
}

function hasFailed(all: readonly Attempt[]): boolean {
  return all.some(({ ok }) => !ok);
}

function reachedCount(all: readonly Attempt[]): number {
  return new Set(observationOf(all).answers.map(({ endpoint }) => endpoint)).size;
}

export function observationOf(all: readonly Attempt[]): Observation {
  return {
    answers: all.flatMap((attempt) => {
      if (!attempt.ok) return [];
      const { name, local, peer } = attempt.answer;
      return [{ endpoint: `${name}:${local.port}` as EndpointName, source: peer.ip }];
    }),
    errors: all.flatMap((attempt) => (attempt.ok ? [] : [attempt.error])),
  };
}

function expectsSilence(expected: Expectation): boolean {
  return expected.kind === 'dropped' || (expected.kind === 'untouched' && expected.outcome === 'lost');
}
