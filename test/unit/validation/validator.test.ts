import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { workflowSchema } from '../../../src/lifecycle/workflow/workflow.ts'
import { isStorable } from '../../../src/text/composeText.ts'
import { openValidator } from '../../../src/validation/validator.ts'

/** How long one schema may take in these tests, in milliseconds: far more than an honest one needs. */
const LIMIT = 1_000
/** What would have no end takes longer than this, on however busy a machine. */
const ENDLESS = 10_000

const validator = openValidator({ timeoutMs: LIMIT })
afterAll(() => validator.close())

type Declared = Parameters<typeof validator.validateArtifact>[0]

const declare = (artifact: object = {}): Declared => ({
  path: 'a.txt',
  required: true,
  mediaType: 'application/json',
  schema: null,
  notEmpty: true,
  maxBytes: null,
  pattern: null,
  ...artifact,
})
const validate = (artifact: object, content: string) =>
  validator.validateArtifact(declare(artifact), content, 'a')
/** Validates a value by a schema. */
const judge = (schema: object, value: unknown) => validate({ schema }, JSON.stringify(value))
const whole = (message: RegExp) => [{ path: '', message: expect.stringMatching(message) }]
const TOO_MUCH = whole(/too much time or memory/)

describe('a file that is declared as JSON', () => {
  const declared = { path: 'out.json' }

  it('is parsed though no schema is declared', async () => {
    expect(await validate(declared, '{"a": [1, null]}')).toEqual([])
    expect(await validate(declared, '\ufeff{"a": [1, null]}')).toEqual([])
    expect(
      await validate({ path: 'a.md', mediaType: 'text/markdown', pattern: '^# ' }, '\ufeff# Title'),
    ).toEqual([])
    expect(await validate(declared, '{"a": ')).toEqual(whole(/^the file is not JSON/))
    expect(await validate(declared, 'done')).toEqual(whole(/^the file is not JSON/))
    expect(await validate({ path: 'out', mediaType: 'application/feed+json' }, '<')).toEqual(
      whole(/not JSON/),
    )
  })

  it('is told apart from one that only has the default media type', async () => {
    expect(await validate({ path: 'plan.md' }, '# Plan')).toEqual([])
    expect(await validate({ path: 'out.json', mediaType: 'text/plain' }, 'done')).toEqual([])
  })
})

describe('a schema', () => {
  it('finds nothing wrong with what satisfies it', async () => {
    const schema = { type: 'object', required: ['a'], properties: { a: { type: 'integer', minimum: 1 } } }
    expect(await judge(schema, { a: 1 })).toEqual([])
    expect(await judge({}, null)).toEqual([])
  })

  it('names each problem by a JSON pointer', async () => {
    const schema = {
      type: 'object',
      required: ['title'],
      additionalProperties: false,
      properties: {
        title: { type: 'string' },
        'odd/name~': { type: 'array', items: { type: 'object', properties: { n: { enum: [1, 2] } } } },
      },
    }
    const problems = await judge(schema, { 'odd/name~': [{ n: 1 }, { n: 3 }], more: true })
    expect(problems).toEqual(
      expect.arrayContaining([
        { path: '', message: expect.stringMatching(/title/) },
        { path: '', message: expect.stringMatching(/more/) },
        { path: '/odd~1name~0/1/n', message: expect.stringMatching(/\[1,2\]/) },
      ]),
    )
    expect(problems).toHaveLength(3)
  })

  it('is read as draft 2020-12 unless it says draft 07', async () => {
    const tuple = { type: 'array', prefixItems: [{ type: 'string' }], items: false }
    expect(await judge(tuple, ['a'])).toEqual([])
    expect(await judge(tuple, ['a', 'b'])).not.toEqual([])
    expect(
      await judge({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...tuple }, [1]),
    ).not.toEqual([])
    const old = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      items: [{ type: 'string' }],
      additionalItems: false,
    }
    expect(await judge(old, ['a'])).toEqual([])
    expect(await judge(old, ['a', 'b'])).not.toEqual([])
    expect(
      await judge(
        { $schema: 'http://json-schema.org/draft-07/schema', dependencies: { a: ['b'] } },
        { a: 1 },
      ),
    ).not.toEqual([])
    expect(await judge({ dependentRequired: { a: ['b'] } }, { a: 1 })).not.toEqual([])
  })

  it('checks formats', async () => {
    expect(await judge({ format: 'date' }, '2026-02-28')).toEqual([])
    expect(await judge({ format: 'date' }, '2026-02-30')).toEqual(whole(/date/))
  })

  it('may refer to itself', async () => {
    const schema = {
      $ref: '#/$defs/tree',
      $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' } } },
    }
    expect(await judge(schema, [[], [[]]])).toEqual([])
    expect(await judge(schema, [[], [[7]]])).toEqual([{ path: '/1/0/0', message: expect.any(String) }])
  })

  it('takes properties that every object inherits for those of the file alone', async () => {
    expect(await judge({ type: 'object', required: ['constructor'] }, {})).toEqual(whole(/constructor/))
    expect(await judge({ properties: { constructor: { type: 'string' } } }, {})).toEqual([])
  })

  it('leaves a prototype alone', async () => {
    const schema = { type: 'object', required: ['admin'] }
    expect(await validate({ schema }, '{"__proto__":{"admin":true}}')).not.toEqual([])
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })
})

