import type { ObjectRef } from '@pothos/core'
import type { Problem, ProblemOf, ProblemType } from '../../commands/kit/answers.ts'
import { liveClaim } from '../../lifecycle/run/run.ts'
import { builder, type SchemaTypes } from '../kit/builder.ts'
import { RunStatus } from '../enums/runEnums.ts'
import { codeOf, PROBLEM_MEANINGS, ProblemCode } from './problemCodes.ts'
import { LeaseRef, RunRef, WITHHELD_RUN } from '../kit/refs.ts'

/** The GraphQL types of problems, by problem type. */
export type Problems<T extends ProblemType> = { readonly [P in T]: ObjectRef<SchemaTypes, ProblemOf<P>> }

const ProblemInterface = builder.interfaceRef<Problem>('Problem').implement({
  description: 'Why something was refused, with the current state. Nothing was written.',
  fields: (t) => ({
    code: t.field({
      type: ProblemCode,
      description: 'Which problem it is, for programs.',
      resolve: ({ type }) => codeOf(type),
    }),
    message: t.exposeString('message', { description: 'What is wrong and what to do next, for a person.' }),
  }),
  resolveType: ({ type }) => type,
})

const RunProblemInterface = builder.interfaceRef<Problem>('RunProblem').implement({
  description: 'A problem about one run, with the current run.',
  interfaces: [ProblemInterface],
  fields: (t) => ({
    run: t.field({
      type: RunRef,
      nullable: true,
      description: WITHHELD_RUN,
      resolve: ({ run }) => run,
    }),
  }),
  resolveType: ({ type }) => type,
})

type Build<T extends ProblemType> = Parameters<
  ReturnType<typeof builder.objectRef<ProblemOf<T>>>['implement']
>[0]

/** Declares a problem. */
export function problem<T extends ProblemType>(type: T, fields: Build<T>['fields']) {
  return declare(type, fields, [ProblemInterface])
}

/** Declares a problem about a run, which it shows. */
export function runProblem<T extends ProblemType>(type: T, fields: Build<T>['fields']) {
  return declare(type, fields, [ProblemInterface, RunProblemInterface])
}

function declare<T extends ProblemType>(
  type: T,
  fields: Build<T>['fields'],
  interfaces: Build<T>['interfaces'],
) {
  const description = PROBLEM_MEANINGS[type]
  return builder.objectRef<ProblemOf<T>>(type).implement({ description, interfaces, fields } as Build<T>)
}

/** Returns the run of a problem that always has one. */
export function runOf({ type, run }: Problem) {
  if (!run) throw new Error(`${type} came without the run it is about`)
  return run
}

/** Fields shared by many problems. */
export const heldByField = {
  type: LeaseRef,
  nullable: true,
  description: 'The claim on it; null if nobody holds it.',
  resolve: (problem: Problem) => {
    if (!problem.run) return null
    const { run, now } = problem.run
    const claim = liveClaim(run.claim, now)
    return claim && { claim, now }
  },
} as const
export const statusField = { type: RunStatus, description: 'Its status now.' } as const
