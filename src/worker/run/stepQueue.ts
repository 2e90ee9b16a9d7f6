import { PawlProblem } from '@pawl/sdk'
import type { DriveRunResult, RunStep, SuccessOf } from '@pawl/sdk'

/** A step that the server has taken. */
export type TakenStep = SuccessOf<DriveRunResult>['steps'][number]

/** How steps are sent. */
export interface StepOptions {
  /** Revision that the caller's decision is based on: they are refused where the run has another. */
  readonly ifRevision?: number
  /** Whether they may wait a little for others, to be sent together with them. Default false. */
  readonly isPatient?: boolean
}

/** Sends steps in one request, which takes those before the first refusal. */
export type SendSteps = (
  steps: readonly RunStep[],
  options: { readonly ifRevision?: number; readonly isAtomic: false },
) => Promise<DriveRunResult>

/** Steps that were given together. */
interface Group {
  readonly steps: readonly RunStep[]
  readonly options: StepOptions
  /** Resolves the answer to each step. */
  readonly resolve: ((step: TakenStep) => void)[]
  /** Rejects the answers that are still awaited. */
  readonly reject: ((error: unknown) => void)[]
}

/** How long patient steps wait at most, in milliseconds: longer than it takes to start a process, or to judge its work. */
const PATIENCE_MS = 1_000

/** Most steps that a server takes in one request. */
const MAX_STEPS = 20

/**
 * The steps of one owner, in the order in which they were given: those that wait at the same time are sent in one request, and one request
 * is under way at a time. So what is given while a request is under way costs no request of its own.
 */
export class StepQueue {
  readonly #send: SendSteps
  readonly #waiting: Group[] = []
  #isSending = false
  #isOverdue = false
  #timer: NodeJS.Timeout | undefined

  constructor(send: SendSteps) {
    this.#send = send
  }

  /**
   * Sends steps in their order, none after one that was refused.
   *
   * @returns the answer to each: the step as it was taken. It rejects with a PawlProblem that holds its refusal or that of the one before it
   */
  take(steps: readonly RunStep[], options: StepOptions = {}): Promise<TakenStep>[] {
    const group: Group = { steps, options, resolve: [], reject: [] }
    const answers = steps.map(
      () =>
        new Promise<TakenStep>((resolve, reject) => {
          group.resolve.push(resolve)
          group.reject.push(reject)
        }),
    )
    // who awaits one of them need not await the others
    for (const answer of answers) answer.catch(() => undefined)
    this.#waiting.push(group)
    if (options.isPatient) this.#wait()
    // what else is given in this turn of the event loop goes with it
    else setImmediate(() => void this.#sendAll())
    return answers
  }

  /** Has what waits sent after a while, whatever is given until then. */
  #wait(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#isOverdue = true
      void this.#sendAll()
    }, PATIENCE_MS)
  }

  async #sendAll(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    while (this.#isOverdue || this.#waiting.some(({ options }) => !options.isPatient)) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#isOverdue = false
      const groups = this.#nextRequest()
      if (groups.length === 0) break
      try {
        const answer = await this.#send(...toRequest(groups))
        // those after one that was refused are sent again
        this.#waiting.unshift(...settle(groups, answer))
      } catch (error) {
        for (const group of groups) refuse(group, error)
      }
    }
    this.#isSending = false
    if (this.#waiting.length > 0) this.#wait()
  }

  /** Takes the groups of the next request off the queue: as many as fit, of which one may name a revision. */
  #nextRequest(): Group[] {
    const groups: Group[] = []
    let count = 0
    for (const group of this.#waiting) {
      count += group.steps.length
      const isSecond = isConditional(group) && groups.some(isConditional)
      if (groups.length > 0 && (count > MAX_STEPS || isSecond)) break
      groups.push(group)
    }
    return this.#waiting.splice(0, groups.length)
  }
}

function isConditional({ options }: Group): boolean {
  return options.ifRevision !== undefined
}

function toRequest(groups: readonly Group[]): Parameters<SendSteps> {
  const ifRevision = groups.find(isConditional)?.options.ifRevision
  const steps = groups.flatMap((group) => group.steps)
  return [steps, { isAtomic: false, ...(ifRevision !== undefined && { ifRevision }) }]
}

/** Settles the groups that an answer is about, and returns the others, which were not taken because of it. */
function settle(groups: readonly Group[], answer: DriveRunResult): readonly Group[] {
  switch (answer.__typename) {
    case 'DriveRunSuccess':
      accept(groups, answer.steps)
      return []
    case 'StepRefused':
      accept(groups, answer.steps)
      return refuseFrom(groups, answer.step, answer.refusal)
    case 'RevisionConflict':
      return refuseOne(groups, groups.findIndex(isConditional), answer)
    case 'InvalidInput':
      // such as a file that is larger than the server takes: nothing of the request was taken
      return refuseOne(groups, placeOf(groups, Number(answer.issues[0]?.path[1])), answer)
    default:
      return refuseOne(groups, -1, answer)
  }
}

function accept(groups: readonly Group[], taken: readonly TakenStep[]): void {
  const resolve = groups.flatMap((group) => group.resolve)
  for (const [place, step] of taken.entries()) resolve[place]?.(step)
}

/** Refuses the group of this step, and returns those after it. */
function refuseFrom(groups: readonly Group[], step: number, refusal: Refusal): readonly Group[] {
  const place = placeOf(groups, step)
  return refuseOne(groups, place, refusal).slice(Math.max(0, place))
}

/** Refuses the group at a place, and returns the others; all where it is not known which one is meant. */
function refuseOne(groups: readonly Group[], place: number, refusal: Refusal): readonly Group[] {
  const problem = new PawlProblem({ message: `The server answered ${refusal.__typename}`, ...refusal })
  const meant = groups[place]
  for (const group of meant ? [meant] : groups) refuse(group, problem)
  return meant ? groups.filter((group) => group !== meant) : []
}

type Refusal = { readonly __typename: string }

/** Rejects the answers of a group that are still awaited. */
function refuse({ reject }: Group, error: unknown): void {
  for (const each of reject) each(error)
}

/** The place of the group with this step; -1 if there is none. */
function placeOf(groups: readonly Group[], step: number): number {
  let first = 0
  return groups.findIndex(({ steps }) => (first += steps.length) > step)
}
