import { randomUUID } from 'node:crypto'
import {
  getNullableType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
} from 'graphql'
import type { Actor, Data } from '../scenarios/stage.ts'

const WORKFLOW = {
  name: 'fuzzed',
  version: 1,
  initialPhase: 'work',
  completeRoundAt: 'work',
  maxRounds: 1000,
  phases: [
    { key: 'work', next: ['work', 'done'], artifact: { path: 'work.md', required: false } },
    { key: 'done', final: true },
  ],
}
const LEASE = { owner: 'wanda', leaseSeconds: 3600 }
const key = () => ({ idempotencyKey: randomUUID() })

const identity = { key: 'k', updates: 'k' }
/** An entry of each kind, every field given. */
const EVERY_ENTRY = [
  { prompt: { ...identity, text: 'a' } },
  { message: { ...identity, text: 'a' } },
  { thought: { ...identity, text: 'a' } },
  {
    toolCall: {
      ...identity,
      title: 'a',
      toolKind: 'READ',
      toolStatus: 'PENDING',
      locations: [{ path: 'a', line: 1 }],
      output: 'a',
    },
  },
  { diff: { ...identity, path: 'a', hunks: 'a' } },
  { plan: { ...identity, steps: [{ text: 'a', status: 'PENDING' }] } },
  {
    permission: {
      ...identity,
      title: 'a',
      toolKind: 'READ',
      state: 'ASKED',
      approvalId: 'apr_01jd0000000000000000000000',
      note: 'a',
    },
  },
  {
    usage: {
      ...identity,
      model: 'a',
      provider: 'a',
      inputTokens: 1,
      cachedTokens: 1,
      outputTokens: 1,
      reasoningTokens: 1,
      costMicros: 1,
      currency: 'USD',
      durationMs: 1,
      executionId: 'exe_01jd0000000000000000000000',
      phaseId: 'phs_01jd0000000000000000000000',
    },
  },
  { error: { ...identity, code: 'a', message: 'a', resetAt: '2030-01-01T00:00:00Z' } },
  { output: { ...identity, stream: 'STDERR', text: 'a' } },
]

/** What is needed for an input that a mutation takes. */
interface Props {
  readonly by: Actor
  readonly project: string
}

/** Registers what the inputs are about; to be called once. */
export const prepareInputs = (by: Actor) => by.must('registerWorkflow', { definition: WORKFLOW })

const start = async ({ by, project }: Props, rest: object = {}): Promise<string> =>
  (await by.must('startRun', { workflow: 'fuzzed', project, ...rest })).run.id

/** A run under way, held under fence 1. */
async function atWork(props: Props): Promise<{ runId: string; fence: number }> {
  const runId = await start(props, { claim: LEASE })
  await props.by.must('startPhase', { runId, phase: 'work', fence: 1 })
  return { runId, fence: 1 }
}

async function withSession(props: Props): Promise<{ sessionId: string; fence: number }> {
  const { runId, fence } = await atWork(props)
  const { session } = await props.by.must('openSession', { runId, role: 'writer', adapter: 'process', fence })
  return { sessionId: session.id, fence }
}

const worktree = () => ({
  host: 'a machine',
  kind: 'WORKTREE',
  path: `/home/wanda/${randomUUID()}`,
  repository: '/home/wanda/repository',
  branch: 'work',
  baseCommit: 'abc',
})

async function withWorkspace(props: Props): Promise<string> {
  return (await props.by.must('recordWorkspace', { ...(await atWork(props)), ...worktree() })).workspace.id
}

async function withOperation(props: Props): Promise<string> {
  const workspaceId = await withWorkspace(props)
  return (await props.by.must('requestWorkspaceOperation', { workspaceId, kind: 'DIFF' })).operation.id
}

async function tokenOf({ by, project }: Props): Promise<string> {
  const token = { principal: { name: `gone ${randomUUID()}` }, role: 'VIEWER', projects: [project] }
  return (await by.must('createToken', token)).token.id
}

