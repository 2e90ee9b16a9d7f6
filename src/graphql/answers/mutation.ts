import type { FieldMap, ObjectFieldBuilder, UnionRef } from '@pothos/core'
import {
  type Problem,
  type ProblemType,
  refuse,
  type RefusedWith,
  type ResultOf,
} from '../../commands/kit/answers.ts'
import { checkRole } from '../../commands/kit/authorize.ts'
import type { ChangeSuccess } from '../../commands/run/changeRun.ts'
import { type PlainCommand, type PlainInput, runCommands } from '../../commands/run/runCommands.ts'
import { ContendedError } from '../../commands/kit/context.ts'
import { type CommandName, COMMANDS } from '../../lifecycle/run/commands.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { builder, type SchemaTypes } from '../kit/builder.ts'
import type { GraphContext } from '../request/context.ts'
import { failWith } from '../request/errors.ts'
import { type Input, readInput } from '../kit/input.ts'
import { MUTATION_COST } from '../kit/limits.ts'
import { applyDueRuns } from '../request/applyDueRuns.ts'
import { RunRef, WITHHELD_RUN } from '../kit/refs.ts'
import { PROBLEMS } from './problems.ts'

/** A resolver of a root field. */
type Resolver<Args, Out> = (parent: unknown, args: Args, context: GraphContext) => Promise<Out>

/** The success of a command. */
type Done = { readonly ok: true }

/** The definition of a mutation: its input, its use case, and its success. */
interface MutationOptions<N extends CommandName, In, Answer extends Done> {
  readonly description: string
  readonly input: Input<In>
  /** The use case; its refusals are limited to those that COMMANDS lists for the command. */
  readonly run: (context: GraphContext, input: In) => Promise<ResultOf<N, Answer>>
  /** The fields of the success. */
  readonly success: (t: ObjectFieldBuilder<SchemaTypes, Answer>) => FieldMap
  /** Where the success shows a run: the interface of those. */
  readonly interfaces?: SuccessInterfaces
}

type SuccessInterfaces = readonly [typeof RunSuccessRef]

/** The interface of successes that show a run; each of them resolves `run` by itself. */
export const RunSuccessRef = builder
  .interfaceRef<{ readonly run: LoadedRun; readonly withheld?: true }>('RunSuccess')
  .implement({
    description: 'The success of a command about a run, with that run.',
    fields: (t) => ({
      run: t.field({
        type: RunRef,
        nullable: true,
        description: WITHHELD_RUN,
        resolve: ({ run, withheld }) => (withheld ? null : run),
      }),
    }),
  })

/** Options of the field that says whether the answer replays an earlier request. */
export const REPLAYED = {
  description: 'Whether the answer repeats an earlier request with the same idempotency key.',
} as const

/**
 * Adds the mutation of a command, with the union `<Name>Result` of its success and all refusals that COMMANDS lists
 * for it.
 */
export function defineMutation<N extends CommandName, In, Answer extends Done>(
  name: N,
  { description, input, run, success, interfaces }: MutationOptions<N, In, Answer>,
): void {
  const result = defineResult(
    `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    `\`${name}\``,
    success,
    COMMANDS[name].refusals,
    interfaces,
  )
  builder.mutationField(name, (t) =>
    t.field({
      type: result,
      description,
      complexity: { field: MUTATION_COST },
      args: { input: t.arg({ type: input.ref, required: true, description: input.description }) },
      resolve: (async (_, args, context) => {
        context.reads.forget()
        // without permission for the command, the input is not even validated
        const denied = checkRole(context.caller, name)
        if (denied) return toMember<Answer>(denied, context)
        const read = readInput(input.schema, args.input)
        const answer = read.ok
          ? await applyingDue(context, () => mapContention(run(context, read.input)))
          : refuse({ type: 'InvalidInput', issues: read.issues })
        return toMember(answer, context)
      }) satisfies Resolver<{ readonly input: unknown }, Answer | Problem> as never,
    }),
  )
}

/** Adds the mutation of a plain command, whose use case follows from COMMANDS. */
export function defineRunMutation<N extends PlainCommand, In extends PlainInput<N>>(
  name: N,
  options: Omit<MutationOptions<N, In, ChangeSuccess>, 'run'>,
): void {
  defineMutation<N, In, ChangeSuccess>(name, {
    interfaces: [RunSuccessRef],
    ...options,
    // a plain command lists all that its use case can answer with
    run: ({ commands, caller }, input) => runCommands[name](commands, caller, input),
  })
}

/** Declares the union of a success and of problems. */
export function defineResult<Answer extends Done>(
  name: string,
  of: string,
  success: (t: ObjectFieldBuilder<SchemaTypes, Answer>) => FieldMap,
  problems: readonly ProblemType[],
  interfaces?: SuccessInterfaces,
) {
  const successName = `${name}Success`
  const Success = builder.objectRef<Answer>(successName).implement({
    description: `What ${of} answers when it is not refused.`,
    fields: success,
    interfaces: interfaces as never,
  })
  const union: unknown = builder.unionType(`${name}Result`, {
    description: `What ${of} answers: its success, or the problem that it was refused with.`,
    types: [Success, ...problems.map((type) => PROBLEMS[type])] as never[],
    resolveType: (member: Answer | Problem) => ('type' in member ? member.type : successName),
  })
  // Pothos can't infer the members from a list built at run time
  return union as UnionRef<SchemaTypes, Answer | Problem>
}

/** Returns the member of the result union for an answer. */
export function toMember<Answer extends Done>(
  answer: Answer | RefusedWith,
  { reads }: GraphContext,
): Answer | Problem {
  const member = answer.ok ? answer : answer.problem
  const { run } = member as { run?: LoadedRun | null }
  // with a snapshot, the answer shows the run as of that snapshot
  if (run && !reads.atOneMoment) reads.note(run)
  return member
}

/**
 * A replayed answer shows the current run. If something is due on that run, it is applied first and the command is
 * repeated, which changes nothing (G5, G7).
 */
async function applyingDue<Answer extends Done>(
  { commands, reads }: GraphContext,
  ask: () => Promise<Answer | RefusedWith>,
): Promise<Answer | RefusedWith> {
  const answer = await ask()
  const { replayed, run } = answer as { readonly replayed?: boolean; readonly run?: LoadedRun | null }
  if (!replayed || !run) return answer
  reads.note(run)
  return reads.due.has(run.run.id) && (await applyDueRuns(commands, [run])) ? ask() : answer
}

async function mapContention<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw error instanceof ContendedError ? failWith(error.code, error.message) : error
  }
}
