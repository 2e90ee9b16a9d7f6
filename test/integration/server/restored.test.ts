import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createPawl, PawlCursorExpiredError, unwrap } from '../../../sdk/index.ts'
import type { Pawl } from '../../../sdk/index.ts'
import { configSchema } from '../../../src/config.ts'
import { recognizeRestore } from '../../../src/database/restore/recognizeRestore.ts'
import { createLog } from '../../../src/log.ts'
import { type RunningServer, startServer } from '../../../src/server/startServer.ts'
import { askDoctor } from '../../chaos/judge.ts'
import { makeFolder, query } from '../database/databaseHarness.ts'
import { findPostgres15, type Postgres15, startPostgres15 } from '../database/postgres15.ts'
import { openForgetfulWriter } from '../../support/callers.ts'

const bin = findPostgres15() ?? ''
const program = async (name: string, ...args: readonly string[]) =>
  promisify(execFile)(join(bin, name), args, { env: { ...process.env, PGOPTIONS: '' } })

interface Opened {
  readonly server: RunningServer
  readonly pawl: Pawl
}

async function serve(databaseUrl: string, data: string): Promise<Opened> {
  const config = configSchema.parse({ port: 0, data, databaseUrl, logLevel: 'silent' })
  const log = createLog({ level: 'silent' })
  const server = await startServer({ config, log, openWriter: openForgetfulWriter })
  const token = (await readFile(join(data, 'token'), 'utf8')).trim()
  return { server, pawl: createPawl({ url: server.url, token }) }
}

const restoredAt = async ({ poolConfig }: Pick<Postgres15, 'poolConfig'>) =>
  (await query(poolConfig, 'SELECT restored_at FROM installation'))[0]?.['restored_at'] as Date | null

/** Waits until servers have written so many heartbeats more. */
async function untilBeat({ poolConfig }: Pick<Postgres15, 'poolConfig'>, more: number): Promise<void> {
  const read = async () => Number((await query(poolConfig, 'SELECT beat FROM installation'))[0]?.['beat'])
  const before = await read()
  await expect.poll(read).toBeGreaterThanOrEqual(before + more)
}

/** What clients were told before and after the backup. */
interface Told {
  readonly runId: string
  /** The fence of the claim that the backup holds, and of one that it lacks. */
  readonly fences: readonly [number, number]
  readonly agentToken: string
  readonly revision: number
  readonly feedCursor: string
}

/** Works on a run, lets a backup be taken in the middle of it, and goes on. */
async function work({ pawl }: Opened, backUp: () => Promise<void>): Promise<Told> {
  const claim = { owner: 'one', leaseSeconds: 3600 }
  const { run } = unwrap(await pawl.runs.start({ workflow: 'delivery', title: 'kept', claim }))
  await backUp()
  unwrap(await pawl.runs.release(run.id, { fence: 1 }))
  const claimed = unwrap(await pawl.runs.claim({ runId: run.id, owner: 'two', leaseSeconds: 3600 }))
  unwrap(await pawl.phases.start(run.id, 'plan', { fence: 2 }))
  const present = await pawl.runs.get(run.id)
  const { feedCursor } = await pawl.runs.list({})
  return {
    runId: run.id,
    fences: [1, claimed.lease?.fence ?? 0],
    agentToken: claimed.agentToken ?? '',
    revision: present?.revision ?? 0,
    feedCursor: feedCursor ?? '',
  }
}

