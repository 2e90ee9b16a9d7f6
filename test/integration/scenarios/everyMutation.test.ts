import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schema } from '../../../src/graphql/schema.ts'
import { type KnownMutation, listMutations } from '../../support/introspect.ts'
import { isKnown, makeInput, prepareInputs } from '../fuzz/validInputs.ts'
import { type Actor, type Data, openStage, refusal, type Stage } from './stage.ts'

type Role = 'VIEWER' | 'OPERATOR' | 'WORKER' | 'AGENT' | 'ADMIN'

/** What every mutation has in common, and where it differs. It says so by itself: nothing of it comes from the rules. */
interface Row {
  /** The roles that may send it, the least one first. */
  readonly roles: readonly Role[]
  /** The fields that take an id: one that does not exist is NotFound, with its kind. */
  readonly ids: readonly string[]
  /** The fields that take an id which is looked up only where the rest of the input would be accepted with one. */
  readonly idsLater?: readonly string[]
  /** The field that an input which names something by an id goes without. */
  readonly without?: string
  /** Where its input takes an idempotency key: another value for one field; without a value, that of another input. */
  readonly differs?: readonly [field: string, value?: unknown]
  /** The role that a field needs besides those of the mutation. */
  readonly needs?: { readonly [field: string]: Role }
  /** Who started what it is about may report on it, and an ADMIN. */
  readonly isOfStarter?: true
  /** It belongs to no project, so that tokens of any may send it. */
  readonly isOfNoProject?: true
  /** A claim that is over does not keep it from being accepted. */
  readonly acceptsAnyFence?: true
}

const operator: Row['roles'] = ['OPERATOR', 'ADMIN']
const worker: Row['roles'] = ['WORKER', 'ADMIN']
const driver: Row['roles'] = ['WORKER', 'AGENT', 'ADMIN']
const anyone: Row['roles'] = ['OPERATOR', 'WORKER', 'ADMIN']
const ofRun = ['runId']
const ofSession = ['sessionId']
const ofExecution = ['executionId']
const ofWorkspace = ['workspaceId']
const ofOperation = ['operationId']

