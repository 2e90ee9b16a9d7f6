import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a server last saw of its database. */
export interface Seen {
  /** Id of the installation. */
  readonly installation: string
  /** The last heartbeat that it wrote. */
  readonly beat: number
}

const fileName = 'seen'

/** Reads what a server wrote into its data directory; undefined if it wrote nothing that can be read. */
export async function readSeen(dataDir: string): Promise<Seen | undefined> {
  try {
    const { installation, beat } = JSON.parse(
      await readFile(join(dataDir, fileName), 'utf8'),
    ) as Partial<Seen>
    return typeof installation === 'string' && typeof beat === 'number' ? { installation, beat } : undefined
  } catch {
    return undefined
  }
}

/** Replaces what is written in a data directory. */
export async function writeSeen(dataDir: string, seen: Seen): Promise<void> {
  const draft = join(dataDir, `${fileName}.${process.pid}`)
  await writeFile(draft, JSON.stringify(seen), { mode: 0o600 })
  await rename(draft, join(dataDir, fileName))
}
