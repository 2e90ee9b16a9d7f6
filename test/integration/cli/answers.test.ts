import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl, Run } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { pawlAt, runPawl, startPawl } from './pawl.ts'

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>

beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
})

afterAll(async () => {
  await server.stop()
})

async function startRun(title = 'a run'): Promise<Run> {
  return unwrap(await pawl.runs.start({ workflow: 'review', title })).run
}

/** Cancels whatever is active, so that a test has the only active run. */
async function clear(): Promise<void> {
  const { nodes } = await pawl.runs.list({ first: 500 })
  for (const { id, isSettled } of nodes) if (!isSettled) unwrap(await pawl.runs.cancel(id))
}

/** Claims through the shell lines that `--env` prints, and returns the environment they make. */
async function claimAsAgent(runId: string) {
  const { stdout } = await cli.run(['run', 'claim', runId, '--env'])
  // as a shell that is given it: words that need no quotes have none
  const exported = [...stdout.matchAll(/^export (\w+)='?([^']*?)'?$/gm)]
  return Object.fromEntries(exported.map(([, name = '', value = '']) => [name, value]))
}

describe('the run that a command means', () => {
  it('is the one named, which stderr says', async () => {
    const { id } = await startRun('by name')
    const { stderr } = await cli.run(['run', 'show', id])
    expect(stderr).toBe(`pawl: run ${id} “by name” (as named)\n`)
  })

  it('is the only active one', async () => {
    await clear()
    const { id } = await startRun()
    const { stdout, stderr } = await cli.run(['state'])
    expect(stdout).toContain(id)
    expect(stderr).toContain('(the only active run)')
  })

  it('is that of PAWL_RUN_ID, and before that of PAWL_EXECUTION_ID', async () => {
    const [byRun, byExecution] = [await startRun(), await startRun()]
    const claim = unwrap(await pawl.runs.claim({ runId: byExecution.id, owner: 'test', leaseSeconds: 600 }))
    const fields = { runId: byExecution.id, fence: claim.lease?.fence, command: 'agent' }
    const { execution } = unwrap(await pawl.executions.start(fields))
    const first = await cli.json(['state'], { env: { PAWL_RUN_ID: byRun.id } })
    expect(first.answer).toMatchObject({ runId: byRun.id })
    expect(first.stderr).toContain('(PAWL_RUN_ID)')
    const env = { PAWL_RUN_ID: byRun.id, PAWL_EXECUTION_ID: execution.id }
    const second = await cli.json(['state'], { env })
    expect(second.answer).toMatchObject({ runId: byExecution.id, via: 'EXECUTION' })
    expect(second.stderr).toContain('(the run of PAWL_EXECUTION_ID)')
  })

  it('is none for an execution of no run, whatever else is active', async () => {
    await clear()
    await startRun()
    const { execution } = unwrap(await pawl.executions.start({ command: 'a tool' }))
    const { code, answer } = await cli.json(['state'], { env: { PAWL_EXECUTION_ID: execution.id } })
    expect([code, answer['__typename']]).toEqual([4, 'NoActiveRun'])
  })

  it('is told on stderr, unless asked to be quiet', async () => {
    const { id } = await startRun()
    expect((await cli.run(['run', 'show', '--quiet', id])).stderr).toBe('')
  })
})

describe('pawl state', () => {
  it('tells an agent its next command at every step, up to the end', async () => {
    const { id } = await startRun()
    const env = await claimAsAgent(id)
    const steps: string[] = []
    while (steps.at(-1) !== 'pawl run complete') {
      const { answer } = await cli.json(['state'], { env })
      const { command } = answer['next'] as { command: string }
      steps.push(command)
      const { code, stderr } = await cli.run(command.split(' ').slice(1), { env })
      expect(code, stderr).toBe(0)
    }
    expect(steps).toEqual([
      'pawl phase start context',
      'pawl phase advance change-context',
      'pawl phase advance analysis',
      'pawl phase advance reviews',
      'pawl phase advance aggregation',
      'pawl phase advance discourse',
      'pawl phase advance synthesis',
      'pawl round complete',
      'pawl phase advance complete',
      'pawl run complete',
    ])
    expect(await pawl.runs.get(id)).toMatchObject({ status: 'COMPLETED' })
    // its claim is over, and with it what it may read; that it did complete the run it is told all the same
    const again = await cli.run(['run', 'complete'], { env })
    expect(again.code).toBe(0)
    expect(again.stderr).toContain('already COMPLETED')
  })

  it('leaves an agent whose claim is over to the server’s word about its late write', async () => {
    const { id } = await startRun()
    const env = await claimAsAgent(id)
    unwrap(await pawl.runs.cancel(id))
    const late = await cli.json(['phase', 'start', 'context'], { env })
    expect([late.code, late.answer['__typename']]).toEqual([8, 'LeaseLost'])
    const reading = await cli.run(['state'], { env })
    expect(reading.code).toBe(9)
    expect(reading.stderr).toContain('expires with its claim')
  })

  it('answers programs with what may follow and what is missing', async () => {
    const { id } = await startRun()
    const { answer } = await cli.json(['state', id])
    expect(answer).toMatchObject({
      runId: id,
      via: 'EXPLICIT',
      workflow: { name: 'review', version: 1 },
      status: 'QUEUED',
      outcome: null,
      phase: { key: 'context', status: 'PENDING', attempts: 0 },
      mayFollow: ['change-context'],
      nextAction: 'CLAIM',
      next: { action: 'CLAIM', command: `pawl exec --run ${id} -- COMMAND` },
      lease: null,
    })
    expect(answer['missingEvidence']).not.toEqual([])
    expect(answer['allowedCommands']).toContain('CLAIM')
  })
})

