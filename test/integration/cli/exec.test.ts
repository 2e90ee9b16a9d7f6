import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Approval, Execution, Pawl, RunDetail } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { secretOf } from '../../support/issued.ts'
import { PAWL, pawlAt } from './pawl.ts'
import type { PawlEnded, PawlProcess } from './pawl.ts'

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>

/** Three phases, no rounds: as much as these tests need. */
const SHORT = {
  name: 'short',
  version: 1,
  initialPhase: 'first',
  phases: [
    { key: 'first', next: ['last'] },
    { key: 'last', final: true },
  ],
}

/** A shell agent that does all of the work. `pawl` stands for the command under test. */
const DILIGENT = `
set -e
pawl() { "${process.execPath}" "${PAWL}" "$@"; }
pawl phase start first
pawl phase advance last
`

beforeAll(async () => {
  server = await startTestServer({ config: { sweepSeconds: 0.5 } })
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
  unwrap(await pawl.workflows.register(SHORT))
})

afterAll(async () => {
  await server.stop()
})

/** Runs a shell script under `pawl exec` on a new run. */
async function execute(script: string, words: readonly string[] = []) {
  const ended = await cli.run(['exec', '--workflow', 'short', ...words, '--', 'sh', '-c', script])
  return { ended, ...(await lookAt(ended.stderr)) }
}

/** Starts a shell script under `pawl exec` and waits until it has printed `ready`. */
async function begin(script: string, words: readonly string[] = []) {
  const running = cli.start(['exec', '--workflow', 'short', ...words, '--', 'sh', '-c', script])
  const [, runId = ''] = await running.until(/run (run_\w+)/)
  await running.until(/ready/)
  return { running, runId }
}

async function lookAt(printed: string): Promise<{ run: RunDetail; execution: Execution }> {
  const [runId] = /run_\w+/.exec(printed) ?? []
  if (!runId) throw new Error(`no run in: ${printed}`)
  const run = await pawl.runs.get(runId)
  const { nodes } = await pawl.executions.list({ filter: { runId } })
  const [execution] = nodes
  if (!run || !execution) throw new Error(`no run or no execution ${runId}`)
  return { run, execution }
}

async function finish({ ended }: PawlProcess): Promise<PawlEnded & Awaited<ReturnType<typeof lookAt>>> {
  const how = await ended
  return { ...how, ...(await lookAt(how.stderr)) }
}

/** Asks a question in the name of the agent of a run that is held. */
async function askIn(runId: string): Promise<Approval> {
  const fence = (await pawl.runs.get(runId))?.lease?.fence
  const asked = { kind: 'QUESTION', gate: 'colour', question: 'Which colour?', fence } as const
  return unwrap(await pawl.approvals.request(runId, asked)).approval
}

