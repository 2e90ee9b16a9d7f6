import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TranscriptEntry } from '@pawl/sdk'
import { signalProcess } from '../../src/processes/processTable.ts'
import type { Answer, Script } from '../support/model/script.ts'
import type { Stage } from './stage.ts'

/** Something that an agent is seen to do under Pawl. */
export interface Scenario {
  /** As it stands in the table. */
  readonly ability: string
  /** Whether it is a part of the short run. */
  readonly isQuick: boolean
  /** The workflow of its run; default: the one that wants a file. */
  readonly workflow?: 'report'
  /** Plays it; throws where the agent fails. Returns what the table says besides. */
  play(stage: Stage, runId: string): Promise<string | void>
}

const RIGHT = '{"ok":true}\n'

/** What prompts say by which the script tells them apart. */
const REPAIR = /not right yet/
const AGAIN = /begun already/
const ANEW = /too long for its model/
const ANY = /TASK/

const write = (stage: Stage, text: string): Answer => ({
  think: 'A file is wanted.',
  say: 'I write the file.',
  use: [{ write: join(stage.workspace, 'out.json'), text }],
})

/** A long command, by which it is seen that one is under way. */
const longCommand = (seconds: number): Answer => ({
  say: 'I begin with something long.',
  use: [{ run: `touch started; sleep ${seconds}; touch finished` }],
})

const scenes = (...parts: readonly (readonly [RegExp, ...Answer[]])[]): Script =>
  parts.map(([prompt, ...answers]) => ({ prompt, answers }))

function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

/** Whether the model was last asked with what had been said before. */
function remembers({ model }: Stage): boolean {
  const prompts = model.asked
    .at(-1)
    ?.question.lines.filter((line) => line.by === 'user' && ANY.test(line.text))
  return (prompts?.length ?? 0) > 1
}

async function completed(stage: Stage, runId: string): Promise<void> {
  const { status } = await stage.until(runId, (run) => run.isSettled)
  check(status === 'COMPLETED', `the run ended ${status}`)
}

async function readTranscript({ server }: Stage, runId: string): Promise<TranscriptEntry[]> {
  const [session] = await server.pawl.sessions.list(runId)
  const entries: TranscriptEntry[] = []
  for await (const entry of server.pawl.sessions.transcript(session?.id ?? '')) entries.push(entry)
  return entries
}

