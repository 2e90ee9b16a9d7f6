import { once } from 'node:events'
import { WebSocket } from 'ws'
import { RunEventAppendedDocument } from '../../sdk/generated/graphql.ts'
import type { Resources } from '../resources.ts'

/** Sockets that count what they receive, with as little overhead as Node allows. */
export class RawSubscribers {
  readonly #sockets: WebSocket[] = []
  readonly #resources: Resources
  #received = 0
  #awaited: { readonly count: number; readonly resolve: () => void } | undefined
  /** One of the messages received. */
  sample = ''

  constructor(resources: Resources) {
    this.#resources = resources
    resources.defer(async () => this.close())
  }

  /** How many messages were received. */
  get received(): number {
    return this.#received
  }

  /** Opens a socket, on which every message is counted that `counts` says yes to. */
  async open(url: string, protocol?: string): Promise<WebSocket> {
    this.#resources.signal.throwIfAborted()
    const socket = new WebSocket(url, protocol, { perMessageDeflate: false })
    this.#sockets.push(socket)
    await once(socket, 'open')
    return socket
  }

  /** Counts the messages of a socket from now on. */
  count(socket: WebSocket): void {
    socket.on('message', (data: Buffer) => {
      this.#received += 1
      if (this.sample === '') this.sample = data.toString()
      if (this.#awaited && this.#received >= this.#awaited.count) {
        this.#awaited.resolve()
        this.#awaited = undefined
      }
    })
  }

  /** Resolves when this many messages were received in all. */
  until(count: number): Promise<void> {
    if (this.#received >= count) return Promise.resolve()
    return new Promise((resolve) => (this.#awaited = { count, resolve }))
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.terminate()
  }
}

/** Follows a run's events from a position, this many times on one socket, which is authenticated first. */
export async function follow(
  socket: WebSocket,
  { token, runId, after, copies }: FollowOptions,
): Promise<void> {
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
  await once(socket, 'message')
  for (let copy = 0; copy < copies; copy++) {
    const variables = { runId, after, until: 'FINAL' }
    const payload = { query: String(RunEventAppendedDocument), variables }
    socket.send(JSON.stringify({ id: String(copy), type: 'subscribe', payload }))
  }
}

export interface FollowOptions {
  readonly token: string
  readonly runId: string
  /** The last event that is not sent. */
  readonly after: number
  /** How many subscriptions. */
  readonly copies: number
}
