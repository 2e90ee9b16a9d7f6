import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import type { Gap, Load } from './load.ts'
import type { Unit } from './unit.ts'

/** What faults happen to. */
export interface Stage {
  readonly cluster: Cluster
  readonly proxies: readonly Unit[]
  readonly load: Load
}

/** A kind of fault. */
export interface Fault {
  readonly name: string
  readonly what: string
  /** How often, in the whole test and in its short form. */
  readonly times: number
  readonly inShort: number
  /** Makes the fault, measures how long nothing new is accepted, and repairs what does not recover by itself. */
  happen(stage: Stage): Promise<Gap>
}

/** How long a fault lasts beyond the first accepted mutation, in milliseconds: what it left must not harm. */
const LINGERS_MS = 2_000
/** How long a unit waits before it starts a program that has ended, in milliseconds. */
const RESTART_MS = 1_000

export const FAULTS: readonly Fault[] = [
  {
    name: 'machine',
    what: 'the machine of the primary is lost, and comes back',
    times: 25,
    inShort: 2,
    async happen({ cluster, load }) {
      const machine = await cluster.primary()
      await machine.signal('SIGKILL')
      const gap = await load.measureGap()
      await cluster.boot(machine)
      return gap
    },
  },
  {
    name: 'postgres',
    what: 'the PostgreSQL of the primary is killed',
    times: 25,
    inShort: 1,
    async happen({ cluster, load }) {
      await (await cluster.primary()).signal('SIGKILL', 'postgres')
      return load.measureGap()
    },
  },
  {
    name: 'frozen',
    what: 'the machine of the primary stands still, and continues when another one is primary',
    times: 10,
    inShort: 0,
    async happen({ cluster, load }) {
      const machine = await cluster.primary()
      await machine.signal('SIGSTOP')
      const gap = await load.measureGap()
      await sleep(LINGERS_MS)
      await machine.signal('SIGCONT')
      return gap
    },
  },
  {
    name: 'cut',
    what: 'the machine of the primary is cut off, and reached again when another one is primary',
    times: 10,
    inShort: 0,
    async happen({ cluster, load }) {
      const machine = await cluster.primary()
      await machine.cut()
      const gap = await load.measureGap()
      await sleep(LINGERS_MS)
      await machine.mend()
      return gap
    },
  },
  {
    name: 'switchover',
    what: 'an administrator makes the standby the primary',
    times: 10,
    inShort: 0,
    happen: ({ cluster, load }) => load.longestGap(cluster.switchOver()),
  },
  {
    name: 'etcd',
    what: 'etcd is killed on all machines',
    times: 5,
    inShort: 0,
    async happen({ cluster, load }) {
      for (const machine of cluster.machines) await machine.signal('SIGKILL', 'etcd')
      // longer than a primary is one without etcd, but for the failsafe mode
      const gap = await load.longestGap(sleep(25_000))
      for (const machine of cluster.machines) await cluster.startEtcd(machine)
      return gap
    },
  },
  {
    name: 'haproxy',
    what: 'HAProxy is killed, and started again by its unit',
    times: 5,
    inShort: 0,
    async happen({ proxies, load }) {
      for (const proxy of proxies) await proxy.end('SIGKILL')
      const measured = load.measureGap()
      await sleep(RESTART_MS)
      for (const proxy of proxies) await proxy.start()
      return measured
    },
  },
]
