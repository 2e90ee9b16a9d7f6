import type { FieldMap, ObjectFieldBuilder, UnionRef } from '@pothos/core'
import {
  type Problem,
  type ProblemType,
  refuse,
  type Result,
  type ResultOf,
} from '../../commands/kit/answers.ts'
import { checkRole } from '../../commands/kit/authorize.ts'
import { ContendedError } from '../../commands/kit/context.ts'
import { type CommandName, COMMANDS } from '../../lifecycle/run/commands.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { builder, type SchemaTypes } from '../kit/builder.ts'
import type { GraphContext } from '../request/context.ts'
import { failWith } from '../request/errors.ts'
import { type Input, readInput } from '../kit/input.ts'
import { MUTATION_COST } from '../kit/limits.ts'
import { applyDueRuns } from '../request/applyDueRuns.ts'
import { PROBLEMS } from './problems.ts'

/** A resolver of a root field. */
type Resolver<Args, Out> = (parent: unknown, args: Args, context: GraphContext) => Promise<Out>

/** What a command answers with where it was done. */
type Done = { readonly ok: true }

/** One mutation: what comes in, what is done with it, what is answered. */
interface MutationOptions<N extends CommandName, In, Answer extends Done> {
  readonly description: string
  readonly input: Input<In>
  /** The use case, which is refused with nothing that COMMANDS does not list for the command. */
  readonly run: (context: GraphContext, input: In) => Promise<ResultOf<N, Answer>>
  /** What the success says. */
  readonly success: (t: ObjectFieldBuilder<SchemaTypes, Answer>) => FieldMap
}

/** Options of the field that tells whether the answer is that of an earlier request. */
export const REPLAYED = {
  description: 'Whether it was done before, under the same idempotency key.',
} as const

/** Adds the mutation of a command, with the union `<Name>Result` of its success and of all that COMMANDS has it refused with. */
export function defineMutation<N extends CommandName, In, Answer extends Done>(
  name: N,
  { description, input, run, success }: MutationOptions<N, In, Answer>,
): void {
  const result = defineResult(
    `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    `\`${name}\``,
    success,
    COMMANDS[name].refusals,
  )
  builder.mutationField(name, (t) =>
    t.field({
      type: result,
      description,
      complexity: { field: MUTATION_COST },
      args: { input: t.arg({ type: input.ref, required: true, description: 'What is asked for.' }) },
      resolve: (async (_, args, context) => {
        context.reads.forget()
        // what may not be done at all is not looked at either
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

/** The union of a success and of problems. */
export function defineResult<Answer extends Done>(
  name: string,
  of: string,
  success: (t: ObjectFieldBuilder<SchemaTypes, Answer>) => FieldMap,
  problems: readonly ProblemType[],
  successName = `${name}Success`,
) {
  const Success = builder
    .objectRef<Answer>(successName)
    .implement({ description: `What ${of} answers with where it was done.`, fields: success })
  const union: unknown = builder.unionType(`${name}Result`, {
    description: `What ${of} answers with.`,
    types: [Success, ...problems.map((type) => PROBLEMS[type])] as never[],
    resolveType: (member: Answer | Problem) => ('type' in member ? member.type : successName),
  })
  // Pothos can't tell what a list of members that it does not see one by one is made of
  return union as UnionRef<SchemaTypes, Answer | Problem>
}

/** The member of the result that an answer is. */
export function toMember<Answer extends Done>(
  answer: Result<Answer>,
  { reads }: GraphContext,
): Answer | Problem {
  const member = answer.ok ? answer : answer.problem
  const { run } = member as { run?: LoadedRun | null }
  // at a snapshot, what is shown is what the snapshot has
  if (run && !reads.atOneMoment) reads.note(run)
  return member
}

/**
 * An answer that was given before shows the run as it is now: where something is due on it, that comes first, and the
 * same is asked once more, which changes nothing (G5, G7).
 */
async function applyingDue<Answer extends Done>(
  { commands, reads }: GraphContext,
  ask: () => Promise<Result<Answer>>,
): Promise<Result<Answer>> {
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
