import * as fc from 'fast-check'
import {
  buildSchema,
  getNamedType,
  getNullableType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isInputObjectType,
  isListType,
} from 'graphql'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KnownMutation, listMutations, readSchema } from '../../support/introspect.ts'
import { ask } from '../../support/server.ts'
import { isThorough } from '../../support/thorough.ts'
import { SEED } from '../../support/seed.ts'
import { type Actor, openStage, type Stage } from '../scenarios/stage.ts'
import { changedTables, type Fingerprint, openFingerprints } from './fingerprint.ts'
import { HOSTILE_INPUTS, hostileTo } from './hostileValues.ts'
import { plant } from './plant.ts'
import { openSender, type Reply, type Sender, type Way, WAYS } from './sendRaw.ts'
import { isKnown, makeInput, prepareInputs } from './validInputs.ts'

/** How many hostile values are sent for every field of every mutation. */
const PER_FIELD = Number(process.env['PAWL_FUZZ_RUNS'] ?? (isThorough ? 5 : 1))

/** A text of 8 MiB, more than any field takes: for one field of each mutation; in thorough mode, for every one. */
const HUGE = JSON.stringify('\u2603'.repeat((8 * 1024 * 1024) / 3))

/** Codes of errors that say: it is you, and not me. */
const CLIENT_FAULTS = [
  'BAD_USER_INPUT',
  'FORBIDDEN',
  'DOCUMENT_TOO_LARGE',
  'GRAPHQL_VALIDATION_FAILED',
  'GRAPHQL_PARSE_FAILED',
]

const PRINTED = listMutations(
  buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8')),
)

let stage: Stage
let fingerprint: () => Promise<Fingerprint>
/** ADMIN of one project, so that others are beyond its reach. */
let here: { actor: Actor; project: string; sender: Sender }
let beyond: Actor
/** Ids that there are: of every kind, of both projects. */
let ids: readonly string[]
const sent = new Map<string, number>()

beforeAll(async () => {
  // nor does the grace of a cancel end while the tests look on
  stage = await openStage([], { config: { cancelGraceSeconds: 86_400 } })
  await prepareInputs(stage.adam)
  const join = async (project: string) => {
    const token = { principal: { name: `admin of ${project}` }, role: 'ADMIN', projects: [project] }
    return stage.join((await stage.adam.must('createToken', token)).secret)
  }
  const actor = await join('here')
  here = { actor, project: 'here', sender: await openSender(stage.server, actor.token) }
  beyond = await join('beyond')
  ids = [...(await populate(actor, 'here')), ...(await populate(beyond, 'beyond'))]
  fingerprint = await openFingerprints(stage.server.store.pool)
})
afterAll(async () => {
  here.sender.close()
  await stage.end()
})

/** The ids of a row of every kind. */
async function populate(by: Actor, project: string): Promise<string[]> {
  const props = { by, project }
  const make = (name: string) => makeInput(name, inputOf(name), props)
  const { run } = await by.must('failRun', await make('failRun'))
  const { execution } = await by.must('startExecution', await make('startExecution'))
  const { session } = await by.must('openSession', await make('openSession'))
  const { artifact, phase } = await by.must('submitArtifact', await make('submitArtifact'))
  const { approval } = await by.must('requestApproval', await make('requestApproval'))
  const { runMessage: message } = await by.must('sendMessage', await make('sendMessage'))
  const { token } = await by.must('createToken', await make('createToken'))
  const { operation, workspace } = await by.must(
    'requestWorkspaceOperation',
    await make('requestWorkspaceOperation'),
  )
  const rows = [run, execution, session, artifact, phase, approval, message, token, operation, workspace]
  return [...rows, run.workflow].map(({ id }) => id)
}

function inputOf(name: string): GraphQLInputObjectType {
  const found = PRINTED.find((mutation) => mutation.name === name)
  if (!found) throw new Error(`there is no mutation ${name}`)
  return found.input
}

/** A place in an input, and what belongs there. */
interface Place {
  readonly path: readonly string[]
  readonly type: GraphQLInputType
}

/** Every field of an input, of the inputs in it and in its lists, too. */
function placesOf(type: GraphQLInputObjectType, path: readonly string[] = []): Place[] {
  return Object.values(type.getFields()).flatMap((field) => {
    const place = { path: [...path, field.name], type: field.type }
    const nullable = getNullableType(field.type)
    const nested = getNamedType(nullable)
    if (!isInputObjectType(nested)) return [place]
    return [place, ...placesOf(nested, isListType(nullable) ? [...place.path, '0'] : place.path)]
  })
}

const isList = (type: GraphQLInputType): boolean => isListType(getNullableType(type))

const takesText = (type: GraphQLInputType): boolean =>
  ['String', 'ID', 'JSON'].includes(getNamedType(type).name)

/** Nobody loses a lease while the tests look on: what became of a run then would be taken for somebody's doing. */
const keepLeases = () =>
  stage.server.store.pool.query(
    "UPDATE run SET lease_expires_at = clock_timestamp() + '1 day' WHERE lease_expires_at < clock_timestamp() + '1 hour'",
  )

const isSuccess = ({ member }: Reply) => member?.__typename.endsWith('Success') === true

