import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { isSuccess, unwrap } from '@pawl/sdk'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { Bench, ERRAND, shellAgent } from './startTestWorker.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const bench = await Bench.prepare(server)
  unwrap(await bench.person.workflows.register(ERRAND))
  await bench.remove()
})
afterAll(() => server.stop())

async function prepare(): Promise<Bench> {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  return bench
}

/** A line of a shell that prints an event. */
const print = (event: object): string => `printf '%s\\n' '${JSON.stringify(event).replaceAll("'", `'\\''`)}'`

/** Counts its starts in the file `starts`, and notes how it was started; `$n` is the number of this one. */
const COUNT = `echo "$*" >> starts; n=$(wc -l < starts | tr -d ' ')`
const DONE = `echo '{"ok":true}' > out.json`
const THREAD = print({ type: 'thread.started', thread_id: 'thread-1' })
const codexFails = (message: string): string =>
  `${print({ type: 'turn.failed', error: { message } })}; exit 1`

/** An agent that prints what a known one does. */
function fake(output: string, script: string, more: Readonly<Record<string, unknown>> = {}) {
  const agent = shellAgent(`${COUNT}\n${script}`, { output, ...more })
  const [shell = '', flag = '', line = ''] = agent.command
  const command = [shell, flag, line, 'codex']
  return { ...agent, command: [...command, 'new'], resume: [...command, 'resume', '{session}'] }
}

const starts = async (bench: Bench): Promise<string[]> => (await bench.read('starts')).split('\n')

test('a credential that is refused asks a person at once, names it, and hides its value', async () => {
  const bench = await prepare()
  const key = 'key-that-is-secret'
  const fails = codexFails(`unexpected status 401 Unauthorized: Incorrect API key provided: ${key}.`)
  bench.start({ runner: fake('jsonl:codex', `${THREAD}; ${fails}`, { env: { MY_API_KEY: key } }) })
  const runId = await bench.begin('errand')
  const { run, approval } = await bench.asked(runId)
  expect(approval.question).toContain('refused its credentials: unexpected status 401')
  expect(JSON.stringify([approval, run])).not.toContain(key)
  expect(approval.payload).toMatchObject({ code: 'AUTH', hint: expect.stringContaining('credential of sh') })
  expect(await starts(bench)).toEqual(['new'])
})

test('an agent that keeps asking with a refused credential is ended', async () => {
  const bench = await prepare()
  const retry = { type: 'system', subtype: 'api_retry', error_status: 401, error: 'authentication_failed' }
  bench.start({ runner: fake('jsonl:claude', `${print(retry)}; sleep 600`) })
  const { approval } = await bench.asked(await bench.begin('errand'))
  expect(approval.payload).toMatchObject({ code: 'AUTH' })
  expect(await starts(bench)).toEqual(['new'])
})

test('an agent that ends well and names an error spends no repair', async () => {
  const bench = await prepare()
  const message = {
    role: 'assistant',
    content: [],
    stopReason: 'error',
    errorMessage: '402 Payment Required',
  }
  bench.start({
    runner: fake(
      'jsonl:pi',
      `${print({ type: 'session', id: 's' })}; ${print({ type: 'message_end', message })}`,
    ),
  })
  const { approval } = await bench.asked(await bench.begin('errand'))
  expect(approval.payload).toMatchObject({ code: 'BILLING' })
  expect(await starts(bench)).toEqual(['new'])
})

test('a short limit is waited for under the lease, and uses up no budget', async () => {
  const bench = await prepare()
  const fails = codexFails('429 Too Many Requests: try again in 0.2s')
  // more often than the budget for crashes allows
  bench.start({ runner: fake('jsonl:codex', `${THREAD}; if [ $n -le 4 ]; then ${fails}; fi; ${DONE}`) })
  const runId = await bench.begin('errand')
  const run = await bench.settled(runId)
  expect(run.status).toBe('COMPLETED')
  expect(await starts(bench)).toEqual(['new', ...Array.from({ length: 4 }, () => 'resume thread-1')])
  expect(bench.news).toContainEqual(
    expect.objectContaining({ kind: 'model-waited-for', code: 'RATE_LIMITED', role: 'runner' }),
  )
  const details: unknown[] = []
  for await (const event of bench.person.runs.events(runId)) {
    if (event.type === 'SESSION_CHANGED' && event.payload.to === 'CRASHED') details.push(event.payload.detail)
    if (event.seq >= run.revision) break
  }
  expect(details[0]).toMatchObject({
    code: 'RATE_LIMITED',
    message: expect.stringContaining('Too Many Requests'),
    until: expect.any(String),
  })
})

test('a long limit releases the run until then, for no owner before', async () => {
  const bench = await prepare()
  bench.start({
    runner: fake('jsonl:codex', `${THREAD}; ${codexFails('usage limit reached, try again in 2 hours')}`),
  })
  const runId = await bench.begin('errand')
  const run = await bench.until(
    runId,
    ({ status, claimableAt }) => status === 'QUEUED' && claimableAt !== null,
  )
  const waitMs = Date.parse(run.claimableAt ?? '') - Date.parse(run.asOf)
  expect(waitMs).toBeGreaterThan(7_100_000)
  expect(waitMs).toBeLessThan(8_000_000)
  expect(run.waitsFor).toMatch(/the model of the runner \(RATE_LIMITED, until .*usage limit reached/)
  const claimed = await bench.pawl.runs.claim({ owner: 'other', leaseSeconds: 30, labels: [bench.label] })
  expect(isSuccess(claimed)).toBe(false)
})

test('a full context begins without memory, and says what was before', async () => {
  const bench = await prepare()
  const fails = codexFails("Codex ran out of room in the model's context window.")
  bench.start({
    runner: fake(
      'jsonl:codex',
      `${THREAD}; if [ $n -eq 1 ]; then ${fails}; fi; printf %s "$prompt" > asked; ${DONE}`,
    ),
  })
  expect((await bench.settled(await bench.begin('errand'))).status).toBe('COMPLETED')
  expect(await starts(bench)).toEqual(['new', 'new'])
  expect(await bench.read('asked')).toContain('too long for its model')
})

test('a session that the agent does not have is started again, and is no crash', async () => {
  const bench = await prepare()
  const unknown = `echo 'No conversation found with session ID: x' >&2; exit 1`
  const init = print({ type: 'system', subtype: 'init', session_id: 'session-1' })
  bench.start({
    runner: fake(
      'jsonl:claude',
      `if [ "$1" = resume ]; then ${unknown}; fi; ${init}; if [ $n -eq 1 ]; then exit 3; fi; ${DONE}`,
    ),
  })
  const runId = await bench.begin('errand')
  expect((await bench.settled(runId)).status).toBe('COMPLETED')
  expect(await starts(bench)).toEqual(['new', 'resume session-1', 'new'])
})

test('an agent is resumed by the id of its own first event, whatever it quotes later', async () => {
  const bench = await prepare()
  const call = {
    type: 'item.completed',
    item: { id: 'i', type: 'mcp_tool_call', arguments: { thread_id: 'thread-evil' }, status: 'completed' },
  }
  const again = print({ type: 'thread.started', thread_id: 'thread-evil' })
  bench.start({
    runner: fake(
      'jsonl:codex',
      `if [ $n -eq 1 ]; then ${THREAD}; ${print(call)}; ${again}; exit 1; fi; ${DONE}`,
    ),
  })
  expect((await bench.settled(await bench.begin('errand'))).status).toBe('COMPLETED')
  expect(await starts(bench)).toEqual(['new', 'resume thread-1'])
})

test('a tool call in progress is no silence, however long, up to its own limit', async () => {
  const bench = await prepare()
  const item = { id: 'i', type: 'command_execution', command: 'make', status: 'in_progress' }
  const begun = print({ type: 'item.started', item })
  bench.start({
    runner: fake('jsonl:codex', `${THREAD}; ${begun}; sleep 2; ${DONE}`, { idleSeconds: 0.5 }),
  })
  const run = await bench.settled(await bench.begin('errand'))
  expect(run.status).toBe('COMPLETED')
  expect(await starts(bench)).toEqual(['new'])
})

test('an agent that is slow to begin is not silent before its first event, and one that never begins is ended', async () => {
  const bench = await prepare()
  const script = `if [ $n -eq 1 ]; then sleep 600; fi; sleep 2; ${THREAD}; ${DONE}`
  bench.start({ runner: fake('jsonl:codex', script, { idleSeconds: 0.5, startSeconds: 4 }) })
  const runId = await bench.begin('errand')
  expect((await bench.settled(runId)).status).toBe('COMPLETED')
  expect(await starts(bench)).toEqual(['new', 'new'])
  const { nodes } = await bench.person.executions.list({ filter: { runId } })
  expect(nodes.map(({ end }) => end).toSorted()).toEqual(['EXITED', 'IDLE'])
})
