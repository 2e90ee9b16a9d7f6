import type { ObjectRef } from '@pothos/core'
import type { Problem, ProblemOf, ProblemType } from '../../commands/kit/answers.ts'
import { liveClaim } from '../../lifecycle/run/run.ts'
import { builder, type SchemaTypes } from '../kit/builder.ts'
import { RunStatus } from '../enums/runEnums.ts'
import { LeaseRef, RunRef, WITHHELD_RUN } from '../kit/refs.ts'

/** The GraphQL types of problems, by problem type. */
export type Problems<T extends ProblemType> = { readonly [P in T]: ObjectRef<SchemaTypes, ProblemOf<P>> }

/** The fields common to all problems of a result. */
const ProblemInterface = builder.interfaceRef<Problem>('Problem').implement({
  description: 'Why a mutation was refused, with the current state. Nothing was written.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What is wrong and what to do next, for a person.' }),
  }),
  resolveType: ({ type }) => type,
})

type Build<T extends ProblemType> = Parameters<
  ReturnType<typeof builder.objectRef<ProblemOf<T>>>['implement']
>[0]

/** Declares a problem. */
export function problem<T extends ProblemType>(type: T, description: string, fields: Build<T>['fields']) {
  return builder
    .objectRef<ProblemOf<T>>(type)
    .implement({ description, interfaces: [ProblemInterface], fields } as Build<T>)
}

/** Returns the run of a problem that always has one. */
export function runOf({ type, run }: Problem) {
  if (!run) throw new Error(`${type} came without the run it is about`)
  return run
}

/** Fields shared by many problems. */
export const runField = {
  type: RunRef,
  nullable: true,
  description: WITHHELD_RUN,
  resolve: ({ run }: Problem) => run,
} as const
export const holderField = {
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
