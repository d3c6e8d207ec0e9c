import { didYouMean } from '../did-you-mean.js';

type Holds = (value: unknown) => boolean;

/** What the value of an option must be, as a test and as a text. */
export type Rule = readonly [Holds, string];

/** The rules of all options of one object, by name. */
export type Rules = Readonly<Record<string, Rule>>;

export const DURATION: Rule = [
  (value) => typeof value === 'number' && value > 0,
  'a number of milliseconds above 0',
];

export const COUNT: Rule = [
  (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  'a positive whole number',
];

export const BOOLEAN: Rule = [(value) => typeof value === 'boolean', 'true or false'];

export const FUNCTION: Rule = [(value) => typeof value === 'function', 'a function'];

export const TEXT: Rule = [(value) => typeof value === 'string', 'a string'];

export const METADATA: Rule = [isObject, 'an object of names and values'];

export const SIGNAL: Rule = [
  (value) => isObject(value) && 'addEventListener' in value,
  'an AbortSignal',
];

/** Any number but NaN: a timeout that has already passed is valid for a call. */
export const TIMEOUT: Rule = [
  (value) => typeof value === 'number' && !Number.isNaN(value),
  'a number of milliseconds',
];

/** Whether the value is an object. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Throws a TypeError that begins with `where` and names the first option that is unknown or has a
 * wrong value. Undefined options are ignored.
 */
export function checkRules(where: string, options: object, rules: Rules, prefix = ''): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) throw unknownOption(where, prefix, name, Object.keys(rules));
    const [holds, text] = rule;
    if (value !== undefined && !holds(value)) {
      throw new TypeError(`${where}: ${prefix}${name} must be ${text}`);
    }
  }
}

function unknownOption(where: string, prefix: string, name: string, known: string[]): TypeError {
  const suggestion = didYouMean(name, known);
  const hint = suggestion === '' ? '; the' : `${suggestion} The`;
  return new TypeError(
    `${where}: unknown option ${prefix}${name}${hint} options are ${known.join(', ')}`,
  );
}
