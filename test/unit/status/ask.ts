// Asks a handler without a socket.
import type { HttpAnswer, HttpHandler, HttpRequest } from '../../../src/status/http-listener.ts';

export async function ask(
  handler: HttpHandler,
  url: string,
  fields: Partial<HttpRequest> = {},
): Promise<HttpAnswer> {
  const [path = '', query = ''] = url.split('?');
  return handler({
    method: 'GET',
    path,
    query: new URLSearchParams(query),
    accept: '',
    isLoopback: true,
    ...fields,
  });
}
