import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findBinaries, linkLibraries } from './findBinaries.ts'
import { chooseRunUser } from './runUser.ts'
import type { RunUser } from './runUser.ts'

/** Where an embedded PostgreSQL lives and whose it is. */
export interface Place {
  /** Holds the cluster, the socket and the log; mode 0700, owned by the user PostgreSQL runs as. */
  home: string
  /** PostgreSQL's data directory. */
  cluster: string
  /** Takes what PostgreSQL prints. */
  logFile: string
  /** The folder holding PostgreSQL's `bin/`, `lib/` and `share/`. */
  native: string
  /** Whom PostgreSQL runs as; undefined: the user of this process. */
  user: RunUser | undefined
}

/** Decides where the embedded PostgreSQL of a data directory lives, and creates the folders it needs. */
export async function choosePlace(dataDir: string): Promise<Place> {
  const binaries = await findBinaries()
  await linkLibraries(binaries.native)
  const user = await chooseRunUser(dataDir)
  if (user) await chown(dataDir, user.uid, user.gid)
  const home = join(dataDir, 'database')
  await mkdir(home, { recursive: true, mode: 0o700 })
  await chmod(home, 0o700)
  if (user) await chown(home, user.uid, user.gid)
  return {
    home,
    cluster: join(home, 'cluster'),
    logFile: join(home, 'postgres.log'),
    native: binaries.native,
    user,
  }
}
