import { EVENT_TYPES, type EventType } from '../../lifecycle/run/events.ts'
import { builder } from '../kit/builder.ts'

/** The types of events, each with what has happened. */
const MEANINGS: { readonly [T in EventType]: string } = {
  'run.created': 'The run was started, and waits for its first owner.',
  'run.claimed': 'An owner took the run, by a claim with a new fence.',
  'run.released':
    'The claim ended after the run had settled or was cancelled: given back by its owner, or its lease expired.',
  'run.requeued': 'The run waits for another owner: its owner gave it back, or was lost.',
  'run.paused': 'A person paused the run; its owner is told to stop.',
  'run.resumed': 'The run continues after a pause, or after it had settled; the latter begins a new epoch.',
  'run.completed': 'The run settled as COMPLETED: all required evidence was present.',
  'run.failed': 'The run settled as FAILED, with a reason.',
  'run.cancel_requested': 'A cancel was accepted; the owner is told to stop and has not confirmed yet.',
  'run.cancelled': 'The run settled as CANCELLED.',
  'run.detached': 'The run became independent of its parent.',
  'run.expired': 'The run settled as EXPIRED: a time limit passed without an owner.',
  'round.opened': 'A round began, at its initial phase.',
  'round.completed': 'The agent declared the work of the round done.',
  'phase.started': 'An attempt of a phase began.',
  'phase.completed': 'A phase has what it needs: the run is past it.',
  'phase.failed': 'An attempt of a phase failed, with the error.',
  'execution.started': 'A process was launched for the run.',
  'execution.finished': 'A process ended, or is known to be gone.',
  'session.opened': 'An agent was attached to the run in a role.',
  'session.adopted': 'A later owner took over the session of an earlier one.',
  'session.changed': 'The status of a session changed.',
  'session.recovered': 'The agent of a session was brought back after a crash.',
  'prompt.sending': 'A prompt is about to be sent; after a crash it is unknown whether it was.',
  'prompt.sent': 'A prompt was sent, and is never sent again.',
  'artifact.validated': 'A submitted file satisfies what its phase asks of it.',
  'artifact.invalid':
    'A submitted file does not satisfy what its phase asks of it; the problems are in the payload.',
  'approval.requested': 'A person is asked a question.',
  'approval.decided': 'A person answered the question.',
  'approval.expired': 'Nobody answered in time; the policy of the question was applied.',
  'approval.withdrawn': 'The question is no longer asked.',
  'message.sent': 'A person sent the agent a message.',
  'message.acknowledged': 'The agent received a message, or acted on it.',
  'child.settled': 'An attached child settled.',
  'child.started': 'A child was started below the run, or resumed.',
  'child.detached': 'A child became independent of the run.',
}

/** The value of the enum for a type as it is stored: `RUN_CANCELLED` for `run.cancelled`. */
export const eventTypeName = (type: string) => type.replace('.', '_').toUpperCase()

export const EventTypeRef = builder.enumType('EventType', {
  description:
    'What an event says has happened. The payload of each is described in `schema/events.schema.json`, by the name that the log keeps it under.',
  values: Object.fromEntries(
    EVENT_TYPES.map((type) => [
      eventTypeName(type),
      { value: type, description: `\`${type}\` in the log. ${MEANINGS[type]}` },
    ]),
  ),
})
