import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unwrap } from '@pawl/sdk'
import type { RunEvent, WorkflowDefinition } from '@pawl/sdk'
import { commandOf } from '../../src/adapters/scripted/scriptedAdapter.ts'
import { STEPS } from '../../src/worker/run/steps.ts'
import type { StepName } from '../../src/worker/run/steps.ts'
import { WITHOUT_TMUX } from '../conformance/adapters/kinds.ts'
import { Bench, shellAgent } from '../integration/worker/startTestWorker.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { isThorough } from '../support/thorough.ts'
import { spawnWorker } from './spawnWorker.ts'

/** Takeovers wait for leases to expire, and many run in parallel on a machine that may be busy. */
const PATIENCE = { timeout: 240_000 }

/** A run that reaches every boundary: approvals, a crash, an invalid artifact, a phase that fails first, a round. */
const JOURNEY = {
  name: 'journey',
  version: 1,
  initialPhase: 'plan',
  onOwnerLost: 'REQUEUE',
  maxTakeovers: 100,
  completeRoundAt: 'verify',
  phases: [
    {
      key: 'plan',
      next: ['build'],
      role: 'planner',
      artifact: { path: 'plan.md', mediaType: 'text/markdown' },
      approval: { gate: 'plan', question: 'Shall it be built?' },
    },
    {
      key: 'build',
      next: ['check'],
      role: 'builder',
      artifact: { path: 'build.json', schema: { type: 'object', required: ['ok'] } },
    },
    { key: 'check', next: ['verify'], approval: { gate: 'check', question: 'Is it built?' } },
    {
      key: 'verify',
      next: ['done'],
      role: 'verifier',
      artifact: { path: 'verify.txt', mediaType: 'text/plain' },
    },
    { key: 'done', final: true },
  ],
} as const satisfies WorkflowDefinition

/** The kinds of agents, and how each is run; the work is the same in both. */
const KINDS = {
  process: async () =>
    shellAgent(`echo "$phase" | tee -a received
      case "$phase" in
        plan) echo '# A plan' > plan.md;;
        build)
          [ -f crashed ] || { touch crashed; exit 3; }
          case "$prompt" in *'To be corrected'*) echo '{"ok":true}' > build.json;; *) echo '{}' > build.json;; esac;;
        verify) [ ! -f ready ] || echo fine > verify.txt;;
      esac`),
  tmux: async (bench: Bench) => {
    const note = { run: ['sh', '-c', 'echo x >> received'] }
    const rules = [
      { phase: 'plan', do: [note, { write: 'plan.md', text: '# A plan' }] },
      { phase: 'build', times: 1, do: [note, { crash: true }] },
      { phase: 'build', prompt: 'To be corrected', do: [note, { write: 'build.json', json: { ok: true } }] },
      { phase: 'build', do: [note, { write: 'build.json', json: {} }] },
      { phase: 'verify', do: [note, { run: ['sh', '-c', '[ ! -f ready ] || echo fine > verify.txt'] }] },
    ]
    const script = join(bench.folder, 'script.json')
    await writeFile(script, JSON.stringify({ rules }))
    return {
      adapter: 'tmux',
      command: commandOf(script, join(bench.folder, 'used.json'), true),
      prompt: 'keys',
      terminal: { ready: '^>\\s*$', quietSeconds: 1, steer: '^scripted agent' },
      killAfterSeconds: 2,
    }
  },
} as const

/** The first boundary at which an agent exists; before it, the kind of agent makes no difference. */
const FIRST_WITH_AGENT = STEPS.indexOf('agent-opened')

/**
 * Where a worker with each kind of agent is killed in an ordinary run of the tests: after the things that the next owner
 * finds half done in the most different ways. In thorough mode, at every boundary with both.
 */
const BOUNDARIES: Record<keyof typeof KINDS, readonly StepName[]> = isThorough
  ? { process: STEPS, tmux: STEPS.slice(FIRST_WITH_AGENT) }
  : {
      process: ['workspace-opened', 'artifact-found', 'approval-requested'],
      tmux: ['prompt-sent'],
    }

