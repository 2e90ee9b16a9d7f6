import { join } from 'node:path'
import { foldTranscript } from '@pawl/sdk'
import type { FoldedEntry } from '@pawl/sdk'
import type { Answer, Script } from '../../support/model/script.ts'
import type { Stage } from '../stage.ts'

/** Something that an agent is seen to do under Pawl. */
export interface Scenario {
  /** By which it is chosen. */
  readonly id: string
  /** As it stands in the table. */
  readonly ability: string
  /** Whether it is a part of the short run. */
  readonly isQuick: boolean
  /** The workflow of its run; default: the one that wants a file. */
  readonly workflow?: 'report'
  /** Whether only agents are tried with it that are hosted over the Agent Client Protocol. */
  readonly needsAcp?: boolean
  /** Plays it; throws where the agent fails. Returns what is missing of it, where that is less than all. */
  play(stage: Stage, runId: string): Promise<string | void>
}

/** What prompts say by which the script tells them apart. */
export const REPAIR = /not correct yet/
export const AGAIN = /started already/
export const ANEW = /too long for its model/
export const ANY = /TASK/

/** Writes the file that is wanted. */
export const write = ({ workspace }: Stage, text = '{"ok":true}\n'): Answer => ({
  think: 'A file is wanted.',
  say: 'I write the file.',
  use: [{ write: join(workspace, 'out.json'), text }],
})

/** Writes it anew, by a command: some agents overwrite no file that they have not read in this session. */
export const rewrite = ({ workspace }: Stage): Answer => ({
  think: 'A file is wanted.',
  say: 'I correct the file.',
  use: [{ run: `echo '{"ok":true}' > ${join(workspace, 'out.json')}` }],
})

export const DONE: Answer = { say: 'Done.' }

/** A long command, by which it is seen that one is under way. */
export const longCommand = (seconds: number): Answer => ({
  say: 'I begin with something long.',
  use: [{ run: `touch started; sleep ${seconds}; touch finished` }],
})

/** What the model does, by what its prompt says; the first that fits counts. */
export const scenes = (...parts: readonly (readonly [RegExp, ...Answer[]])[]): Script =>
  parts.map(([prompt, ...answers]) => ({ prompt, answers }))

export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

/** What is missing where the agent went on without its memory. */
export function memory({ heard }: Stage): string | undefined {
  const prompts = heard
    .filter(({ question }) => question.tools.length > 0)
    .at(-1)
    ?.question.lines.filter((line) => line.by === 'user' && ANY.test(line.text))
  return (prompts?.length ?? 0) > 1 ? undefined : 'without memory'
}

export async function completed(stage: Stage, runId: string): Promise<void> {
  const { status } = await stage.until(runId, (run) => run.isSettled)
  check(status === 'COMPLETED', `the run ended ${status}`)
}

/** What the agents of a run have said, with updates where they belong. */
export async function entriesOf(stage: Stage, runId: string): Promise<readonly FoldedEntry[]> {
  return foldTranscript(await stage.transcript(runId))
}
