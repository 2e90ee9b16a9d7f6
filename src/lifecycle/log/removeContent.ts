import type { EventPayload, EventType, RunEvent } from '../run/events.ts'
import type { AnswerSchema } from '../run/questions.ts'

/**
 * Which parts of a log are content, and what stays in their place. Content is what people and agents said: inputs, outputs, texts,
 * questions and answers, command lines, the adapters' own data. What stays is the skeleton: what happened, when and by whom, with names,
 * ids, hashes, sizes, titles, labels and keys. A log without content folds like the whole one, to a run without content.
 */

/** What stands in place of a text that was removed. */
export const REMOVED_TEXT = '(removed)'

type RemoveFrom<T extends EventType> = (payload: EventPayload<T>) => EventPayload<T>

const nothing = <P>(payload: P): P => payload

/** The schema of a question whose fields were removed. */
const NO_FIELDS: AnswerSchema = { type: 'object', properties: {} }

/** What is removed from each type of event: one without an entry does not compile. */
const REMOVE: { readonly [T in EventType]: RemoveFrom<T> } = {
  'run.created': (payload) => ({ ...payload, input: null }),
  'run.claimed': nothing,
  'run.released': nothing,
  'run.requeued': ({ waitsFor, ...payload }) => ({
    ...payload,
    ...(waitsFor !== undefined && { waitsFor: REMOVED_TEXT }),
  }),
  'run.paused': withoutComment,
  'run.resumed': (payload) => ({ ...withoutComment(payload), error: removed(payload.error) }),
  'run.completed': (payload) => ({ ...payload, output: null }),
  'run.failed': (payload) => ({ ...payload, error: removed(payload.error) }),
  'run.cancel_requested': withoutComment,
  'run.cancelled': withoutComment,
  'run.detached': withoutComment,
  'run.expired': nothing,
  'round.opened': nothing,
  'round.completed': (payload) => ({ ...payload, summary: null }),
  'phase.started': (payload) => ({ ...payload, because: removed(payload.because) }),
  'phase.completed': nothing,
  'phase.failed': ({ error, ...payload }) => ({
    ...payload,
    error: { ...error, message: REMOVED_TEXT, hint: removed(error.hint) },
  }),
  'execution.started': (payload) => ({ ...payload, command: REMOVED_TEXT }),
  'execution.finished': nothing,
  'session.opened': (payload) => ({ ...payload, handle: null }),
  'session.adopted': (payload) => ({ ...payload, handle: null }),
  'session.changed': (payload) => ({ ...payload, detail: null }),
  'session.recovered': (payload) => ({ ...payload, detail: null }),
  'prompt.sending': nothing,
  'prompt.sent': nothing,
  'artifact.validated': nothing,
  // that there was a problem says that the file was invalid
  'artifact.invalid': ({ problems, ...payload }) => ({
    ...payload,
    problems: problems.map(() => ({ path: '', message: REMOVED_TEXT })),
  }),
  'approval.requested': ({ permission, answerSchema, ...payload }) => ({
    ...payload,
    question: REMOVED_TEXT,
    payload: null,
    ...(permission !== undefined && {
      permission: permission && { kind: permission.kind, program: null, path: null },
    }),
    ...(answerSchema !== undefined && { answerSchema: answerSchema && NO_FIELDS }),
  }),
  'approval.decided': ({ answer, ...payload }) => ({
    ...withoutComment(payload),
    ...(answer !== undefined && { answer: {} }),
  }),
  'approval.expired': nothing,
  'approval.withdrawn': nothing,
  'message.sent': (payload) => ({ ...payload, text: REMOVED_TEXT }),
  'message.acknowledged': nothing,
  'child.settled': nothing,
  'child.started': nothing,
  'child.detached': nothing,
}

/** The event without its content; one without any stays as it is. */
export function removeContent(event: RunEvent): RunEvent {
  const remove = REMOVE[event.type] as RemoveFrom<EventType>
  return { ...event, payload: remove(event.payload) } as RunEvent
}

function removed(text: string | null): string | null {
  return text === null ? null : REMOVED_TEXT
}

function withoutComment<P extends { readonly comment: string | null }>(payload: P): P {
  return { ...payload, comment: removed(payload.comment) }
}