const ROWS: { readonly [mutation: string]: Row } = {
  startRun: {
    roles: anyone,
    ids: ['parentRunId', 'continuesRunId'],
    differs: ['title', 'another'],
    needs: { claim: 'WORKER' },
  },
  claimRun: { roles: worker, ids: ofRun, differs: ['owner', 'another'] },
  renewLease: { roles: worker, ids: ofRun },
  releaseRun: { roles: worker, ids: ofRun, differs: ['isBlocked', true] },
  confirmCancel: { roles: worker, ids: ofRun, differs: ['fence', 2] },
  pauseRun: { roles: operator, ids: ofRun, differs: ['comment', 'another'] },
  resumeRun: { roles: anyone, ids: ofRun, differs: ['comment', 'another'], needs: { claim: 'WORKER' } },
  completeRun: { roles: driver, ids: ofRun, differs: ['output', 'another'] },
  failRun: { roles: driver, ids: ofRun, differs: ['error', 'another'] },
  cancelRun: { roles: operator, ids: ofRun, differs: ['comment', 'another'] },
  detachRun: { roles: operator, ids: ofRun, differs: ['comment', 'another'] },
  deleteRun: { roles: operator, ids: ofRun, differs: ['runId'] },
  advancePhase: { roles: driver, ids: ofRun, differs: ['to', 'done'] },
  startPhase: { roles: driver, ids: ofRun, differs: ['because', 'another'] },
  failPhase: {
    roles: driver,
    ids: [...ofRun, 'recovery.sessionId'],
    differs: ['phase', 'done'],
  },
  completeRound: { roles: driver, ids: ofRun, differs: ['summary', 'another'] },
  driveRun: { roles: driver, ids: ofRun, differs: ['isAtomic', false] },
  submitArtifact: { roles: driver, ids: ofRun, differs: ['content', 'another'] },
  requestApproval: {
    roles: driver,
    ids: ofRun,
    idsLater: ['sessionId'],
    differs: ['question', 'another?'],
  },
  withdrawApproval: { roles: driver, ids: ['approvalId'], differs: ['fence', 2] },
  decideApproval: {
    roles: operator,
    ids: ['approvalId'],
    differs: ['comment', 'another'],
  },
  startExecution: { roles: driver, ids: ofRun, differs: ['command', 'another'] },
  finishExecution: {
    roles: ['WORKER', 'AGENT', 'OPERATOR', 'ADMIN'],
    ids: ofExecution,
    differs: ['exitCode', 1],
    acceptsAnyFence: true,
  },
  touchExecution: { roles: driver, ids: ofExecution, isOfStarter: true },
  openSession: { roles: driver, ids: ofRun, idsLater: ['sessionId'], differs: ['adapter', 'another'] },
  updateSession: { roles: driver, ids: ofSession, differs: ['status', 'CRASHED'] },
  recordPrompt: { roles: driver, ids: ofSession, differs: ['dedupKey', 'another'] },
  appendTranscript: { roles: driver, ids: ofSession },
  sendMessage: { roles: operator, ids: ofRun, differs: ['text', 'another'] },
  acknowledgeMessage: {
    roles: driver,
    ids: ['messageId'],
    differs: ['receipt', 'DELIVERED'],
  },
  registerWorkflow: { roles: operator, ids: [], isOfNoProject: true, differs: ['project', 'elsewhere'] },
  announceWorker: { roles: worker, ids: [] },
  createRunToken: { roles: operator, ids: ofRun },
  createToken: {
    roles: ['ADMIN'],
    ids: ['principal.id'],
    without: 'principal.name',
    differs: ['role', 'OPERATOR'],
  },
  rotateToken: { roles: ['ADMIN'], ids: ['tokenId'], differs: ['expiresInSeconds', 120] },
  revokeToken: { roles: ['ADMIN'], ids: ['tokenId'] },
  sweep: { roles: ['ADMIN'], ids: [], isOfNoProject: true },
  removeContent: { roles: ['ADMIN'], ids: [], isOfNoProject: true },
  recordWorkspace: { roles: worker, ids: ofRun, differs: ['branch', 'another'] },
  requestWorkspaceOperation: { roles: operator, ids: ofWorkspace, differs: ['isForced', false] },
  startWorkspaceOperation: { roles: worker, ids: ofOperation, differs: ['worker', 'another'] },
  finishWorkspaceOperation: { roles: worker, ids: ofOperation, differs: ['attempt', 2], isOfStarter: true },
  reportPreview: { roles: worker, ids: ofWorkspace, differs: ['url', 'http://127.0.0.1:8081/'] },
}

const MUTATIONS = listMutations(schema)

let stage: Stage
let senders: Readonly<Record<Role, Actor>>
let elsewhere: Actor

beforeAll(async () => {
  stage = await openStage([])
  await prepareInputs(stage.adam)
  const claim = { owner: 'wanda', leaseSeconds: 3600 }
  const { agentToken } = await stage.adam.must('startRun', { workflow: 'fuzzed', claim })
  senders = {
    VIEWER: stage.vera,
    OPERATOR: stage.olga,
    WORKER: stage.wanda,
    AGENT: stage.join(agentToken),
    ADMIN: stage.adam,
  }
  const token = { principal: { name: 'admin of elsewhere' }, role: 'ADMIN', projects: ['elsewhere'] }
  elsewhere = stage.join((await stage.adam.must('createToken', token)).secret)
})
afterAll(() => stage.end())

it('every mutation of the schema has a row here, and an input that is known to be accepted', () => {
  const names = MUTATIONS.map(({ name }) => name)
  expect(Object.keys(ROWS).toSorted()).toEqual(names.toSorted())
  expect(names.filter((name) => !isKnown(name))).toEqual([])
})

/** The paths of the fields that take an id. Ids in the items of a list are data of those, and name nothing. */
function idsOf(type: GraphQLInputObjectType, path: readonly string[] = []): string[] {
  return Object.values(type.getFields()).flatMap(({ name, type: of }): string[] => {
    if (isListType(getNullableType(of))) return []
    const named: GraphQLInputType = getNamedType(of)
    if (isInputObjectType(named)) return idsOf(named, [...path, name])
    return named.name === 'ID' ? [[...path, name].join('.')] : []
  })
}