describe('what is told of a file', () => {
  it.each([
    ['prose that begins with an emoji', '\u{1f680} Here is the report'],
    [
      'a key that is cut within a character',
      JSON.stringify({ [`${'k'.repeat(462)}${'\u{1f600}'.repeat(9)}`]: 1 }),
    ],
    ['half of a character', String.raw`{"\ud83d":1}`],
    ['a NUL', String.raw`{"b\u0000":1}`],
  ])('can be stored: %s', async (_, content) => {
    const problems = await validate({ schema: { type: 'object', additionalProperties: false } }, content)
    expect(problems).toHaveLength(1)
    for (const { path, message } of problems)
      expect([isStorable(path), isStorable(message)]).toEqual([true, true])
  })
})

describe('a file', () => {
  it.each([
    ['cut off', '{"a":'],
    ['of another kind', '# A plan'],
    ['with something after', '{} {}'],
    ['with a comment', '{} // done'],
    ['that is no number of JSON', 'NaN'],
  ])('%s is not JSON, which is a problem and not a fault', async (_, content) => {
    expect(await validate({ schema: {} }, content)).toEqual(whole(/not JSON/))
  })

  it('is not asked to be JSON where no schema is declared', async () => {
    expect(await validate({}, '# A plan')).toEqual([])
  })

  it('that holds nothing is empty, and no more is said of it', async () => {
    expect(await validate({ schema: {}, path: 'a.json' }, '')).toEqual(whole(/empty/))
  })

  it('that holds nothing is empty, unless it may be', async () => {
    expect(await validate({}, '')).toEqual(whole(/empty/))
    expect(await validate({}, ' \n\t\u00a0')).toEqual(whole(/empty/))
    expect(await validate({ notEmpty: false }, '')).toEqual([])
  })

  it('has so many bytes of UTF-8 at most', async () => {
    expect(await validate({ maxBytes: 6 }, '€€')).toEqual([])
    expect(await validate({ maxBytes: 5 }, '€€')).toEqual(whole(/6 bytes; at most 5/))
  })

  it('matches its pattern somewhere', async () => {
    expect(await validate({ pattern: '^# Plan$' }, '# Plan')).toEqual([])
    expect(await validate({ pattern: 'Risks' }, 'Plan\n\n## Risks\n"none"')).toEqual([])
    expect(await validate({ pattern: '^\\p{Lu}' }, 'Änderung')).toEqual([])
    expect(await validate({ pattern: 'Risks' }, '# Plan')).toEqual(whole(/Risks/))
  })

  it('is told all that is wrong with it at once', async () => {
    expect(await validate({ maxBytes: 2, pattern: 'x', schema: { type: 'string' } }, '1234')).toHaveLength(3)
  })

  it('with very many problems is told the first hundred, and none at length', async () => {
    const problems = await judge(
      { items: { type: 'string' } },
      Array.from({ length: 5_000 }, () => 1),
    )
    expect(problems).toHaveLength(100)
    const long = 'k'.repeat(200_000)
    const [problem] = await judge(
      { additionalProperties: { additionalProperties: { type: 'string' } } },
      { [long]: { a: 1 } },
    )
    expect(problem?.path.length).toBeLessThan(1_000)
  })
})

