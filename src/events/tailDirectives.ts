import { type Directive, directivesFor } from '../lifecycle/answers/derive.ts'
import type { Run } from '../lifecycle/run/run.ts'
import type { DirectiveKind } from '../lifecycle/run/enums.ts'
import type { LoadedRun } from '../store/run/loadRun.ts'
import { tick } from '../store/account/tick.ts'
import { openTail, type Tail } from './openTail.ts'
import { readPresent, type Streams, type TailOptions } from './streams.ts'
import type { WakeUp } from './wakeUps.ts'

/** Options of `tailDirectives`. */
export interface TailDirectivesOptions extends TailOptions {
  readonly runId: string
  /** Number of the claim. */
  readonly fence: number
}

/**
 * The directives for the owner that holds a claim: the current one, then every change of it, and each message once. The
 * last directive is always STOP or LEASE_LOST, also when the lease expires unrenewed or the run is deleted.
 */
export function tailDirectives(streams: Streams, options: TailDirectivesOptions): Tail<Directive> {
  return openTail({
    subscribe: () => streams.signals.subscribe(options.runId),
    items: (wakeUp) => followDirectives(streams, options, wakeUp),
    signal: options.signal,
  })
}

const LOST: Directive = { kind: 'LEASE_LOST', message: null }

async function* followDirectives(
  streams: Streams,
  { runId, fence, guard }: TailDirectivesOptions,
  wakeUp: WakeUp,
) {
  let told: DirectiveKind | undefined
  const handed = new Set<string>()
  let expiresIn: number | undefined
  do {
    await guard?.()
    const loaded = await readJudged(streams, runId, fence)
    const [standing = LOST, ...messages] = loaded ? directivesFor(loaded.run, fence, loaded.now) : []
    const { kind } = standing
    if (kind !== told) {
      told = kind
      yield standing
    }
    for (const directive of messages) {
      const id = directive.message?.id ?? ''
      if (handed.has(id)) continue
      handed.add(id)
      yield directive
    }
    // only messages still in delivery are remembered: acknowledged ones are not sent again anyway
    const onTheirWay = new Set(loaded?.run.messages.map(({ id }) => id))
    for (const id of handed) if (!onTheirWay.has(id)) handed.delete(id)
    if (kind === 'STOP' || kind === 'LEASE_LOST') return
    expiresIn = loaded ? untilExpiry(loaded, fence) : undefined
  } while (await wakeUp.wait(expiresIn))
}

/**
 * Loads the run to judge the claim by. An expired lease counts only while a server was watching: if none was (the
 * machine slept, or all servers were down), the lease is first extended by its period.
 */
async function readJudged(streams: Streams, runId: string, fence: number): Promise<LoadedRun | null> {
  const loaded = await readPresent(streams, runId)
  if (!loaded || (untilExpiry(loaded, fence) ?? 1) > 0) return loaded
  await tick(streams.store.pool)
  return readPresent(streams, runId)
}

/** Milliseconds until the lease of this fence expires, by the database's clock; undefined if it never does. */
function untilExpiry({ run, now }: LoadedRun, fence: number): number | undefined {
  const expiresAt = leaseOf(run, fence)
  return expiresAt === null ? undefined : expiresAt - now
}

function leaseOf({ claim }: Run, fence: number): number | null {
  return claim?.fence === fence ? claim.expiresAt : null
}