/** The input with another value at a path. */
function withValue(input: Data, [name = '', ...rest]: readonly string[], value: unknown): Data {
  return { ...input, [name]: rest.length === 0 ? value : withValue(input[name], rest, value) }
}

/** An input that is accepted from an ADMIN. */
const makeValid = ({ name, input }: Pick<KnownMutation, 'name' | 'input'>): Promise<Data> =>
  makeInput(name, input, { by: stage.adam, project: 'default' })

/** The mutations whose input has this field. */
const having = (field: string) => MUTATIONS.filter(({ input }) => field in input.getFields())

/** What is no id, as it might come: of no kind, nothing, what can't be stored, and too long. */
const MALFORMED = ['nope', '', 'run_\0', 'wfl_01JD0000000000000000000000']

const unknownLike = (id: unknown) => String(id ?? 'prn_').replace(/_.*/, '_01jd0000000000000000000000')

/** What kind of thing an id would name, by its prefix. */
const KINDS: { readonly [prefix: string]: string } = {
  run: 'RUN',
  exe: 'EXECUTION',
  ses: 'SESSION',
  apr: 'APPROVAL',
  msg: 'MESSAGE',
  tok: 'TOKEN',
  prn: 'PRINCIPAL',
  wsp: 'WORKSPACE',
  wop: 'WORKSPACE_OPERATION',
}
const kindOf = (id: string) => KINDS[id.slice(0, 3)]

describe.each(MUTATIONS)('$name', ({ name, input: type }) => {
  const { roles = [], ids = [], needs = {}, ...row }: Partial<Row> = ROWS[name] ?? {}
  const make = () => makeValid({ name, input: type })

  it('is refused to roles that may not send it, naming the least that may, and to agents of other runs', async () => {
    const input = await make()
    for (const role of ['VIEWER', 'OPERATOR', 'WORKER', 'AGENT'] as const) {
      if (!roles.includes(role))
        expect([role, await senders[role].send(name, input)]).toEqual([
          role,
          refusal('Forbidden', { requiredRole: roles[0] }),
        ])
    }
    if (roles.includes('AGENT'))
      expect(await senders.AGENT.send(name, input)).toEqual(
        refusal('Forbidden', { requiredRole: row.isOfStarter ? 'ADMIN' : null }),
      )
    // nothing else was wrong with it
    await stage.adam.must(name, input)
  })

  it('is accepted from the roles that may send it', async () => {
    for (const role of roles.filter((each) => each !== 'AGENT')) {
      let input: Data = await make()
      for (const [field, needed] of Object.entries(needs)) {
        if (role === needed || role === 'ADMIN') continue
        expect(await senders[role].send(name, input)).toEqual(refusal('Forbidden', { requiredRole: needed }))
        input = withValue(input, [field], null)
      }
      const answer = await senders[role].send(name, input)
      expect([role, answer]).toEqual([
        role,
        row.isOfStarter && role !== 'ADMIN'
          ? refusal('Forbidden', { requiredRole: 'ADMIN' })
          : expect.objectContaining({ __typename: expect.stringMatching(/Success$/) }),
      ])
    }
  })

  it('is refused to tokens of another project', async () => {
    const input = await make()
    const answer = await elsewhere.send(name, input)
    if (row.isOfNoProject) expect(answer).toMatchObject({ __typename: expect.stringMatching(/Success$/) })
    else
      expect(answer).toEqual(
        refusal('Forbidden', { requiredRole: name === 'touchExecution' ? 'ADMIN' : null }),
      )
  })

  it('is refused where it names what does not exist, malformed or not', async () => {
    expect([...ids, ...(row.idsLater ?? [])].toSorted()).toEqual(idsOf(type).toSorted())
    const made: Data = await make()
    const input = row.without ? withValue(made, row.without.split('.'), undefined) : made
    for (const path of ids) {
      const steps = path.split('.')
      const unknown = unknownLike(steps.reduce((value: Data, step) => value?.[step], input))
      for (const id of [unknown, ...MALFORMED]) {
        const answer = await stage.adam.send(name, withValue(input, steps, id))
        const shown = id.replace('\0', '\uFFFD')
        expect([path, answer]).toEqual([path, refusal('NotFound', { kind: kindOf(unknown), id: shown })])
      }
    }
  })
})

