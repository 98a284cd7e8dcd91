// The recordings of a real API server in test/fixtures/apiserver, whole and in parts.
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname, '../fixtures/apiserver');
const HEAD_END = '\r\n\r\n';

export interface RecordedAnswer {
  readonly name: string;
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export function recordedNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.http'))
    .map((file) => file.slice(0, -'.http'.length));
}

/**
 * The bytes of an answer as they go over the wire. The recordings hold chunked bodies without their chunk headers, so these
 * are put back: a chunk for each line.
 */
export function rawRecording(name: string): Buffer {
  const { body, headers } = recordedAnswer(name);
  const raw = readFileSync(resolve(FOLDER, `${name}.http`));
  if (headers.get('transfer-encoding') !== 'chunked') return raw;
  const head = raw.subarray(0, raw.length - body.length);
  const chunks = body.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const chunked = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
  return Buffer.concat([head, Buffer.from(`${chunked}0\r\n\r\n`, 'latin1')]);
}

export function recordedAnswer(name: string): RecordedAnswer {
  const raw = readFileSync(resolve(FOLDER, `${name}.http`));
  const split = raw.indexOf(HEAD_END);
  const [statusLine = '', ...lines] = raw.subarray(0, split).toString().split('\r\n');
  const headers = lines.map((line) => line.split(': ', 2) as [string, string]);
  return {
    name,
    status: Number(statusLine.split(' ')[1]),
    headers: new Map(headers.map(([key, value]) => [key.toLowerCase(), value])),
    body: raw.subarray(split + HEAD_END.length),
  };
}