/** Fails unless nothing that was told before a restore is believed any more, while everything works. */
async function expectNothingBelieved({ server, pawl }: Opened, told: Told): Promise<void> {
  const { runId, fences, agentToken, revision, feedCursor } = told
  const run = await pawl.runs.get(runId)
  expect(run).toMatchObject({ status: 'QUEUED', lease: null })
  const old = createPawl({ url: server.url, token: agentToken })
  await expect(old.runs.get(runId)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  for (const fence of fences)
    expect(await pawl.phases.start(runId, 'plan', { fence })).toMatchObject({ __typename: 'LeaseLost' })
  const { lease } = unwrap(await pawl.runs.claim({ runId, owner: 'three', leaseSeconds: 60 }))
  expect(lease?.fence).toBeGreaterThan(1_000_000)
  for (const fence of fences)
    expect(await pawl.phases.start(runId, 'plan', { fence })).toMatchObject({ __typename: 'LeaseLost' })
  unwrap(await pawl.phases.start(runId, 'plan', { fence: lease?.fence ?? 0 }))
  const beyond = revision + 100
  await expect(pawl.runs.events(runId, { after: beyond }).next()).rejects.toThrow(PawlCursorExpiredError)
  await expect(pawl.runs.watch(runId, { after: beyond }).next()).rejects.toThrow(PawlCursorExpiredError)
  await expect(pawl.runs.changes({ after: feedCursor }).next()).rejects.toThrow(PawlCursorExpiredError)
  const { feedCursor: cursor } = await pawl.runs.list({})
  const feed = pawl.runs.changes({ after: cursor ?? '' })
  const next = feed.next()
  unwrap(await pawl.runs.start({ workflow: 'delivery', title: 'later' }))
  expect((await next).value).toMatchObject({ run: { title: 'later' } })
  await feed.return?.()
  expect((await askDoctor(pawl)).violations).toEqual([])
}

describe.skipIf(bin === '')('a database that was restored from a backup', () => {
  let postgres: Postgres15
  beforeAll(async () => {
    postgres = await startPostgres15()
  })
  afterAll(() => postgres.close())

  /** A database of one test: its address for Pawl, for `query`, and the options of PostgreSQL's programs. */
  async function make(name: string, from = postgres) {
    await query(from.poolConfig, `CREATE DATABASE ${name}`)
    const { host, port, user } = from.poolConfig
    return {
      databaseUrl: from.databaseUrl.replace('/postgres?', `/${name}?`),
      poolConfig: { ...from.poolConfig, database: name },
      options: ['-h', String(host), '-p', String(port), '-U', String(user), '-d', name],
    }
  }

  test('by pg_restore into another cluster believes nothing from the time that it lost', async () => {
    const folder = await makeFolder()
    const [data, dump] = [join(folder, 'data'), join(folder, 'dump')]
    const source = await make('source')
    // the ids of transactions are far behind in the other cluster
    const spend = 'FOR i IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP'
    await query(postgres.poolConfig, `DO $$ BEGIN ${spend}; END $$`)
    const first = await serve(source.databaseUrl, data)
    const told = await work(first, async () => {
      await program('pg_dump', ...source.options, '-Fc', '-f', dump)
    })
    await first.server.close('test')
    const other = await startPostgres15()
    onTestFinished(() => other.close())
    const target = await make('target', other)
    await program('pg_restore', ...target.options, '--no-owner', dump)
    const second = await serve(target.databaseUrl, data)
    expect(await restoredAt(target)).toBeInstanceOf(Date)
    await expectNothingBelieved(second, told)
    await second.server.close('test')
    const at = await restoredAt(target)
    const third = await serve(target.databaseUrl, data)
    expect(await restoredAt(target)).toEqual(at)
    await third.server.close('test')
  })

  test('by pg_restore into the same database is recognized by what the server remembers', async () => {
    const folder = await makeFolder()
    const [data, dump] = [join(folder, 'data'), join(folder, 'dump')]
    const same = await make('same')
    const first = await serve(same.databaseUrl, data)
    const told = await work(first, async () => {
      await program('pg_dump', ...same.options, '-Fc', '-f', dump)
    })
    await untilBeat(same, 3)
    await first.server.close('test')
    await program('pg_restore', ...same.options, '--clean', '--if-exists', '--no-owner', dump)
    const second = await serve(same.databaseUrl, data)
    expect(await restoredAt(same)).toBeInstanceOf(Date)
    await expectNothingBelieved(second, told)
    await second.server.close('test')
  })

  test('by a copy of its files is recognized by what the server remembers, or by what a person says', async () => {
    const folder = await makeFolder()
    const data = join(folder, 'data')
    const copied = await startPostgres15()
    onTestFinished(() => copied.close())
    const { databaseUrl, poolConfig } = copied
    const first = await serve(databaseUrl, data)
    const told = await work(first, copied.backUp)
    await untilBeat(copied, 3)
    await first.server.close('test')
    await copied.restore()
    // who remembers nothing can't see it
    const nothing = join(folder, 'nothing')
    const log = createLog({ level: 'silent' })
    expect(await recognizeRestore({ poolConfig, dataDir: nothing, log })).toBe(false)
    const second = await serve(databaseUrl, data)
    const at = await restoredAt(copied)
    expect(at).toBeInstanceOf(Date)
    await expectNothingBelieved(second, told)
    await second.server.close('test')
    expect(await recognizeRestore({ poolConfig, dataDir: nothing, log, isTold: true })).toBe(true)
    expect(Number(await restoredAt(copied))).toBeGreaterThan(Number(at))
  })

  test('under a running server makes that fail, to be started again', async () => {
    const data = join(await makeFolder(), 'data')
    const rewound = await make('rewound')
    const { server } = await serve(rewound.databaseUrl, data)
    await expect.poll(() => readFile(join(data, 'seen'), 'utf8').catch(() => '')).toContain('beat')
    await query(rewound.poolConfig, 'UPDATE installation SET beat = -10')
    expect(await server.failed).toMatchObject({
      message: expect.stringMatching(/was restored from a backup/),
    })
    await server.close('test')
    await (await serve(rewound.databaseUrl, data)).server.close('test')
    expect(await restoredAt(rewound)).toBeInstanceOf(Date)
  })

  test('is not what a restart of server and database is taken for', async () => {
    const data = join(await makeFolder(), 'data')
    const kept = await make('kept')
    const first = await serve(kept.databaseUrl, data)
    const claim = { owner: 'one', leaseSeconds: 3600 }
    const { run, agentToken } = unwrap(
      await first.pawl.runs.start({ workflow: 'delivery', title: 'kept', claim }),
    )
    await first.server.close('test')
    const second = await serve(kept.databaseUrl, data)
    expect(await restoredAt(kept)).toBeNull()
    const agent = createPawl({ url: second.server.url, token: agentToken ?? '' })
    expect(await agent.runs.get(run.id)).toMatchObject({ status: 'RUNNING' })
    unwrap(await second.pawl.phases.start(run.id, 'plan', { fence: 1 }))
    await second.server.close('test')
  })
})
