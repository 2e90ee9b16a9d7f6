import type { CommandOf, CommandType, Recovery } from '../../lifecycle/run/commandInputs.ts'
import { type CommandName, COMMANDS, type RefusalTypeOf } from '../../lifecycle/run/commands.ts'
import type { Json, PhaseError } from '../../lifecycle/run/run.ts'
import type { RefusedWith } from '../kit/answers.ts'
import { checkRole } from '../kit/authorize.ts'
import type { BesideDecision } from './changeOne.ts'
import { type ChangeRunResult, changeRun } from './changeRun.ts'
import { type Caller, type Commands, fenceOf, type Keyed, toRequest } from '../kit/context.ts'
import { NO_RELATIVES, presentRelatives } from './relatives.ts'

/** The input of a command about one run. */
export interface RunInput extends Keyed {
  readonly runId: string
}
/** A command of the run's owner or its agent. */
export interface DrivingInput extends RunInput {
  readonly fence?: number | null | undefined
}

/** What a request about a run takes from the input: its key, the revision that it is for, and what a replay is compared with. */
export function requestOf(input: Keyed) {
  const { idempotencyKey, ifRevision } = input
  return { idempotencyKey, ifRevision, request: toRequest(input) }
}

/**
 * A command that is one decision about one run: its entry in COMMANDS has `defaults`. One whose refusals lack what
 * every such command can be refused with does not compile.
 */
export type PlainCommand = {
  [N in CommandType]: (typeof COMMANDS)[N] extends { readonly defaults: object }
    ? BesideDecision extends RefusalTypeOf<N>
      ? N
      : never
    : never
}[CommandType]

type DefaultsOf<N extends PlainCommand> = (typeof COMMANDS)[N]['defaults']

/** The input of a plain command: its fields, where those with a default may be left out or null. */
export type PlainInput<N extends PlainCommand> = RunInput &
  Omit<CommandOf<N>, 'type' | keyof DefaultsOf<N>> & {
    readonly [F in keyof DefaultsOf<N> & keyof CommandOf<N>]?: CommandOf<N>[F] | null | undefined
  }

/** The use case of a plain command. It answers and throws as `changeRun`. */
export type PlainUseCase<N extends PlainCommand> = (
  commands: Commands,
  caller: Caller,
  input: PlainInput<N>,
) => Promise<ChangeRunResult<CommandOf<N>>>

/**
 * Derives the use case of a plain command: its input, completed by the defaults, is the command.
 *
 * @param checkMore further authorization besides the command's role; returns a refusal if the caller may not
 */
function deriveUseCase<N extends PlainCommand>(
  name: N,
  checkMore: (input: PlainInput<N>, caller: Caller) => RefusedWith<'Forbidden'> | undefined = () => undefined,
): PlainUseCase<N> {
  return (commands, caller, input) =>
    changeRun(commands, caller, {
      runId: input.runId,
      command: toCommand(name, input, caller),
      ...requestOf(input),
      authorize: () => checkMore(input, caller),
    })
}

/** The command that an input of a plain command asks for. */
export function toCommand<N extends PlainCommand>(
  name: N,
  input: PlainInput<N>,
  caller: Caller,
): CommandOf<N> {
  const {
    runId: _runId,
    idempotencyKey: _key,
    ifRevision: _revision,
    ...fields
  }: RunInput & { readonly fence?: number | null } = input
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))
  const command = { type: name, ...COMMANDS[name].defaults, ...given }
  const completed = 'fence' in command ? { ...command, fence: fenceOf(caller, command.fence) } : command
  // the types of the input and of the defaults add up to the command's
  return completed as unknown as CommandOf<N>
}

const isPlain = (name: CommandName): name is PlainCommand => 'defaults' in COMMANDS[name]

const derived = Object.fromEntries(
  (Object.keys(COMMANDS) as CommandName[]).filter(isPlain).map((name) => [name, deriveUseCase(name)]),
) as { readonly [N in PlainCommand]: PlainUseCase<N> }

/** The use cases of plain commands, by the command's name; what each does is said with its rule in `lifecycle/decide`. */
export const runCommands: { readonly [N in PlainCommand]: PlainUseCase<N> } = {
  ...derived,
  /** A resume with a claim also requires permission to claim. */
  resumeRun: deriveUseCase('resumeRun', (input, caller) =>
    input.claim ? checkRole(caller, 'claimRun') : undefined,
  ),
  /** If a cancel changed nothing, or not the children, the answer shows the current state of the children. */
  async cancelRun(commands, caller, input) {
    const answer = await derived.cancelRun(commands, caller, input)
    if (!answer.ok || answer.relatives !== NO_RELATIVES) return answer
    return { ...answer, relatives: await presentRelatives(commands, input.runId) }
  },
}

/** The failure of a phase, as its owner or agent reports it. */
export interface FailPhase extends DrivingInput {
  readonly phase: string
  readonly error: Omit<PhaseError, 'hint'> & { readonly hint?: string | null | undefined }
  readonly recovery?: RecoveryInput | null | undefined
}

/**
 * Records that the current phase failed; with `recovery`, a person is asked how to continue. Problems:
 * IllegalTransition, UnknownPhase, RunNotActive, LeaseLost.
 */
export function failPhase(
  commands: Commands,
  caller: Caller,
  input: FailPhase,
): Promise<ChangeRunResult<CommandOf<'failPhase'>>> {
  const command = toPhaseFailure(input, caller)
  return changeRun(commands, caller, { runId: input.runId, command, ...requestOf(input) })
}

/** The command that the input of `failPhase` asks for. */
export function toPhaseFailure(input: FailPhase, caller: Caller): CommandOf<'failPhase'> {
  const { phase, error, recovery } = input
  const fence = fenceOf(caller, input.fence)
  const stated = { ...error, hint: error.hint ?? null }
  return { type: 'failPhase', phase, error: stated, recovery: recovery ? toRecovery(recovery) : null, fence }
}

/** The recovery question that a failed phase puts to a person. */
export interface RecoveryInput {
  readonly gate: string
  readonly question: string
  readonly payload?: Json | undefined
  readonly sessionId?: string | null | undefined
  readonly expiresInSeconds?: number | null | undefined
}

function toRecovery({ gate, question, payload, sessionId, expiresInSeconds }: RecoveryInput): Recovery {
  return {
    gate,
    question,
    payload: payload ?? null,
    sessionId: sessionId ?? null,
    expiresInSeconds: expiresInSeconds ?? null,
  }
}
