/**
 * Label and field selectors of list requests. Development tool, no zone.
 */

import { isJsonObject, type ApiObject } from './object.ts';
import { badRequest } from './status.ts';

type Labels = Readonly<Record<string, string>>;
export type LabelMatch = (labels: Labels) => boolean;

const key = /^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$/;

function unparsable(text: string): Error {
  return badRequest(`unable to parse requirement: found '${text}', expected: identifier or an operator`);
}

function checked(text: string): string {
  if (!key.test(text)) throw unparsable(text);
  return text;
}

function parseSet(text: string): LabelMatch | undefined {
  const match = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (match === null) return undefined;
  const label = checked(match[1] ?? '');
  const values = (match[3] ?? '').split(',').map((value) => value.trim());
  return match[2] === 'in'
    ? (labels) => label in labels && values.includes(labels[label] ?? '')
    : (labels) => !(label in labels) || !values.includes(labels[label] ?? '');
}

function parseRequirement(text: string): LabelMatch {
  const set = parseSet(text);
  if (set !== undefined) return set;
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (equality !== null) {
    const label = checked(equality[1] ?? '');
    const value = equality[3] ?? '';
    return equality[2] === '!='
      ? (labels) => labels[label] !== value
      : (labels) => label in labels && labels[label] === value;
  }
  if (text.startsWith('!')) {
    const label = checked(text.slice(1).trim());
    return (labels) => !(label in labels);
  }
  const label = checked(text);
  return (labels) => label in labels;
}

/** `a=b,c!=d,e in (f,g),h,!i`. Throws 400 when it cannot be read. */
export function parseLabelSelector(text: string): LabelMatch {
  if (text.trim() === '') return () => true;
  // A comma inside parentheses separates values, not requirements.
  const requirements = text.split(/,(?![^(]*\))/).map((one) => parseRequirement(one.trim()));
  return (labels) => requirements.every((matches) => matches(labels));
}

/** A LabelSelector as webhooks and policies have it; an absent one matches everything. */
export function matchesLabelSelector(selector: unknown, labels: Labels): boolean {
  if (!isJsonObject(selector)) return true;
  const { matchLabels, matchExpressions } = selector;
  if (isJsonObject(matchLabels)) {
    if (!Object.entries(matchLabels).every(([label, value]) => labels[label] === value)) return false;
  }
  if (!Array.isArray(matchExpressions)) return true;
  return matchExpressions.filter(isJsonObject).every(({ key: label, operator, values }) => {
    const name = String(label);
    const listed = Array.isArray(values) && values.includes(labels[name]);
    if (operator === 'In') return name in labels && listed;
    if (operator === 'NotIn') return !(name in labels) || !listed;
    return operator === 'Exists' ? name in labels : !(name in labels);
  });
}

/** `metadata.name=x,spec.nodeName!=y`: compares the text at a path. */
export function parseFieldSelector(text: string): (object: ApiObject) => boolean {
  const terms = text.split(',').filter((term) => term !== '');
  const checks = terms.map((term) => {
    const match = /^([A-Za-z.]+)(==|=|!=)(.*)$/.exec(term);
    if (match === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
    const path = (match[1] ?? '').split('.');
    return (object: ApiObject) => {
      let value: unknown = object;
      for (const member of path) value = isJsonObject(value) ? value[member] : undefined;
      return ((value ?? '') === (match[3] ?? '')) === (match[2] !== '!=');
    };
  });
  return (object) => checks.every((check) => check(object));
}
