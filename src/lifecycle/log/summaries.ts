import { composeText } from '../../text/composeText.ts'
import {
  DECISION_WORDS,
  END_WORDS,
  EXPIRY_WORDS,
  MODE_WORDS,
  REASON_WORDS,
  SESSION_WORDS,
  STATUS_WORDS,
} from './eventWords.ts'
import type { EventPayload, EventType, RunEvent } from '../run/events.ts'

type Summarize<T extends EventType> = (payload: EventPayload<T>, actor: string) => string

const WITHDRAWN: { readonly [B in EventPayload<'approval.withdrawn'>['because']]: string } = {
  WITHDRAWN: 'the agent gave up asking, or ended',
  SUPERSEDED: 'another question took its place',
  RELEASED: 'the owner released the run',
  OWNER_LOST: 'the owner was lost',
  PAUSED: 'the run was paused',
  CANCELLED: 'the run is being cancelled',
}

/** The sentence for each type of event. */
const SUMMARIES: { readonly [T in EventType]: Summarize<T> } = {
  'run.created': ({ workflow }, actor) =>
    `${actor} created the run of workflow ${workflow.name} version ${workflow.version}.`,
  'run.claimed': ({ owner, leaseSeconds }) =>
    leaseSeconds === 0
      ? `${owner} claimed the run without a lease.`
      : `${owner} claimed the run for ${leaseSeconds} s at a time.`,
  'run.released': ({ because }, actor) =>
    because === 'RELEASED' ? `${actor} released the run.` : 'The lease of the owner expired.',
  'run.requeued': ({ because, notBefore, waitsFor, untilChildren }, actor) => {
    if (because === 'OWNER_LOST') return 'The owner was lost; the run waits for another.'
    if (untilChildren) return `${actor} released the run, which waits for its children.`
    const until = notBefore === undefined ? 'for an owner again' : `until ${notBefore} for its next owner`
    return `${actor} released the run, which waits ${until}${saying(waitsFor ?? null)}.`
  },
  'run.paused': ({ comment }, actor) => `${actor} paused the run${saying(comment)}.`,
  'run.resumed': ({ to, comment }, actor) =>
    `${actor} resumed the run, which ${STATUS_WORDS[to]}${saying(comment)}.`,
  'run.completed': (_, actor) => `${actor} completed the run.`,
  'run.failed': ({ reason, error }) => `The run failed, because ${REASON_WORDS[reason]}${saying(error)}.`,
  'run.cancel_requested': ({ comment }, actor) =>
    `${actor} asked to cancel the run${saying(comment)}; its owner has been told to stop.`,
  'run.cancelled': ({ confirmed, reason, comment }) =>
    `The run was cancelled, ${reason === 'CANCELLED_BY_USER' ? '' : 'because '}${REASON_WORDS[reason]}${saying(comment)}; its owner ${confirmed ? 'confirmed that its processes are gone' : 'did not confirm that its processes are gone'}.`,
  'run.expired': ({ reason }) => `The run expired, because ${REASON_WORDS[reason]}.`,
  'run.detached': ({ comment }, actor) => `${actor} detached the run from its parent${saying(comment)}.`,
  'round.opened': ({ round, initialPhase }) => `Round ${round} opened at phase ${initialPhase}.`,
  'round.completed': ({ round }, actor) => `${actor} completed round ${round}.`,
  'phase.started': ({ phase, attempt, repair, because }, actor) =>
    `${actor} started attempt ${attempt} of phase ${phase}${repair ? ' as a repair' : ''}${saying(because)}.`,
  'phase.completed': ({ phase, attempt }) => `Phase ${phase} was completed in attempt ${attempt}.`,
  'phase.failed': ({ phase, attempt, error }) =>
    `Attempt ${attempt} of phase ${phase} failed (${error.code})${saying(error.message)}.`,
  'execution.started': ({ command, phase }, actor) =>
    `${actor} launched ${shorten(command)}${phase === null ? '' : ` for phase ${phase}`}.`,
  'execution.finished': ({ exitCode, signal, end }) =>
    `A process ${END_WORDS[end]}${signal === null ? '' : ` by ${signal}`}${exitCode === null ? '' : ` with exit code ${exitCode}`}.`,
  'session.opened': ({ role, adapter }, actor) => `${actor} opened a session for ${role} through ${adapter}.`,
  'session.adopted': ({ adapter }, actor) => `${actor} holds the session, through ${adapter}.`,
  'session.changed': ({ to }) => `The agent ${SESSION_WORDS[to]}.`,
  'session.recovered': ({ recoveryAttempts }) =>
    `The agent was recovered${recoveryAttempts > 1 ? `, ${recoveryAttempts} times by now` : ''}.`,
  'prompt.sending': ({ phase, repair }) =>
    `A ${repair ? 'repair prompt' : 'prompt'} for phase ${phase} is being sent.`,
  'prompt.sent': ({ phase, repair }) =>
    `A ${repair ? 'repair prompt' : 'prompt'} for phase ${phase} was sent.`,
  'artifact.validated': ({ phase, path }) => `Phase ${phase} produced ${shorten(path)}, which is valid.`,
  'artifact.invalid': ({ phase, path, problems }) =>
    `Phase ${phase} produced ${shorten(path)}, which is not valid${saying(problems[0]?.message ?? null)}.`,
  'approval.requested': ({ gate, question, kind }) =>
    kind === 'PERMISSION'
      ? `The agent asks for permission: “${shorten(question)}”`
      : `A person is asked at ${gate}: “${shorten(question)}”`,
  'approval.decided': ({ decision, comment }, actor) =>
    `${actor} ${DECISION_WORDS[decision]}${saying(comment)}.`,
  'approval.expired': ({ onExpiry }) => `Nobody answered in time; ${EXPIRY_WORDS[onExpiry]}.`,
  'approval.withdrawn': ({ because }) => `The question is no longer asked: ${WITHDRAWN[because]}.`,
  'message.sent': ({ text, mode }, actor) =>
    `${actor} sent a message, to be read ${MODE_WORDS[mode]}${saying(text)}.`,
  'message.acknowledged': ({ receipt, mode }) =>
    `A message was ${receipt === 'CONSUMED' ? 'read by the agent' : 'delivered'}${mode ? ` ${MODE_WORDS[mode]}` : ''}.`,
  'child.settled': ({ runId, status }) => `The child ${runId} ${STATUS_WORDS[status]}.`,
  'child.started': ({ runId, epoch }, actor) =>
    `${actor} ${epoch === 1 ? 'started the child' : 'took up again the child'} ${runId}.`,
  'child.detached': ({ runId }, actor) => `${actor} detached the child ${runId}.`,
}

/** Returns one sentence for people about an event. */
export function summarizeEvent(event: RunEvent): string {
  const summarize = SUMMARIES[event.type] as Summarize<EventType>
  return summarize(event.payload, event.actor)
}

/** Formats a comment as the end of a sentence: on one line, without its trailing full stops. */
function saying(text: string | null): string {
  const said = text === null ? '' : shorten(text).replace(/\.+$/, '')
  return said === '' ? '' : `: ${said}`
}

const SHORT = 120

/** Shortens a text to one line. */
function shorten(text: string): string {
  return composeText(text.replace(/\s+/g, ' ').trim(), { max: SHORT })
}