/** The attempts of each phase, across all owners: a kill costs none. */
const ATTEMPTS = { plan: 1, build: 2, check: 1, verify: 3, done: 1 }

let server: TestServer
let token: string
beforeAll(async () => {
  server = await startTestServer()
  token = (await server.createToken({ role: 'WORKER', name: 'worker' })).secret
  const bench = await Bench.prepare(server)
  unwrap(await bench.person.workflows.register(JOURNEY))
  await bench.remove()
})
afterAll(async () => {
  await server.stop()
})

describe.concurrent.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('agents of the kind %s', (kind) => {
  const skips = kind === 'tmux' && WITHOUT_TMUX !== undefined
  test.skipIf(skips).for(BOUNDARIES[kind])(
    'a worker killed at %s loses nothing',
    PATIENCE,
    async (step, { onTestFinished }) => {
      const bench = await Bench.prepare(server)
      onTestFinished(() => bench.remove())
      await takeOver(bench, step, await KINDS[kind](bench))
    },
  )
})

async function takeOver(bench: Bench, killAt: StepName, agent: Record<string, unknown>): Promise<void> {
  const agents = { default: agent }
  const runId = await bench.begin('journey')
  const config = { ...bench.settings, agents, leaseSeconds: 8 }
  const first = spawnWorker({ url: server.url, token, owner: 'first', config, killAt, nth: 1 })
  const attended = attend(bench, runId)
  expect(await first.ended).toBe('SIGKILL')
  const second = bench.start(agents, { owner: 'second' })
  await attended
  await second.drain()

  const run = await bench.look(runId)
  const story = () => bench.tellStory(runId)
  expect(run.status, await story()).toBe('COMPLETED')
  expect(Object.fromEntries(run.phases.map(({ key, attempts }) => [key, attempts])), await story()).toEqual(
    ATTEMPTS,
  )
  expect(unwrap(await bench.person.runs.verify(runId)).differences).toEqual([])
  const events = await readEvents(bench, runId, run.revision)
  const owners = events.flatMap((event) => (event.type === 'RUN_CLAIMED' ? [event.payload.owner] : []))
  expect(owners[0]).toBe('first')
  expect(owners.join(' ')).toMatch(/^first( first)*( second)*$/)
  const sent = events.flatMap((event) => (event.type === 'PROMPT_SENT' ? [event.payload.dedupKey] : []))
  expect(new Set(sent).size).toBe(sent.length)
  const received = (await bench.read('received')).split('\n').length
  expect(received, await story()).toBeLessThanOrEqual(sent.length)
  const files = await bench.person.artifacts.list(runId)
  expect(files.nodes.filter(({ isValid: valid }) => valid).map(({ path }) => path)).toEqual([
    'verify.txt',
    'build.json',
    'plan.md',
  ])
  expect(livingOf(runId)).toEqual([])
  const left = bench.news.findLast(({ kind }) => kind === 'run-left')
  if (owners.includes('second')) expect(left).toMatchObject({ status: 'COMPLETED', isGone: true })
}

/**
 * Decides every approval until the run has settled; the phase that fails first is fixed when its recovery is requested.
 */
async function attend(bench: Bench, runId: string): Promise<void> {
  for (;;) {
    const run = await bench.until(runId, (now) => now.nextAction === 'DECIDE_APPROVAL' || now.isSettled)
    if (run.isSettled) return
    const { nodes } = await bench.person.approvals.list({ runId })
    const open = nodes.find(({ status }) => status === 'PENDING')
    if (!open) continue
    if (open.kind === 'RECOVERY') await writeFile(join(bench.workspace, 'ready'), '')
    const decision = open.kind === 'RECOVERY' ? 'RETRY' : 'APPROVE'
    await bench.person.approvals.decide(open.id, { decision, digest: open.digest })
  }
}

async function readEvents(bench: Bench, runId: string, upTo: number): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  for await (const event of bench.person.runs.events(runId)) {
    events.push(event)
    if (event.seq >= upTo) break
  }
  return events
}

/** The running processes of a run's agents. */
function livingOf(runId: string): string[] {
  if (!existsSync('/proc')) return []
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`PAWL_RUN_ID=${runId}`)
    } catch {
      return false
    }
  })
}