/** Whether a process lives, one that ended and was not reaped being dead. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !/\) [ZX]/.test(stat)
}

function pidIn(running: PawlProcess, name: string): number {
  return Number(new RegExp(`${name}=(\\d+)`).exec(running.printed())?.[1])
}

describe('an agent under pawl exec', () => {
  it('finds itself in its environment, and may drive its own run with the token it has', async () => {
    const { ended, run, execution } = await execute(`${DILIGENT}
      echo "id=$PAWL_RUN_ID execution=$PAWL_EXECUTION_ID url=$PAWL_URL"
      pawl run complete --output '{"fine":true}'`)
    expect(ended.code).toBe(0)
    expect(ended.stdout).toContain(`id=${run.id} execution=${execution.id} url=${server.url}`)
    expect(ended.stderr).toContain('SUCCESS')
    expect(run).toMatchObject({
      status: 'COMPLETED',
      outcome: 'SUCCESS',
      output: { fine: true },
      lease: null,
    })
    expect(execution).toMatchObject({ end: 'EXITED', exitCode: 0, outcome: 'SUCCESS' })
  })

  it('continues while it asks, and with the answer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-exec-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const { running, runId } = await begin(
      `echo "ready=$$"; until [ -f '${folder}/go' ]; do sleep 0.1; done; ${DILIGENT} pawl run complete`,
    )
    const approval = await askIn(runId)
    expect((await pawl.runs.get(runId))?.status).toBe('AWAITING_APPROVAL')
    const { id, digest } = approval
    unwrap(await pawl.approvals.decide(id, { decision: 'ANSWER', digest, answer: { answer: 'blue' } }))
    expect(await isAlive(pidIn(running, 'ready'))).toBe(true)
    await writeFile(join(folder, 'go'), '')
    const { code, run } = await finish(running)
    expect({ code, status: run.status }).toEqual({ code: 0, status: 'COMPLETED' })
  })

  it('that ends while it asks has left its run unfinished', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-exec-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const { running, runId } = await begin(`echo ready; until [ -f '${folder}/go' ]; do sleep 0.1; done`)
    const { id } = await askIn(runId)
    await writeFile(join(folder, 'go'), '')
    const { run } = await finish(running)
    expect(run).toMatchObject({ status: 'FAILED', outcome: 'INCOMPLETE' })
    expect((await pawl.approvals.get(id))?.status).toBe('VOID')
  })

  it.each([
    ['is COMPLETED when its agent says so', `pawl run complete --output '"done"'`, 'COMPLETED', 'SUCCESS'],
    ['is INCOMPLETE when its agent says nothing', 'true', 'FAILED', 'INCOMPLETE'],
  ])('a task that nobody made a workflow for %s', async (_, report, status, outcome) => {
    const script = `pawl() { "${process.execPath}" "${PAWL}" "$@"; }; ${report}`
    const created = unwrap(
      await pawl.tokens.create({
        principal: { name: status },
        role: 'WORKER',
        projects: [status.toLowerCase()],
      }),
    )
    const alone = pawlAt(server.url, secretOf(created))
    const unnamed = await alone.run(['exec', '--', 'sh', '-c', script])
    const described = await cli.run(['exec', '--title', 'Fix the build', '--', 'sh', '-c', script])
    const workflow = { name: 'task' }
    expect((await lookAt(unnamed.stderr)).run).toMatchObject({ workflow, title: null, status, outcome })
    expect((await lookAt(described.stderr)).run).toMatchObject({
      workflow,
      title: 'Fix the build',
      status,
      outcome,
    })
  })

  it('refuses to start a run and to take one at once, and resumes none that is not there', async () => {
    const { ended } = cli.start(['exec', '--run', 'run_x', '--concurrency-key', 'k', '--', 'true'])
    expect(await ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--concurrency-key starts'),
    })
    const created = unwrap(
      await pawl.tokens.create({ principal: { name: 'idle' }, role: 'WORKER', projects: ['idle'] }),
    )
    const idle = pawlAt(server.url, secretOf(created))
    expect((await idle.run(['exec', '--resume', '--', 'true'])).code).toBe(4)
  })

  it('never sees the token of who supervises it', async () => {
    const { ended } = await execute('env; cat /proc/self/environ | tr "\\0" "\\n"')
    expect(ended.stdout).toContain('PAWL_TOKEN=')
    expect(ended.stdout).not.toContain(server.adminToken)
  })

  it('is recorded with its process id before it does anything', async () => {
    const { ended, execution } = await execute('echo "pid=$$"')
    expect(ended.stdout).toContain(`pid=${execution.pid}`)
  })

  it('is INCOMPLETE after exit 0 without the work, and its exit code is passed on (G3)', async () => {
    const { ended, run, execution } = await execute('exit 0')
    expect(ended.code).toBe(0)
    expect(ended.stderr).toContain('INCOMPLETE')
    expect(run).toMatchObject({ status: 'FAILED', reason: 'INCOMPLETE', outcome: 'INCOMPLETE' })
    expect(run.lease).toBeNull()
    expect(execution).toMatchObject({ end: 'EXITED', exitCode: 0, outcome: 'INCOMPLETE' })
  })

  it(
    'is INCOMPLETE where it did all the work and did not complete the run',
    { tags: 'thorough' },
    async () => {
      const { run, execution } = await execute(DILIGENT)
      expect(run).toMatchObject({ status: 'FAILED', reason: 'INCOMPLETE', missingEvidence: [] })
      expect(execution.outcome).toBe('INCOMPLETE')
    },
  )

  it('fails its run with an exit code of its own', async () => {
    const { ended, run, execution } = await execute('exit 3')
    expect(ended.code).toBe(3)
    expect(run).toMatchObject({ status: 'FAILED', reason: 'REPORTED_FAILURE', outcome: 'FAILED' })
    expect(run.error).toContain('exited 3')
    expect(execution).toMatchObject({ exitCode: 3, outcome: 'FAILED' })
  })

  it('fails its run by dying of a signal, which is told as 128 + n', async () => {
    const { ended, run, execution } = await execute('kill -9 $$')
    expect(ended.code).toBe(137)
    expect(run).toMatchObject({ status: 'FAILED', reason: 'REPORTED_FAILURE' })
    expect(execution).toMatchObject({ exitCode: null, signal: 'SIGKILL', outcome: 'FAILED' })
  })

  it('keeps the word it gave where it failed the run itself', { tags: 'thorough' }, async () => {
    const { ended, run } = await execute(`
      "${process.execPath}" "${PAWL}" run fail --error 'no such branch' && exit 4`)
    expect(ended.code).toBe(4)
    expect(run).toMatchObject({ status: 'FAILED', reason: 'REPORTED_FAILURE', error: 'no such branch' })
  })

  it('is read to its end after it completed the run', { tags: 'thorough' }, async () => {
    const { ended, execution } = await execute(`${DILIGENT}
      pawl run complete
      sleep 1
      echo 'a last word'`)
    expect(ended.stdout).toContain('a last word')
    expect(ended.code).toBe(0)
    expect(execution.outcome).toBe('SUCCESS')
  })

  it(
    'is ended where it does not end after it completed the run, which stays a success',
    { tags: 'thorough' },
    async () => {
      const { ended, run, execution } = await execute(
        `${DILIGENT} pawl run complete; trap '' TERM; while :; do sleep 0.1; done`,
        ['--kill-after', '1s'],
      )
      expect(ended.code).toBe(137)
      expect(run).toMatchObject({ status: 'COMPLETED', outcome: 'SUCCESS' })
      expect(execution).toMatchObject({ end: 'CLOSED_BY_RUN', outcome: 'SUCCESS' })
    },
  )

  it('leaves nothing behind: what it put into the background ends with it', async () => {
    const { ended } = await execute('sleep 600 & echo "child=$!"; exit 0')
    const child = Number(/child=(\d+)/.exec(ended.stdout)?.[1])
    expect(child).toBeGreaterThan(0)
    expect(await isAlive(child)).toBe(false)
  })
})

describe('a command that can not be started', () => {
  it('claims nothing', async () => {
    const before = await pawl.runs.counts()
    const ended = await cli.run(['exec', '--workflow', 'short', '--', 'no-such-command'])
    expect(ended).toMatchObject({ code: 127, stderr: 'pawl: no-such-command: command not found\n' })
    expect(await pawl.runs.counts()).toEqual(before)
  })

  it('is told from one that may not be executed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-exec-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'agent'), '#!/bin/sh\n', { mode: 0o600 })
    const ended = await cli.run(['exec', '--workflow', 'short', '--', join(folder, 'agent')])
    expect(ended).toMatchObject({ code: 126 })
  })

  it('starts nothing where the run is somebody else’s', async () => {
    const claim = { owner: 'somebody', leaseSeconds: 60 }
    const { run } = unwrap(await pawl.runs.start({ workflow: 'short', claim }))
    const ended = await cli.run(['exec', '--run', run.id, '--', 'sh', '-c', 'echo started'])
    expect(ended.code).toBe(8)
    expect(ended.stderr).toContain('NotClaimable')
    expect(ended.stdout).toBe('')
  })
})

describe('a cancel', () => {
  it('is confirmed when the agent and all it started are gone (G9)', async () => {
    const { running, runId } = await begin(`
      sh -c 'sleep 600 & echo "grandchild=$!"; wait' &
      echo "child=$$"; echo ready; wait`)
    await running.until(/grandchild=/)
    const [child, grandchild] = [pidIn(running, 'child'), pidIn(running, 'grandchild')]
    expect(await isAlive(grandchild)).toBe(true)
    const { hasChanged: changed } = unwrap(await pawl.runs.cancel(runId))
    expect(changed).toBe(true)
    const { code, run, execution } = await finish(running)
    expect(run).toMatchObject({ status: 'CANCELLED', isCancelConfirmed: true, outcome: 'CANCELLED' })
    expect(execution).toMatchObject({ end: 'CANCELLED', outcome: 'CANCELLED' })
    expect(code).toBe(143)
    expect([await isAlive(child), await isAlive(grandchild)]).toEqual([false, false])
  })

  it('kills an agent that ignores SIGTERM, and is confirmed then', async () => {
    const { running, runId } = await begin(`trap '' TERM; echo ready; while :; do sleep 0.1; done`, [
      '--kill-after',
      '1s',
    ])
    unwrap(await pawl.runs.cancel(runId))
    const { code, run, execution } = await finish(running)
    expect(code).toBe(137)
    expect(run).toMatchObject({ status: 'CANCELLED', isCancelConfirmed: true })
    expect(execution.signal).toBe('SIGKILL')
  })
})

describe('a pause', () => {
  it('stops the agent and gives the run back without failing it', async () => {
    const { running, runId } = await begin('echo ready; sleep 600')
    unwrap(await pawl.runs.pause(runId))
    const { run, execution, stderr } = await finish(running)
    expect(run).toMatchObject({ status: 'PAUSED', error: null, lease: null })
    expect(execution).toMatchObject({ end: 'CANCELLED' })
    expect(stderr).toContain('the run was paused')
  })

  it('lets the work be resumed by another agent', { tags: 'thorough' }, async () => {
    const { running, runId } = await begin('echo ready; sleep 600')
    unwrap(await pawl.runs.pause(runId))
    await running.ended
    const ended = await cli.run([
      'exec',
      '--resume',
      '--run',
      runId,
      '--',
      'sh',
      '-c',
      `${DILIGENT} pawl run complete`,
    ])
    expect(ended.code).toBe(0)
    expect(await pawl.runs.get(runId)).toMatchObject({ status: 'COMPLETED', epoch: 1 })
  })
})

describe('a question for a person', () => {
  it('leaves the agent the time to end by itself, and gives the run back without failing it', async () => {
    const { ended, run } = await execute(`
      "${process.execPath}" "${PAWL}" approval request 'Go on?'
      exit 0`)
    expect(ended.code).toBe(0)
    expect(ended.stderr).toContain(`a person has to decide: pawl approval list --run ${run.id}`)
    expect(ended.stderr).not.toContain('INCOMPLETE')
    expect(run).toMatchObject({ status: 'AWAITING_APPROVAL', error: null, lease: null })
  })

  it('stops an agent that continues all the same', { tags: 'thorough' }, async () => {
    const { ended, run } = await execute(`
      "${process.execPath}" "${PAWL}" approval request 'Go on?'
      exec sleep 600`)
    expect(ended.code).toBe(143)
    expect(ended.stderr).toContain('it was stopped because the run waits for a person')
    expect(run).toMatchObject({ status: 'AWAITING_APPROVAL', error: null, lease: null })
  })
})

describe('a lease', () => {
  it('stays live as long as the agent does', async () => {
    const { running, runId } = await begin('echo ready; sleep 8', ['--lease', '5s'])
    const { run } = await finish(running)
    expect(run.id).toBe(runId)
    expect(run).toMatchObject({ status: 'FAILED', reason: 'INCOMPLETE', epoch: 1 })
  })

  it('that can not be renewed stops the agent before it is over', { tags: 'thorough' }, async () => {
    const away = await startTestServer()
    const there = pawlAt(away.url, away.adminToken)
    const agent = `trap 'echo stopped; exit 9' TERM; echo ready; while :; do sleep 0.1; done`
    const words = ['exec', '--workflow', 'review', '--lease', '6s', '--', 'sh', '-c', agent]
    const running = there.start(words)
    await running.until(/ready/)
    await away.stop()
    const lastRenewal = performance.now()
    await running.until(/stopped/)
    expect(performance.now() - lastRenewal).toBeLessThan(6_000)
    const { code, stderr } = await running.ended
    expect(code).toBe(9)
    expect(stderr).toContain('NotReached')
  })

  it('that somebody else holds by now stops the agent at once', async () => {
    const { running, runId } = await begin(
      `trap '' TERM; echo "child=$$"; echo ready; while :; do sleep 0.1; done`,
    )
    const child = pidIn(running, 'child')
    // As a frozen owner finds it when it wakes up.
    unwrap(await pawl.runs.release(runId, { fence: 1 }))
    unwrap(await pawl.runs.claim({ runId, owner: 'another', leaseSeconds: 60 }))
    const { code, stderr } = await running.ended
    expect(code).toBe(137)
    expect(stderr).toContain('the lease was lost')
    expect(await isAlive(child)).toBe(false)
    expect(await pawl.runs.get(runId)).toMatchObject({
      status: 'RUNNING',
      lease: { owner: 'another', fence: 2 },
    })
  })
})

describe('a signal to pawl exec', () => {
  it('is passed on: Ctrl-C ends the agent, and fails the run', async () => {
    const { running } = await begin('echo ready; exec sleep 600')
    running.kill('SIGINT')
    const { code, run, execution } = await finish(running)
    expect(code).toBe(130)
    expect(run).toMatchObject({ status: 'FAILED', reason: 'REPORTED_FAILURE', lease: null })
    expect(run.error).toContain('SIGINT')
    expect(execution.signal).toBe('SIGINT')
  })

  it(
    'leaves the agent the choice: one that finishes its work after Ctrl-C is not stopped',
    { tags: 'thorough' },
    async () => {
      const { running } = await begin(`${DILIGENT}
      trap 'pawl run complete; exit 0' INT
      echo ready
      while :; do sleep 0.1; done`)
      running.kill('SIGINT')
      const { code, run } = await finish(running)
      expect(code).toBe(0)
      expect(run.status).toBe('COMPLETED')
    },
  )

  it('that insists ends an agent that does not listen', { tags: 'thorough' }, async () => {
    const { running } = await begin(`trap '' INT TERM; echo ready; while :; do sleep 0.1; done`, [
      '--kill-after',
      '1s',
    ])
    running.kill('SIGTERM')
    const { code, run } = await finish(running)
    expect(code).toBe(137)
    expect(run.status).toBe('FAILED')
  })
})

describe('the report of pawl exec', () => {
  it('is JSON on stderr for programs, the command’s own output untouched', async () => {
    const ended = await cli.run([
      'exec',
      '--json',
      '--quiet',
      '--workflow',
      'short',
      '--',
      'sh',
      '-c',
      'echo mine',
    ])
    expect(ended.stdout).toBe('mine\n')
    expect(JSON.parse(ended.stderr)).toMatchObject({
      exitCode: 0,
      outcome: 'INCOMPLETE',
      interruption: null,
      run: { status: 'FAILED', reason: 'INCOMPLETE' },
    })
  })
})
