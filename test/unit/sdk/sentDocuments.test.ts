import {
  buildSchema,
  type GraphQLInputType,
  getOperationAST,
  getVariableValues,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  parse,
  validate,
} from 'graphql'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createPawl, type Pawl } from '../../../sdk/index.ts'

const schema = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'))

/** An operation as it was sent. */
interface Sent {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** A client whose requests are kept, and answered with an error that is not retried. */
function openClient() {
  const sent: Sent[] = []
  const answer = JSON.stringify({ errors: [{ message: 'no', extensions: { code: 'BAD_USER_INPUT' } }] })
  const pawl = createPawl({
    url: 'http://localhost',
    token: 'pawl_x',
    WebSocket: false,
    fetch: async (url, { body }) => {
      sent.push(JSON.parse(body) as Sent)
      return {
        status: 200,
        url,
        headers: { get: () => 'application/json' },
        body: null,
        text: async () => answer,
      }
    },
  })
  return { pawl, sent }
}

const SCALARS: Readonly<Record<string, unknown>> = {
  ID: 'run_01',
  String: 'text',
  Int: 1,
  Float: 1,
  Boolean: true,
  DateTime: '2030-01-01T00:00:00.000Z',
  JSON: { a: [1, null] },
}

/** A value of an input with every field of it, in a list one for each member of an input of which only one is taken. */
function sampleOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sampleOf(type.ofType)
  if (isListType(type)) {
    const item = isNonNullType(type.ofType) ? type.ofType.ofType : type.ofType
    if (!isInputObjectType(item) || !item.isOneOf) return [sampleOf(item)]
    return Object.values(item.getFields()).map((field) => ({ [field.name]: sampleOf(field.type) }))
  }
  if (isEnumType(type)) return type.getValues()[0]?.value
  if (!isInputObjectType(type)) return SCALARS[type.name]
  const fields = Object.values(type.getFields()).slice(0, type.isOneOf ? 1 : undefined)
  return Object.fromEntries(fields.map((field) => [field.name, sampleOf(field.type)]))
}

/** The input that a mutation takes. */
const inputOf = (mutation: string): GraphQLInputType | undefined =>
  schema.getMutationType()?.getFields()[mutation]?.args[0]?.type

/** Methods that send a mutation, with its name and the fields of its input that are arguments of their own. */
const MUTATIONS: Readonly<Record<string, readonly [mutation: string, ...own: string[]]>> = {
  sweep: ['sweep'],
  removeContent: ['removeContent'],
  'runs.start': ['startRun'],
  'runs.claim': ['claimRun'],
  'runs.renew': ['renewLease', 'runId'],
  'runs.release': ['releaseRun', 'runId'],
  'runs.pause': ['pauseRun', 'runId'],
  'runs.resume': ['resumeRun', 'runId'],
  'runs.complete': ['completeRun', 'runId'],
  'runs.fail': ['failRun', 'runId'],
  'runs.drive': ['driveRun', 'runId', 'steps'],
  'runs.cancel': ['cancelRun', 'runId'],
  'runs.detach': ['detachRun', 'runId'],
  'runs.confirmCancel': ['confirmCancel', 'runId'],
  'runs.delete': ['deleteRun', 'runId'],
  'phases.start': ['startPhase', 'runId', 'phase'],
  'phases.advance': ['advancePhase', 'runId', 'to'],
  'phases.fail': ['failPhase', 'runId', 'phase'],
  'rounds.complete': ['completeRound', 'runId'],
  'executions.start': ['startExecution'],
  'executions.finish': ['finishExecution', 'executionId'],
  'executions.touch': ['touchExecution', 'executionId'],
  'sessions.open': ['openSession', 'runId'],
  'sessions.update': ['updateSession', 'sessionId', 'status'],
  'sessions.recordPrompt': ['recordPrompt', 'sessionId'],
  'sessions.append': ['appendTranscript', 'sessionId'],
  'artifacts.submit': ['submitArtifact', 'runId', 'phase'],
  'approvals.request': ['requestApproval', 'runId'],
  'approvals.decide': ['decideApproval', 'approvalId'],
  'approvals.withdraw': ['withdrawApproval', 'approvalId'],
  'messages.send': ['sendMessage', 'runId', 'text'],
  'messages.acknowledge': ['acknowledgeMessage', 'messageId', 'receipt'],
  'workspaces.record': ['recordWorkspace', 'runId'],
  'workspaces.request': ['requestWorkspaceOperation', 'workspaceId', 'kind'],
  'workspaces.start': ['startWorkspaceOperation', 'operationId'],
  'workspaces.finish': ['finishWorkspaceOperation', 'operationId'],
  'workspaces.reportPreview': ['reportPreview', 'workspaceId'],
  'workers.announce': ['announceWorker'],
  'workflows.register': ['registerWorkflow', 'definition'],
  'tokens.create': ['createToken'],
  'tokens.forRun': ['createRunToken', 'runId'],
  'tokens.rotate': ['rotateToken', 'tokenId'],
  'tokens.revoke': ['revokeToken', 'tokenId'],
}

