import type { Pawl } from './client.ts'
import type * as g from './generated/graphql.ts'
import type { JsonInput } from './kit/json.ts'
import type { CallOptions } from './request/request.ts'
import type * as t from './request/types.ts'
import type { OwnedRun } from './worker/ownedRun.ts'
import type { Worker, WorkerOptions } from './worker/worker.ts'

/** A run whose input and output are of known types. */
export type TypedRun<Input, Output> = Omit<g.RunDetail, 'input' | 'output'> & {
  /** What it was started with. */
  readonly input: Input
  /** What it was completed with; null before. */
  readonly output: Output | null
}

/** The success of a start, with the run typed. */
type TypedStart<Input, Output> = Omit<g.StartRunSuccess, 'run'> & {
  /** The run that was started, or that the first request with the same key started. */
  readonly run: TypedRun<Input, Output>
}

/** What starting a run of a defined workflow answers with. */
export type TypedStartResult<Input, Output> =
  | TypedStart<Input, Output>
  | Exclude<t.StartRunResult, { readonly __typename: 'StartRunSuccess' }>

/** An owned run whose input and output are of known types. */
export type TypedOwnedRun<Input, Output> = Omit<OwnedRun, 'run' | 'complete'> & {
  /** The run as it was when it was claimed. */
  readonly run: TypedRun<Input, Output>
  /** Ends the run as COMPLETED if the server has all required evidence. */
  complete(
    fields: Omit<NonNullable<Parameters<OwnedRun['complete']>[0]>, 'output'> & { readonly output: Output },
  ): Promise<t.CompleteRunResult>
}

/** A workflow whose runs have an input and an output of known types. */
export interface DefinedWorkflow<Input extends JsonInput, Output extends JsonInput> {
  /** Its name on the server. */
  readonly name: string
  /** As `pawl.runs.start`. */
  start(
    pawl: Pawl,
    fields: Omit<t.Fields<g.StartRunInput, 'workflow'>, 'input'> & { readonly input: Input },
  ): Promise<TypedStartResult<Input, Output>>
  /** As `pawl.runs.get`; null also for a run of another workflow. */
  get(pawl: Pawl, runId: string, options?: CallOptions): Promise<TypedRun<Input, Output> | null>
  /** As `pawl.worker`, for runs of this workflow alone. */
  worker(
    pawl: Pawl,
    options: Omit<WorkerOptions, 'workflows'>,
    handler: (owned: TypedOwnedRun<Input, Output>) => Promise<void> | void,
  ): Worker
}

/**
 * Names the types of a workflow's input and output, which `start`, `get` and `worker` then have. The types are your
 * promise: the server keeps both as they come. A run that another program starts with something else arrives as it is.
 *
 * @param workflow its name, or its definition
 */
export function defineWorkflow<Input extends JsonInput, Output extends JsonInput>(
  workflow: string | { readonly name: string },
): DefinedWorkflow<Input, Output> {
  const name = typeof workflow === 'string' ? workflow : workflow.name
  return {
    name,
    start: async (pawl, fields) =>
      (await pawl.runs.start({ ...fields, workflow: name })) as TypedStartResult<Input, Output>,
    get: async (pawl, runId, options) => {
      const run = await pawl.runs.get(runId, options)
      return run?.workflow.name === name ? (run as unknown as TypedRun<Input, Output>) : null
    },
    worker: (pawl, options, handler) =>
      pawl.worker({ ...options, workflows: [name] }, (owned) =>
        handler(owned as unknown as TypedOwnedRun<Input, Output>),
      ),
  }
}
