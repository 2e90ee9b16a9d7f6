import type { RunEvent } from '@pawl/sdk'

/** A line of the log: an event, or a heading above those that follow. */
export type LogLine =
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'day'; readonly at: string }
  | { readonly kind: 'epoch'; readonly epoch: number }
  | {
      readonly kind: 'phase'
      /** The number of its first event, which names it. */
      readonly seq: number
      readonly title: string
      readonly count: number
      readonly isFolded: boolean
    }

interface Group {
  readonly seq: number
  readonly epoch: number
  readonly title: string
  readonly events: RunEvent[]
}

/** The lines of the log, newest first: by epoch, if there are several, by attempt of a phase, and by day. */
export function toLogLines(
  events: readonly RunEvent[],
  wanted: string,
  folded: ReadonlySet<number>,
): readonly LogLine[] {
  const text = wanted.trim().toLowerCase()
  const isWanted = ({ type, summary, actor }: RunEvent) =>
    text === '' || `${type} ${summary} ${actor.name}`.toLowerCase().includes(text)
  const hasEpochs = (events.at(-1)?.epoch ?? 1) > 1
  const lines: LogLine[] = []
  let epoch: number | undefined
  let day: string | undefined
  for (const { seq, title, ...group } of groupByPhase(events).toReversed()) {
    const found = group.events.filter(isWanted).toReversed()
    if (found.length === 0) continue
    if (hasEpochs && group.epoch !== epoch) lines.push({ kind: 'epoch', epoch: group.epoch })
    epoch = group.epoch
    const isFolded = folded.has(seq)
    lines.push({ kind: 'phase', seq, title, count: found.length, isFolded })
    for (const event of isFolded ? [] : found) {
      const own = new Date(event.at).toDateString()
      if (own !== day) lines.push({ kind: 'day', at: event.at })
      day = own
      lines.push({ kind: 'event', event })
    }
  }
  return lines
}

/** The events in groups that begin with an attempt of a phase, with a round, or with an epoch. */
function groupByPhase(events: readonly RunEvent[]): readonly Group[] {
  const groups: Group[] = []
  for (const event of events) {
    const { seq, epoch } = event
    const title = titleOf(event)
    const last = groups.at(-1)
    if (!last || title !== undefined || last.epoch !== epoch)
      groups.push({
        seq,
        epoch,
        title: title ?? (last ? last.title : 'Before the first phase'),
        events: [event],
      })
    else last.events.push(event)
  }
  return groups
}

function titleOf(event: RunEvent): string | undefined {
  if (event.type !== 'PHASE_STARTED') return undefined
  const { phase, round, attempt } = event.payload
  return `${phase}${round > 1 ? `, round ${round}` : ''}${attempt > 1 ? `, attempt ${attempt}` : ''}`
}
