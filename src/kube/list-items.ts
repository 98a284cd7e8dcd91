// Cuts the body of a LIST into its items as it arrives, so that no list is ever held or parsed as a whole: servers ignore
// `limit` when they answer from their cache, so even one page may be the whole cluster.
import { type ByteStream, MalformedBodyError, ObjectBuffer, TruncatedBodyError } from './byte-stream.ts';
import { isObject, type JsonObject, parseJson } from './json-object.ts';

export type ListPiece =
  /** The text of one item: balanced, but not parsed. */
  | { readonly kind: 'item'; readonly text: string }
  /** The list without its items; comes last. */
  | { readonly kind: 'envelope'; readonly envelope: JsonObject };

/** Throws TruncatedBodyError or MalformedBodyError when the body is no complete list, after all complete items. */
export async function* listItems(body: ByteStream): AsyncGenerator<ListPiece> {
  const scanner = new ListScanner();
  for await (const chunk of body) {
    for (const text of scanner.scan(chunk)) yield { kind: 'item', text };
  }
  yield { kind: 'envelope', envelope: scanner.finish() };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const ITEMS_DEPTH = 2;
const ITEM_DEPTH = 3;
const ENDS_WITH_ITEMS_KEY = /[{,]\s*"items"\s*:\s*\[$/;
const MAX_ENVELOPE_CHARS = 1024 * 1024;

/** Follows brackets and strings byte by byte. All bytes that matter are ASCII, so UTF-8 needs no decoding for it. */
class ListScanner {
  readonly #item = new ObjectBuffer();
  #envelope = '';
  #depth = 0;
  #isInItems = false;
  #isInString = false;
  #isEscaped = false;
  /** What comes before this index of the current chunk is dealt with. */
  #keptUpTo = 0;

  /** The items that this chunk completes. */
  *scan(chunk: Buffer): Generator<string> {
    this.#keptUpTo = 0;
    for (let i = 0; i < chunk.length; i += 1) {
      if (this.#isInString) i = this.#skipString(chunk, i);
      else if (chunk[i] === QUOTE) this.#isInString = true;
      else if (chunk[i] === OPEN_BRACE || chunk[i] === OPEN_BRACKET) this.#open(chunk, i);
      else if (chunk[i] === CLOSE_BRACE || chunk[i] === CLOSE_BRACKET) {
        this.#close(chunk, i);
        if (this.#isInItems && this.#depth === ITEMS_DEPTH) yield this.#item.take();
      }
    }
    this.#keep(chunk, chunk.length);
  }

  finish(): JsonObject {
    if (this.#depth !== 0 || this.#envelope === '') throw new TruncatedBodyError('the list is cut short');
    const envelope = parseJson(this.#envelope);
    if (!isObject(envelope)) throw new MalformedBodyError('the list is no JSON object');
    return envelope;
  }

  /** The index of the closing quote, or the end of the chunk. */
  #skipString(chunk: Buffer, from: number): number {
    for (let i = from; i < chunk.length; i += 1) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (chunk[i] === BACKSLASH) this.#isEscaped = true;
      else if (chunk[i] === QUOTE) {
        this.#isInString = false;
        return i;
      }
    }
    return chunk.length;
  }

  #open(chunk: Buffer, i: number): void {
    if (this.#depth === ITEMS_DEPTH && this.#isInItems) this.#keep(chunk, i);
    this.#depth += 1;
    if (this.#depth === ITEMS_DEPTH && chunk[i] === OPEN_BRACKET) {
      this.#keep(chunk, i + 1);
      this.#isInItems = ENDS_WITH_ITEMS_KEY.test(this.#envelope);
    }
  }

  #close(chunk: Buffer, i: number): void {
    if (this.#depth === ITEM_DEPTH) this.#keep(chunk, i + 1);
    if (this.#depth === ITEMS_DEPTH) {
      this.#keep(chunk, i);
      this.#isInItems = false;
    }
    this.#depth -= 1;
  }

  /** Puts the bytes up to `end` where they belong: to an item, to the envelope, or, between two items, nowhere. */
  #keep(chunk: Buffer, end: number): void {
    const piece = chunk.subarray(this.#keptUpTo, end);
    this.#keptUpTo = end;
    if (!this.#isInItems) this.#appendToEnvelope(piece);
    else if (this.#depth >= ITEM_DEPTH) this.#item.append(piece);
  }

  #appendToEnvelope(piece: Buffer): void {
    this.#envelope += piece.toString('latin1');
    if (this.#envelope.length > MAX_ENVELOPE_CHARS) throw new MalformedBodyError('the list has no items');
  }
}
