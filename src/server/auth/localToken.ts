import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { authenticateToken, createLocalToken } from '../../commands/account/tokens.ts'
import type { Store } from '../../store/sql/openStore.ts'

/**
 * The ADMIN token for programs of the same user on this machine, in the data directory's file `token`. It is made at the
 * first start, and anew where the file is gone or the token no good any more. Returns its id.
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

/** Tells programs on this machine where the server listens: the data directory's file `address`. */
export function writeAddress(dataDir: string, url: string): Promise<void> {
  return writePrivately(join(dataDir, 'address'), `${url}\n`)
}

/** Takes the address back. */
export function removeAddress(dataDir: string): Promise<void> {
  return rm(join(dataDir, 'address'), { force: true })
}

/** A reader finds the old content or the new one, and nobody else can read either. */
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
