import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { entryText, unwrap } from '@pawl/sdk'
import type { WorkflowDefinition } from '@pawl/sdk'
import type { OnStep } from '../../../src/worker/run/steps.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { Bench, ERRAND, isAlive, shellAgent } from './startTestWorker.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const bench = await Bench.prepare(server)
  for (const workflow of [ERRAND, GATED, TALK, WORD, PASSED, AUDIT])
    unwrap(await bench.person.workflows.register(workflow))
  await bench.remove()
})
afterAll(() => server.stop())

/** A place of the test's own: concurrent tests say themselves when they are finished. */
async function open({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<Bench> {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  return bench
}

const GATED = {
  ...ERRAND,
  name: 'gated-errand',
  phases: [{ ...ERRAND.phases[0], approval: { gate: 'errand', question: 'Is it good?' } }, ERRAND.phases[1]],
} as const satisfies WorkflowDefinition

const TALK = {
  name: 'talk',
  version: 1,
  initialPhase: 'a',
  phases: [
    { key: 'a', next: ['b', 'c'], role: 'talker', artifact: { path: 'a.txt', mediaType: 'text/plain' } },
    { key: 'b', next: ['end'], role: 'talker', artifact: { path: 'b.txt', mediaType: 'text/plain' } },
    { key: 'c', next: ['end'], role: 'talker', artifact: { path: 'c.txt', mediaType: 'text/plain' } },
    { key: 'end', final: true },
  ],
} as const satisfies WorkflowDefinition

const WORD = {
  name: 'word',
  version: 1,
  initialPhase: 'a',
  phases: [
    { key: 'a', next: ['b', 'end'], role: 'talker' },
    { key: 'b', role: 'talker' },
    { key: 'end', final: true },
  ],
} as const satisfies WorkflowDefinition

const PASSED = {
  name: 'passed',
  version: 1,
  initialPhase: 'a',
  phases: [
    { key: 'a', next: ['b'] },
    { key: 'b', next: ['c'], approval: { gate: 'b', question: 'On?' } },
    { key: 'c', final: true },
  ],
} as const satisfies WorkflowDefinition

const AUDIT = {
  name: 'audit',
  version: 1,
  initialPhase: 'inspect',
  completeRoundAt: 'report',
  maxRounds: 3,
  phases: [
    {
      key: 'inspect',
      next: ['report'],
      role: 'auditor',
      artifact: { path: 'i.md', required: false, mediaType: 'text/markdown' },
    },
    {
      key: 'report',
      next: ['closed'],
      role: 'auditor',
      artifact: { path: 'r.md', mediaType: 'text/markdown' },
    },
    { key: 'closed', final: true },
  ],
} as const satisfies WorkflowDefinition

const GOOD = `echo '{"ok":true}' > out.json`

/** A line of the shell that runs a mutation of the agent's own run, by its own token. */
const say = (mutation: string, input: string) =>
  `'${process.execPath}' -e '
    const input = { runId: process.env.PAWL_RUN_ID, ${input} }
    const query = "mutation($input: ${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!) { ${mutation}(input: $input) { __typename } }"
    fetch(process.env.PAWL_URL + "/graphql", { method: "POST", headers: { "content-type": "application/json",
      authorization: "Bearer " + process.env.PAWL_TOKEN }, body: JSON.stringify({ query, variables: { input } }) })
      .then((answer) => answer.text()).then((text) => require("node:fs").appendFileSync("said", text + "\\n"))'`

describe.concurrent('a person', () => {
  test('the comment of a rejection reaches the agent: the phase starts again with what was said', async (context) => {
    const bench = await open(context)
    bench.start({ runner: shellAgent(`printf %s "$prompt" > prompt.txt; ${GOOD}`) })
    const runId = await bench.begin('gated-errand', { title: 'Card' })
    await bench.decide(runId, 'REJECT', 'say it in one line')
    const { run } = await bench.asked(runId)
    expect(run.phases[0]?.attempts).toBe(2)
    expect(await bench.read('prompt.txt')).toContain('## Feedback\n\nsay it in one line')
    await bench.decide(runId, 'APPROVE')
    const settled = await bench.settled(runId)
    expect([settled.status, settled.outcome]).toEqual(['COMPLETED', 'SUCCESS'])
    const { nodes: sessions } = await bench.person.sessions.list(runId)
    expect(sessions).toHaveLength(1)
  })

  test('the transcript of an agent begins with what it was prompted with, without the secrets of its environment', async (context) => {
    const bench = await open(context)
    const env = { API_KEY: 'sk-live-0123456789' }
    bench.start({ runner: { ...shellAgent(`echo words; ${GOOD}`), env } })
    const runId = await bench.begin('errand', { title: 'Use sk-live-0123456789' })
    await bench.settled(runId)
    const [session] = (await bench.person.sessions.list(runId)).nodes
    const { nodes } = await bench.person.sessions.entries(session?.id ?? '')
    expect(nodes.map(({ kind }) => kind)).toEqual(['PROMPT', 'OUTPUT'])
    const [prompt] = nodes
    expect(prompt && entryText(prompt)).toContain('out.json')
    expect(prompt && entryText(prompt)).toContain('Use [API_KEY hidden]')
    expect(prompt?.key).toBe(session?.lastPromptKey)
  })

  test('who reads along has heard everything when the run is complete', async (context) => {
    const bench = await open(context)
    let runId = ''
    let heard = ''
    const onStep: OnStep = async (name) => {
      if (name !== 'run-completed') return
      const [session] = (await bench.person.sessions.list(runId)).nodes
      for await (const entry of bench.person.sessions.transcript(session?.id ?? ''))
        if (entry.kind === 'OUTPUT') heard += entryText(entry)
    }
    // Much at once, which is appended piece by piece.
    bench.start({ runner: shellAgent(`seq 120000; ${GOOD}; echo the last words`) }, { onStep })
    runId = await bench.begin('errand')
    await bench.settled(runId)
    await expect.poll(() => heard).toMatch(/^1\n2\n[^]*\n120000\nthe last words\n$/)
  })

  test(
    'has a phase tried again that failed, with a new agent that is told why and what was said',
    { tags: 'thorough' },
    async (context) => {
      const bench = await open(context)
      bench.start({ runner: shellAgent(`printf %s "$prompt" > prompt.txt; [ -f ready ] && ${GOOD}; exit 0`) })
      const runId = await bench.begin('errand')
      const { run } = await bench.asked(runId)
      expect(run.currentPhase?.error?.code).toBe('NO_ARTIFACT')
      await writeFile(`${bench.workspace}/ready`, '')
      await bench.decide(runId, 'RETRY', 'it is ready now')
      const settled = await bench.settled(runId)
      expect([settled.status, settled.phases[0]?.attempts]).toEqual(['COMPLETED', 3])
      const prompt = await bench.read('prompt.txt')
      expect(prompt).toContain('it is ready now')
      expect(prompt).toContain('NO_ARTIFACT: ')
      expect((await bench.person.sessions.list(runId)).nodes).toHaveLength(2)
    },
  )

  test('who writes in the moment in which a phase is left does no harm: the way on is chosen anew', async (context) => {
    const bench = await open(context)
    let runId = ''
    const onStep: OnStep = async (name) => {
      if (name === 'phase-left') unwrap(await bench.person.messages.send(runId, 'one word more'))
    }
    bench.start({ talker: shellAgent('echo x > "$phase.txt"') }, { onStep })
    runId = await bench.begin('talk')
    const { status, phases } = await bench.settled(runId)
    expect([status, phases.map(({ attempts }) => attempts)]).toEqual(['COMPLETED', [1, 1, 0, 1]])
  })

  test('who gives up ends the run', { tags: 'thorough' }, async (context) => {
    const bench = await open(context)
    bench.start({ runner: shellAgent('exit 0') })
    const runId = await bench.begin('errand')
    await bench.decide(runId, 'ABORT')
    const { status, reason } = await bench.settled(runId)
    expect([status, reason]).toEqual(['FAILED', 'APPROVAL_REJECTED'])
  })

  test('who pauses has the agent stopped; after a resume it continues in the same attempt', async (context) => {
    const bench = await open(context)
    const script = `echo $$ >> pids; printf %s "$prompt" > prompt.txt; [ -f resumed ] || { touch resumed; exec sleep 1000; }; ${GOOD}`
    bench.start({ runner: shellAgent(script) })
    const runId = await bench.begin('errand')
    await bench.until(runId, (run) => run.currentPhase?.status === 'AWAITING_ARTIFACT')
    unwrap(await bench.person.runs.pause(runId))
    await bench.until(runId, ({ lease }) => lease === null)
    const [pid] = (await bench.read('pids')).split('\n').map(Number)
    expect(await isAlive(pid ?? 0)).toBe(false)
    unwrap(await bench.person.runs.resume(runId))
    const settled = await bench.settled(runId)
    expect([settled.status, settled.phases[0]?.attempts]).toEqual(['COMPLETED', 1])
    expect(await bench.read('prompt.txt')).toContain('You have started already')
  })

  test('who cancels has it confirmed once every process is gone, grandchildren that ignore SIGTERM too', async (context) => {
    const bench = await open(context)
    const script = `trap '' TERM; (while :; do sleep 0.1; done) & echo $! >> pids; echo $$ >> pids; while :; do sleep 0.1; done`
    bench.start({ runner: shellAgent(script, { killAfterSeconds: 0.5 }) })
    const runId = await bench.begin('errand')
    await bench.until(runId, (run) => run.currentPhase?.status === 'AWAITING_ARTIFACT')
    unwrap(await bench.person.runs.cancel(runId))
    const { status, isCancelConfirmed } = await bench.settled(runId)
    expect([status, isCancelConfirmed]).toEqual(['CANCELLED', true])
    for (const pid of (await bench.read('pids')).split('\n')) expect(await isAlive(Number(pid))).toBe(false)
  })

  test('who writes to an agent that takes no words is read by it in its next turn', async (context) => {
    const bench = await open(context)
    const script = `printf '%s\\n' "$prompt" >> prompts.txt; [ -f told ] || { touch told; while [ ! -f go ]; do sleep 0.1; done; }; ${GOOD}`
    bench.start({ runner: shellAgent(script) })
    const runId = await bench.begin('errand')
    await bench.until(runId, (run) => run.currentPhase?.status === 'AWAITING_ARTIFACT')
    unwrap(await bench.person.messages.send(runId, 'mind the gap'))
    unwrap(await bench.person.messages.send(runId, 'and close the door', { mode: 'FOLLOW_UP' }))
    await writeFile(`${bench.workspace}/go`, '')
    const settled = await bench.settled(runId)
    expect([settled.status, settled.phases[0]?.attempts]).toEqual(['COMPLETED', 1])
    expect(await bench.read('prompts.txt')).toMatch(/## Messages\n\n- .*mind the gap\n- .*and close the door/)
    const messages = await bench.person.messages.list(runId)
    // the first was sent to be read at once
    expect(messages.nodes.map(({ status, mode }) => [status, mode])).toEqual([
      ['CONSUMED', 'FOLLOW_UP'],
      ['CONSUMED', 'FOLLOW_UP'],
    ])
  })
})

describe.concurrent('an agent', () => {
  test('chooses among the phases that may follow, by its own word', async (context) => {
    const bench = await open(context)
    const script = `case "$phase" in
      a) echo a > a.txt; ${say('submitArtifact', 'phase: "a", path: "a.txt", content: "a\\n"')}
         ${say('advancePhase', 'to: "c"')};;
      c) echo c > c.txt;;
    esac`
    bench.start({ talker: shellAgent(script) })
    const run = await bench.settled(await bench.begin('talk'))
    expect(run.status).toBe('COMPLETED')
    expect(run.phases.map(({ key, attempts }) => [key, attempts])).toEqual([
      ['a', 1],
      ['b', 0],
      ['c', 1],
      ['end', 1],
    ])
  })

  test('that does not choose continues with the first declared', { tags: 'thorough' }, async (context) => {
    const bench = await open(context)
    bench.start({ talker: shellAgent('echo x > "$phase.txt"') })
    const run = await bench.settled(await bench.begin('talk'))
    expect(run.phases.map(({ attempts }) => attempts)).toEqual([1, 1, 0, 1])
    expect((await bench.person.sessions.list(run.id)).nodes).toHaveLength(1)
  })

  test('ends a phase without a file by its word, and its run too', async (context) => {
    const bench = await open(context)
    const script = `case "$phase" in
      a) ${say('advancePhase', 'to: "b"')};;
      b) ${say('completeRun', 'output: { fine: true }')};;
    esac`
    bench.start({ talker: shellAgent(script) })
    const run = await bench.settled(await bench.begin('word'))
    expect([run.status, run.output]).toEqual(['COMPLETED', { fine: true }])
    await bench.until(run.id, ({ lease }) => lease === null)
  })

  test('that exits 0 without a word is reminded once, then a person is asked: an exit code is no evidence', async (context) => {
    const bench = await open(context)
    bench.start({ talker: shellAgent('printf %s "$prompt" > prompt.txt; exit 0') })
    const { run } = await bench.asked(await bench.begin('word'))
    expect([run.phases[0]?.attempts, run.currentPhase?.error?.code]).toEqual([2, 'NOT_FINISHED'])
    expect(await bench.read('prompt.txt')).toContain('pawl phase advance b')
  })
})

describe.concurrent('a worker', () => {
  test('passes through phases that no agent works on, and puts their questions', async (context) => {
    const bench = await open(context)
    bench.start({})
    const runId = await bench.begin('passed')
    const { approval } = await bench.asked(runId)
    expect([approval.gate, approval.question]).toEqual(['b', 'On?'])
    await bench.decide(runId, 'APPROVE')
    expect((await bench.settled(runId)).status).toBe('COMPLETED')
  })

  test('completes rounds where the workflow says so', async (context) => {
    const bench = await open(context)
    bench.start({ auditor: shellAgent('[ "$phase" = inspect ] && echo i > i.md || echo r > r.md') })
    const run = await bench.settled(await bench.begin('audit'))
    expect([run.status, run.round]).toEqual(['COMPLETED', 1])
    expect(await bench.tellStory(run.id)).toContain('completed round 1')
  })

  test('continues while it drains, gives back what it can’t finish, and begins nothing more', async (context) => {
    const bench = await open(context)
    const slow = bench.start({
      runner: shellAgent(`touch began; while [ ! -f go ]; do sleep 0.1; done; ${GOOD}`),
    })
    const runId = await bench.begin('errand')
    await bench.until(runId, (run) => run.currentPhase?.status === 'AWAITING_ARTIFACT')
    const drained = slow.drain(30)
    const left = await bench.begin('errand')
    await writeFile(`${bench.workspace}/go`, '')
    await drained
    expect((await bench.look(runId)).phases[0]?.status).toBe('COMPLETED')
    expect((await bench.look(left)).status).toBe('QUEUED')
    const next = bench.start({ runner: shellAgent(GOOD) })
    expect((await bench.settled(runId)).phases[0]?.attempts).toBe(1)
    await bench.settled(left)
    await next.drain()
  })

  test('that is told to stop at once kills its agents and gives the run back', async (context) => {
    const bench = await open(context)
    const worker = bench.start({
      runner: shellAgent(`trap '' TERM; echo $$ > pids; while :; do sleep 0.1; done`, {
        killAfterSeconds: 600,
      }),
    })
    const runId = await bench.begin('errand')
    await bench.until(runId, (run) => run.currentPhase?.status === 'AWAITING_ARTIFACT')
    const drained = worker.drain(600)
    await worker.kill()
    await drained
    expect(await isAlive(Number(await bench.read('pids')))).toBe(false)
    const run = await bench.look(runId)
    expect([run.status, run.lease, run.currentPhase?.status]).toEqual(['QUEUED', null, 'AWAITING_ARTIFACT'])
  })

  test('takes several runs at a time, as many as it may', { tags: 'thorough' }, async (context) => {
    const bench = await open(context)
    const script = `mkdir -p at; touch at/$$; ls at | wc -l >> crowd; sleep 0.5; rm at/$$; echo '{"ok":1}' > out.json`
    const workspace = { ...bench.settings.workspace, shared: true }
    bench.start({ runner: shellAgent(script) }, { concurrency: 2, workspace })
    const ids = await Promise.all([1, 2, 3, 4].map(() => bench.begin('errand')))
    const runs = await Promise.all(ids.map((id) => bench.settled(id)))
    expect(runs.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED'])
    const crowd = (await bench.read('crowd')).split('\n').map(Number)
    expect(Math.max(...crowd)).toBeLessThanOrEqual(2)
  })
})
