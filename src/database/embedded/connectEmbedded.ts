import type { PoolConfig } from 'pg'
import { embeddedUser } from './initCluster.ts'
import type { PostmasterFile } from './postmasterFile.ts'

/** How to reach a running embedded PostgreSQL: by its socket, else by loopback. */
export function connectEmbedded(postmaster: PostmasterFile, password: string): PoolConfig {
  return {
    host: postmaster.socketDir ?? '127.0.0.1',
    port: postmaster.port,
    user: embeddedUser,
    password,
    database: 'postgres',
  }
}