describe('a schema that can not be compiled', () => {
  const check = (artifact: object) =>
    validator.checkSchemas(
      workflowSchema.parse({
        name: 'w',
        version: 1,
        initialPhase: 'a',
        phases: [
          { key: 'a', next: ['b'] },
          { key: 'b', final: true, artifact: { path: 'b.json', ...artifact } },
        ],
      }),
      'somebody',
    )

  it.each([
    ['of a type that there is not', { schema: { type: 'nothing' } }, 'schema', /type/],
    ['with a keyword of another shape', { schema: { required: 'a' } }, 'schema', /required/],
    ['with a reference to nowhere', { schema: { $ref: '#/$defs/nowhere' } }, 'schema', /nowhere/],
    ['with a pattern that is none', { schema: { pattern: '(' } }, 'schema', /./],
    [
      'of a draft that is not known',
      { schema: { $schema: 'http://json-schema.org/draft-04/schema#' } },
      'schema',
      /draft-04/,
    ],
    ['that would answer later', { schema: { $async: true, type: 'string' } }, 'schema', /\$async/],
    ['with a pattern of its file that is none', { pattern: '[' }, 'pattern', /./],
  ])('%s is refused, and said where', async (_, artifact, field, message) => {
    expect(await check(artifact)).toEqual([
      { path: ['phases', '1', 'artifact', field], message: expect.stringMatching(message) },
    ])
  })

  it('is told apart from one that can', async () => {
    expect(await check({ schema: { type: 'object' }, pattern: '^a' })).toEqual([])
    expect(await check({})).toEqual([])
  })

  it('is refused where it takes too long to compile', async () => {
    // every level refers twice to the next, and is inlined
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `d${i}`,
        { anyOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
      ]),
    )
    const began = performance.now()
    await check({ schema: { $ref: '#/$defs/d0', $defs: { ...$defs, d40: { type: 'string' } } } })
    expect(performance.now() - began).toBeLessThan(ENDLESS)
  })
})

