// Label selectors and field selectors as they come in a query, compiled to predicates.
import { badRequest } from './status-error.ts';

type Labels = Readonly<Record<string, string>>;

/** True for what the selector selects; undefined selects everything. */
export type Selector = ((values: Labels) => boolean) | undefined;

const KEY = '[A-Za-z0-9][-A-Za-z0-9_./]*';
const REQUIREMENT = new RegExp(
  String.raw`^\s*(?:(?<absent>!\s*${KEY})|(?<setKey>${KEY})\s+(?<operator>in|notin)\s*\((?<values>[^()]*)\)|(?<key>${KEY})\s*(?:(?<comparison>==|=|!=)\s*(?<value>[-A-Za-z0-9_.]*))?)\s*$`,
);

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k`; `!=` and `notin` also select objects without the label. Throws 400. */
export function parseLabelSelector(text: string): Selector {
  return allOf(splitOutsideParentheses(text).map(labelRequirement));
}

/** `metadata.name=web,spec.clusterIP!=None`. Throws 400 for a field that the kind does not offer. */
export function parseFieldSelector(text: string, selectable: (field: string) => boolean): Selector {
  return allOf(splitOutsideParentheses(text).map((term) => fieldRequirement(term, selectable)));
}

function allOf(requirements: readonly ((values: Labels) => boolean)[]): Selector {
  if (requirements.length === 0) return undefined;
  return (values) => requirements.every((requirement) => requirement(values));
}

function labelRequirement(term: string): (labels: Labels) => boolean {
  const groups = REQUIREMENT.exec(term)?.groups;
  if (!groups) throw badRequest(`unable to parse requirement: found '${term}', expected: identifier`);
  const { absent, setKey, operator, values = '', key = '', comparison, value = '' } = groups;
  if (absent) return hasNot(absent.slice(1).trim());
  if (setKey) return isIn(setKey, values.split(',').map(trim), operator === 'in');
  return comparison ? isIn(key, [value], comparison !== '!=') : (labels) => Object.hasOwn(labels, key);
}

function hasNot(key: string): (labels: Labels) => boolean {
  return (labels) => !Object.hasOwn(labels, key);
}

function isIn(key: string, values: readonly string[], wanted: boolean): (labels: Labels) => boolean {
  return (labels) => {
    const value = labels[key];
    return (value !== undefined && values.includes(value)) === wanted;
  };
}

function fieldRequirement(term: string, selectable: (field: string) => boolean): (fields: Labels) => boolean {
  const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
  if (!match) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  const [, field = '', operator, value = ''] = match;
  if (!selectable(field)) throw badRequest(`field label not supported: ${field}`);
  const unescaped = value.replaceAll(/\\(.)/g, '$1');
  return (fields) => ((fields[field] ?? '') === unescaped) === (operator !== '!=');
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^()]*\))/).filter((term) => term.trim() !== '');
}

function trim(text: string): string {
  return text.trim();
}
