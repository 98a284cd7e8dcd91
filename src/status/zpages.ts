// /flagz and /statusz, for people who debug a node (KEP-4828, KEP-4827): their text form, which scripts must not rely on.

import { qualityOf } from './accept.ts';
import { textAnswer } from './answers.ts';
import type { HttpAnswer } from './http-listener.ts';

export interface Statusz {
  readonly version: string;
  /** `v24.21.0`. */
  readonly runtime: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** What else the server has. */
  readonly paths: readonly string[];
}

const NOTE = 'It is not meant for programs: its format may change at any time.';

/** Each flag as the command line has it, or its default. What a configuration file says is at /configz. */
export function flagzPage(flags: ReadonlyMap<string, string>): string {
  const lines = Array.from(flags, ([name, value]) => `${name}=${value}`);
  const note = `This page shows flags, and not what a configuration file says: that is at /configz. ${NOTE}`;
  return ['', 'kube-proxy flags', note, '', ...lines, ''].join('\n');
}

export function statuszPage({ version, runtime, startedAtMs, nowMs, paths }: Statusz): string {
  return [
    '',
    'kube-proxy statusz',
    NOTE,
    '',
    `Started: ${new Date(startedAtMs).toUTCString()}`,
    `Up: ${upTime(nowMs - startedAtMs)}`,
    `Node.js version: ${runtime}`,
    `Binary version: Fairlead ${version}`,
    `Paths: ${paths.join(' ')}`,
    '',
  ].join('\n');
}

/** There is no other form than text: who wants only another one must not take this one for it. */
export function textPage(text: string, accept: string): HttpAnswer {
  const takesText = accept === '' || qualityOf(accept, /^(text\/plain|text\/\*|\*\/\*)$/) > 0;
  return takesText ? textAnswer(text) : textAnswer('media type not acceptable, must be: text/plain\n', 406);
}

function upTime(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${Math.floor(seconds / 3_600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${two(seconds % 60)} sec`;
}
