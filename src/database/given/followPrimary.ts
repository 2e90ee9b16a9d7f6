import { Socket } from 'node:net'
import type { PoolConfig } from 'pg'
import type { DatabaseHost } from './databaseHosts.ts'
import type { DatabaseLog } from '../kit/databaseLog.ts'
import { askHost, findPrimary, type Primary } from './findPrimary.ts'

/** How long a host may take to answer, in milliseconds. */
const ANSWER_MS = 2000
/** How often the primary is asked whether it still is, in milliseconds. */
const CHECK_MS = 2000
/** How long an answer is reused by connections that are opened one after the other, in milliseconds. */
const REUSE_MS = 500

/**
 * Connections to whichever of several hosts is the primary. As soon as a later primary is found, those to the one before are broken: it
 * may be frozen, so that statements would wait for it, or not have learned that it was replaced.
 */
export function followPrimary(hosts: readonly DatabaseHost[], log: DatabaseLog): PoolConfig {
  const follower = new Follower(hosts, log)
  return { connectionString: hosts[0]?.url, stream: () => new PrimarySocket(follower) }
}

class Follower {
  readonly #hosts: readonly DatabaseHost[]
  readonly #log: DatabaseLog
  readonly #sockets = new Map<Socket, Primary>()
  #latest: Primary | undefined
  #finding: Promise<Primary> | undefined
  #checking: NodeJS.Timeout | undefined

  constructor(hosts: readonly DatabaseHost[], log: DatabaseLog) {
    this.#hosts = hosts
    this.#log = log
  }

  /** The primary; those who ask at about the same time share the answer. */
  find(): Promise<Primary> {
    this.#finding ??= this.#look()
    return this.#finding
  }

  async #look(): Promise<Primary> {
    try {
      const primary = await findPrimary(this.#hosts, ANSWER_MS)
      setTimeout(() => (this.#finding = undefined), REUSE_MS).unref()
      this.#learn(primary)
      return primary
    } catch (error) {
      this.#finding = undefined
      throw error
    }
  }

  /** Counts a connection to a primary until it is closed. */
  add(socket: Socket, primary: Primary): void {
    this.#sockets.set(socket, primary)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      if (this.#sockets.size > 0) return
      clearInterval(this.#checking)
      this.#checking = undefined
    })
    this.#checking ??= setInterval(() => void this.#check(), CHECK_MS).unref()
  }

  async #check(): Promise<void> {
    const latest = this.#latest
    if (!latest) return
    const present = await askHost(latest, ANSWER_MS).catch(() => undefined)
    if (present?.timeline !== latest.timeline) await this.find().catch(() => undefined)
  }

  #learn(primary: Primary): void {
    if (this.#latest && primary.timeline <= this.#latest.timeline) return
    const { host, port, timeline } = primary
    if (this.#latest) this.#log.info({ host, port, timeline }, 'database.switch_completed')
    this.#latest = primary
    for (const [socket, of] of this.#sockets) if (of.timeline < timeline) socket.destroy(replaced())
  }

  /** Whether a primary is one that was replaced since. */
  isReplaced({ timeline }: Primary): boolean {
    return this.#latest !== undefined && timeline < this.#latest.timeline
  }
}

/** A socket that is connected to the primary, whatever address it is told. */
class PrimarySocket extends Socket {
  readonly #follower: Follower

  constructor(follower: Follower) {
    super()
    this.#follower = follower
  }

  override connect(): this {
    void this.#connect()
    return this
  }

  async #connect(): Promise<void> {
    try {
      const primary = await this.#follower.find()
      if (this.#follower.isReplaced(primary)) throw replaced()
      if (this.destroyed) return
      this.#follower.add(this, primary)
      super.connect(primary.port, primary.host)
    } catch (error) {
      this.destroy(error as Error)
    }
  }
}

function replaced(): Error {
  return Object.assign(new Error('another host is the primary now'), { code: 'ECONNRESET' })
}