export const SCENARIOS: readonly Scenario[] = [
  {
    ability: 'a file is refused, and repaired with memory',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(
        scenes(
          [REPAIR, write(stage, RIGHT), { say: 'Repaired.' }],
          [ANY, write(stage, '{}\n'), { say: 'Done.' }],
        ),
      )
      await stage.work()
      await completed(stage, runId)
      check(remembers(stage), 'the repair was asked for without memory')
    },
  },
  {
    ability: 'what it says is kept by its kind, with usage',
    isQuick: true,
    async play(stage, runId) {
      const used = { input: 1_000, cached: 400, output: 50 }
      stage.model.follow(
        scenes([ANY, { ...write(stage, RIGHT), usage: used }, { say: 'The file is written.', usage: used }]),
      )
      await stage.work()
      await completed(stage, runId)
      const entries = await readTranscript(stage, runId)
      const said = entries.flatMap((entry) => (entry.kind === 'MESSAGE' ? entry.text : []))
      check(said.includes('The file is written.'), `it said ${said.join(' / ')}`)
      const inputs = entries.flatMap((entry) => (entry.kind === 'USAGE' ? (entry.inputTokens ?? 0) : []))
      const input = inputs.reduce((sum, each) => sum + each, 0)
      // what is asked beside the work, as which model to take, counts as well
      check(input >= 2_000, `its usage is ${input} tokens`)
      const kinds = ['THOUGHT', 'TOOL_CALL', 'DIFF'].filter(
        (kind) => !entries.some((entry) => entry.kind === kind),
      )
      return kinds.length === 0 ? undefined : `without ${kinds.join(', ')}`
    },
  },
  {
    ability: 'worker and agent are killed; the next owner goes on with memory',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([AGAIN, write(stage, RIGHT), { say: 'Done.' }], [ANY, longCommand(300)]))
      const first = await stage.work()
      await stage.made('started')
      await first.kill()
      await stage.work()
      await completed(stage, runId)
      check(!existsSync(join(stage.workspace, 'finished')), 'the command of before was not ended')
      return remembers(stage) ? undefined : 'without memory'
    },
  },
  {
    ability: 'the agent alone is killed, and goes on with memory',
    isQuick: false,
    async play(stage, runId) {
      stage.model.follow(scenes([AGAIN, write(stage, RIGHT), { say: 'Done.' }], [ANY, longCommand(300)]))
      await stage.work()
      await stage.made('started')
      for (const pid of await stage.leftovers(runId)) signalProcess(pid, 'SIGKILL')
      await completed(stage, runId)
      return remembers(stage) ? undefined : 'without memory'
    },
  },
  {
    ability: 'cancelled in a command: nothing is left, by execution id',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([ANY, longCommand(300)]))
      await stage.work()
      await stage.made('started')
      check((await stage.leftovers(runId)).length > 0, 'its processes do not carry the execution id')
      await stage.server.pawl.runs.cancel(runId, {})
      const { status } = await stage.until(runId, (run) => run.status === 'CANCELLED')
      check(status === 'CANCELLED', `the run ended ${status}`)
      const left = await stage.leftovers(runId)
      check(left.length === 0, `processes ${left.join(', ')} are left`)
    },
  },
  {
    ability: '401 asks a person, and names the credential',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([ANY, { fail: { kind: 'UNAUTHORIZED' } }]))
      await stage.work()
      const { payload } = await stage.asked(runId)
      const { code } = payload as { code: string }
      check(code === 'AUTH', `the code is ${code}`)
    },
  },
  {
    ability: '429 is waited for, and spends no budget',
    isQuick: false,
    async play(stage, runId) {
      stage.model.follow(scenes([ANY, { fail: { kind: 'RATE_LIMITED', resetSeconds: 3_600 } }]))
      const { news } = await stage.work({ idleSeconds: 30 })
      const run = await stage.until(runId, ({ status, waitsFor }) => {
        return (
          (status === 'QUEUED' && waitsFor !== null) || news.some(({ kind }) => kind === 'model-waited-for')
        )
      })
      const waited = news.find((item) => item.kind === 'model-waited-for')
      check(waited?.code === 'RATE_LIMITED', `the code is ${waited?.code}`)
      const [phase] = run.phases
      check(phase?.attempts === 1, `${phase?.attempts} attempts`)
      const isKnown = Date.parse(waited.until) - Date.parse(run.asOf) > 3_000_000
      return isKnown ? undefined : 'it does not tell until when'
    },
  },
  {
    ability: 'a full context is begun anew, without memory',
    isQuick: false,
    async play(stage, runId) {
      stage.model.follow(
        scenes([ANEW, write(stage, RIGHT), { say: 'Done.' }], [ANY, { fail: { kind: 'CONTEXT_FULL' } }]),
      )
      await stage.work()
      await completed(stage, runId)
      check(!remembers(stage), 'it still had its memory')
    },
  },
  {
    ability: 'a long silent command is not taken for silence',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([ANY, longCommand(28), write(stage, RIGHT), { say: 'Done.' }]))
      await stage.work({ idleSeconds: 20 })
      await stage.made('started')
      await completed(stage, runId)
      check(existsSync(join(stage.workspace, 'finished')), 'the command was ended')
      const { phases } = await stage.run(runId)
      check(phases[0]?.attempts === 1, `${phases[0]?.attempts} attempts`)
    },
  },
  {
    ability: 'a phase without a file is ended through MCP',
    isQuick: false,
    workflow: 'report',
    async play(stage, runId) {
      const advance = { tool: 'pawl_phase_advance', input: { to: 'home' } }
      stage.model.follow(scenes([ANY, { say: 'I say that it is done.', use: [advance] }, { say: 'Said.' }]))
      await stage.work()
      await completed(stage, runId)
    },
  },
  {
    ability: 'a session that is not there is begun anew',
    isQuick: false,
    async play(stage, runId) {
      stage.model.follow(scenes([AGAIN, write(stage, RIGHT), { say: 'Done.' }], [ANY, longCommand(300)]))
      const first = await stage.work()
      await stage.made('started')
      await first.kill()
      // what the agent kept of its session is gone, as where it never came to keep it
      await stage.forget()
      await stage.work()
      await completed(stage, runId)
    },
  },
]
