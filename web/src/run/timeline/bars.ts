import type { RunEvent } from '@pawl/sdk'
import type { Tone } from '../../elements/words.ts'

/** Something that lasted, or lasts. */
export interface Bar {
  readonly key: string
  /** What it is, in words. */
  readonly label: string
  readonly tone: Tone
  /** In milliseconds since 1970. */
  readonly from: number
  /** Null: it lasts. */
  readonly to: number | null
  /** How it ended, in words; '' while it lasts. */
  readonly end: string
  /** The session whose words belong to it; undefined for none. */
  readonly sessionId: string | undefined
  /** The number of the event that it began with. */
  readonly seq: number
  /** Whether it is the background of others in its lane: a session, in which an agent works at times. */
  readonly isBackground: boolean
}

/** Bars of one kind, which share a row where they do not overlap. */
export interface Lane {
  readonly key: string
  readonly label: string
  readonly group: 'Rounds' | 'Phases' | 'Agents' | 'Waits'
  readonly bars: readonly Bar[]
}

const GROUPS: readonly Lane['group'][] = ['Rounds', 'Phases', 'Agents', 'Waits']
const OWNER = 'For an owner'
const PERSON = 'For a person'

/** Rounds, phases with their attempts, sessions, and waits, as the log tells them; lanes in the order in which they began. */
export function toLanes(events: readonly RunEvent[]): readonly Lane[] {
  const reading = new Reading()
  for (const event of events) reading.add(event)
  return reading.lanes
}

interface Draft extends Omit<Bar, 'from' | 'to'> {
  readonly from: number
  to: number | null
  tone: Tone
  end: string
  sessionId: string | undefined
}

class Reading {
  readonly #lanes = new Map<string, { group: Lane['group']; label: string; bars: Draft[] }>()
  /** What lasts, by a name of its own. */
  readonly #open = new Map<string, Draft>()
  /** The roles of sessions. */
  readonly #roles = new Map<string, string>()

  get lanes(): readonly Lane[] {
    const all = [...this.#lanes].map(([key, lane]) => ({ key, ...lane }))
    return GROUPS.flatMap((group) => all.filter((lane) => lane.group === group))
  }

  add(event: RunEvent): void {
    switch (event.type) {
      case 'RUN_CREATED':
      case 'RUN_REQUEUED':
        return this.#begin(event, 'queue', 'Waits', OWNER, 'waits for an owner', 'quiet')
      case 'RUN_CLAIMED':
        return this.#end('queue', event, `${event.payload.owner} took it`)
      case 'RUN_PAUSED':
        this.#end('queue', event, 'paused')
        return this.#begin(event, 'pause', 'Waits', PERSON, 'paused', 'hold')
      case 'RUN_RESUMED':
        this.#end('pause', event, 'resumed')
        if (event.payload.to === 'QUEUED')
          this.#begin(event, 'queue', 'Waits', OWNER, 'waits for an owner', 'quiet')
        return
      case 'ROUND_OPENED':
        return this.#begin(event, 'round', 'Rounds', 'All', `round ${event.payload.round}`, 'live')
      case 'ROUND_COMPLETED':
        return this.#end('round', event, 'completed', 'good')
      case 'PHASE_STARTED': {
        const { id, phase, attempt, round } = event.payload
        this.#end(`phase ${id}`, event, 'begun again', 'gone')
        const label = `${phase}${round > 1 ? `, round ${round}` : ''}${attempt > 1 ? `, attempt ${attempt}` : ''}`
        return this.#begin(event, `phase ${id}`, 'Phases', phase, label, 'live')
      }
      case 'PHASE_COMPLETED':
        return this.#end(`phase ${event.payload.id}`, event, 'completed', 'good')
      case 'PHASE_FAILED':
        return this.#end(`phase ${event.payload.id}`, event, `failed: ${event.payload.error.message}`, 'bad')
      case 'PROMPT_SENDING':
      case 'PROMPT_SENT': {
        const { id, sessionId } = event.payload
        const phase = this.#open.get(`phase ${id}`)
        if (phase) phase.sessionId ??= sessionId
        return this.#beginWork(event, sessionId)
      }
      case 'APPROVAL_REQUESTED': {
        const { id, question, sessionId } = event.payload
        const session = sessionId ?? undefined
        return this.#begin(event, `approval ${id}`, 'Waits', PERSON, question, 'ask', session)
      }
      case 'APPROVAL_DECIDED':
        return this.#end(
          `approval ${event.payload.id}`,
          event,
          `${event.payload.decision.toLowerCase().replaceAll('_', ' ')} by ${event.actor.name}`,
        )
      case 'APPROVAL_EXPIRED':
        return this.#end(`approval ${event.payload.id}`, event, 'nobody answered in time', 'half')
      case 'APPROVAL_WITHDRAWN':
        return this.#end(`approval ${event.payload.id}`, event, 'no longer asked', 'gone')
      case 'SESSION_OPENED': {
        const { id, role, adapter } = event.payload
        this.#roles.set(id, role)
        return this.#begin(event, id, 'Agents', role, `${role}, through ${adapter}`, 'quiet', id)
      }
      case 'SESSION_CHANGED':
        return this.#changeSession(event)
      case 'RUN_COMPLETED':
        return this.#endAll(event, 'completed', 'good')
      case 'RUN_FAILED':
        return this.#endAll(event, 'ended with the run', 'gone')
      case 'RUN_CANCELLED':
        return this.#endAll(event, 'cancelled', 'gone')
      case 'RUN_EXPIRED':
        return this.#endAll(event, 'expired', 'half')
      default:
    }
  }

  #changeSession(event: Extract<RunEvent, { readonly type: 'SESSION_CHANGED' }>): void {
    const { id, to } = event.payload
    if (to === 'BUSY') return this.#beginWork(event, id)
    this.#end(`busy ${id}`, event, to === 'CRASHED' ? 'crashed' : 'done')
    if (to === 'DISPOSED') this.#end(id, event, 'over')
  }

  #beginWork(event: RunEvent, sessionId: string): void {
    const role = this.#roles.get(sessionId) ?? 'agent'
    this.#begin(event, `busy ${sessionId}`, 'Agents', role, `${role} works`, 'live', sessionId)
  }

  #begin(
    event: RunEvent,
    name: string,
    group: Lane['group'],
    label: string,
    what: string,
    tone: Tone,
    sessionId?: string,
  ): void {
    if (this.#open.has(name)) return
    const draft: Draft = {
      key: `${name} ${event.seq}`,
      label: what,
      tone,
      from: Date.parse(event.at),
      to: null,
      end: '',
      sessionId,
      seq: event.seq,
      isBackground: group === 'Agents' && !name.startsWith('busy '),
    }
    const key = `${group} ${label}`
    const lane = this.#lanes.get(key) ?? { group, label, bars: [] }
    lane.bars.push(draft)
    this.#lanes.set(key, lane)
    this.#open.set(name, draft)
  }

  #end(name: string, event: RunEvent, how: string, tone?: Tone): void {
    const draft = this.#open.get(name)
    if (!draft) return
    draft.to = Date.parse(event.at)
    draft.end = how
    if (tone) draft.tone = tone
    this.#open.delete(name)
  }

  /** Whatever lasts ends with the run; a wait or a session does not change its tone. */
  #endAll(event: RunEvent, how: string, tone: Tone): void {
    for (const [name, { tone: before }] of this.#open)
      this.#end(name, event, how, before === 'live' ? tone : undefined)
  }
}
