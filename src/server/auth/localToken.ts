import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { authenticateToken, createLocalToken } from '../../commands/account/tokens.ts'
import type { Store } from '../../store/sql/openStore.ts'

/**
 * The ADMIN token for programs of the same user on this machine, in the data directory's file `token`. It is created at the first
 * start, and again if the file is gone or the token is not valid any more. Returns its id.
 */
export async function ensureLocalToken(store: Store, dataDir: string): Promise<string> {
  const path = join(dataDir, 'token')
  const kept = (await readIfThere(path))?.trim()
  const known = kept ? await authenticateToken(store, kept) : null
  if (known?.caller.role === 'ADMIN') return known.tokenId
  const created = await createLocalToken({ store })
  await writePrivately(path, `${created.secret}\n`)
  return created.token.id
}

/** Writes the server's address to the data directory's file `address`, for programs on this machine. */
export function writeAddress(dataDir: string, url: string): Promise<void> {
  return writePrivately(join(dataDir, 'address'), `${url}\n`)
}

/** Removes that file. */
export function removeAddress(dataDir: string): Promise<void> {
  return rm(join(dataDir, 'address'), { force: true })
}

/** Replaces the file atomically, readable for its owner only. */
async function writePrivately(path: string, content: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`
  try {
    await writeFile(draft, content, { mode: 0o600, flag: 'wx' })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
