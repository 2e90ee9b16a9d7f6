import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPawl } from '../cli/pawl.ts'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'

const HOSTILE = { pattern: '^(a+)+$' }
const LONG_FOR_EVER = `${'a'.repeat(60)}!`

/** A workflow whose phases ask for a file each. */
const definition = (name: string, artifact: object) => ({
  name,
  version: 1,
  initialPhase: 'write',
  phases: [
    { key: 'write', next: ['done'], artifact: { path: 'a.txt', ...artifact } },
    { key: 'done', final: true },
  ],
})

/** Sends a mutation over HTTP and returns its answer; fails where it is an error. */
async function mutate(
  server: { url: string },
  token: string,
  name: string,
  input: object,
  selection = '',
): Promise<Record<string, never>> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { __typename ... on InvalidInput { issues { path message } } ${selection} } }`
  const { data, errors } = await ask(server, query, { token, variables: { input } })
  expect(errors).toBeUndefined()
  return data?.[name] ?? {}
}

/** Registers a workflow, and starts a run of it that is at work in its first phase. */
async function startWork(
  server: { url: string },
  token: string,
  name: string,
  artifact: object,
): Promise<string> {
  const registered = await mutate(server, token, 'registerWorkflow', {
    definition: definition(name, artifact),
  })
  expect(registered['__typename']).toBe('RegisterWorkflowSuccess')
  const start = { workflow: name, claim: { owner: 'w', leaseSeconds: 600 } }
  const { run } = await mutate(server, token, 'startRun', start, '... on StartRunSuccess { run { id } }')
  const { id: runId } = run as unknown as { id: string }
  await mutate(server, token, 'startPhase', { runId, phase: 'write', fence: 1 })
  return runId
}

const SUBMITTED = '... on SubmitArtifactSuccess { artifact { isValid size problems { message } } }'
const submission = (runId: string, content: string, path = 'a.txt') => ({
  runId,
  phase: 'write',
  path,
  content,
  fence: 1,
})

describe('a server', () => {
  let server: TestServer
  let token: string
  beforeAll(async () => {
    server = await startTestServer()
    token = server.adminToken
  })
  afterAll(() => server.stop())

  it('takes the largest artifact, however it is written as JSON, and says what is larger', async () => {
    const runId = await startWork(server, token, 'large', {})
    // each a byte of the file, and six of the request
    const largest = '\u0001'.repeat(1_048_576)
    expect(
      await mutate(server, token, 'submitArtifact', submission(runId, largest, 'b.txt'), SUBMITTED),
    ).toMatchObject({
      artifact: { isValid: true, size: 1_048_576 },
    })
    expect(
      await mutate(server, token, 'submitArtifact', submission(runId, `${largest}x`), SUBMITTED),
    ).toMatchObject({
      __typename: 'InvalidInput',
      issues: [{ path: ['content'], message: expect.stringContaining('at most 1048576') }],
    })
  })

  it('answers others while it validates what is hostile', async () => {
    const runId = await startWork(server, token, 'hostile', HOSTILE)
    let isOver = false
    const judged = mutate(
      server,
      token,
      'submitArtifact',
      submission(runId, LONG_FOR_EVER),
      SUBMITTED,
    ).finally(() => (isOver = true))
    let answered = 0
    while (!isOver) {
      const { data } = await ask(server, '{ viewer { name } }', { token })
      expect(data).toHaveProperty('viewer')
      answered++
    }
    expect(await judged).toMatchObject({
      artifact: { isValid: false, problems: [{ message: expect.stringContaining('too much time') }] },
    })
    expect(answered).toBeGreaterThan(10)
  })
})

it('is not kept from stopping by what it validates', async () => {
  const server = await startTestServer()
  const runId = await startWork(server, server.adminToken, 'hostile', HOSTILE)
  const judged = mutate(
    server,
    server.adminToken,
    'submitArtifact',
    submission(runId, LONG_FOR_EVER),
    SUBMITTED,
  )
  await server.stop()
  expect(await judged).toMatchObject({ artifact: { isValid: false } })
})

it('validates in the command as it is built, too', { tags: 'thorough' }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'pawl-built-'))
  try {
    const server = startPawl(['serve', '--port', '0', '--data', dataDir])
    await server.until(/http:\/\/[\w.:]+/)
    const read = async (name: string) => (await readFile(join(dataDir, name), 'utf8')).trim()
    const [url, token] = [await read('address'), await read('token')]
    const registered = await mutate({ url }, token, 'registerWorkflow', {
      definition: definition('bad', { schema: { type: 'nothing' } }),
    })
    expect(registered).toMatchObject({ __typename: 'InvalidInput' })
    const runId = await startWork({ url }, token, 'good', { schema: { type: 'string' } })
    expect(await mutate({ url }, token, 'submitArtifact', submission(runId, '7'), SUBMITTED)).toMatchObject({
      artifact: { isValid: false, problems: [{ message: 'must be string' }] },
    })
    server.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ code: 0 })
  } finally {
    await rm(dataDir, { recursive: true })
  }
})
