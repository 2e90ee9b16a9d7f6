import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { explainFailure } from '../../../src/database/embedded/explainFailure.ts'
import { initCluster } from '../../../src/database/embedded/initCluster.ts'
import { choosePlace } from '../../../src/database/embedded/place.ts'
import { isRoot, makeFolder, open, query } from './databaseHarness.ts'

function mountSmallDisk(folder: string, megabytes: number): boolean {
  return (
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', folder]).status === 0
  )
}

const canMount = isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0

describe.runIf(canMount)('a full disk', () => {
  async function withDisk(megabytes: number, work: (disk: string) => Promise<void>): Promise<void> {
    const disk = join(await makeFolder(), 'disk')
    await mkdir(disk)
    if (!mountSmallDisk(disk, megabytes)) throw new Error('the disk could not be mounted')
    try {
      await work(disk)
    } finally {
      spawnSync('umount', ['--lazy', disk])
    }
  }

  test('is told at the first start, which leaves nothing behind', () =>
    withDisk(20, async (disk) => {
      await expect(open(join(disk, 'data'))).rejects.toMatchObject({
        code: 'DISK_FULL',
        message: expect.stringContaining('Free some space'),
      })
      const { blocks, bfree } = await statfs(disk)
      expect(blocks - bfree).toBeLessThan(blocks / 20)
    }))

  test('is told at a later start, and what was committed is there once there is room', () =>
    withDisk(60, async (disk) => {
      const dataDir = join(disk, 'data')
      const first = await open(dataDir)
      await query(first.poolConfig, `CREATE TABLE kept AS SELECT 'here' AS what`)
      await first.close()
      const filler = join(disk, 'filler')
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'])
      await expect(open(dataDir)).rejects.toMatchObject({
        code: 'DISK_FULL',
        message: expect.stringContaining('Nothing that was committed is lost'),
      })
      await rm(filler)
      const second = await open(dataDir)
      expect(await query(second.poolConfig, 'SELECT what FROM kept')).toEqual([{ what: 'here' }])
      await second.close()
    }))
})

test.runIf(process.platform === 'linux')('a system without glibc is told so', async () => {
  const folder = await makeFolder()
  const place = await choosePlace(await makeDataDir(folder))
  const native = join(folder, 'native')
  await mkdir(join(native, 'bin'), { recursive: true })
  const initdb = join(native, 'bin', 'initdb')
  await copyFile(join(place.native, 'bin', 'initdb'), initdb)
  // the loader's name is how a program says which C library it was built for
  const program = await readFile(initdb, 'latin1')
  const loader = /\/lib[\w/]*\/ld-linux[\w.-]*/.exec(program)![0]
  await writeFile(initdb, program.replace(loader, loader.replace('ld-linux', 'xx-linux')), 'latin1')
  await expect(initCluster({ ...place, native }, false)).rejects.toMatchObject({
    code: 'EMBEDDED_UNAVAILABLE',
    message: expect.stringMatching(/glibc 2\.27.*DATABASE_URL/),
  })
})

test('a glibc that is too old is told so', async () => {
  const place = await choosePlace(await makeDataDir(await makeFolder()))
  const output =
    "postgres: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.27' not found (required by postgres)"
  expect(explainFailure(output, place, new Error('postgres ended with exit code 1'))).toMatchObject({
    code: 'EMBEDDED_UNAVAILABLE',
    message: expect.stringMatching(/glibc 2\.27.*DATABASE_URL/),
  })
})

async function makeDataDir(folder: string): Promise<string> {
  const dataDir = join(folder, 'data')
  await mkdir(dataDir, { mode: 0o700 })
  return dataDir
}