describe('with --json', () => {
  it('a command answers with the server’s answer, on one line', async () => {
    const started = await cli.json([
      'run',
      'start',
      'review',
      '--title',
      'a title',
      '--label',
      'x,y',
      '--input',
      '{"n":1}',
    ])
    expect(started.stdout.split('\n')).toHaveLength(2)
    expect(started.answer).toMatchObject({ __typename: 'StartRunSuccess', isReplayed: false, lease: null })
    const { id } = started.answer['run'] as Run
    const shown = await cli.json(['run', 'show', id])
    expect(shown.answer).toMatchObject({
      run: { id, title: 'a title', labels: ['x', 'y'], input: { n: 1 } },
      executions: [],
    })
  })

  it('lists come as pages', async () => {
    const { id } = await startRun('a page')
    const { answer } = await cli.json(['run', 'list', '--limit', '1'])
    expect(answer).toMatchObject({
      nodes: [{ id }],
      pageInfo: { hasNextPage: true },
      feedCursor: expect.any(String),
    })
    const words = ['run', 'list', '--after', (answer['pageInfo'] as { endCursor: string }).endCursor]
    const next = await cli.json(words)
    expect((next.answer['nodes'] as Run[]).map((run) => run.id)).not.toContain(id)
  })

  it('events come one a line, from the beginning or from a number', async () => {
    const { id } = await startRun()
    const { stdout } = await cli.run(['run', 'events', id, '--json'])
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; type: string })
    expect(events.map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'RUN_CREATED'],
      [2, 'ROUND_OPENED'],
    ])
    const later = await cli.run(['run', 'events', id, '--after', '1'])
    expect(later.stdout).toContain('ROUND_OPENED')
    expect(later.stdout).not.toContain('RUN_CREATED')
    expect((await cli.run(['run', 'events', id, '--after', '2'])).stdout).toBe('')
  })

  it('the others answer with what they found', async () => {
    expect((await cli.json(['doctor'])).answer).toMatchObject({
      violations: [],
      viewer: { name: 'local', role: 'ADMIN' },
    })
    expect((await cli.json(['sweep', '--dry-run'])).answer).toMatchObject({
      __typename: 'SweepSuccess',
      isDryRun: true,
    })
    expect((await cli.json(['workflow', 'show', 'review'])).answer).toMatchObject({
      name: 'review',
      version: 1,
    })
    const { answer } = await cli.json(['workflow', 'list'])
    expect((answer['nodes'] as { name: string }[]).map(({ name }) => name)).toContain('delivery')
  })
})

describe('a workflow', () => {
  it('is applied from YAML, and changes nothing the second time', async () => {
    const file = join(server.dataDir, 'release.yaml')
    await writeFile(
      file,
      'name: release\nversion: 1\ninitialPhase: build\nphases:\n  - { key: build, next: [ship] }\n  - { key: ship, final: true }\n',
    )
    expect((await cli.run(['workflow', 'apply', file])).stdout).toBe('registered release v1\n')
    expect((await cli.run(['workflow', 'apply', file])).stdout).toBe('release v1 was already registered\n')
    const { stdout } = await cli.run(['workflow', 'show', 'release'])
    expect(stdout).toMatch(/▸ build\s+ship/)
  })
})

describe('a token', () => {
  it('is made, works, is listed without its secret, and ends', async () => {
    const made = await cli.run(['token', 'create', 'board', '--role', 'viewer', '--expires', '1h'])
    const secret = made.stdout.trim()
    expect(secret).toMatch(/^pawl_/)
    const [id = ''] = /tok_\w+/.exec(made.stderr) ?? []
    const viewer = pawlAt(server.url, secret)
    expect((await viewer.run(['run', 'list'])).code).toBe(0)
    const listed = await cli.run(['token', 'list'])
    expect(listed.stdout).toContain(id)
    expect(listed.stdout).not.toContain(secret)
    expect((await cli.run(['token', 'revoke', id])).stdout).toBe(`revoked ${id}\n`)
    expect((await viewer.run(['run', 'list'])).code).toBe(9)
  })
})