const filterOf = (name: string): object => {
  const type = schema.getType(name)
  return isInputObjectType(type) ? (sampleOf(type) as object) : {}
}
const page = { first: 5, after: 'c' }
const stream = { after: 3, retry: { attempts: 1 } }

/** Methods that read, with every argument that they take. */
const READS: Readonly<Record<string, (pawl: Pawl) => Promise<unknown> | AsyncIterable<unknown>>> = {
  doctor: (pawl) => pawl.doctor(page),
  viewer: (pawl) => pawl.viewer(),
  server: (pawl) => pawl.server(),
  'runs.get': (pawl) => pawl.runs.get('run_01'),
  'runs.getMany': (pawl) => pawl.runs.getMany(['run_01']),
  'runs.list': (pawl) =>
    pawl.runs.list({
      withTotalCount: true,
      filter: filterOf('RunFilter'),
      orderBy: filterOf('RunOrder') as never,
      ...page,
    }),
  'runs.all': (pawl) =>
    pawl.runs.all({ filter: filterOf('RunFilter'), orderBy: filterOf('RunOrder') as never, ...page }),
  'runs.children': (pawl) => pawl.runs.children('run_01', page),
  'runs.usage': (pawl) => pawl.runs.usage('run_01', { round: 2, executions: 3 }),
  'runs.usages': (pawl) => pawl.runs.usages(['run_01']),
  'runs.counts': (pawl) => pawl.runs.counts({ filter: filterOf('RunFilter') }),
  'runs.resolve': (pawl) => pawl.runs.resolve(filterOf('ResolveRunInput')),
  'runs.verify': (pawl) => pawl.runs.verify('run_01'),
  'runs.watch': (pawl) => pawl.runs.watch('run_01', { ...stream, untilSettled: true }),
  'runs.events': (pawl) => pawl.runs.events('run_01', { ...stream, untilSettled: true }),
  'runs.changes': (pawl) => pawl.runs.changes({ after: 'c', filter: filterOf('RunsFeedFilter') }),
  'runs.offers': (pawl) => pawl.runs.offers({ filter: filterOf('RunOfferFilter') }),
  'runs.directives': (pawl) => pawl.runs.directives('run_01', { fence: 1 }),
  'phases.list': (pawl) => pawl.phases.list('run_01', { round: 2 }),
  'executions.list': (pawl) => pawl.executions.list({ filter: filterOf('ExecutionFilter'), ...page }),
  'sessions.get': (pawl) => pawl.sessions.get('ses_01'),
  'sessions.list': (pawl) => pawl.sessions.list('run_01', page),
  'sessions.all': (pawl) => pawl.sessions.all('run_01'),
  'sessions.entries': (pawl) =>
    pawl.sessions.entries('ses_01', { first: 5, after: 3, before: 9, kinds: ['MESSAGE'] }),
  'sessions.search': (pawl) => pawl.sessions.search('text', { ...filterOf('TranscriptFilter'), ...page }),
  'sessions.transcript': (pawl) => pawl.sessions.transcript('ses_01', stream),
  'artifacts.get': (pawl) => pawl.artifacts.get('art_01'),
  'artifacts.list': (pawl) => pawl.artifacts.list('run_01', page),
  'approvals.get': (pawl) => pawl.approvals.get('apr_01'),
  'approvals.list': (pawl) => pawl.approvals.list({ filter: filterOf('ApprovalFilter'), ...page }),
  'approvals.wait': (pawl) => pawl.approvals.wait('apr_01'),
  'messages.list': (pawl) => pawl.messages.list('run_01', page),
  'workspaces.get': (pawl) => pawl.workspaces.get('run_01'),
  'workspaces.find': (pawl) => pawl.workspaces.find('wsp_01'),
  'workspaces.list': (pawl) => pawl.workspaces.list({ filter: filterOf('WorkspaceFilter'), ...page }),
  'workspaces.perform': (pawl) => pawl.workspaces.perform('wsp_01', 'DIFF', { timeoutMs: 1 }),
  'workspaces.operation': (pawl) => pawl.workspaces.operation('wop_01'),
  'workspaces.operations': (pawl) =>
    pawl.workspaces.operations({ filter: filterOf('WorkspaceOperationFilter'), ...page }),
  'workspaces.watch': (pawl) => pawl.workspaces.watch('wsp_01', stream),
  'workspaces.requests': (pawl) => pawl.workspaces.requests('host'),
  'workers.list': (pawl) => pawl.workers.list(page),
  'workers.all': (pawl) => pawl.workers.all(),
  'workflows.get': (pawl) => pawl.workflows.get('name', { version: 2, project: 'text' }),
  'workflows.ofRun': (pawl) => pawl.workflows.ofRun('run_01'),
  'workflows.list': (pawl) => pawl.workflows.list(page),
  'runs.projects': (pawl) => pawl.runs.projects(page),
  'tokens.list': (pawl) => pawl.tokens.list(page),
  'tokens.all': (pawl) => pawl.tokens.all(),
}

