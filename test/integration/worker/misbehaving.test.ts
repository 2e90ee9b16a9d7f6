import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { thoroughly } from '../../support/thorough.ts'
import type { TestContext } from 'vitest'
import { entryText, unwrap } from '@pawl/sdk'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { Bench, ERRAND, isAlive, shellAgent } from './startTestWorker.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const bench = await Bench.prepare(server)
  unwrap(await bench.person.workflows.register(ERRAND))
  await bench.remove()
})
afterAll(() => server.stop())

/** A place of the test's own: concurrent tests say themselves when they are finished. */
async function open({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<Bench> {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  return bench
}

/** The pids that an agent has noted in the workspace. */
async function notedPids(bench: Bench): Promise<number[]> {
  return (await bench.read('pids')).split(/\s+/).map(Number)
}

const GOOD = `echo '{"ok":true}' > out.json`

describe.concurrent('an agent that', () => {
  test.for([
    ['exits 0 at once', 'exit 0', 'NO_ARTIFACT', 2, {}],
    [
      'says it is done and leaves a wrong file as it is',
      `[ -f out.json ] || echo '{}' > out.json`,
      'INVALID_ARTIFACT',
      2,
      {},
    ],
    [
      'writes prose that begins with an emoji',
      String.raw`printf '\360\237\232\200 Here is the report' > out.json`,
      'INVALID_ARTIFACT',
      2,
      {},
    ],
    ...thoroughly([
      ['writes a NUL', String.raw`printf '{"ok":"\000"}' > out.json`, 'INVALID_ARTIFACT', 2, {}],
      ['writes half a file', `printf '{"ok":' > out.json`, 'INVALID_ARTIFACT', 2, {}],
    ] as const),
    ...thoroughly([
      ['never answers', 'echo $$ >> pids; exec sleep 1000', 'ARTIFACT_TIMEOUT', 2, { idleSeconds: 0.5 }],
      [
        'talks for ever',
        'echo $$ >> pids; while :; do echo still at it; sleep 0.1; done',
        'ARTIFACT_TIMEOUT',
        2,
        { artifactSeconds: 1 },
      ],
    ] as const),
    [
      'never answers and ignores SIGTERM',
      `trap '' TERM; echo $$ >> pids; while :; do sleep 0.1; done`,
      'ARTIFACT_TIMEOUT',
      2,
      { idleSeconds: 0.5, killAfterSeconds: 0.3 },
    ],
    ['crashes whenever it is started', 'echo x >> starts; exit 3', 'AGENT_CRASHED', 1, {}],
    ['deletes its workspace', `rm -rf "$PWD"`, 'WORKSPACE_GONE', 1, {}],
  ] as const)('%s is put before a person', async ([, script, code, attempts, more], context) => {
    const bench = await open(context)
    bench.start({ runner: shellAgent(script, more) })
    const runId = await bench.begin('errand')
    const { run, approval } = await bench.asked(runId)
    expect([run.status, run.currentPhase?.status, run.currentPhase?.error?.code]).toEqual([
      'PAUSED',
      'FAILED',
      code,
    ])
    expect(run.currentPhase?.error?.class).toBe('HUMAN_REQUIRED')
    expect(run.currentPhase?.attempts).toBe(attempts)
    expect([approval.kind, approval.gate]).toEqual(['RECOVERY', 'recovery'])
    const { lease } = await bench.until(runId, (now) => now.lease === null)
    expect(lease).toBe(null)
    for (const pid of await notedPids(bench).catch(() => [])) expect(await isAlive(pid)).toBe(false)
    const [session] = (await bench.person.sessions.list(runId)).nodes
    expect(session?.status).toBe('FAILED_NEEDS_HUMAN')
    expect(unwrap(await bench.person.runs.verify(runId)).differences).toEqual([])
    if (code === 'AGENT_CRASHED') expect((await bench.read('starts')).split('\n')).toHaveLength(6)
  })

  test('can not be started is put before a person, with what to do', async (context) => {
    const bench = await open(context)
    bench.start({ runner: { adapter: 'process', command: ['./no/such/agent'], prompt: 'stdin' } })
    const { run } = await bench.asked(await bench.begin('errand'))
    expect(run.currentPhase?.error?.class).toBe('HUMAN_REQUIRED')
    expect(run.currentPhase?.error?.hint).toBeTruthy()
  })

  test('nobody has configured is asked for', async (context) => {
    const bench = await open(context)
    bench.start({ planner: shellAgent(GOOD) })
    const { run } = await bench.asked(await bench.begin('errand'))
    expect(run.currentPhase?.error?.code).toBe('NO_AGENT')
  })

  test.for([
    ['crashes once', `[ -f crashed ] || { touch crashed; exit 3; }; ${GOOD}`, 1, 1],
    [
      'is killed in the midst of it',
      `[ -f killed ] || { touch killed; printf '{"ok"' > out.json; kill -9 $$; }; ${GOOD}`,
      1,
      1,
    ],
    ...thoroughly([
      ['writes its file and writes it anew', `echo '{}' > out.json; sleep 2.5; ${GOOD}`, 1, 0],
    ] as const),
    ['repairs what was wrong', `if [ -f out.json ]; then ${GOOD}; else echo '{}' > out.json; fi`, 2, 0],
    [
      'writes its file and goes on talking',
      `${GOOD}; for i in 1 2 3 4 5 6; do echo $i; sleep 0.5; done`,
      1,
      0,
    ],
    ...thoroughly([['writes its file and exits 3', `${GOOD}; exit 3`, 1, 0]] as const),
  ] as const)('%s comes to its end', async ([, script, attempts, recoveries], context) => {
    const bench = await open(context)
    bench.start({ runner: shellAgent(script) })
    const runId = await bench.begin('errand')
    const run = await bench.settled(runId)
    expect([run.status, run.phases[0]?.attempts]).toEqual(['COMPLETED', attempts])
    const [session] = (await bench.person.sessions.list(runId)).nodes
    expect(session?.recoveryAttempts).toBe(recoveries)
    expect(unwrap(await bench.person.runs.verify(runId)).differences).toEqual([])
  })

  test('leaves processes behind has them ended', async (context) => {
    const bench = await open(context)
    bench.start({
      runner: shellAgent(`(trap '' TERM; while :; do sleep 0.1; done) & echo $! > pids; ${GOOD}`),
    })
    const run = await bench.settled(await bench.begin('errand'))
    expect(run.status).toBe('COMPLETED')
    const [pid = 0] = await notedPids(bench)
    expect(await isAlive(pid)).toBe(false)
  })

  test('fills its output costs no memory, and its last words are there', async (context) => {
    const bench = await open(context)
    bench.start({
      runner: shellAgent(`yes 0123456789abcdef | head -c 8000000; echo the last words; ${GOOD}`),
    })
    const before = process.memoryUsage().rss
    const runId = await bench.begin('errand')
    const run = await bench.settled(runId)
    expect(run.status).toBe('COMPLETED')
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024)
    const [session] = (await bench.person.sessions.list(runId)).nodes
    let said = ''
    for await (const entry of bench.person.sessions.transcript(session?.id ?? ''))
      said = (said + entryText(entry)).slice(-1_000)
    expect(said).toContain('the last words')
  })

  test('works towards a file outside of its workspace fails its run', async (context) => {
    const bench = await open(context)
    const [go, home] = ERRAND.phases
    await symlink('..', join(bench.workspace, 'up'))
    const phases = [{ ...go, artifact: { path: 'up/out.json' } }, home]
    unwrap(await bench.person.workflows.register({ ...ERRAND, name: 'astray', phases }))
    bench.start({ runner: shellAgent(GOOD) })
    const run = await bench.settled(await bench.begin('astray'))
    expect([run.status, run.error]).toEqual(['FAILED', expect.stringContaining('PATH_OUTSIDE')])
    expect(run.phases[0]?.error?.class).toBe('FATAL')
  })
})
