// Many programs of the SDK that watch runs, in a process of their own. Started by `openManyWatchers`; answers each message with what they
// have seen so far.
import { WebSocket } from 'ws'
import { createPawl } from '../../sdk/index.ts'
import type { Followed, WatchersSeen, WatchersToOpen } from './openManyWatchers.ts'

const seen = { open: 0, faults: [] as string[] }
const last = new Map<Followed, number[]>()

process.on('message', (message: WatchersToOpen | 'count') => {
  if (message !== 'count') return open(message)
  const behind: WatchersSeen['seen'] = [...last].map(([{ runId }, seqs]) => [runId, Math.min(...seqs)])
  process.send?.({ open: seen.open, faults: seen.faults.slice(0, 5), seen: behind } satisfies WatchersSeen)
})
process.once('disconnect', () => process.exit())

function open({ urls, tokens, runs, clients, each }: WatchersToOpen): void {
  let next = 0
  for (const followed of runs) last.set(followed, [])
  for (let client = 0; client < clients; client++) {
    let address = client
    /** Opens each socket at the next address: one of several servers that may be gone. */
    const Roaming = class extends WebSocket {
      constructor(_url: string, protocol: string) {
        super(`${urls[address++ % urls.length]}/graphql`.replace('http', 'ws'), protocol, {
          perMessageDeflate: false,
        })
      }
    }
    const url = urls[client % urls.length] ?? ''
    const onFallback = (why: Error): void => void seen.faults.push(`no socket: ${why.message}`)
    const pawl = createPawl({ url, token: tokens[client % tokens.length], WebSocket: Roaming, onFallback })
    for (let subscription = 0; subscription < each; subscription++) {
      const followed = runs[next++ % runs.length] as Followed
      watch(pawl, followed).catch((error: unknown) => seen.faults.push(String(error)))
    }
  }
}

async function watch(pawl: ReturnType<typeof createPawl>, followed: Followed): Promise<void> {
  const seqs = last.get(followed) as number[]
  const place = seqs.push(followed.after) - 1
  const onConnection = (isOpen: boolean): void => void (seen.open += isOpen ? 1 : -1)
  for await (const { seq } of pawl.runs.events(followed.runId, { after: followed.after, onConnection })) {
    if (seq !== (seqs[place] as number) + 1) seen.faults.push(`${seq} came after ${seqs[place]}`)
    seqs[place] = seq
  }
  throw new Error(`the stream of ${followed.runId} ended`)
}
