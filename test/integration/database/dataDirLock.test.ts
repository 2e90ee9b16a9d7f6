import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { DataDirInUseError } from '../../../src/database/kit/databaseErrors.ts'
import { lockDataDir } from '../../../src/database/kit/lockDataDir.ts'
import { silentLog } from '../../../src/database/kit/databaseLog.ts'
import {
  expectNothingRuns,
  makeDataDir,
  makeFolder,
  open,
  postmasterOf,
  query,
  startHolder,
} from './databaseHarness.ts'
import { startChild } from '../../support/startChild.ts'

test('a second server on a data directory is told which process holds it, and where that listens', async () => {
  const dataDir = await makeDataDir()
  const holder = await startHolder(dataDir)
  const postmaster = await postmasterOf(dataDir)
  await writeFile(join(dataDir, 'address'), 'http://127.0.0.1:4400\n')

  const error = await open(dataDir).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(DataDirInUseError)
  expect(error).toMatchObject({
    code: 'DATA_DIR_IN_USE',
    dataDir,
    pid: holder.child.pid,
    address: 'http://127.0.0.1:4400',
  })
  expect((error as Error).message).toMatch(/process \d+, listening on http:.*PAWL_DATA/)

  // the first is none the worse for it
  expect(await postmasterOf(dataDir)).toBe(postmaster)
  expect(await query(holder.opened!.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await holder.release()
  await expectNothingRuns(dataDir)
})

test('of several servers starting at once on a new data directory exactly one gets it', async () => {
  const dataDir = join(await makeFolder(), 'data')
  const holders = await Promise.all([1, 2, 3].map(() => startHolder(dataDir)))
  expect(holders.filter((holder) => holder.opened)).toHaveLength(1)
  expect(holders.flatMap((holder) => holder.failed?.name ?? [])).toEqual([
    'DataDirInUseError',
    'DataDirInUseError',
  ])
})

test('two servers in one process exclude each other too', { tags: 'thorough' }, async () => {
  const dataDir = await makeDataDir()
  await open(dataDir)
  await expect(open(dataDir)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE', pid: process.pid })
})

test('a given database holds the data directory as well, and releases it', { tags: 'thorough' }, async () => {
  const folder = await makeFolder()
  const { poolConfig } = await open(join(folder, 'other'))
  const url = new URL('postgresql://localhost/postgres')
  url.username = String(poolConfig.user)
  url.password = String(poolConfig.password)
  url.searchParams.set('host', String(poolConfig.host))
  const dataDir = join(folder, 'data')
  const database = await open(dataDir, { databaseUrl: url.href })
  await expect(open(dataDir)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
  await database.close()
  expect((await open(dataDir)).kind).toBe('embedded')
})

test('a failed start releases the data directory', { tags: 'thorough' }, async () => {
  const dataDir = await makeDataDir()
  await expect(open(dataDir, { databaseUrl: 'postgresql://127.0.0.1:1/none' })).rejects.toMatchObject({
    code: 'DATABASE_UNREACHABLE',
  })
  const lock = await lockDataDir(dataDir, silentLog)
  lock.release()
})

test('the lock is not inherited by the programs a server starts', async () => {
  const dataDir = join(await makeFolder())
  const lock = await lockDataDir(dataDir, silentLog)
  const child = startChild('sleep', ['1000'], { detached: true, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  await expect(lockDataDir(dataDir, silentLog)).rejects.toBeInstanceOf(DataDirInUseError)
  lock.release()
  const again = await lockDataDir(dataDir, silentLog)
  again.release()
})
