// What of an error is logged: what it says and its code. Never its other fields, because errors of HTTP clients carry requests,
// and requests carry tokens.

export interface SerializedError {
  /** The messages of the error and of its causes, outermost first. */
  readonly message: string;
  /** The first code among them. */
  readonly code?: string;
  readonly stack?: string;
}

const BEARER_TOKEN = /\bBearer\s+[\w.~+/=-]+/gi;
/** A chain of causes may be a ring. */
const MAX_CAUSES = 10;

/** Never throws: everything that can be thrown can be logged. */
export function serializeError(
  error: unknown,
  { withStack }: { readonly withStack: boolean },
): SerializedError {
  const chain = chainOf(error);
  const code = chain.map(codeOf).find((each) => each !== undefined);
  const stack = withStack && error instanceof Error ? error.stack : undefined;
  return {
    message: withoutSecrets(joinMessages(chain.map(messageOf))),
    ...(code !== undefined && { code }),
    ...(stack !== undefined && { stack: withoutSecrets(stack) }),
  };
}

function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let each = error; each !== undefined && chain.length < MAX_CAUSES; each = causeOf(each))
    chain.push(each);
  return chain;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** A cause that the message before already quotes is not repeated. */
function joinMessages(messages: readonly string[]): string {
  return messages.reduce((text, message) => (text.includes(message) ? text : `${text}: ${message}`));
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  if (error instanceof Error) return error.message || error.name;
  return typeof error === 'object' && error !== null
    ? 'something that is no Error was thrown'
    : String(error);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function withoutSecrets(text: string): string {
  return text.replace(BEARER_TOKEN, 'Bearer [redacted]');
}