/** A socket is closed for a message of which too much would be made: the same that is 413 over HTTP. */
function toTooLarge(error: unknown): Reply {
  expect(String(error)).toMatch(/closed: 1009 A request/)
  return {
    status: 413,
    member: null,
    errors: [{ message: String(error), extensions: { code: 'BAD_REQUEST' } }],
  }
}

/** Holds an answer against what a hostile one must be: a member of the result, or an error that says whose fault it is. */
function judge(mutation: KnownMutation, { status, member, errors }: Reply): void {
  expect(errors.map(({ extensions }) => extensions?.code)).not.toContain('INTERNAL')
  if (member) {
    expect(errors).toEqual([])
    expect([null, 200]).toContain(status)
    expect(mutation.members).toContain(member.__typename)
    return
  }
  expect(errors.length).toBeGreaterThan(0)
  if (status === 413) return expect(errors[0]?.extensions?.code).toBe('BAD_REQUEST')
  for (const { message, extensions } of errors) {
    expect(message).not.toBe('')
    // what is wrong with the document itself has a status and no code
    if (extensions?.code !== undefined) expect(CLIENT_FAULTS).toContain(extensions.code)
  }
  if (status !== null && status !== 400) {
    expect(status).toBe(200)
    expect(CLIENT_FAULTS).toContain(errors[0]?.extensions?.code)
  }
}

describe(`with the seed ${SEED},`, () => {
  it.each(PRINTED)(
    '$name answers whatever is sent for any of its fields, and changes nothing unless it says so',
    async (mutation) => {
      const make = () => makeInput(mutation.name, mutation.input, { by: here.actor, project: here.project })
      let input = await make()
      let before = await fingerprint()

      async function attack(text: string, way: Way, path: readonly string[]): Promise<void> {
        sent.set(mutation.name, (sent.get(mutation.name) ?? 0) + 1)
        const reply = await here.sender.send(mutation, text, way).catch(toTooLarge)
        judge(mutation, reply)
        if (reply.member?.__typename === 'InvalidInput' && path.length > 0 && isKnown(mutation.name))
          expect(reply.member.issues?.map((issue) => issue.path[0])).toContain(path[0])
        if (isSuccess(reply)) {
          input = await make()
          await keepLeases()
        }
        const after = await fingerprint()
        const changed = changedTables(before, after)
        before = after
        if (!isSuccess(reply)) expect(changed).toEqual([])
      }

      const settings = { numRuns: PER_FIELD }
      const way = fc.constantFrom(...WAYS)
      const places = placesOf(mutation.input)
      const texts = places.filter(({ type }) => takesText(type))
      const tooLong = isThorough ? texts : texts.filter((_, place) => place === SEED % texts.length)
      for (const { path, type } of places) {
        const property = fc.asyncProperty(hostileTo(type, ids), way, (text, by) =>
          attack(plant(input, path, text), by, path),
        )
        await fc.assert(property, settings)
      }
      for (const { path, type } of tooLong)
        await attack(plant(input, path, isList(type) ? `[${HUGE}]` : HUGE), 'variables', [])
      const whole = fc.asyncProperty(fc.constantFrom(...HOSTILE_INPUTS), way, (text, by) =>
        attack(text, by, []),
      )
      await fc.assert(whole, settings)
      for (const name of ['unknown', '__proto__', 'constructor'])
        await attack(plant(input, [name], '{"a":1}'), 'variables', [])
    },
  )
})

it('every mutation of the server is among them, and was attacked in every field', async () => {
  const served = listMutations(await readSchema(stage.server, stage.server.adminToken))
  expect(served.map(({ name }) => name)).toEqual(PRINTED.map(({ name }) => name))
  for (const { name, input } of PRINTED) {
    const places = placesOf(input).length + 1
    expect(sent.get(name) ?? 0, name).toBeGreaterThanOrEqual(places * PER_FIELD)
  }
})

describe.each(PRINTED.filter(({ name }) => isKnown(name)))('a good input of $name', (mutation) => {
  const { name } = mutation
  const make = () => makeInput(name, mutation.input, { by: here.actor, project: here.project })

  it('is taken, so that what was hostile in it was all that was wrong', async () => {
    for (const way of WAYS) {
      const reply = await here.sender.send(mutation, JSON.stringify(await make()), way)
      expect(reply).toMatchObject({ errors: [], member: { __typename: mutation.members[0] } })
    }
  })

  it('is refused to who may only read, to who is of another project, and to nobody in particular', async () => {
    const input = await make()
    const before = await fingerprint()
    expect(await stage.vera.send(name, input)).toMatchObject({ __typename: 'Forbidden' })
    const bound = !['registerWorkflow', 'removeContent', 'sweep'].includes(name)
    if (bound) expect(await beyond.send(name, input)).toMatchObject({ __typename: 'Forbidden' })
    for (const token of [undefined, 'pawl_unknown', '\u00e9']) {
      const answer = await ask(stage.server, mutation.document, {
        variables: { input },
        ...(token !== undefined && { token }),
      })
      expect([token, answer.status, answer.errors?.[0]?.extensions]).toEqual([
        token,
        401,
        { code: 'UNAUTHENTICATED' },
      ])
    }
    expect(changedTables(before, await fingerprint())).toEqual([])
  })
})