it.each(having('fence'))(
  '$name is refused under a claim that is not the present one (G4)',
  async (mutation) => {
    const { name } = mutation
    const answer = await stage.adam.send(name, { ...(await makeValid(mutation)), fence: 99 })
    expect(answer).toEqual(
      ROWS[name]?.acceptsAnyFence
        ? expect.objectContaining({ __typename: expect.stringMatching(/Success$/) })
        : refusal('LeaseLost', { yourFence: 99 }),
    )
  },
)

/** What a mutation may go without, and why. */
const EXEMPT: { readonly [field: string]: { readonly [mutation: string]: string } } = {
  ifRevision: {
    renewLease: 'the fence says whose run it is, and a renewal changes nothing else',
    appendTranscript: 'a transcript has numbers of its own',
    startRun: 'there is no run yet',
    touchExecution: 'the execution belongs to no run',
    announceWorker: 'is about no run',
    registerWorkflow: 'is about no run',
    createRunToken: 'changes no run',
    createToken: 'is about no run',
    rotateToken: 'is about no run',
    revokeToken: 'is about no run',
    sweep: 'is about all runs',
    removeContent: 'is about all runs',
    recordWorkspace: 'a workspace is separate from runs',
    requestWorkspaceOperation: 'a workspace is separate from runs',
    startWorkspaceOperation: 'a workspace is separate from runs',
    finishWorkspaceOperation: 'a workspace is separate from runs',
    reportPreview: 'a workspace is separate from runs',
  },
  idempotencyKey: {
    renewLease: 'may be done twice, and is done often',
    appendTranscript: 'entries have numbers, and those that came before are absorbed',
    touchExecution: 'may be done twice, and is done often',
    announceWorker: 'may be done twice, and is done often',
    createRunToken: 'stores nothing',
    revokeToken: 'may be done twice',
    sweep: 'may be done twice',
    removeContent: 'may be done twice',
  },
}

it.each(Object.entries(EXEMPT))(
  'every mutation takes %s but those of which it is said why',
  (field, exempt) => {
    const without = MUTATIONS.filter(({ input }) => !(field in input.getFields())).map(({ name }) => name)
    expect(without.toSorted()).toEqual(Object.keys(exempt).toSorted())
  },
)

it.each(having('ifRevision'))('$name is refused where the run is at another revision', async (mutation) => {
  const input = await makeValid(mutation)
  const answer = await stage.adam.send(mutation.name, { ...input, ifRevision: 99 })
  expect(answer).toEqual(refusal('RevisionConflict', { expected: 99, actual: expect.any(Number) }))
  expect(answer.actual).not.toBe(99)
  const { actual } = answer
  await stage.adam.must(mutation.name, { ...input, ifRevision: actual })
})

it.each(having('idempotencyKey'))(
  '$name sent again with its key is answered as before, and with another input refused with what differs (G7)',
  async (mutation) => {
    const { name } = mutation
    const input = await makeValid(mutation)
    const first = await stage.adam.must(name, input)
    expect(first.isReplayed).toBe(false)
    const runId: string | undefined = name === 'deleteRun' ? undefined : (input.runId ?? first.run?.id)
    const before = runId && (await stage.vera.log(runId))
    const again = await stage.adam.must(name, input)
    expect(again).toMatchObject({ __typename: first.__typename, isReplayed: true })
    const named = (answer: Data) =>
      Object.entries<Data>(answer).map(([key, value]) => [key, value?.id, value?.fence])
    expect(named(again)).toEqual(named(first))
    const [field = '', value] = ROWS[name]?.differs ?? []
    const other: Data = value === undefined ? await makeValid(mutation) : { [field]: value }
    expect(await stage.adam.send(name, { ...input, [field]: other[field] })).toEqual(
      refusal('IdempotencyMismatch', { differingPaths: [field] }),
    )
    if (runId) expect(await stage.vera.log(runId)).toEqual(before)
  },
)
