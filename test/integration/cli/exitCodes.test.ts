import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl, Run } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { SOLO } from '../../support/workflows.ts'
import { pawlAt, runPawl } from './pawl.ts'

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

async function startRun(claimed = false): Promise<Run> {
  const claim = claimed ? { owner: 'test', leaseSeconds: 600 } : undefined
  return unwrap(await pawl.runs.start({ workflow: 'review', claim })).run
}

/** The exit code and the name of the refusal. */
async function refusalOf(words: readonly string[]) {
  const { code, answer, stderr } = await cli.json(words)
  expect(stderr).toContain(answer['message'])
  return [code, answer['__typename']]
}

describe('a run that is continued', () => {
  it('is refused with 8 and the run to go on with, whatever is asked of it', async () => {
    const first = await startRun()
    unwrap(await pawl.runs.cancel(first.id))
    const start = ['run', 'start', 'review', '--continues', first.id]
    const { answer } = await cli.json(start)
    const { id } = answer['run'] as Run
    const refusals = [
      [start, 'AlreadyContinued', `pawl run show ${id}`],
      [['run', 'resume', first.id], 'NotResumable', `pawl run show ${id}`],
      [['run', 'delete', first.id], 'NotDeletable', `pawl run delete ${id}`],
    ] as const
    for (const [words, name, way] of refusals) {
      const ended = await cli.run(words)
      expect([ended.code, ended.stderr]).toEqual([8, expect.stringContaining(way)])
      expect(ended.stderr).toContain(name)
    }
    expect((await cli.run(['run', 'show', first.id])).stdout).toContain(`continued by  ${id} (QUEUED)`)
  })
})

describe('a run that waits for its next claim', () => {
  it('is put off by its release, shown with until when and why, and refused with 8', async () => {
    const { id } = await startRun(true)
    const off = ['--fence', '1', '--not-before', '20m', '--waits-for', 'the quota']
    expect((await cli.run(['run', 'release', id, ...off])).code).toBe(0)
    expect((await cli.run(['run', 'show', id])).stdout).toMatch(/waits until .*: the quota/)
    expect((await cli.run(['run', 'list'])).stdout).toMatch(
      new RegExp(`${id} .* \\(waits (20m 00s|19m \\d+s)\\)`),
    )
    expect(await refusalOf(['run', 'claim', id])).toEqual([8, 'NotClaimable'])
    expect((await cli.run(['run', 'release', id, '--fence', '1', '--not-before', 'soon'])).code).toBe(2)
  })
})

