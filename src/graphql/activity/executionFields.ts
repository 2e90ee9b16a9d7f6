import { z } from 'zod'
import {
  type ExecutionSuccess,
  finishExecution,
  startExecution,
  touchExecution,
} from '../../commands/activity/executions.ts'
import { OUTCOMES, REPORTED_ENDS } from '../../lifecycle/run/enums.ts'
import { builder } from '../kit/builder.ts'
import { checkArgs } from '../kit/checkArgs.ts'
import { FROM_EITHER_END, pageCost } from '../kit/connection.ts'
import { EXECUTIONS, readPage } from '../kit/cursors.ts'
import { ExecutionEnd, Outcome } from '../enums/runEnums.ts'
import { ExecutionConnection, readOutcome } from './execution.ts'
import { readExecutions, scanExecutions } from './executionPage.ts'
import {
  defaulted,
  defineInput,
  fence,
  flag,
  id,
  idempotencyKey,
  idOf,
  ifRevision,
  int,
  listOf,
  MAX_INT,
  name,
  required,
  oneOf,
  nonEmptyText,
} from '../kit/input.ts'
import { defineMutation, REPLAYED } from '../answers/mutation.ts'
import { ExecutionRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

const ExecutionFilterInput = defineInput(
  'ExecutionFilter',
  'Which executions to list; what is left out does not narrow.',
  {
    runId: idOf('run', 'Launched for this run'),
    outcomes: listOf(
      Outcome,
      OUTCOMES,
      'That came to any of these outcomes; one that is in flight has none.',
    ),
    isInFlight: flag('True: only those that have not ended; false: only those that have.'),
  },
)

const filterSchema = z.object({ filter: ExecutionFilterInput.schema.nullish() })

builder.queryField('executions', (t) =>
  t.field({
    type: ExecutionConnection,
    description:
      'Executions that you may see, the newest first. Filtered by outcome, a page may be short, or empty, with more to come: `isCut` says so.',
    args: {
      filter: t.arg({ type: ExecutionFilterInput.ref, description: 'Which executions; left out: all.' }),
      ...FROM_EITHER_END,
    },
    complexity: pageCost,
    extensions: statementCost(2),
    resolve: (_, args, context) => {
      const { filter } = checkArgs(filterSchema, args)
      const page = readPage(EXECUTIONS, args)
      const which = { runId: filter?.runId ?? null, inFlight: filter?.isInFlight ?? null }
      return filter?.outcomes
        ? scanExecutions(context, which, page, filter.outcomes)
        : readExecutions(context, which, page)
    },
  }),
)

/** What each command about a process says, besides the run and the fence. */
export const EXECUTION_STEPS = {
  startExecution: {
    phase: name('Key of the phase it works on, the current one; left out: the run as a whole.'),
    command: required(nonEmptyText(16_384, 'What was launched.')),
    pid: int(1, MAX_INT, 'Its process id on the machine it runs on.'),
  },
  finishExecution: {
    executionId: required(idOf('execution', 'The process that ended')),
    exitCode: int(
      -MAX_INT - 1,
      MAX_INT,
      'What the process returned, 0 where it went well; left out where a signal ended it.',
    ),
    signal: name('The signal that ended it, as `SIGTERM`.', 32),
    end: defaulted(
      oneOf(
        ExecutionEnd,
        REPORTED_ENDS,
        'How it ended: EXITED, CANCELLED, TIMED_OUT or IDLE. The other values are set by the server.',
      ),
      'EXITED',
    ),
  },
}

defineMutation('startExecution', {
  description:
    'Records a launched process, for a run or without one. An execution without a run belongs to the principal that recorded it.',
  input: defineInput('StartExecutionInput', 'A process that was launched.', {
    runId: id('The run it works for; if absent, none, or the run of an AGENT token.'),
    ...EXECUTION_STEPS.startExecution,
    fence,
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => startExecution(commands, caller, input),
  success: (t) => ({
    execution: t.field({
      type: ExecutionRef,
      description: 'The process as it is recorded.',
      resolve: ({ execution }: ExecutionSuccess) => execution,
    }),
    isReplayed: t.exposeBoolean('replayed', REPLAYED),
  }),
})

defineMutation('finishExecution', {
  description:
    'Records the end of a process: once, even after its run has settled, under the claim that it was started with or by an operator.',
  input: defineInput('FinishExecutionInput', 'The end of a process.', {
    ...EXECUTION_STEPS.finishExecution,
    fence: int(
      0,
      MAX_INT,
      'The claim it was started under, live or over. OPERATOR and ADMIN need none, nor does an AGENT token, which carries it.',
    ),
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => finishExecution(commands, caller, input),
  success: (t) => ({
    execution: t.field({
      type: ExecutionRef,
      description: 'The process as it is recorded.',
      resolve: ({ execution }: ExecutionSuccess) => execution,
    }),
    outcome: t.field({
      type: Outcome,
      nullable: true,
      description: 'Its outcome; null for an AGENT token whose claim is over.',
      resolve: ({ execution }, _, context) => readOutcome(execution, null, context),
    }),
    isReplayed: t.exposeBoolean('replayed', REPLAYED),
  }),
})

defineMutation('touchExecution', {
  description:
    'Heartbeat for an execution without a run, by the principal that started it. After a day without one (`orphanAfterSeconds`) it ends as SUPERVISOR_LOST; its actual end may still be reported.',
  input: defineInput('TouchExecutionInput', 'A heartbeat.', {
    executionId: required(idOf('execution', 'The process, which must not belong to a run')),
  }),
  run: ({ commands, caller }, { executionId }) => touchExecution(commands, caller, executionId),
  success: (t) => ({
    execution: t.field({
      type: ExecutionRef,
      description: 'The process as it is recorded.',
      resolve: ({ execution }: ExecutionSuccess) => execution,
    }),
  }),
})
