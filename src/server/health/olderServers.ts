import type { Log } from '../../log.ts'
import { countOlderServers } from '../../store/account/countOlderServers.ts'
import type { Connection } from '../../store/sql/statement.ts'

/** Watches whether servers of an earlier version work on the same database, as they do during an upgrade. */
export interface OlderServers {
  readonly areThere: () => boolean
  /** Looks again while there are some. None comes afterwards: an older one does not start on a migrated database. */
  readonly look: () => Promise<void>
}

/** Looks for the first time. */
export async function watchOlderServers(connection: Connection, log: Log): Promise<OlderServers> {
  let count = await countOlderServers(connection)
  const reason = 'older servers can not read all that this one writes'
  if (count > 0) log.info({ servers: count, reason }, 'server.upgrade_started')
  return {
    areThere: () => count > 0,
    async look() {
      if (count === 0) return
      count = await countOlderServers(connection)
      if (count === 0) log.info('server.upgrade_completed')
    },
  }
}
