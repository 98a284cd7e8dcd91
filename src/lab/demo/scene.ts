// One scene of the demo: some connections from one place to one address, what is expected of them, what came.
import type { Destination, Place } from '../place.ts';
import { type Tally, tally } from '../traffic/tally.ts';
import { dim, verdict } from './screen.ts';

export interface Scene {
  readonly from: Place;
  readonly destination: Destination;
  /** The pods that are to answer; nobody if empty. */
  readonly pods: readonly string[];
  /** `even`: all of `pods`, each about as often; `one`: always the same one of them. */
  readonly share: 'even' | 'one';
  /** The source that the pods are to see. */
  readonly source: string;
}

export interface SceneResult {
  readonly row: readonly string[];
  readonly isRight: boolean;
}

/** Of 200 connections to n pods each gets 200/n; five standard deviations off is no longer chance. */
const CONNECTIONS = 200;
const MAX_DEVIATIONS = 5;

export const SCENE_COLUMNS = ['from', 'to', 'answered by', 'source seen', ''].map(dim);

export async function play(scene: Scene): Promise<SceneResult> {
  const isSilent = scene.pods.length === 0;
  const attempts = await scene.from.probe({
    ...scene.destination,
    count: isSilent ? 3 : CONNECTIONS,
    timeoutMs: isSilent ? 500 : 2_000,
  });
  const seen = tally(attempts);
  const isRight = isAsExpected(scene, seen);
  return { row: [...rowOf(scene, seen), verdict(isRight)], isRight };
}

export function isAsExpected(
  { pods, share, source }: Pick<Scene, 'pods' | 'share' | 'source'>,
  seen: Tally,
): boolean {
  if (pods.length === 0) return Object.keys(seen.answeredBy).length === 0;
  const hasErrors = Object.keys(seen.errors).length > 0;
  const isSourceRight = seen.sources.length === 1 && seen.sources[0] === source;
  return !hasErrors && isSourceRight && (share === 'one' ? isOneOf(pods, seen) : isEven(pods, seen));
}

function isOneOf(pods: readonly string[], { answeredBy }: Tally): boolean {
  const names = Object.keys(answeredBy);
  return names.length === 1 && pods.includes(names[0] ?? '');
}

function isEven(pods: readonly string[], { answeredBy }: Tally): boolean {
  const total = Object.values(answeredBy).reduce((sum, count) => sum + count, 0);
  const probability = 1 / pods.length;
  const deviation = Math.sqrt(total * probability * (1 - probability));
  const isStranger = Object.keys(answeredBy).some((name) => !pods.includes(name));
  return (
    !isStranger &&
    pods.every((pod) => Math.abs((answeredBy[pod] ?? 0) - total * probability) <= MAX_DEVIATIONS * deviation)
  );
}

function rowOf({ from, destination }: Scene, { answeredBy, sources, errors }: Tally): string[] {
  const { to, port, via } = destination;
  const target = to.includes(':') ? `[${to}]:${port}` : `${to}:${port}`;
  const answers = Object.entries({ ...answeredBy, ...errors }).map(([who, count]) => `${who} ${count}`);
  return [from.name, via ? `${target} via ${via}` : target, answers.join('  '), sources.join(', ') || '-'];
}
