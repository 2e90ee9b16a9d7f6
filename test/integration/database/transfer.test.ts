import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { callbackify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { authenticateToken } from '../../../src/commands/account/tokens.ts'
import { checkRuns } from '../../../src/commands/run/verifyRun.ts'
import { exportDatabase } from '../../../src/database/exportDatabase.ts'
import { importDatabase } from '../../../src/database/importDatabase.ts'
import { migrate } from '../../../src/database/migrate/migrate.ts'
import { openBeside } from '../../../src/database/openBeside.ts'
import { readExport } from '../../../src/database/transfer/readExport.ts'
import { createAgentTokens } from '../../../src/server/auth/agentTokens.ts'
import { checkFeedCursor, readFeedCursor } from '../../../src/store/feed/feedCursor.ts'
import { readInstallation } from '../../../src/store/account/readInstallation.ts'
import { openStore } from '../../../src/store/sql/openStore.ts'
import { tick } from '../../../src/store/account/tick.ts'
import { CALLERS, toCommands } from '../../support/callers.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { runIn } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'
import {
  makeDataDir,
  makeFolder,
  open,
  postmasterOf,
  query,
  startHolder,
  expectNothingRuns,
} from './databaseHarness.ts'
import {
  addLongRun,
  createEmpty,
  exportAll,
  fillDatabase,
  importAll,
  migrationsDir,
  readAll,
  toFile,
  toLines,
} from './transferHarness.ts'

/** Length of a gzip file's header, in bytes: the first block follows it. */
const GZIP_HEADER = 10

let source: TestCommands
let secrets: Awaited<ReturnType<typeof fillDatabase>>
let file: Buffer
let lines: string[]

beforeAll(async () => {
  source = await openTestCommands({ workflows: TEST_WORKFLOWS })
  secrets = await fillDatabase(source)
  file = (await exportAll(source.poolConfig)).file
  lines = toLines(file)
})

afterAll(() => source.close())

describe('an export that is imported into a new data directory', () => {
  test('is all there, row by row, and every run is what its log says', async () => {
    const { file: zipped, rows } = await exportAll(source.poolConfig, true)
    const database = await open(await makeDataDir())
    expect(await importAll(zipped, database)).toEqual(rows)

    const before = await readAll(source.poolConfig)
    expect(Object.keys(before).length).toBeGreaterThan(8)
    for (const [table, all] of Object.entries(before)) expect([table, all.length]).not.toEqual([table, 0])
    expect(before['run']).toContainEqual(expect.stringMatching(/"content_removed_by": "/))
    expect(await readAll(database.poolConfig)).toEqual(before)
    const counts = Object.entries(before).map(([table, all]) => [table, all.length])
    expect(rows).toEqual(Object.fromEntries(counts))

    const store = openStore(database.poolConfig)
    const report = await checkRuns(toCommands(store), CALLERS.admin, { first: 1_000, after: null })
    expect(report).toMatchObject({ ok: true, runsChecked: before['run']?.length, violations: [] })
    await store.close()
  })

  test('keeps the installation: tokens of old are good, revoked ones are not', async () => {
    const database = await open(await makeDataDir())
    await importAll(file, database)
    const store = openStore(database.poolConfig)
    onTestFinished(() => store.close())
    const [old, now] = [await readInstallation(source.store.pool), await readInstallation(store.pool)]
    expect(now).toEqual(old)
    expect(createAgentTokens(now.secret).read(createAgentTokens(old.secret).mint(runId(), 1))).not.toBeNull()
    expect(await authenticateToken(store, secrets.good)).toMatchObject({
      caller: { name: 'good', role: 'WORKER' },
    })
    expect(await authenticateToken(store, secrets.revoked)).toBeNull()
  })

  test(
    'has transaction ids of its own, and refuses the feed cursors of before',
    { tags: 'thorough' },
    async () => {
      const cursor = await readFeedCursor(source.store.pool)
      const database = await open(await makeDataDir())
      await importAll(file, database)
      const store = openStore(database.poolConfig)
      onTestFinished(() => store.close())
      const now = await readFeedCursor(store.pool)
      expect(() => checkFeedCursor(cursor, now)).toThrow('the database has been restarted since')
      const ids = await query(
        database.poolConfig,
        `SELECT DISTINCT xid FROM (SELECT xid FROM event UNION ALL SELECT xid FROM tombstone) ids
       WHERE pg_visible_in_snapshot(xid, pg_current_snapshot())`,
      )
      expect(ids).toHaveLength(1)
    },
  )

  test('gives leases that expired on the way their period again', async () => {
    const database = await open(await makeDataDir())
    const hourAgo = `now() - interval '1 hour'`
    await importAll(file, database)
    await query(database.poolConfig, `UPDATE installation SET tick_at = ${hourAgo}`)
    await query(
      database.poolConfig,
      `UPDATE run SET lease_expires_at = ${hourAgo} + interval '20 s' WHERE lease_expires_at IS NOT NULL`,
    )
    const { file: aged } = await exportAll(database.poolConfig)
    const later = await open(await makeDataDir())
    await importAll(aged, later)
    const store = openStore(later.poolConfig)
    expect((await tick(store.pool)).moved).toBeGreaterThan(0)
    await store.close()
  })

  function runId(): string {
    return /"id":"(run_\w+)"/.exec(lines.find((line) => line.startsWith('{"table":"run"')) ?? '')?.[1] ?? ''
  }
})

describe('an export', () => {
  test('is one moment of the database, however much changes in the meantime', async () => {
    const busy = await openTestCommands({ workflows: TEST_WORKFLOWS })
    onTestFinished(() => busy.close())
    for (let count = 0; count < 5; count++) await runIn(busy, 'CANCELLED')
    const before = await readAll(busy.poolConfig)
    let first = true
    const chunks: Buffer[] = []
    const output = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk)
        if (!first) return done()
        first = false
        changeEverything(done)
      },
    })
    const { rows } = await busy.store.pool.query<{ id: string }>('SELECT id FROM run')
    const changeEverything = callbackify(async (): Promise<void> => {
      await runIn(busy, 'COMPLETED')
      for (const { id } of rows) await deleteRun(busy.commands, busy.callers.operator, { runId: id })
      await busy.store.pool.query('UPDATE installation SET tick_at = now()')
    })
    await addLongRun(busy, 500)
    const whole = await readAll(busy.poolConfig)
    await exportDatabase({ poolConfig: busy.poolConfig, migrationsDir, version: '1.2.3', output })
    const target = await createEmpty()
    await importAll(Buffer.concat(chunks), target)
    expect(await readAll(target.poolConfig)).toEqual(whole)
    expect(before['run']).toHaveLength(5)
    expect((await readAll(busy.poolConfig))['tombstone']).toHaveLength(5)
  })

  test('holds the database back where its reader is slow', { tags: 'thorough' }, async () => {
    const { poolConfig, store } = await openLong(20_000)
    let isStalled = true
    let goOn = (): void => undefined
    let rows = 0
    const output = new Writable({
      write(_chunk, _encoding, done) {
        if (isStalled) goOn = done
        else done()
      },
    })
    const exporting = exportDatabase({
      poolConfig,
      migrationsDir,
      version: '1.2.3',
      output,
      onProgress: (count) => (rows = count),
    })
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database()
      AND application_name = 'pawl transfer' AND wait_event = 'ClientWrite'`
    while ((await store.pool.query(waiting)).rows.length === 0) await delay(5)
    expect(rows).toBeLessThan(5_000)
    isStalled = false
    goOn()
    expect((await exporting)['event']).toBe(20_000)
  })

  test('ends at once, and its connection with it, when it is broken off', { tags: 'thorough' }, async () => {
    const { poolConfig } = await openLong(20_000)
    const controller = new AbortController()
    const output = new Writable({
      write(_chunk, _encoding, done) {
        controller.abort()
        setImmediate(done)
      },
    })
    const exporting = exportDatabase({
      poolConfig,
      migrationsDir,
      version: '1.2.3',
      output,
      signal: controller.signal,
    })
    await expect(exporting).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('fails with its output', { tags: 'thorough' }, async () => {
    const { poolConfig } = await openLong(20_000)
    const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no more room')) })
    await expect(
      exportDatabase({ poolConfig, migrationsDir, version: '1.2.3', output, gzip: true }),
    ).rejects.toThrow('no more room')
  })

  test.each([
    ['nobody migrated', ''],
    ["holds somebody else's tables", 'CREATE TABLE theirs (id int)'],
  ])('is refused of a database that %s', async (_, sql) => {
    const { poolConfig } = await createEmpty()
    if (sql) await query(poolConfig, sql)
    await expect(exportAll(poolConfig)).rejects.toMatchObject({ code: 'MIGRATION_MISSING' })
  })

  async function openLong(events: number): Promise<TestCommands> {
    const long = await openTestCommands({ workflows: TEST_WORKFLOWS })
    onTestFinished(() => long.close())
    await addLongRun(long, events)
    return long
  }
})

describe('an import', () => {
  test('takes no more of its file than it is writing', { tags: 'thorough' }, async () => {
    const long = await openTestCommands({ workflows: TEST_WORKFLOWS })
    onTestFinished(() => long.close())
    await addLongRun(long, 20_000)
    const { file: big, rows } = await exportAll(long.poolConfig)
    const total = Object.values(rows).reduce((sum, count) => sum + count, 0)
    let taken = 0
    let lead = 0
    function* pieces(): Generator<Buffer> {
      for (; taken < big.length; taken += 65_536) yield big.subarray(taken, taken + 65_536)
    }
    const target = await createEmpty()
    await importDatabase({
      source: await readExport(Readable.from(pieces())),
      database: target,
      migrationsDir,
      onProgress: (count) => (lead = Math.max(lead, taken - (count / total) * big.length)),
    })
    expect(big.length).toBeGreaterThan(20 * 1024 * 1024)
    expect(lead).toBeLessThan(4 * 1024 * 1024)
  })

  test('replaces what the first start of a server makes', { tags: 'thorough' }, async () => {
    const target = await openTestCommands()
    onTestFinished(() => target.close())
    await fillToken(target)
    await importAll(file, { poolConfig: target.poolConfig, kind: 'embedded' })
    expect(await readAll(target.poolConfig)).toEqual(await readAll(source.poolConfig))
  })

  test('is refused, and changes nothing, where there are runs', async () => {
    const before = await readAll(source.poolConfig)
    const importing = importAll(file, { poolConfig: source.poolConfig, kind: 'embedded' })
    await expect(importing).rejects.toMatchObject({ code: 'DATABASE_NOT_EMPTY' })
    expect(await readAll(source.poolConfig)).toEqual(before)
  })

  test('is refused while a server is at work on a given database, until that has stopped', async () => {
    const target = await openTestCommands()
    onTestFinished(() => target.close())
    const { poolConfig } = target
    let running = true
    const server = (async () => {
      while (running) {
        await tick(target.store.pool)
        await delay(100)
      }
    })()
    await expect(importAll(file, { poolConfig, kind: 'given' })).rejects.toMatchObject({
      code: 'DATABASE_IN_USE',
    })
    running = false
    await server
    expect(await importAll(file, { poolConfig, kind: 'given' })).toMatchObject({ installation: 1 })
  })

  test('is broken off without a trace', { tags: 'thorough' }, async () => {
    const target = await openTestCommands()
    onTestFinished(() => target.close())
    const before = await readAll(target.poolConfig)
    const controller = new AbortController()
    controller.abort()
    const source = await readExport(Readable.from([file]))
    const { signal } = controller
    const database = { poolConfig: target.poolConfig, kind: 'embedded' } as const
    await expect(importDatabase({ source, database, migrationsDir, signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(await readAll(target.poolConfig)).toEqual(before)
  })

  test('brings an export of an older schema up to its own, in an empty database only', async () => {
    const newer = join(await makeFolder(), 'migrations')
    await cp(migrationsDir, newer, { recursive: true })
    await mkdir(join(newer, '29991231235959_note'))
    const sql = `ALTER TABLE token ADD COLUMN note text NOT NULL DEFAULT 'new'`
    await writeFile(join(newer, '29991231235959_note', 'migration.sql'), sql)

    const target = await createEmpty()
    await importAll(file, target, newer)
    expect(await migrate(target.poolConfig, newer)).toEqual([])
    const tokens = await query(
      target.poolConfig,
      'SELECT name, note FROM token JOIN principal ON principal.id = principal_id ORDER BY name',
    )
    expect(tokens).toEqual([
      { name: 'good', note: 'new' },
      { name: 'revoked', note: 'new' },
    ])

    const migrated = await createEmpty()
    await migrate(migrated.poolConfig, newer)
    await expect(importAll(file, migrated, newer)).rejects.toMatchObject({
      code: 'EXPORT_INCOMPATIBLE',
      message: expect.stringContaining('empty database'),
    })
    const { file: newFile } = await exportAll(target.poolConfig, false, newer)
    await expect(importAll(newFile, await createEmpty())).rejects.toMatchObject({
      code: 'EXPORT_INCOMPATIBLE',
      message: expect.stringMatching(/Import it with Pawl 1\.2\.3, or with a newer/),
    })
  })

  test('finds every column it moves: none takes its values from a sequence', async () => {
    expect(await query(source.poolConfig, `SELECT FROM pg_class WHERE relkind = 'S'`)).toEqual([])
  })

  async function fillToken({ store }: TestCommands): Promise<void> {
    await store.pool.query(`INSERT INTO token (id, principal_id, role, projects, hash)
      SELECT 'tok_1', id, 'ADMIN', '{}', 'x' FROM principal WHERE name = 'local'`)
  }
})

describe('a file that is refused, and changes nothing', () => {
  let target: TestCommands
  let before: Record<string, string[]>

  beforeAll(async () => {
    target = await openTestCommands()
    before = await readAll(target.poolConfig)
  })
  afterAll(() => target.close())

  const edit = (change: (lines: string[]) => string[]) => (): Buffer => toFile(change([...lines]))
  const at = (table: string): number => lines.findIndex((line) => line.startsWith(`{"table":"${table}"`))
  const raw = (change: (lines: string[]) => string[]) => (): Buffer =>
    Buffer.from(`${change([...lines]).join('\n')}\n`)
  const replace = (what: RegExp | string, by: string) => (all: string[]) =>
    all.map((line) => line.replace(what, by))

  test.each<[string, () => Buffer, string, RegExp]>([
    ['is empty', () => Buffer.alloc(0), 'EXPORT_INVALID', /is no export/],
    ['is something else', () => Buffer.from('hello\n'), 'EXPORT_INVALID', /is no export/],
    [
      'has no lines at all',
      () => Buffer.alloc(3_000_000, 'x'),
      'EXPORT_INVALID',
      /a line that no export has/,
    ],
    [
      'is of a newer format',
      raw(replace('"format":1', '"format":2')),
      'EXPORT_INCOMPATIBLE',
      /Pawl 1\.2\.3 in format 2.*or newer/,
    ],
    [
      'is of unknown migrations',
      edit(replace(/_init"/, '_other"')),
      'EXPORT_INCOMPATIBLE',
      /Pawl 1\.2\.3.*or with a newer/,
    ],
    [
      'is of edited migrations',
      edit(replace(/"checksum":"\w{4}/, '"checksum":"0000')),
      'EXPORT_INCOMPATIBLE',
      /migrations/,
    ],
    [
      'is cut off within a line',
      () => file.subarray(0, file.length - 400),
      'EXPORT_INVALID',
      /line \d+ is none of an export, or is cut off/,
    ],
    [
      'is cut off after a line',
      raw((all) => all.slice(0, -1)),
      'EXPORT_INVALID',
      /is cut off after line \d+/,
    ],
    ['is cut off and zipped', () => gzipSync(file).subarray(0, 3_000), 'EXPORT_INVALID', /cut off/],
    ['is zipped and damaged', () => damage(gzipSync(file), GZIP_HEADER), 'EXPORT_INVALID', /damaged/],
    ['is zipped, with another checksum', () => damage(gzipSync(file), -8), 'EXPORT_INVALID', /damaged/],
    ['lacks a line', raw((all) => all.toSpliced(at('token'), 1)), 'EXPORT_INVALID', /lacks rows/],
    ['was changed', raw(replace('"name":"good"', '"name":"evil"')), 'EXPORT_INVALID', /was changed/],
    [
      'goes on after its end',
      raw((all) => [...all, all[1] ?? '']),
      'EXPORT_INVALID',
      /follows on its last line/,
    ],
    [
      'has a line that is no JSON',
      edit((all) => all.toSpliced(at('token'), 0, '{"table":"token","row":{"id":}}')),
      'EXPORT_INVALID',
      /line \d+ is no JSON/,
    ],
    [
      'has a line of another kind',
      edit((all) => all.toSpliced(2, 0, '{"rows":1}')),
      'EXPORT_INVALID',
      /line 3 is none of an export/,
    ],
    [
      'has two rows on a line',
      edit((all) => all.map((line, index) => (index === at('token') ? doubleRow(line) : line))),
      'EXPORT_INVALID',
      /not one row each/,
    ],
    [
      'has a table that is not there',
      edit((all) => [...all, '{"table":"theirs","row":{"id":1}}']),
      'EXPORT_INVALID',
      /table "theirs"/,
    ],
    [
      'has a value that does not fit',
      edit(replace('"role":"WORKER"', '"role":"KING"')),
      'EXPORT_INVALID',
      /refuses lines \d+ to \d+, rows of "token".*KING/,
    ],
    [
      'has a row twice',
      edit((all) => all.toSpliced(at('run'), 0, all[at('run')] ?? '')),
      'EXPORT_INVALID',
      /run_pkey/,
    ],
    [
      'lacks an event',
      edit((all) => all.toSpliced(at('event'), 1)),
      'EXPORT_INVALID',
      /follows nothing \(G6\)/,
    ],
    [
      'has a run that is ahead of its log',
      edit(replace(/("status":"CANCELLED".*)"revision":\d+/, '$1"revision":99')),
      'EXPORT_INVALID',
      /run_revision_is_logged/,
    ],
    [
      'has a run that breaks a rule',
      edit(replace(/("table":"run"[^]*)"status":"COMPLETED"/, '$1"status":"FAILED"')),
      'EXPORT_INVALID',
      /run_completed_for_a_reason/,
    ],
  ])('%s', async (_, make, code, message) => {
    const importing = importAll(make(), { poolConfig: target.poolConfig, kind: 'embedded' })
    await expect(importing).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    expect(await readAll(target.poolConfig)).toEqual(before)
  })

  /** Changes one byte: of the first block's type to one that does not exist, or of the checksum. */
  function damage(zipped: Buffer, at: number): Buffer {
    const index = (at + zipped.length) % zipped.length
    zipped[index] = at === GZIP_HEADER ? 0b111 : ~(zipped[index] ?? 0) & 0xff
    return zipped
  }

  function doubleRow(line: string): string {
    const json = line.slice('{"table":"token","row":'.length, -1)
    return `{"table":"token","row":${json},${json.replace('tok_', 'tok_x').replace('"hash":"', '"hash":"x')}}`
  }
})

describe('opening a database beside its server', () => {
  test('neither takes it over nor stops it', { tags: 'thorough' }, async () => {
    const dataDir = await makeDataDir()
    const holder = await startHolder(dataDir)
    const postmaster = await postmasterOf(dataDir)
    const beside = await openBeside({ dataDir })
    expect(await query(beside.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await beside.close()
    expect(await postmasterOf(dataDir)).toBe(postmaster)
    expect(await query(holder.opened!.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect((await readFile(join(dataDir, 'pawl.lock'), 'utf8')).trim()).toBe(String(holder.child.pid))
    await holder.release()
    await expectNothingRuns(dataDir)
  })

  test('runs it for as long as it is open, where there is no server', { tags: 'thorough' }, async () => {
    const dataDir = await makeDataDir()
    await (await open(dataDir)).close()
    const beside = await openBeside({ dataDir })
    expect(await query(beside.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await expect(open(dataDir)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
    await beside.close()
    await expectNothingRuns(dataDir)
  })

  test('waits for one that is starting', { tags: 'thorough' }, async () => {
    const dataDir = await makeDataDir()
    await (await open(dataDir)).close()
    const starting = startHolder(dataDir)
    const lock = join(dataDir, 'pawl.lock')
    while ((await readFile(lock, 'utf8')) === '') await delay(1)
    const beside = await openBeside({ dataDir })
    const holder = await starting
    expect(await query(beside.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await beside.close()
    expect(await query(holder.opened!.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('makes none where there is none', async () => {
    const folder = await makeFolder()
    await writeFile(join(folder, 'notes.txt'), 'mine')
    await expect(openBeside({ dataDir: folder })).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining('There is no database in'),
    })
    expect(await readdir(folder)).toEqual(['notes.txt'])
  })

  test('reaches a given one, and leaves it running', { tags: 'thorough' }, async () => {
    const { host, user, password, database, port } = source.poolConfig
    const url = new URL(`postgresql://${user}:${String(password)}@localhost:${port}/${database}`)
    url.searchParams.set('host', String(host))
    const beside = await openBeside({ dataDir: '/nowhere', databaseUrl: url.href })
    const client = new Client(beside.poolConfig)
    await client.connect()
    await beside.close()
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await client.end()
  })
})