describe('the server that a command asks', () => {
  it('is the one that left its address in the data directory, with its token', async () => {
    const env = { PAWL_DATA: server.dataDir }
    expect((await runPawl(['run', 'list'], { env })).code).toBe(0)
    expect((await runPawl(['run', 'list', '--data', server.dataDir])).code).toBe(0)
  })

  it('never gets the token of another one', async () => {
    const other = await startTestServer()
    const { code, stderr } = await runPawl(['run', 'list'], {
      env: { PAWL_DATA: server.dataDir, PAWL_URL: other.url },
    })
    await other.stop()
    expect(code).toBe(9)
    expect(stderr).toContain('UNAUTHENTICATED')
  })
})

describe('printing', () => {
  it('ends quietly where nobody reads any more', async () => {
    const { id } = await startRun()
    const running = cli.start(['run', 'events', id, '--follow'])
    await running.until(/ROUND_OPENED/)
    running.stopReading()
    unwrap(await pawl.runs.cancel(id))
    const { code, stderr } = await running.ended
    expect(code).toBe(0)
    expect(stderr).not.toContain('EPIPE')
  })

  it('lets no title command the terminal', async () => {
    const { id } = await startRun('red\u001b[31m and\nmore\u0007')
    const { stdout, stderr } = await cli.run(['run', 'show', id], { env: { FORCE_COLOR: '1' } })
    expect(stdout).toContain('red and more')
    expect(stdout + stderr).not.toContain('\u0007')
  })

  it('has colours where they are asked for, and none elsewhere', async () => {
    expect((await cli.run(['run', 'list'])).stdout).not.toContain('\u001b[')
    expect((await cli.run(['run', 'list'], { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[')
    expect(
      (await cli.run(['run', 'list', '--no-color'], { env: { FORCE_COLOR: '1' } })).stdout,
    ).not.toContain('\u001b[')
  })
})

describe('pawl run watch', () => {
  it('prints events until the run has settled, where it is no terminal', async () => {
    const { id } = await startRun()
    const running = cli.start(['run', 'watch', id])
    await running.until(/RUN_CREATED/)
    unwrap(await pawl.runs.cancel(id))
    const { code, stdout } = await running.ended
    expect(code).toBe(0)
    expect(stdout).toContain('RUN_CANCELLED')
    expect(stdout.trim().split('\n').at(-1)).toContain(`${id}  CANCELLED`)
  })

  it('prints frames for programs, the last one settled', async () => {
    const { id } = await startRun()
    const running = cli.start(['run', 'watch', id, '--json'])
    await running.until(/QUEUED/)
    unwrap(await pawl.runs.cancel(id))
    const { stdout } = await running.ended
    const frames = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { status: string })
    expect(frames[0]).toMatchObject({ __typename: 'RunFrame', runId: id, status: 'QUEUED' })
    expect(frames.at(-1)).toMatchObject({ status: 'CANCELLED', isFinal: true })
  })

  it('tells the outcome by its exit code where asked', async () => {
    const { id } = await startRun()
    unwrap(await pawl.runs.claim({ runId: id, owner: 'test', leaseSeconds: 60 }))
    unwrap(await pawl.runs.fail(id, { fence: 1, error: 'half done', reason: 'INCOMPLETE' }))
    expect((await cli.run(['run', 'watch', id, '--exit-status'])).code).toBe(6)
    expect((await cli.run(['run', 'watch', id])).code).toBe(0)
  })

  it('continues after a failure until the run is final, where asked', async () => {
    const { id } = await startRun()
    unwrap(await pawl.runs.claim({ runId: id, owner: 'test', leaseSeconds: 60 }))
    unwrap(await pawl.runs.fail(id, { fence: 1, error: 'lost' }))
    const running = cli.start(['run', 'watch', id, '--until-final'])
    await running.until(/RUN_FAILED/)
    unwrap(await pawl.runs.resume(id))
    await running.until(/RUN_RESUMED/)
    unwrap(await pawl.runs.cancel(id))
    expect((await running.ended).stdout).toContain('RUN_CANCELLED')
  })

  it('ends at once on Ctrl-C, with 130', async () => {
    const { id } = await startRun()
    const running = cli.start(['run', 'watch', id])
    await running.until(/RUN_CREATED/)
    running.kill('SIGINT')
    expect(await running.ended).toMatchObject({ code: 130, signal: null })
  })
})

describe('pawl serve', () => {
  it('prints where it listens and a link to sign in with, and stops on SIGTERM with 0', async () => {
    const data = join(server.dataDir, 'served')
    const running = startPawl(['serve', '--port', '0', '--data', data, '--log-level', 'warn'])
    const [, url = ''] = await running.until(/Pawl listens on (\S+)/)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await runPawl(['doctor'], { env: { PAWL_DATA: data } })).code).toBe(0)
    running.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
    const after = await runPawl(['run', 'list'], { env: { PAWL_DATA: data } })
    expect(after.code).toBe(1)
    expect(after.stderr).toContain('pawl serve')
  })

  it('tells all wrong settings at once, and where they stand', async () => {
    const { code, stderr } = await runPawl(['serve', '--port', 'many'], { env: { PAWL_MAX_RESUMES: '-1' } })
    expect(code).toBe(2)
    expect(stderr).toContain('--port')
    expect(stderr).toContain('PAWL_MAX_RESUMES')
  })
})
