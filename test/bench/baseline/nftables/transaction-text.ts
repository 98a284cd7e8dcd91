// What kube-proxy pipes into `nft -f -`: everything, or after a change what a partial sync writes. One line for each object, as
// knftables writes them.
import type { IpFamily } from '../../../../src/model/ip.ts';
import { joined, type KubeProxyTable } from './kube-proxy-table.ts';
import {
  type BaselineChain,
  type BaselineElement,
  type BaselineObjects,
  type BaselineSet,
  elementText,
} from './table.ts';
import { wordsOf } from './words.ts';

/** Makes the table. */
export function* fullTransaction({ family, skeleton, services }: KubeProxyTable): Generator<string> {
  const table = tableText(family);
  yield `add table ${table} { comment "rules for kube-proxy" ; }\n`;
  yield* additions(table, joined([skeleton, ...services.values()]));
}

/**
 * Writes the chains of the changed Services whole, and those elements that differ. Chains that are not needed any more are emptied: a
 * later sync, which is not measured, deletes them.
 */
export function* partialTransaction(
  family: IpFamily,
  { before, after }: { readonly before: BaselineObjects; readonly after: BaselineObjects },
): Generator<string> {
  const table = tableText(family);
  yield* additions(table, { ...after, elements: without(after.elements, before.elements, elementId) });
  for (const { name } of without(before.chains, after.chains, nameOf)) yield `flush chain ${table} ${name}\n`;
  for (const { kind, name } of without(before.sets, after.sets, nameOf))
    yield `delete ${kind} ${table} ${name}\n`;
  for (const { of, key } of without(before.elements, after.elements, keyId))
    yield `delete element ${table} ${of} { ${key} }\n`;
}

function tableText(family: IpFamily): string {
  return `${wordsOf(family).ip} kube-proxy`;
}

function* additions(table: string, { sets, chains, elements }: BaselineObjects): Generator<string> {
  for (const set of sets) yield setText(table, set);
  for (const { name, property } of chains) {
    yield `add chain ${table} ${name}${property ? ` { ${property.replace(/;?$/, ' ;')} }` : ''}\n`;
    yield `flush chain ${table} ${name}\n`;
  }
  for (const { name, rules } of chains) for (const rule of rules) yield `add rule ${table} ${name} ${rule}\n`;
  for (const element of elements) yield `add element ${table} ${element.of} { ${elementText(element)} }\n`;
}

function setText(table: string, { kind, name, properties }: BaselineSet): string {
  return `add ${kind} ${table} ${name} { ${properties.join(' ; ')} ; }\n`;
}

/** Those of `some` that none of `others` is the same as. */
function without<T>(some: readonly T[], others: readonly T[], identityOf: (one: T) => string): T[] {
  const known = new Set(others.map(identityOf));
  return some.filter((one) => !known.has(identityOf(one)));
}

function nameOf({ name }: BaselineSet | BaselineChain): string {
  return name;
}

function elementId(element: BaselineElement): string {
  return `${keyId(element)} ${element.value ?? ''}`;
}

function keyId({ of, key }: BaselineElement): string {
  return `${of} ${key}`;
}