describe('a reference to somewhere else', () => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end('{"type":"string"}')
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  it('is never followed', async () => {
    const { port } = server.address() as AddressInfo
    const remote = `http://127.0.0.1:${port}/schema.json`
    for (const schema of [
      { $ref: remote },
      { $schema: remote },
      { $id: remote, $ref: 'other.json' },
      { $dynamicRef: `${remote}#x` },
    ])
      expect(await judge(schema, 7)).toEqual(whole(/can't be compiled/))
    expect(await judge({ $ref: 'file:///etc/passwd' }, 7)).toEqual(whole(/can't be compiled/))
    expect(asked).toEqual([])
  })
})

describe('a hostile', () => {
  afterEach(async () => {
    // whatever it did to the thread, the next one is served
    expect(await judge({ type: 'string' }, 'a')).toEqual([])
    expect(await judge({ type: 'string' }, 1)).toHaveLength(1)
  })

  /** Answers with what was found, how long it took, and the longest time that this thread was not free meanwhile. */
  async function measure(artifact: object, content: string) {
    let longest = 0
    let last = performance.now()
    const look = () => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }
    const ticks = setInterval(look, 5)
    const began = performance.now()
    try {
      return {
        problems: await validate(artifact, content),
        took: performance.now() - began,
        longest: () => longest,
      }
    } finally {
      look()
      clearInterval(ticks)
    }
  }

  it.each([
    [
      'pattern of a schema',
      { schema: { type: 'string', pattern: '^(a+)+$' } },
      JSON.stringify(`${'a'.repeat(50)}!`),
    ],
    ['pattern of a file', { pattern: '^(a|aa)+$' }, `${'a'.repeat(100)}!`],
    [
      'tree of alternatives',
      {
        schema: {
          $ref: '#/$defs/x',
          $defs: {
            x: { anyOf: Array.from({ length: 12 }, () => ({ type: 'array', items: { $ref: '#/$defs/x' } })) },
          },
        },
      },
      `${'['.repeat(12)}1${']'.repeat(12)}`,
    ],
  ])('%s is given up within the limit, and nobody waits for it', async (_, artifact, content) => {
    const { problems, took, longest } = await measure(artifact, content)
    expect(problems).toEqual(TOO_MUCH)
    expect(took).toBeGreaterThanOrEqual(LIMIT * 0.9)
    expect(took).toBeLessThan(ENDLESS)
    expect(longest()).toBeLessThan(LIMIT)
  })

  it('nesting is followed no deeper than there is room for', async () => {
    const schema = { $ref: '#/$defs/x', $defs: { x: { type: 'array', items: { $ref: '#/$defs/x' } } } }
    const { problems, longest } = await measure({ schema }, '['.repeat(200_000) + ']'.repeat(200_000))
    expect(problems).toEqual(whole(/can't be validated|too much/))
    expect(longest()).toBeLessThan(LIMIT)
  })

  it('pattern that is too large to compile is a problem of the file', async () => {
    const { problems } = await measure({ pattern: '((a{1,1000}){1,1000}){1,1000}' }, 'b')
    expect(problems).toEqual(whole(/./))
  })

  it('list of values is compared within the limit', async () => {
    const values = Array.from({ length: 100_000 }, (_, i) => `value ${i}`)
    const { problems, took } = await measure({ schema: { enum: values } }, '"another"')
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message.length).toBeLessThan(1_000)
    expect(took).toBeLessThan(ENDLESS)
  })

  it('memory is taken from the thread, and not from the server', async () => {
    const before = process.memoryUsage().heapUsed
    const many = JSON.stringify(Array.from({ length: 400_000 }, () => 1))
    // every item fails by many alternatives, and each failure is an object
    const schema = { items: { anyOf: Array.from({ length: 30 }, (_, i) => ({ const: `c${i}` })) } }
    const { problems } = await measure({ schema }, many)
    expect(problems).toEqual(TOO_MUCH)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1_048_576)
  })

  it('neighbour does not spoil what an honest schema finds', async () => {
    const [hostile, honest, other] = await Promise.all([
      validate({ pattern: '^(a+)+$' }, `${'a'.repeat(50)}!`),
      judge({ type: 'string' }, 'a'),
      judge({ type: 'string' }, 1),
    ])
    expect([hostile, honest]).toEqual([TOO_MUCH, []])
    expect(other).toHaveLength(1)
  })
})

describe('the validator', () => {
  it('judges a document anew where what was compiled before had filled the memory', async () => {
    const own = openValidator({ timeoutMs: 20_000, memoryMb: 24 })
    try {
      // what is kept of these is more than that together, and far less one by one
      for (let i = 0; i < 9; i++) {
        const values = Array.from({ length: 5_000 }, (_, j) => `${i}_${j}_${'x'.repeat(400)}`)
        const first = JSON.stringify(values[0])
        expect(await own.validateArtifact(declare({ schema: { enum: values } }), first, 'a')).toEqual([])
      }
    } finally {
      await own.close()
    }
  })

  it('lets no project wait for the hostile files of another', async () => {
    const own = openValidator({ timeoutMs: 60_000 })
    const hostile = Array.from({ length: 5 }, () =>
      own.validateArtifact(declare({ pattern: '^(a+)+$' }), `${'a'.repeat(50)}!`, 'hostile'),
    )
    const given = Promise.allSettled(hostile)
    try {
      // none of the hostile ones is over before the test is
      for (let i = 0; i < 5; i++)
        expect(await own.validateArtifact(declare({ schema: {} }), '{}', `project ${i}`)).toEqual([])
    } finally {
      await own.close()
    }
    expect(await given).toEqual(hostile.map(() => expect.objectContaining({ status: 'rejected' })))
  })

  it('releases what is under way when it is closed, and can be closed again', async () => {
    const own = openValidator({ timeoutMs: 60_000 })
    const endless = own.validateArtifact(declare({ pattern: '^(a+)+$' }), `${'a'.repeat(50)}!`, 'a')
    const waiting = own.validateArtifact(declare({ schema: {} }), '{}', 'a')
    const settled = Promise.allSettled([endless, waiting])
    await own.close()
    // nobody may say of a file that it is invalid, only because the server stopped
    expect(await settled).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
    await own.close()
  })
})
