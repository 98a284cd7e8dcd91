// Talks to servers over real sockets on 127.0.0.1.
import { connect } from 'node:net';
import { expect } from 'vitest';
import type { HttpListener } from '../../../src/status/http-listener.ts';

export async function listening(listener: HttpListener): Promise<void> {
  await expect.poll(() => listener.port).not.toBe(0);
}

/** The bytes of one answer, whose length the server says. */
export function getRaw(port: number, path: string, method = 'GET'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    });
    let text = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`the connection was closed after: ${text}`)));
    socket.on('data', (chunk) => {
      text += chunk;
      if (!isComplete(text)) return;
      resolve(text);
      socket.destroy();
    });
  });
}

function isComplete(text: string): boolean {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const length = /^Content-Length: (\d+)/im.exec(head)?.[1];
  return length === undefined
    ? /^Transfer-Encoding/im.test(head) && body.endsWith('0\r\n')
    : body.length >= Number(length);
}