async function revisionOf({ by }: Props, runId: string): Promise<number> {
  return (await by.read('query ($runId: ID!) { run(id: $runId) { revision } }', { runId })).run.revision
}

/**
 * An input for each mutation that is taken as it is, every field given, so that what is hostile in it is the one thing
 * wrong. Made anew for every use: what it is about is as nobody has touched it.
 */
const INPUTS: Readonly<Record<string, (props: Props) => Promise<object>>> = {
  startRun: async (props) => {
    const continuesRunId = await start(props)
    await props.by.must('cancelRun', { runId: continuesRunId })
    return {
      workflow: 'fuzzed',
      version: 1,
      title: 'a title',
      input: { a: 1 },
      labels: ['a', 'b'],
      project: props.project,
      concurrencyKey: randomUUID(),
      parentRunId: await start(props),
      continuesRunId,
      claim: LEASE,
      ...key(),
    }
  },
  claimRun: async (props) => ({
    runId: await start(props, { labels: ['a'] }),
    workflows: ['fuzzed'],
    labels: ['a'],
    project: props.project,
    ...LEASE,
    ...key(),
  }),
  renewLease: async (props) => ({ ...(await atWork(props)), leaseSeconds: 3600 }),
  releaseRun: async (props) => ({ ...(await atWork(props)), ...key() }),
  confirmCancel: async (props) => {
    const held = await atWork(props)
    await props.by.must('cancelRun', { runId: held.runId })
    return { ...held, ...key() }
  },
  pauseRun: async (props) => {
    const runId = await start(props)
    return { runId, ifRevision: await revisionOf(props, runId), comment: 'why', ...key() }
  },
  resumeRun: async (props) => {
    const runId = await start(props)
    await props.by.must('pauseRun', { runId })
    return { runId, ifRevision: await revisionOf(props, runId), claim: LEASE, comment: 'why', ...key() }
  },
  completeRun: async (props) => {
    const held = await atWork(props)
    await props.by.must('completeRound', held)
    await props.by.must('advancePhase', { ...held, to: 'done' })
    return { ...held, output: { a: 1 }, ifRevision: await revisionOf(props, held.runId), ...key() }
  },
  failRun: async (props) => ({ ...(await atWork(props)), error: 'broken', reason: 'START_FAILED', ...key() }),
  cancelRun: async (props) => {
    const runId = await start(props)
    return { runId, comment: 'why', isCascading: false, ifRevision: await revisionOf(props, runId), ...key() }
  },
  detachRun: async (props) => {
    const runId = await start(props, { parentRunId: await start(props) })
    return { runId, ifRevision: await revisionOf(props, runId), comment: 'why', ...key() }
  },
  deleteRun: async (props) => {
    const runId = await start(props)
    await props.by.must('cancelRun', { runId })
    return { runId, ...key() }
  },
  advancePhase: async (props) => {
    const held = await atWork(props)
    return { ...held, to: 'work', ifRevision: await revisionOf(props, held.runId), ...key() }
  },
  startPhase: async (props) => ({
    ...(await atWork(props)),
    phase: 'work',
    isRepair: true,
    because: 'why',
    ...key(),
  }),
  failPhase: async (props) => {
    const held = await atWork(props)
    const { session } = await props.by.must('openSession', { ...held, role: 'writer', adapter: 'process' })
    return {
      ...held,
      phase: 'work',
      error: { class: 'FATAL', code: 'X', message: 'x', hint: 'y' },
      recovery: { gate: 'g', question: '?', payload: 1, sessionId: session.id, expiresInSeconds: 86_400 },
      ...key(),
    }
  },
  completeRound: async (props) => ({ ...(await atWork(props)), summary: { a: 1 }, ...key() }),
  driveRun: async (props) => {
    const held = await atWork(props)
    const error = { class: 'RECOVERABLE', code: 'E', message: 'm', hint: 'h' }
    const steps = [
      { startPhase: { phase: 'work', isRepair: true, because: 'why' } },
      { failPhase: { phase: 'work', error } },
      { startPhase: { phase: 'work', isRepair: false } },
      { openSession: { role: 'author', adapter: 'process', handle: { a: 1 } } },
      { startExecution: { command: 'agent', pid: 7, phase: 'work' } },
      { submitArtifact: { phase: 'work', path: 'work.md', content: 'x' } },
      { advancePhase: { to: 'work' } },
      { completeRound: { summary: { a: 1 } } },
      { advancePhase: { to: 'done' } },
      { completeRun: { output: { a: 1 } } },
    ]
    return { ...held, steps, isAtomic: true, ifRevision: await revisionOf(props, held.runId), ...key() }
  },
  submitArtifact: async (props) => ({
    ...(await atWork(props)),
    phase: 'work',
    path: 'work.md',
    content: 'x',
    ...key(),
  }),
  requestApproval: async (props) => ({
    ...(await atWork(props)),
    phase: 'work',
    gate: 'g',
    kind: 'REVIEW',
    question: '?',
    payload: { a: 1 },
    expiresInSeconds: 86_400,
    onExpiry: 'REJECT',
    approvers: ['olga'],
    isSelfApprovalAllowed: false,
    ...key(),
  }),
  decideApproval: async (props) => {
    const { approval } = await props.by.must('requestApproval', {
      ...(await atWork(props)),
      gate: 'g',
      question: '?',
    })
    return { approvalId: approval.id, decision: 'APPROVE', digest: approval.digest, comment: 'yes', ...key() }
  },
  withdrawApproval: async (props) => {
    const runId = await start(props, { claim: { ...LEASE, kinds: ['PERMISSION', 'QUESTION'] } })
    const asked = { runId, fence: 1, kind: 'QUESTION', gate: 'g', question: '?' }
    const { approval } = await props.by.must('requestApproval', asked)
    return { approvalId: approval.id, fence: 1, ...key() }
  },
  startExecution: async (props) => ({
    ...(await atWork(props)),
    phase: 'work',
    command: 'make',
    pid: 1,
    ...key(),
  }),
  finishExecution: async (props) => {
    const { execution } = await props.by.must('startExecution', { ...(await atWork(props)), command: 'make' })
    return { executionId: execution.id, fence: 1, exitCode: 0, signal: 'SIGTERM', end: 'IDLE', ...key() }
  },
  openSession: async (props) => ({
    ...(await atWork(props)),
    role: 'writer',
    adapter: 'process',
    handle: { a: 1 },
    ...key(),
  }),
  updateSession: async (props) => ({
    ...(await withSession(props)),
    status: 'BOOTSTRAPPING',
    detail: { a: 1 },
    ...key(),
  }),
  recordPrompt: async (props) => {
    const session = await withSession(props)
    for (const status of ['BOOTSTRAPPING', 'READY'])
      await props.by.must('updateSession', { ...session, status })
    return { ...session, phase: 'work', dedupKey: 'k', stage: 'SENDING', isRepair: true, ...key() }
  },
  appendTranscript: async (props) => ({ ...(await withSession(props)), fromSeq: 1, entries: EVERY_ENTRY }),
  sendMessage: async (props) => ({ runId: await start(props), text: 'hello', mode: 'FOLLOW_UP', ...key() }),
  acknowledgeMessage: async (props) => {
    const { runId, fence } = await atWork(props)
    const { runMessage: sent } = await props.by.must('sendMessage', { runId, text: 'hello' })
    return { messageId: sent.id, receipt: 'CONSUMED', fence, ...key() }
  },
  createRunToken: async (props) => ({ runId: await start(props), expiresInSeconds: 60 }),
  createToken: async ({ project }) => ({
    principal: { name: `a token ${randomUUID()}` },
    role: 'VIEWER',
    projects: [project],
    expiresInSeconds: 86_400,
    ...key(),
  }),
  rotateToken: async (props) => ({
    tokenId: await tokenOf(props),
    expiresInSeconds: 60,
    oldToken: 'REVOKE',
    ...key(),
  }),
  revokeToken: async (props) => ({ tokenId: await tokenOf(props) }),
  touchExecution: async ({ by }) => ({
    executionId: (await by.must('startExecution', { command: 'alone' })).execution.id,
  }),
  announceWorker: async ({ project }) => ({
    instance: `i-${randomUUID()}`,
    name: 'wanda',
    host: 'anvil',
    program: 'a test 1.0',
    state: 'NOT_READY',
    problem: 'no room',
    concurrency: 2,
    workflows: ['fuzzed'],
    labels: ['a'],
    project,
    agents: [{ role: 'default', adapter: 'process', program: 'sh', version: '1' }],
  }),
  registerWorkflow: async () => ({ definition: { ...WORKFLOW, name: `w-${randomUUID()}` }, ...key() }),
  sweep: async () => ({ isDryRun: true }),
  removeContent: async ({ project }) => ({ olderThanSeconds: 86_400, project, isDryRun: true, first: 10 }),
  recordWorkspace: async (props) => ({ ...(await atWork(props)), ...worktree(), ...key() }),
  requestWorkspaceOperation: async (props) => ({
    workspaceId: await withWorkspace(props),
    kind: 'DIFF',
    isForced: true,
    expiresInSeconds: 86_400,
    ...key(),
  }),
  startWorkspaceOperation: async (props) => ({
    operationId: await withOperation(props),
    worker: 'wanda',
    leaseSeconds: 3600,
    ...key(),
  }),
  finishWorkspaceOperation: async (props) => {
    const operationId = await withOperation(props)
    await props.by.must('startWorkspaceOperation', { operationId, worker: 'wanda' })
    const file = { path: 'b', previousPath: 'a', change: 'RENAMED', insertions: 1, deletions: 1 }
    const diff = { head: 'abc', commitsAhead: 1, filesChanged: 1, insertions: 1, deletions: 1, files: [file] }
    const result = { diff: { ...diff, patch: '-a\n+b\n', isTruncated: true } }
    return { operationId, attempt: 1, result, ...key() }
  },
  reportPreview: async (props) => ({
    workspaceId: await withWorkspace(props),
    status: 'RUNNING',
    url: 'http://127.0.0.1:8080/',
    ...key(),
  }),
}

