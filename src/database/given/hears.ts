import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'

const patienceMilliseconds = 5_000

/** Whether a notification of one connection arrives at the other, as within one database of one PostgreSQL only. */
export async function hears(listening: Client, notifying: Client): Promise<boolean> {
  const channel = `pawl_probe_${randomBytes(8).toString('hex')}`
  const waiting = new AbortController()
  const arrived = new Promise<true>((resolve) => {
    listening.on('notification', (notification) => {
      if (notification.channel === channel) resolve(true)
    })
  })
  try {
    await listening.query(`LISTEN ${channel}`)
    await notifying.query('SELECT pg_notify($1, $2)', [channel, ''])
    const late = delay(patienceMilliseconds, false, { signal: waiting.signal }).catch(() => false)
    return await Promise.race([arrived, late])
  } finally {
    waiting.abort()
  }
}
