import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPawl, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { listPostgresProcesses } from '../../../src/database/embedded/inspectProcess.ts'
import { spawnServer } from '../../support/spawnServer.ts'
import type { ServerProcess } from '../../support/spawnServer.ts'
import { PAWL, runPawl, startPawl } from './pawl.ts'
import { startChild } from '../../support/startChild.ts'

const RUNS = 40

let folder: string
let server: ServerProcess
let token: string
const from = (): string => join(folder, 'from')

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'pawl-transfer-')))
  await chmod(folder, 0o755)
  server = await spawnServer(from())
  token = await server.readToken()
  const pawl = createPawl({ url: server.url, token })
  for (let number = 1; number <= RUNS; number++) {
    const input = { filler: 'x'.repeat(100_000) }
    unwrap(await pawl.runs.start({ workflow: 'review', title: `run ${number}`, input }))
  }
})

afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  for (const name of await readdir(folder)) expect([name, await listLeft(name)]).toEqual([name, []])
  await rm(folder, { recursive: true, force: true })
})

/** What PostgreSQL still runs on a data directory. */
function listLeft(name: string): Promise<number[]> {
  return listPostgresProcesses(join(folder, name, 'database', 'cluster'))
}

const pawl = (words: readonly string[], env: Record<string, string> = {}) =>
  runPawl(words, { cwd: folder, env })

describe('pawl export', () => {
  it('writes everything to a private file while the server continues', async () => {
    const { code, stdout } = await pawl(['export', '--data', 'from', 'all.jsonl.gz'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^exported 40 runs with \d+ events to all\.jsonl\.gz\n$/),
    })
    const file = join(folder, 'all.jsonl.gz')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await readFile(file)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
    expect(await createPawl({ url: server.url, token }).server()).toMatchObject({
      version: expect.any(String),
    })
  })

  it('tells programs how many rows there were', async () => {
    const { code, stdout } = await pawl(['export', 'all.jsonl', '--json'], { PAWL_DATA: 'from' })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ file: 'all.jsonl', rows: { run: RUNS, installation: 1 } })
  })

  it('writes lines of JSON to standard output', async () => {
    const { code, stdout, stderr } = await pawl(['export', '--data', 'from'])
    expect(code).toBe(0)
    expect(stderr).toMatch(/exported 40 runs/)
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines[0]).toMatchObject({ export: { format: 1, pawl: expect.any(String) } })
    expect(lines.at(-1)).toMatchObject({ end: { rows: { run: RUNS } } })
    expect(lines.filter((line) => line['table'] === 'run')).toHaveLength(RUNS)
  })

  it('replaces an older export only by a whole one', async () => {
    await writeFile(join(folder, 'old.jsonl'), 'old')
    const failed = await pawl(['export', '--data', 'nowhere', 'old.jsonl'])
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/There is no database in .*nowhere/),
    })
    expect(await readFile(join(folder, 'old.jsonl'), 'utf8')).toBe('old')
    expect(await pawl(['export', '--data', 'from', 'old.jsonl'])).toMatchObject({ code: 0 })
    expect(await readFile(join(folder, 'old.jsonl'), 'utf8')).toMatch(/^\{"export"/)
  })

  it('says where it can not write', async () => {
    const { code, stderr } = await pawl(['export', '--data', 'from', 'no/such/folder/x.jsonl'])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/could not be written/) })
  })

  it('ends with its reader', async () => {
    const exporting = startPawl(['export', '--data', 'from'], { cwd: folder })
    await exporting.until(/"table":"run"/)
    exporting.stopReading()
    expect(await exporting.ended).toMatchObject({ code: 1 })
  })

  it(
    'runs the database for itself where no server does, and leaves nothing behind when interrupted',
    { tags: 'thorough' },
    async () => {
      expect(await pawl(['import', '--data', 'alone', 'all.jsonl'])).toMatchObject({ code: 0 })
      // nobody reads what it writes
      const child = startChild(process.execPath, [PAWL, 'export', '--data', 'alone'], { cwd: folder })
      onTestFinished(() => void child.kill('SIGKILL'))
      const ended = once(child, 'close')
      await once(child.stdout, 'readable')
      await untilStalled(child.pid)
      child.kill('SIGINT')
      await once(child, 'exit')
      child.stdout.destroy()
      expect(await ended).toEqual([130, null])
      expect(await listLeft('alone')).toEqual([])
    },
  )
})

describe('pawl import', () => {
  it('makes a server that knows the old tokens, and every run', async () => {
    const words = ['import', '--data', 'to', 'all.jsonl.gz']
    expect(await pawl(words)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^imported 40 runs with/),
    })
    const copy = await spawnServer(join(folder, 'to'))
    onTestFinished(() => void copy.child.kill('SIGKILL'))
    const client = createPawl({ url: copy.url, token })
    const report = await client.doctor({ first: 100 })
    expect(report).toMatchObject({ runsChecked: RUNS, violations: [] })
    // a token of its own, for programs on its machine
    expect(await copy.readToken()).not.toBe(token)
    expect(await createPawl({ url: copy.url, token: await copy.readToken() }).viewer()).toMatchObject({
      role: 'ADMIN',
    })

    expect(await pawl(words)).toMatchObject({
      code: 8,
      stderr: expect.stringMatching(/is in use by process/),
    })
    copy.child.kill('SIGTERM')
    await copy.ended
    expect(await pawl(words)).toMatchObject({ code: 8, stderr: expect.stringMatching(/already has rows/) })
  })

  it('reads standard input', { tags: 'thorough' }, async () => {
    const input = await readFile(join(folder, 'all.jsonl'), 'utf8')
    const { code, stdout } = await runPawl(['import', '-', '--data', 'piped', '--json'], {
      cwd: folder,
      input,
    })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ rows: { run: RUNS } })
  })

  it('refuses what is no whole export before it makes anything', async () => {
    await writeFile(join(folder, 'broken.jsonl'), 'nothing of the kind\n')
    for (const file of ['broken.jsonl', 'missing.jsonl'])
      expect(await pawl(['import', '--data', 'never', file])).toMatchObject({ code: 7 })
    await expect(stat(join(folder, 'never'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('says which settings are wrong', async () => {
    const { code, stderr } = await pawl(['import', '--database-url', 'mysql://x', 'all.jsonl'])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/--database-url: .*postgresql/),
    })
  })
})

/** Waits until a process neither reads nor writes any more: whoever reads what it writes holds it back. */
async function untilStalled(pid: number | undefined): Promise<void> {
  const readMoved = (): Promise<string> => readFile(`/proc/${pid}/io`, 'utf8')
  let last = ''
  for (let moved = await readMoved(); moved !== last; moved = await readMoved()) {
    last = moved
    await delay(200)
  }
}