/** Whether there is an input for the mutation that is known to be taken. */
export const isKnown = (mutation: string): boolean => mutation in INPUTS

/** An input for a mutation: one that is taken, or of a mutation that is not known here one of the right types. */
export function makeInput(mutation: string, type: GraphQLInputObjectType, props: Props): Promise<object> {
  const make = INPUTS[mutation]
  return make ? make(props) : Promise.resolve(fillIn(type) as object)
}

/** The input with one of each choice in every list of choices, in the order of the schema. */
export function withEveryChoice(input: object, type: GraphQLInputObjectType): object {
  const lists = Object.values(type.getFields()).filter(({ type: of }) => {
    const list = getNullableType(of)
    const item = isListType(list) ? getNullableType(list.ofType) : null
    return isInputObjectType(item) && item.isOneOf
  })
  return { ...input, ...Object.fromEntries(lists.map((field) => [field.name, fillIn(field.type)])) }
}

/** One item, or one of each choice. */
function fillInAll(type: GraphQLInputType): Data[] {
  const item = getNullableType(type)
  if (!isInputObjectType(item) || !item.isOneOf) return [fillIn(item)]
  return Object.values(item.getFields()).map((field) => ({ [field.name]: fillIn(field.type) }))
}

function fillIn(type: GraphQLInputType): Data {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return fillInAll(nullable.ofType)
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name
  if (isInputObjectType(nullable))
    return Object.fromEntries(
      Object.values(nullable.getFields()).map((field) => [field.name, fillIn(field.type)]),
    )
  return { ID: 'run_01jd0000000000000000000000', Int: 1, Boolean: true, JSON: {} }[nullable.name] ?? 'x'
}
