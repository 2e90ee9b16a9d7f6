import type { PoolConfig } from 'pg'
import { embeddedUser } from './initCluster.ts'
import type { PostmasterFile } from './postmasterFile.ts'

/** What the driver would take from the caller's `PG…` variables, which are meant for another database. */
const nothingElse = {
  ssl: false,
  sslnegotiation: 'postgres' as const,
  // an empty text counts as none to the driver
  options: ' ',
  replication: 'false',
  client_encoding: 'UTF8',
  application_name: 'pawl',
}

/** How to reach a running embedded PostgreSQL: by its socket, else by loopback. */
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
