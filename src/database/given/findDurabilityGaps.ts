import type { Client } from 'pg'

interface Settings {
  readonly commit: string
  readonly standbyNames: string
  readonly fsync: string
  readonly statementTimeout: string
  readonly standbys: number
}

/**
 * What keeps a PostgreSQL from holding everything that was acknowledged through a crash or a change of the primary (G10): one sentence for
 * each cause, with what to change.
 */
export async function findDurabilityGaps(client: Client): Promise<string[]> {
  const { rows } = await client.query<Settings>(
    `SELECT current_setting('synchronous_commit') AS commit, current_setting('synchronous_standby_names') AS "standbyNames",
      current_setting('fsync') AS fsync, current_setting('statement_timeout') AS "statementTimeout",
      (SELECT count(*)::int FROM pg_stat_replication) AS standbys`,
  )
  return rows.flatMap(({ commit, standbyNames, fsync, statementTimeout, standbys }) => {
    const isReplicated = standbys > 0 || standbyNames !== ''
    const gaps: string[] = []
    if (fsync === 'off') gaps.push('fsync is off, so a crash loses what was acknowledged. Turn it on.')
    if (commit === 'off')
      gaps.push('synchronous_commit is off, so a crash loses what was acknowledged just before. Turn it on.')
    if (isReplicated && standbyNames === '')
      gaps.push(
        'Replication is asynchronous: if a standby takes over, what was acknowledged just before is lost. Set synchronous_standby_names, ' +
          'or synchronous_mode and synchronous_mode_strict of Patroni.',
      )
    if (isReplicated && standbyNames !== '' && (commit === 'local' || commit === 'remote_write'))
      gaps.push(
        `synchronous_commit is ${commit}: a standby that takes over may lack what was acknowledged. Set it to on.`,
      )
    if (standbyNames !== '' && statementTimeout !== '0')
      gaps.push(
        `statement_timeout is ${statementTimeout}: a commit that it cancels while it waits for a standby counts as done. Set it to 0.`,
      )
    return gaps
  })
}