describe('the exit code', () => {
  it('is 0 where it was done', async () => {
    expect((await cli.run(['run', 'start', 'review'])).code).toBe(0)
  })

  it('is 1 where no server answers, with the way to start one', async () => {
    const ended = await cli.run(['run', 'list', '--url', 'http://127.0.0.1:1'])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain('could not be reached')
  })

  it('is 1 where no server is known, with the way to start one', async () => {
    const ended = await runPawl(['run', 'list'])
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('pawl serve')
  })

  it.each([
    [['run', 'nonsense']],
    [['nonsense']],
    [['run', 'list', '--nonsense']],
    [['run', 'start']],
    [['run', 'list', '--limit', 'many']],
    [['run', 'list', '--url', 'localhost:4400']],
    [['worker', '--url', 'wss://pawl.example']],
    [['run', 'list', '--url', '']],
    [['run', 'list', '--data', '']],
    [['run', 'fail']],
    [['token', 'create', 'x', '--role', 'KING']],
    [['exec', '--workflow', 'review', '--run', 'run_x', '--', 'true']],
    [['exec', '--workflow', 'review', '--lease', '2h', '--', 'true']],
  ])('is 2 for what is no command: %j', async (words) => {
    const ended = await cli.run(words)
    expect(ended.code).toBe(2)
    expect(ended.stderr).not.toBe('')
  })

  it('is 2 for a variable that names no server, with what to write instead', async () => {
    const ended = await runPawl(['run', 'list'], { env: { PAWL_URL: 'https://ada:hush@pawl.example' } })
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('PAWL_URL: ')
    expect(ended.stderr).toContain('Write https://pawl.example')
    expect(ended.stderr).not.toContain('hush')
  })

  it('is 3 where several runs are meant', async () => {
    const runs = [await startRun(), await startRun()]
    const { code, answer } = await cli.json(['state'])
    expect([code, answer['__typename']]).toEqual([3, 'AmbiguousRun'])
    const candidates = (answer['candidates'] as Run[]).map(({ id }) => id)
    expect(candidates).toEqual(expect.arrayContaining(runs.map(({ id }) => id)))
  })

  it('is 4 for what is not there', async () => {
    const unknown = 'run_01k9zzzzzzfyyr0000000000zz'
    expect(await refusalOf(['run', 'show', unknown])).toEqual([4, 'NotFound'])
    expect(await refusalOf(['run', 'show', 'no-id'])).toEqual([4, 'NotFound'])
    expect(await refusalOf(['run', 'delete', unknown])).toEqual([4, 'NotFound'])
    expect(await refusalOf(['run', 'start', 'nothing'])).toEqual([4, 'NotFound'])
    expect(await refusalOf(['workflow', 'show', 'nothing'])).toEqual([4, 'NotFound'])
    expect(await refusalOf(['run', 'claim', '--workflow', 'map'])).toEqual([4, 'NothingToClaim'])
    const { run, lease } = unwrap(
      await pawl.runs.start({ workflow: 'review', claim: { owner: 'x', leaseSeconds: 60 } }),
    )
    const words = ['phase', 'advance', 'nowhere', '--run', run.id, '--fence', String(lease?.fence)]
    expect(await refusalOf(words)).toEqual([4, 'UnknownPhase'])
  })

  it('is 5 for a step the workflow does not have', async () => {
    const { id } = await startRun(true)
    expect(await refusalOf(['phase', 'start', 'analysis', '--run', id, '--fence', '1'])).toEqual([
      5,
      'IllegalTransition',
    ])
    expect(await refusalOf(['phase', 'advance', 'synthesis', '--run', id, '--fence', '1'])).toEqual([
      5,
      'IllegalTransition',
    ])
  })

  it('is 6 where evidence is missing', async () => {
    const { id } = await startRun(true)
    const { code, answer } = await cli.json(['run', 'complete', id, '--fence', '1'])
    expect([code, answer['__typename']]).toEqual([6, 'NotCompletable'])
    expect(answer['missing']).not.toEqual([])
  })

  it('is 0 for completing again what the same claim completed', async () => {
    await cli.run(['workflow', 'apply', '-'], { input: JSON.stringify(SOLO) })
    const { run } = unwrap(await pawl.runs.start({ workflow: SOLO.name, claim: { owner: 'me' } }))
    const complete = ['run', 'complete', run.id, '--fence', '1']
    expect((await cli.run(['phase', 'start', 'work', '--run', run.id, '--fence', '1'])).code).toBe(0)
    expect(await cli.json(complete)).toMatchObject({ code: 0, answer: { hasChanged: true } })
    expect(await cli.json(complete)).toMatchObject({ code: 0, answer: { hasChanged: false } })
    expect(await refusalOf(['run', 'complete', run.id, '--fence', '2'])).toEqual([8, 'LeaseLost'])
  })

  it('is 7 for input that is none', async () => {
    expect((await cli.run(['run', 'start', 'review', '--input', '{'])).code).toBe(7)
    expect((await cli.run(['workflow', 'apply', '/no/such/file'])).code).toBe(7)
    expect(
      (await cli.run(['run', 'start', 'review', '--idempotency-key', 'same', '--title', 'a'])).code,
    ).toBe(0)
    expect(await refusalOf(['run', 'start', 'review', '--idempotency-key', 'same', '--title', 'b'])).toEqual([
      7,
      'IdempotencyMismatch',
    ])
  })

  it('is 7 for a workflow that makes no sense, with every mistake told', async () => {
    const definition = JSON.stringify({
      name: 'broken',
      version: 1,
      initialPhase: 'a',
      phases: [{ key: 'b', next: ['c'] }],
    })
    const { code, answer, stderr } = await cli.json(['workflow', 'apply', '-'], { input: definition })
    expect([code, answer['__typename']]).toEqual([7, 'InvalidInput'])
    expect(stderr).toContain('there is no phase c')
    expect(stderr).toContain('there is no phase a')
  })

  it('is 8 for who came too late', async () => {
    const { id } = await startRun(true)
    expect(await refusalOf(['run', 'claim', id])).toEqual([8, 'NotClaimable'])
    expect(await refusalOf(['run', 'resume', id])).toEqual([8, 'NotResumable'])
    expect(await refusalOf(['run', 'delete', id])).toEqual([8, 'NotDeletable'])
    expect(await refusalOf(['run', 'pause', id, '--if-revision', '1'])).toEqual([8, 'RevisionConflict'])
    expect(await refusalOf(['phase', 'start', 'context', '--run', id])).toEqual([8, 'LeaseLost'])
    unwrap(await pawl.runs.cancel(id))
    expect(await refusalOf(['run', 'complete', id, '--fence', '1'])).toEqual([8, 'NotCompletable'])
    expect(await refusalOf(['run', 'pause', id])).toEqual([8, 'NotPausable'])
  })

  it('is 8 where another run holds the key', async () => {
    const { run } = unwrap(await pawl.runs.start({ workflow: 'review', concurrencyKey: 'pr-1' }))
    const { code, stderr } = await cli.run(['run', 'start', 'review', '--concurrency-key', 'pr-1'])
    expect(code).toBe(8)
    expect(stderr).toContain(`held by ${run.id}`)
  })

  it('is 9 for who may not', async () => {
    const { secret } = await server.createToken({ role: 'VIEWER' })
    const viewer = pawlAt(server.url, secret)
    const refused = await viewer.json(['run', 'start', 'review'])
    expect([refused.code, refused.answer['__typename']]).toEqual([9, 'Forbidden'])
    expect(refused.stderr).toContain('OPERATOR')
    expect((await viewer.run(['doctor'])).code).toBe(9)
    const stranger = await cli.run(['run', 'list'], { env: { PAWL_TOKEN: 'pawl_nobody' } })
    expect(stranger.code).toBe(9)
    expect(stranger.stderr).toContain('PAWL_TOKEN')
  })

  it('is not, for who has an old token and a file with the one that is good now', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-token-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, 'token')
    const env = { PAWL_TOKEN: 'pawl_of_before', PAWL_TOKEN_FILE: file }
    expect((await cli.run(['run', 'list'], { env })).code).toBe(9)
    await writeFile(file, `${server.adminToken}\n`)
    expect((await cli.run(['run', 'list'], { env })).code).toBe(0)
  })

  it('stays 0 for a cancel that changes nothing', async () => {
    const { id } = await startRun()
    expect((await cli.json(['run', 'cancel', id])).answer).toMatchObject({ hasChanged: true })
    const again = await cli.json(['run', 'cancel', id])
    expect(again.code).toBe(0)
    expect(again.answer).toMatchObject({ hasChanged: false, run: { status: 'CANCELLED' } })
  })
})
