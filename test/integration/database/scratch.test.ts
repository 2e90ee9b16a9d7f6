import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { listPostgresProcesses } from '../../../src/database/embedded/inspectProcess.ts'
import { startScratch } from '../../../src/database/embedded/startScratch.ts'
import { query } from './databaseHarness.ts'
import { startChild } from '../../support/startChild.ts'

const source = fileURLToPath(new URL('../../../src/database/embedded/startScratch.ts', import.meta.url))

/** Starts one in a process of its own; resolves with its folder. */
async function startElsewhere(): Promise<{ folder: string; kill(): Promise<void> }> {
  const program = `import { startScratch } from ${JSON.stringify(source)}
    startScratch().then((scratch) => { console.log(scratch.poolConfig.host); setInterval(() => undefined, 1000) })`
  const child = startChild(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [host] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    folder: dirname(host),
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('a scratch database is gone when it is closed', async () => {
  const scratch = await startScratch()
  const folder = dirname(String(scratch.poolConfig.host))
  expect(await query(scratch.poolConfig, 'SHOW fsync')).toEqual([{ fsync: 'off' }])
  await scratch.close()
  expect(existsSync(folder)).toBe(false)
  expect(await listPostgresProcesses(join(folder, 'database', 'cluster'))).toEqual([])
})

test(
  'what a killed process left is cleared away, what a living one uses is not',
  { tags: 'thorough' },
  async () => {
    const [abandoned, used] = [await startElsewhere(), await startElsewhere()]
    await abandoned.kill()
    const longAgo = new Date(Date.now() - 3_600_000)
    for (const { folder } of [abandoned, used]) await utimes(folder, longAgo, longAgo)

    const scratch = await startScratch()
    expect(existsSync(abandoned.folder)).toBe(false)
    expect(await listPostgresProcesses(join(abandoned.folder, 'database', 'cluster'))).toEqual([])
    expect(await listPostgresProcesses(join(used.folder, 'database', 'cluster'))).not.toEqual([])
    await scratch.close()

    await used.kill()
    await utimes(used.folder, longAgo, longAgo)
    await (await startScratch()).close()
    expect(existsSync(used.folder)).toBe(false)
  },
)
