import type { PoolConfig } from 'pg'
import { embeddedUser } from './initCluster.ts'
import type { PostmasterFile } from './postmasterFile.ts'

/**
 * Overrides what the driver would otherwise take from the caller's `PG…` variables, which are meant for another
 * database.
 */
const nothingElse = {
  ssl: false,
  sslnegotiation: 'postgres' as const,
  // the driver treats an empty string as unset
  options: ' ',
  replication: 'false',
  client_encoding: 'UTF8',
  application_name: 'pawl',
}

/** How to connect to a running embedded PostgreSQL: by its socket, otherwise over loopback. */
export function connectEmbedded(postmaster: PostmasterFile, password: string): PoolConfig {
  return {
    host: postmaster.socketDir ?? '127.0.0.1',
    port: postmaster.port,
    user: embeddedUser,
    password,
    database: 'postgres',
    ...nothingElse,
  }
}
