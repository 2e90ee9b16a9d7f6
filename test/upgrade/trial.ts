import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'pg'
import { toUrl } from '../../bench/benchCluster.ts'
import { buildServer } from '../../scripts/buildServer.ts'
import { startScratch } from '../../src/database/embedded/startScratch.ts'
import { Commands } from '../consumers/commands.ts'
import { printLogs } from '../ha/trial.ts'
import type { Choice } from './choose.ts'
import { buildRelease } from './release.ts'
import { Upgrade } from './upgrade.ts'

/** Upgrades two servers, and returns what was not as promised. */
export async function holdTrial({ from, keeps }: Choice, signal: AbortSignal): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-upgrade-'))
  await chmod(folder, 0o755)
  const commands = new Commands(signal)
  const closing: (() => unknown)[] = []
  try {
    const begun = performance.now()
    const tell = (words: string) =>
      console.log(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${words}`)
    const [release, built] = await Promise.all([buildRelease(from, commands), buildServer()])
    closing.push(() => built.remove())
    tell(`built ${release.commit.slice(0, 7)} and this version`)
    const postgres = await startScratch({ durable: true, settings: { max_connections: 80 } })
    closing.push(() => postgres.close())
    const pool = new Pool({ ...postgres.poolConfig, max: 2 })
    closing.unshift(() => pool.end())
    const url = toUrl({ ...postgres.poolConfig, database: postgres.poolConfig.database ?? 'postgres' })
    const ended = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    )
    ended.catch(() => undefined)
    const upgrade = new Upgrade({ release, program: built.program, folder, url, pool, tell, signal })
    closing.unshift(() => upgrade.end())
    return await Promise.race([upgrade.play(), ended])
  } catch (error) {
    if (!signal.aborted) await printLogs(folder)
    throw error
  } finally {
    for (const close of closing) await close()
    await commands.close()
    if (keeps) console.log(`logs are in ${folder}`)
    else await rm(folder, { recursive: true, force: true })
  }
}
