import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { until } from '../../conformance/adapters/workbench.ts'
import { acpCommand } from '../../support/acpCommand.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { Bench, ERRAND } from './startTestWorker.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

/** A place for runs of the errand, and the agent that follows these rules there. */
async function prepare(rules: readonly object[], more: object = {}) {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  unwrap(await bench.person.workflows.register(ERRAND))
  const script = join(bench.folder, 'script.json')
  const state = join(bench.folder, 'state.json')
  await writeFile(script, JSON.stringify({ rules }))
  const agent = { adapter: 'acp', command: acpCommand(script, state), killAfterSeconds: 2, ...more }
  const sessions = () =>
    (JSON.parse(readFileSync(state, 'utf8')) as { sessions: Record<string, { text: string }[]> }).sessions
  return { bench, agent, sessions }
}

const done = { write: 'out.json', json: { ok: true } }

test('an agent over ACP asks a person in the middle of its turn, and continues by the answers under the same owner', async () => {
  const { bench, agent } = await prepare(
    [
      {
        do: [
          { ask: { kind: 'execute', title: 'make', toolCall: { rawInput: { command: 'make -j2' } } } },
          { ask: { kind: 'fetch', title: 'read example.org' } },
          done,
        ],
      },
    ],
    { permissions: { execute: 'ask', fetch: 'ask' }, answerSeconds: 60 },
  )
  bench.start({ runner: agent })
  const runId = await bench.begin('errand')
  const { run, approval } = await bench.asked(runId)
  expect(run.status).toBe('AWAITING_APPROVAL')
  expect(run.lease).toMatchObject({ isLive: true, owner: 'worker-1' })
  expect(approval).toMatchObject({
    kind: 'PERMISSION',
    question: 'May the agent: make',
    permission: { kind: 'EXECUTE', program: 'make', path: null },
  })
  expect(Date.parse(approval.expiresAt ?? '') - Date.parse(approval.requestedAt)).toBe(60_000)
  await bench.decide(runId, 'ALLOW')
  await bench.decide(runId, 'DENY', 'not from there')
  const settled = await bench.settled(runId)
  expect([settled.status, settled.phases[0]?.attempts]).toEqual(['COMPLETED', 1])
  const [session] = (await bench.person.sessions.list(runId)).nodes
  const said: string[] = []
  for await (const chunk of bench.person.sessions.transcript(session?.id ?? ''))
    said.push(JSON.stringify(chunk))
  const text = said.join('\n')
  expect(text).toMatch(/answered yes/)
  expect(text).toMatch(/answered no/)
  expect(text).toMatch(/not from there/)
})

test('an agent over ACP is kept from prompt to prompt, and its session is resumed by the next owner', async () => {
  const { bench, agent, sessions } = await prepare([
    { times: 1, do: [{ say: 'not yet' }] },
    { times: 1, do: [{ silence: true }] },
    { do: [done] },
  ])
  const first = bench.start({ runner: agent })
  const runId = await bench.begin('errand')
  await bench.until(runId, ({ phases }) => phases[0]?.attempts === 2)
  await until(() => Object.values(sessions()).flat().length === 2)
  const executions = await bench.person.executions.list({ filter: { runId } })
  expect(executions.nodes).toHaveLength(1)
  await first.kill()
  bench.start({ runner: agent }, { owner: 'worker-2' })
  const run = await bench.settled(runId)
  expect(run.status).toBe('COMPLETED')
  expect(Object.values(sessions()).map((prompts) => prompts.length)).toEqual([3])
})

test('a refusal of the model asks a person at once, and a limit of it is a reason for the repair', async () => {
  const { bench, agent, sessions } = await prepare([
    { times: 1, do: [{ stop: 'max_tokens' }] },
    { times: 1, do: [{ stop: 'refusal' }] },
    { do: [done] },
  ])
  bench.start({ runner: agent })
  const runId = await bench.begin('errand')
  const { run, approval } = await bench.asked(runId)
  expect(run.phases[0]?.error).toMatchObject({ code: 'REFUSED' })
  expect(approval.question).toContain('refused the work')
  expect(Object.values(sessions()).map((prompts) => prompts.length)).toEqual([2])
  await bench.decide(runId, 'RETRY')
  expect((await bench.settled(runId)).status).toBe('COMPLETED')
  expect(Object.keys(sessions())).toHaveLength(2)
})
