import type { CommandOf } from '../../lifecycle/run/commandInputs.ts'
import { STEPS, type StepName } from '../../lifecycle/run/commands.ts'
import type { Run } from '../../lifecycle/run/run.ts'
import { type RefusedWith, type RunSuccess, type StepRows, refuse } from '../kit/answers.ts'
import type { Caller, Commands } from '../kit/context.ts'
import {
  type DrivingInput,
  type FailPhase,
  type PlainCommand,
  type PlainInput,
  toCommand,
  toPhaseFailure,
} from '../run/runCommands.ts'
import { presentArtifact, prepareSubmission, type SubmitArtifact } from './artifacts.ts'
import {
  checkFinisher,
  type FinishExecution,
  presentExecution,
  type StartExecution,
  startedBy,
  toFinish,
  toStart,
} from './executions.ts'
import {
  type OpenSession,
  pickSession,
  presentOpened,
  type RecordPrompt,
  toOpening,
  toPrompt,
  toUpdate,
  type UpdateSession,
} from './sessions.ts'

/** The inputs of the commands that are not plain. */
interface Inputs {
  readonly failPhase: FailPhase
  readonly startExecution: StartExecution
  readonly finishExecution: FinishExecution
  readonly openSession: OpenSession
  readonly updateSession: UpdateSession
  readonly recordPrompt: RecordPrompt
  readonly submitArtifact: SubmitArtifact
}

type InputOf<N extends StepName> = N extends keyof Inputs
  ? Inputs[N]
  : N extends PlainCommand
    ? PlainInput<N>
    : never

/** The input of a step: that of its command without what all steps share. */
export type StepInput<N extends StepName> = Omit<
  InputOf<N>,
  'runId' | 'fence' | 'idempotencyKey' | 'ifRevision'
>

/** One step: exactly one command with its input. */
export type DriveStep = { readonly [N in StepName]?: StepInput<N> | null | undefined }

/** A step that is ready to be decided. */
export interface PreparedStep<N extends StepName = StepName> {
  readonly command: CommandOf<N>
  /** What was asked for, which a repeated request is compared with. */
  readonly asked: object
  /** Further authorization, based on the current run. */
  readonly authorize?: (run: Run) => RefusedWith<'Forbidden'> | undefined
  /** Contents of the submitted artifact, by its id. */
  readonly contents?: ReadonlyMap<string, string>
  /** Returns the rows that it was about, once it was taken. */
  readonly present?: (answer: RunSuccess) => Promise<StepRows>
}

type Prepared<N extends StepName> =
  | Omit<PreparedStep<N>, 'asked'>
  | RefusedWith<'InvalidInput' | 'NotFound' | 'Forbidden'>

/** How the command of each step is made of its input, with what it needs besides. */
const PREPARE: {
  readonly [N in StepName]: (
    commands: Commands,
    caller: Caller,
    input: InputOf<N> & { readonly runId: string },
  ) => Prepared<N> | Promise<Prepared<N>>
} = {
  startPhase: plain('startPhase'),
  advancePhase: plain('advancePhase'),
  completeRound: plain('completeRound'),
  completeRun: plain('completeRun'),
  failRun: plain('failRun'),
  failPhase: (_, caller, input) => ({ command: toPhaseFailure(input, caller) }),
  startExecution: (commands, caller, input) => ({
    command: toStart(input, caller),
    present: async (answer) => ({
      execution: await presentExecution(commands, startedBy(answer), answer.run),
    }),
  }),
  finishExecution: (commands, caller, input) => ({
    command: toFinish(input),
    authorize: (run) => checkFinisher(caller, run, input),
    present: async ({ run }) => ({ execution: await presentExecution(commands, input.executionId, run) }),
  }),
  openSession: (commands, caller, input) => ({
    command: toOpening(input, caller),
    present: async (answer) => ({ session: await presentOpened(commands, answer, input.role) }),
  }),
  updateSession: (_, caller, input) => ({
    command: toUpdate(input, caller),
    present: async ({ run }) => ({ session: pickSession(run.run, input.sessionId) }),
  }),
  recordPrompt: (_, caller, input) => ({
    command: toPrompt(input, caller),
    present: async ({ run }) => ({ session: pickSession(run.run, input.sessionId) }),
  }),
  submitArtifact: async (commands, caller, input) => {
    const prepared = await prepareSubmission(commands, caller, input)
    if ('problem' in prepared) return prepared
    const { command, contents } = prepared
    return {
      command,
      contents,
      present: async (answer) => ({ artifact: await presentArtifact(commands, answer, command) }),
    }
  },
}

function plain<N extends StepName & PlainCommand>(name: N) {
  return (_: Commands, caller: Caller, input: PlainInput<N>) => ({ command: toCommand(name, input, caller) })
}

/** Makes the command of a step, about the run and by the fence of the request. */
export async function prepareStep(
  commands: Commands,
  caller: Caller,
  { runId, fence }: DrivingInput,
  given: DriveStep,
): Promise<PreparedStep | RefusedWith<'InvalidInput' | 'NotFound' | 'Forbidden'>> {
  const name = STEPS.find((each) => given[each] != null)
  if (name === undefined)
    return refuse({ type: 'InvalidInput', issues: [{ path: [], message: 'has no command' }] })
  // the input is that of the command with this name
  const prepare = PREPARE[name] as (
    commands: Commands,
    caller: Caller,
    input: object,
  ) => Promise<Prepared<StepName>>
  const prepared = await prepare(commands, caller, { ...given[name], runId, fence })
  return 'problem' in prepared ? prepared : { ...prepared, asked: askedOf(given, prepared) }
}

/** What was asked for, with the hash of a file instead of its content. */
function askedOf(given: DriveStep, { command }: Omit<PreparedStep, 'asked'>): object {
  if (command.type !== 'submitArtifact' || !given.submitArtifact) return given
  return { submitArtifact: { ...given.submitArtifact, content: command.sha256 } }
}
