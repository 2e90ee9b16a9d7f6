import type { Pawl, RunCommand, StoredRun } from '@pawl/sdk'
import { countOutcomes, type Outcomes } from '../../elements/outcomes.ts'

/** What can be done to many runs at once. */
export interface BulkAction {
  readonly command: RunCommand
  readonly verb: string
  /** What a question begins with; undefined: it is done without one. */
  readonly question: string | undefined
  readonly means: string
  perform(pawl: Pawl, runId: string): Promise<{ readonly __typename: string }>
}

export const BULK: readonly BulkAction[] = [
  {
    command: 'PAUSE',
    verb: 'Pause',
    question: undefined,
    means: '',
    perform: (pawl, id) => pawl.runs.pause(id),
  },
  {
    command: 'RESUME',
    verb: 'Resume',
    question: undefined,
    means: '',
    perform: (pawl, id) => pawl.runs.resume(id),
  },
  {
    command: 'CANCEL',
    verb: 'Cancel',
    question: 'Cancel',
    means: 'Once accepted, each ends Cancelled, with the runs below it, and can’t be resumed.',
    perform: (pawl, id) => pawl.runs.cancel(id, { isCascading: true }),
  },
  {
    command: 'DELETE',
    verb: 'Delete',
    question: 'Delete',
    means: 'Their logs, artifacts and transcripts are deleted with them. This can’t be undone.',
    perform: (pawl, id) => pawl.runs.delete(id),
  },
]

/** How many requests are under way at once. */
const AT_ONCE = 6

/** The runs among these that allow a command now. */
export function allowing(runs: readonly StoredRun[], command: RunCommand): readonly StoredRun[] {
  return runs.filter(({ allowedCommands }) => allowedCommands?.includes(command))
}

/** Performs an action on each run, some at once; returns what became of it. */
export async function performAll(
  pawl: Pawl,
  { perform }: BulkAction,
  runs: readonly StoredRun[],
): Promise<Outcomes> {
  const left = [...runs]
  const answers: ReturnType<BulkAction['perform']>[] = []
  const work = async () => {
    for (let run = left.shift(); run; run = left.shift()) {
      const answer = perform(pawl, run.id)
      answers.push(answer)
      await answer.catch(() => undefined)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return countOutcomes(answers)
}
