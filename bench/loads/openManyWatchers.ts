import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Resources } from '../resources.ts'

/** A run whose events are followed. */
export interface Followed {
  readonly runId: string
  /** The last event that is not sent. */
  readonly after: number
}

/** Who watches what. */
export interface WatchersToOpen {
  /** Servers of one database; each client begins with one of them, and goes on to the next when it is lost. */
  readonly urls: readonly string[]
  /** Taken in turn. */
  readonly tokens: readonly string[]
  /** Taken in turn. */
  readonly runs: readonly Followed[]
  /** How many clients, each with a socket of its own. */
  readonly clients: number
  /** Subscriptions of each. */
  readonly each: number
}

/** What they have seen. */
export interface WatchersSeen {
  /** How many subscriptions are open. */
  readonly open: number
  /** The first faults: a gap, or a stream that ended. */
  readonly faults: readonly string[]
  /** The last event of each run that all its subscribers have. */
  readonly seen: readonly (readonly [runId: string, seq: number])[]
}

/** Many clients of the SDK, in a process of their own. */
export interface ManyWatchers {
  count(): Promise<WatchersSeen>
  close(): void
}

/** Opens them; they connect in the background. */
export function openManyWatchers(resources: Resources, watchers: WatchersToOpen): ManyWatchers {
  const program = fileURLToPath(new URL('./manyWatchers.ts', import.meta.url))
  const child = fork(program, { execArgv: ['--import', 'tsx'] })
  resources.defer(async () => void child.kill())
  child.send(watchers)
  return {
    async count() {
      child.send('count')
      const [seen] = (await once(child, 'message')) as [WatchersSeen]
      return seen
    },
    close: () => void child.kill(),
  }
}
