import {
  buildSchema,
  getNamedType,
  getNullableType,
  type GraphQLInputObjectType,
  isInputObjectType,
  isListType,
} from 'graphql'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JSON_LIMITS } from '../../../src/graphql/kit/checkJson.ts'
import { type KnownMutation, listMutations } from '../../support/introspect.ts'
import { type Actor, openStage, type Stage } from '../scenarios/stage.ts'
import { changedTables, type Fingerprint, openFingerprints } from './fingerprint.ts'
import { plant } from './plant.ts'
import { openSender, type Sender, type Way, WAYS } from './sendRaw.ts'
import { makeInput, prepareInputs, withEveryChoice } from './validInputs.ts'

/** Every JSON field of every mutation, as the schema has them: a new one is among them by itself. */
const FIELDS = listMutations(
  buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8')),
).flatMap((mutation) =>
  pathsOf(mutation.input).map((path) => ({ mutation, path, of: mutation.name, at: path.join('.') })),
)

function pathsOf(type: GraphQLInputObjectType, above: readonly string[] = []): string[][] {
  return Object.values(type.getFields()).flatMap((field) => {
    const path = [...above, field.name]
    const named = getNamedType(field.type)
    if (!isInputObjectType(named)) return named.name === 'JSON' ? [path] : []
    if (!isListType(getNullableType(field.type))) return pathsOf(named, path)
    // a list of choices holds one of each
    return pathsOf(named).map((below) => [
      ...path,
      String(named.isOneOf ? choiceOf(named, below) : 0),
      ...below,
    ])
  })
}

function choiceOf(type: GraphQLInputObjectType, [name = '']: readonly string[]): number {
  return Object.keys(type.getFields()).indexOf(name)
}

const { bytes, values, depth } = JSON_LIMITS
const list = (count: number) => `[${'0,'.repeat(count - 2)}0]`
const nest = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const string = (length: number) => `"${'x'.repeat(length - 2)}"`

/** What is too much, or can't be kept exactly: the text that is sent, where in it, and what is said. */
const REFUSED: readonly (readonly [what: string, text: string, below: readonly string[], said: RegExp])[] = [
  ['too many values', list(values + 1), [], /more than 20000 values/],
  ['too deep', nest(depth + 2), Array.from({ length: 64 }, () => '0'), /deeper than 64/],
  ['too long', string(bytes + 1), [], /longer than 524288 bytes/],
  ['a whole number beyond 2^53', '{"a":[12345678901234567890]}', ['a', '0'], /2\^53/],
  ['a number beyond all', '{"a":1e400}', ['a'], /number that JSON does not have/],
  ['half of a character', String.raw`{"a":"\ud83d"}`, ['a'], /half of a character/],
  ['a NUL', String.raw`["\u0000"]`, ['0'], /NUL/],
  ['a key with a NUL', String.raw`{"a":{"\u0000":1}}`, ['a'], /NUL/],
  ['the key __proto__', '{"a":{"__proto__":1}}', ['a', '__proto__'], /key that can not be kept/],
]

/** What makes much of few bytes: told while it arrives, before anything is made of it. */
const FLOODS: readonly (readonly [what: string, text: string])[] = [
  ['numbers', list(4_000_000)],
  ['nesting', '['.repeat(4_000_000) + ']'.repeat(4_000_000)],
  ['objects', `[${'{"a":0},'.repeat(1_000_000)}0]`],
  ['one long text', string(8_000_000)],
]

let stage: Stage
let actor: Actor
let sender: Sender
let fingerprint: () => Promise<Fingerprint>
beforeAll(async () => {
  stage = await openStage([], { config: { cancelGraceSeconds: 86_400 } })
  await prepareInputs(stage.adam)
  const token = { principal: { name: 'admin of here' }, role: 'ADMIN', projects: ['here'] }
  actor = stage.join((await stage.adam.must('createToken', token)).secret)
  sender = await openSender(stage.server, actor.token)
  fingerprint = await openFingerprints(stage.server.store.pool)
})
afterAll(async () => {
  sender.close()
  await stage.end()
})

const make = async ({ name, input }: KnownMutation) =>
  withEveryChoice(await makeInput(name, input, { by: stage.adam, project: 'here' }), input)

/** What is too much for a document, or none of its names or characters, is refused as one. */
const waysOf = (text: string): readonly Way[] =>
  text.length > 100 || /\\ud83d|\\u0000":/.test(text) ? WAYS.filter((way) => way !== 'document') : WAYS

describe.each(FIELDS)('$of: $at', ({ mutation, path }) => {
  it('is held to the limits of JSON, and takes only what can be kept exactly', async () => {
    const input = await make(mutation)
    const before = await fingerprint()
    for (const [what, text, below, said] of REFUSED) {
      for (const way of waysOf(text)) {
        const reply = await sender.send(mutation, plant(input, path, text), way)
        expect([what, way, reply.member?.__typename, reply.errors]).toEqual([what, way, 'InvalidInput', []])
        expect(reply.member?.issues).toEqual([
          { path: [...path, ...below], message: expect.stringMatching(said) },
        ])
      }
    }
    for (const [what, text] of FLOODS) {
      const reply = await sender.send(mutation, plant(input, path, text), 'variables')
      expect([what, reply.status, reply.errors[0]?.extensions?.code]).toEqual([what, 413, 'BAD_REQUEST'])
    }
    expect(changedTables(before, await fingerprint())).toEqual([])
  })

  it('is not looked at for who may not do it at all', async () => {
    const input = await make(mutation)
    const viewer = await openSender(stage.server, stage.vera.token)
    try {
      const reply = await viewer.send(mutation, plant(input, path, list(values + 1)), 'variables')
      expect(reply.member?.__typename).toBe('Forbidden')
    } finally {
      viewer.close()
    }
  })
})

it('takes JSON that is as large as may be', async () => {
  const start = FIELDS.find(({ of, at }) => of === 'startRun' && at === 'input')
  if (!start) throw new Error('startRun has no input')
  for (const text of [list(values), nest(depth + 1), string(bytes)]) {
    const reply = await sender.send(
      start.mutation,
      plant(await make(start.mutation), ['input'], text),
      'socket',
    )
    expect([reply.member?.__typename, reply.errors]).toEqual(['StartRunSuccess', []])
  }
})

it('closes a socket for a message that makes too much, before it is decoded', async () => {
  const start = FIELDS.find(({ of }) => of === 'startRun')
  if (!start) throw new Error('startRun has no JSON')
  const input = await make(start.mutation)
  for (const [, text] of FLOODS) {
    const other = await openSender(stage.server, actor.token)
    await expect(other.send(start.mutation, plant(input, ['input'], text), 'socket')).rejects.toThrow(/1009/)
  }
})
