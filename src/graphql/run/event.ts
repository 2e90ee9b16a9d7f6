import { summarizeEvent } from '../../lifecycle/log/summaries.ts'
import { ACTOR_KINDS, type ActorKind, kindOfActor } from '../../lifecycle/run/actor.ts'
import { EventTypeRef } from '../enums/eventEnum.ts'
import { builder, enumOf } from '../kit/builder.ts'
import { connectionOf, type Connection, toConnection } from '../kit/connection.ts'
import { type NumberedPage, rangeOf } from '../kit/numberedLists.ts'
import { type OwnedEvent, RunEventRef } from '../kit/refs.ts'
import type { Reads } from '../request/reads.ts'

const ActorKindRef = enumOf(
  'ActorKind',
  ACTOR_KINDS,
  'Who acts: by a token of its own, by the token of a claim, or the server by itself.',
  {
    PRINCIPAL: 'Somebody with a token of their own: a person, a worker or a program.',
    AGENT: 'The agent of a claim, by the token that came from it.',
    SYSTEM: 'The server.',
  },
)

const ActorRef = builder.objectRef<Pick<OwnedEvent, 'actor' | 'actorId'>>('Actor').implement({
  description: 'Who did something.',
  fields: (t) => ({
    kind: t.field({
      type: ActorKindRef,
      description: 'Whether it was somebody with a token, the agent of a claim, or the server.',
      resolve: ({ actor }): ActorKind => kindOfActor(actor),
    }),
    principalId: t.exposeID('actorId', {
      nullable: true,
      description: 'The principal; null where the log is of before there were any.',
    }),
    name: t.exposeString('actor', { description: 'The name of the principal, or `system`.' }),
  }),
})

builder.objectType(RunEventRef, {
  description: "One line of a run's append-only log.",
  fields: (t) => ({
    id: t.id({
      description: 'Its id: that of its run, and its number there.',
      resolve: ({ runId, seq }) => `${runId}/${seq}`,
    }),
    runId: t.exposeID('runId', { description: 'The run whose log it belongs to, `run_…`.' }),
    seq: t.exposeInt('seq', {
      description: 'Its number in the log: 1, 2, 3 and so on, without gaps. The cursor of streams.',
    }),
    epoch: t.exposeInt('epoch', { description: 'The epoch it belongs to.' }),
    type: t.expose('type', { type: EventTypeRef, description: 'What happened, in the past tense.' }),
    actor: t.field({ type: ActorRef, description: 'Who did it.', resolve: (event) => event }),
    at: t.expose('at', { type: 'DateTime', description: 'When it happened.' }),
    summary: t.string({ description: 'One sentence for a person.', resolve: summarizeEvent }),
    payload: t.field({
      type: 'JSON',
      description: 'What it changed; its shape for each type is in `schema/events.schema.json`.',
      resolve: ({ payload }) => payload,
    }),
  }),
})

/** A page of a log, and how many events the whole of it has. */
interface EventsShape extends Connection<OwnedEvent> {
  readonly totalCount: number
}

export const RunEventConnection = connectionOf<OwnedEvent, EventsShape>('RunEvent', RunEventRef, (t) => ({
  totalCount: t.exposeInt('totalCount', {
    description: 'How many events the log has: the revision of the run.',
  }),
}))

/** Reads a page of the log of a run, up to its revision. */
export async function readEvents(
  { id: runId, revision }: { readonly id: string; readonly revision: number },
  page: NumberedPage,
  reads: Reads,
): Promise<EventsShape> {
  const { after, upTo, ...around } = rangeOf(page, revision)
  const events = await reads.events.load({ runId, after, upTo })
  const connection = toConnection(
    { items: events, ...around },
    ({ seq }) => String(seq),
    (event) => ({ ...event, runId }),
  )
  return { ...connection, totalCount: revision }
}
