// Requests that are not for objects: version, health, discovery, OpenAPI.
import { type Answer, jsonAnswer } from './answer.ts';
import { discoveryDocument } from './discovery.ts';
import { openApiDocument } from './openapi.ts';
import { pathNotFound } from './status-error.ts';

/** The release whose API the lab speaks. */
const VERSION = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2+fairlead-lab',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
};

/** Throws 404. */
export function handlePath(path: string): Answer {
  if (path === '/version') return jsonAnswer(200, VERSION);
  if (/^\/(healthz|livez|readyz)$/.test(path))
    return { code: 200, body: 'ok', contentType: 'text/plain; charset=utf-8' };
  const openApi = openApiDocument(path);
  if (openApi) return openApi;
  const document = discoveryDocument(path);
  if (!document) throw pathNotFound();
  return jsonAnswer(200, document);
}
