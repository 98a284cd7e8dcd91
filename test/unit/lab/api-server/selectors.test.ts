import { describe, expect, it } from 'vitest';
import { parseFieldSelector, parseLabelSelector } from '../../../../src/lab/api-server/selectors.ts';
import { statusOf } from './cluster-builder.ts';

const labels = { app: 'web', tier: 'front', 'service.kubernetes.io/headless': '' };

describe('label selectors', () => {
  it.each([
    ['app=web', true],
    ['app==web', true],
    ['app=api', false],
    ['app!=api', true],
    ['missing!=x', true],
    ['app', true],
    ['missing', false],
    ['!missing', true],
    ['!service.kubernetes.io/headless', false],
    ['service.kubernetes.io/headless=', true],
    ['app in (api, web)', true],
    ['app in (api)', false],
    ['app notin (api,db),tier=front', true],
    ['missing notin (a)', true],
    ['app=web,tier=back', false],
    ['!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name', false],
  ])('%s', (text, selected) => {
    expect(parseLabelSelector(text)?.(labels)).toBe(selected);
  });

  it('selects everything when empty', () => {
    expect(parseLabelSelector('')).toBeUndefined();
  });

  it.each(['a=b=c', '=b', 'a in b', 'a in (b', '!'])('refuses %s', (text) => {
    expect(statusOf(() => parseLabelSelector(text))).toMatchObject({ code: 400, reason: 'BadRequest' });
  });
});

describe('field selectors', () => {
  const fields = { 'metadata.name': 'web', 'spec.clusterIP': 'None' };
  const isKnown = (field: string): boolean => Object.hasOwn(fields, field);

  it.each([
    ['metadata.name=web', true],
    ['metadata.name==web', true],
    ['spec.clusterIP!=None', false],
    ['metadata.name=web,spec.clusterIP=None', true],
    ['metadata.name=', false],
  ])('%s', (text, selected) => {
    expect(parseFieldSelector(text, isKnown)?.(fields)).toBe(selected);
  });

  it('refuses fields that the kind does not offer, and terms without operator', () => {
    expect(statusOf(() => parseFieldSelector('spec.x=1', isKnown)).message).toBe(
      'field label not supported: spec.x',
    );
    expect(statusOf(() => parseFieldSelector('metadata.name', isKnown)).code).toBe(400);
  });
});