/** What a client has that sends nothing of its own. */
const SILENT = ['query', 'keepLease', 'worker']

/** Every method of a client, by its path. */
function methodsOf(pawl: Pawl): string[] {
  const own = (value: object) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(value)).filter((name) => name !== 'constructor')
  const groups = Object.entries(pawl).filter(([, group]) => typeof group === 'object')
  return [
    ...own(pawl),
    ...groups.flatMap(([name, group]) => own(group as object).map((method) => `${name}.${method}`)),
  ]
}

function methodAt(pawl: Pawl, path: string): (...args: unknown[]) => Promise<unknown> {
  const [last = '', group] = path.split('.').toReversed()
  const owner = (group === undefined ? pawl : pawl[group as keyof Pawl]) as unknown as Record<
    string,
    () => unknown
  >
  return (owner[last] as () => Promise<unknown>).bind(owner)
}

/** What the schema has against an operation: its document, its variables, and what no variable is declared for. */
function mistakesIn({ query, variables }: Sent): string[] {
  const document = parse(query)
  const definitions = getOperationAST(document)?.variableDefinitions ?? []
  const { errors = [] } = getVariableValues(schema, definitions, variables)
  const declared = definitions.map(({ variable }) => variable.name.value)
  return [
    ...[...validate(schema, document), ...errors].map(({ message }) => message),
    ...Object.keys(variables)
      .filter((name) => !declared.includes(name))
      .map((name) => `$${name} is not declared`),
  ]
}

it('knows every method of a client', () => {
  const known = [...Object.keys(MUTATIONS), ...Object.keys(READS), ...SILENT]
  expect(known.toSorted()).toEqual(methodsOf(openClient().pawl).toSorted())
})

it.each(Object.entries(MUTATIONS))(
  '%s sends every field of its input under its name',
  async (path, [mutation, ...own]) => {
    const { pawl, sent } = openClient()
    const type = inputOf(mutation)
    const sample = type && (sampleOf(type) as Record<string, unknown>)
    const rest = Object.fromEntries(Object.entries(sample ?? {}).filter(([name]) => !own.includes(name)))
    await methodAt(pawl, path)(...own.map((name) => sample?.[name]), rest).catch(() => undefined)
    expect(sent).toHaveLength(1)
    expect(sent.flatMap(mistakesIn)).toEqual([])
    expect(sent[0]?.query).toContain(`{${mutation}(`)
    expect(sent[0]?.variables).toEqual({ input: sample })
  },
)

it.each(Object.entries(READS))('%s sends what the schema takes', async (_, read) => {
  const { pawl, sent } = openClient()
  const reading = read(pawl)
  if (Symbol.asyncIterator in reading)
    await reading[Symbol.asyncIterator]()
      .next()
      .catch(() => undefined)
  else await reading.catch(() => undefined)
  expect(sent.length).toBeGreaterThan(0)
  expect(sent.flatMap(mistakesIn)).toEqual([])
})

it('finds a variable that is of another type, unknown or missing', () => {
  const query =
    'query Q($id: ID!, $first: Int) { run(id: $id) { artifacts(first: $first) { nodes { id } } } }'
  expect(mistakesIn({ query, variables: { first: 'x', after: 'c' } })).toHaveLength(3)
})
