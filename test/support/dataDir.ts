import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { initCluster } from '../../src/database/embedded/initCluster.ts'
import { choosePlace } from '../../src/database/embedded/place.ts'
import { silentLog } from '../../src/database/kit/databaseLog.ts'
import { lockDataDir } from '../../src/database/kit/lockDataDir.ts'
import { prepareDataDir } from '../../src/database/kit/prepareDataDir.ts'

let template: Promise<string> | undefined

/**
 * Gives a data directory an empty database of its own, as a first start does, by copying one: `initdb` costs seconds of
 * CPU time. Tests of the first start itself begin without it.
 *
 * @returns the data directory, which is created if it is missing
 */
export async function fillDataDir(dataDir: string): Promise<string> {
  template ??= createTemplate()
  await prepareDataDir(dataDir)
  const lock = await lockDataDir(dataDir, silentLog)
  lock.release()
  await promisify(execFile)('cp', ['-a', await template, join(dataDir, 'database')])
  return dataDir
}

/** One for each process of the test run; removed with the programs. */
async function createTemplate(): Promise<string> {
  const place = await choosePlace(await mkdtemp(join(inject('programs'), 'cluster-')))
  await initCluster(place, false)
  return place.home
}
