import * as fc from 'fast-check'
import { getNullableType, type GraphQLInputType, isEnumType, isInputObjectType, isListType } from 'graphql'

/**
 * What a client that lies, or a broken one, puts where a value is expected, as the JSON text that it sends: some of it no
 * program could make with a serializer.
 */

const text = (value: unknown) => JSON.stringify(value)
const repeat = (part: string, times: number) => text(part.repeat(times))
const nest = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)

/** Strings that are odd, too long, or look like something else. */
const STRINGS = [
  text(''),
  text('   '),
  text('\0'),
  text('a\0b'),
  '"\\ud800"',
  '"a\\udc00b"',
  '"\\ud83d\\ud83d\\ude00"',
  text('\u202eevil\u202c'),
  text('\u200b\u200d\ufeff'),
  text('z\u0351\u034e'.repeat(500)),
  text('line\r\nline\u2028\u0007'),
  text('NaN'),
  text('Infinity'),
  text('-1'),
  text('null'),
  text('undefined'),
  text('__proto__'),
  text('constructor'),
  text("'; DROP TABLE run; --"),
  text('${7*7}{{7*7}}%s%n'),
  text('../../etc/passwd\\..'),
  text('(((a+)+)+)+$['),
  repeat('x', 10_240),
  repeat('\u{1f9d1}', 5_000),
  repeat('x', 1_200_000),
]

const NUMBERS = [
  '-0',
  '-1',
  '0.5',
  '-2147483648',
  '2147483647',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '1e308',
  '1e999',
  '-1e999',
  '1E-400',
  '123456789012345678901234567890',
]

/** What is of no type that anything has. */
const SHAPES = [
  'null',
  'true',
  'false',
  '0',
  '[]',
  '{}',
  '[null]',
  '[[]]',
  nest('[', ']', 1_000),
  `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`,
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"toString":1,"valueOf":null,"hasOwnProperty":[]}',
  '{"a":1,"a":2}',
]

/** What else JSON can hold. */
const JSONS = [
  ...SHAPES,
  ...NUMBERS,
  ...STRINGS,
  `{${repeat('k', 100_000)}:1}`,
  '{"a\\u0000b":1}',
  '{"\\ud800":1}',
  '{"":{"":""}}',
  nest('[', ']', 64),
  nest('[', ']', 66),
  `[${Array.from({ length: 20_000 }, (_, index) => index).join()}]`,
  `{${Array.from({ length: 10_000 }, (_, index) => `"k${index}":null`).join()}}`,
  text({ $ref: '#/definitions/none', type: 5, pattern: '(' }),
]

const LISTS = [
  text(Array.from({ length: 10_000 }, (_, index) => `label-${index}`)),
  text(['same', 'same', 'same']),
  text(['ok', null]),
  text([['nested']]),
  text(['']),
  text(['a\0b']),
  '["\\ud800"]',
  text(['\u202e']),
  text(['x'.repeat(10_240)]),
  text([1, true, {}]),
  `[${Array.from({ length: 600 }, () => '"x"').join()}]`,
]

const IDS = [
  ...['run', 'phs', 'ses', 'exe', 'art', 'apr', 'msg', 'wfl', 'tok', 'key', ''].flatMap((kind) => [
    text(`${kind}_01jd0000000000000000000000`),
    text(`${kind}_`),
  ]),
  text('run_01JD0000000000000000000000'),
  text(' run_01jd0000000000000000000000'),
  text('run_81jd0000000000000000000000'),
  text('run_01jd000000000000000000000'),
  text('run_01jd0000000000000000000000\0'),
  text(`run_${'0'.repeat(10_240)}`),
  '1',
  '-1',
  '1e21',
]

const pick = (...pools: readonly (readonly string[])[]) => pools.map((pool) => fc.constantFrom(...pool))

/** Numbers of any size but those that stand for a short time: nothing is to become due while the tests look on. */
const anyNumber = fc.oneof(
  fc.integer({ max: -1 }),
  fc.integer({ min: 1_000_000_000 }),
  fc.double({ noInteger: true, noNaN: true, noDefaultInfinity: true }),
)

/**
 * Texts of JSON to be sent for a value of a type.
 *
 * @param ids ids that there are, of every kind and of other projects
 */
export function hostileTo(type: GraphQLInputType, ids: readonly string[]): fc.Arbitrary<string> {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return fc.oneof(...pick(LISTS, SHAPES, STRINGS))
  if (isInputObjectType(nullable)) return fc.oneof(...pick(SHAPES, LISTS, ['"x"', '{"unknown":1}']))
  if (isEnumType(nullable))
    return fc.oneof(...pick(['"nope"', '"running"', '"APPROVE "', '"__proto__"', '7'], SHAPES, STRINGS))
  switch (nullable.name) {
    case 'ID':
      return fc.oneof(...pick(IDS, ids.map(text), STRINGS, SHAPES), fc.string().map(text))
    case 'Int':
      return fc.oneof(...pick(NUMBERS, SHAPES, STRINGS), anyNumber.map(text))
    case 'Boolean':
      return fc.oneof(...pick(['"true"', '1', '0', '"false"', '[true]'], SHAPES))
    case 'JSON':
      return fc.oneof(...pick(JSONS), fc.json({ maxDepth: 6 }))
    default:
      return fc.oneof(...pick(STRINGS, SHAPES, IDS), fc.string({ unit: 'binary', maxLength: 300 }).map(text))
  }
}

/** Texts of JSON to be sent for a value of no type in particular. */
export const hostileTexts: fc.Arbitrary<string> = fc.oneof(...pick(JSONS, LISTS), fc.json({ maxDepth: 3 }))

/** What may be sent for a whole input. */
export const HOSTILE_INPUTS: readonly string[] = [...SHAPES, '"x"', '7', '[{}]', '{"unknown":1}']
