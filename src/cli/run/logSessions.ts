import type { EntryKind, Pawl, Session, TranscriptEntry } from '@pawl/sdk'

/** An entry, and the session whose agent said it. */
export interface SessionEntry {
  readonly session: Session
  readonly entry: TranscriptEntry
}

/** How many entries are asked for at once. */
const PAGE = 200

/** All that the sessions have said so far, in the order of time. */
export async function* readSessions(
  pawl: Pawl,
  sessions: readonly Session[],
  { kinds, signal }: { readonly kinds: EntryKind[] | undefined; readonly signal: AbortSignal },
): AsyncGenerator<SessionEntry> {
  const heads = await Promise.all(
    sessions.map(async (session) => {
      const entries = readEntries(pawl, session.id, kinds, signal)
      return { session, entries, next: await entries.next() }
    }),
  )
  for (;;) {
    const [first] = heads
      .flatMap((head) => (head.next.done ? [] : [{ head, entry: head.next.value }]))
      .toSorted((a, b) => Date.parse(a.entry.at) - Date.parse(b.entry.at))
    if (!first) return
    const { head, entry } = first
    yield { session: head.session, entry }
    head.next = await head.entries.next()
  }
}

async function* readEntries(
  pawl: Pawl,
  sessionId: string,
  kinds: EntryKind[] | undefined,
  signal: AbortSignal,
): AsyncGenerator<TranscriptEntry, undefined> {
  for (let after = 0; ;) {
    const fields = { after, first: PAGE, kinds, signal }
    const { nodes, pageInfo } = await pawl.sessions.entries(sessionId, fields)
    yield* nodes
    const last = nodes.at(-1)
    if (!last || !pageInfo.hasNextPage) return undefined
    after = last.seq
  }
}

/**
 * Follows the sessions of a run, those that are opened later too, until all are over: with what each has said after the `seq` that is
 * given for it. Entries come in the order of each session.
 */
export async function followSessions(
  pawl: Pawl,
  runId: string,
  options: {
    readonly after: ReadonlyMap<string, number>
    readonly isMeant: (session: Session) => boolean
    readonly signal: AbortSignal
    readonly onEntry: (said: SessionEntry) => void
  },
): Promise<void> {
  const { after, isMeant, signal, onEntry } = options
  const followed = new Map<string, Promise<void>>()
  const follow = async (session: Session) => {
    const from = after.get(session.id) ?? 0
    for await (const entry of pawl.sessions.transcript(session.id, { after: from, signal }))
      onEntry({ session, entry })
  }
  const look = async () => {
    for await (const session of pawl.sessions.all(runId, { signal }))
      if (isMeant(session) && !followed.has(session.id)) followed.set(session.id, follow(session))
  }
  const watch = async () => {
    for await (const { type } of pawl.runs.events(runId, { signal, untilSettled: true }))
      if (type === 'SESSION_OPENED') await look()
  }
  await look()
  await Promise.all([watch(), ...followed.values()])
  await Promise.all(followed.values())
}
