import type { Asked } from '../../support/model/scriptedModel.ts'
import {
  ANY,
  check,
  completed,
  DONE,
  entriesOf,
  longCommand,
  memory,
  REPAIR,
  rewrite,
  scenes,
  write,
} from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** How a message is told apart that is sent in the middle of a turn. */
const HURRY = /HURRY/

/** Work that goes as it should. */
export const WORK: readonly Scenario[] = [
  {
    id: 'repair',
    ability: 'a file is refused, and repaired with memory',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(
        scenes([REPAIR, rewrite(stage), { say: 'Repaired.' }], [ANY, write(stage, '{}\n'), DONE]),
      )
      await stage.work()
      await completed(stage, runId)
      return memory(stage)
    },
  },
  {
    id: 'mcp',
    ability: 'a phase without a file is ended through MCP',
    isQuick: true,
    workflow: 'report',
    async play(stage, runId) {
      const advance = { tool: 'pawl_phase_advance', input: { to: 'home' } }
      stage.model.follow(scenes([ANY, { say: 'I say that it is done.', use: [advance] }, { say: 'Said.' }]))
      await stage.work()
      await completed(stage, runId)
    },
  },
  {
    id: 'transcript',
    ability: 'what it says is kept by its kind',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(
        scenes([
          ANY,
          // an agent without a plan has the command alone
          {
            say: 'I look.',
            think: 'First a plan.',
            use: [{ plan: ['Look', 'Write'] }, { run: 'echo seen' }],
          },
          write(stage),
          { say: 'The file is written.' },
        ]),
      )
      await stage.work()
      await completed(stage, runId)
      const entries = await entriesOf(stage, runId)
      const said = entries.flatMap((entry) => (entry.kind === 'MESSAGE' ? entry.text : []))
      for (const text of ['I look.', 'The file is written.'])
        check(
          said.some((each) => each.includes(text)),
          `it said ${said.join(' / ')}`,
        )
      const isKept = {
        THOUGHT: entries.some((entry) => entry.kind === 'THOUGHT' && entry.text.includes('First a plan.')),
        TOOL_CALL: entries.some((entry) => {
          return (
            entry.kind === 'TOOL_CALL' && entry.toolStatus === 'COMPLETED' && entry.toolKind === 'EXECUTE'
          )
        }),
        DIFF: entries.some((entry) => entry.kind === 'DIFF' && entry.path?.endsWith('out.json')),
        PLAN: entries.some((entry) => entry.kind === 'PLAN' && entry.steps?.length === 2),
      }
      const missing = Object.entries(isKept).flatMap(([kind, holds]) => (holds ? [] : kind))
      return missing.length === 0 ? undefined : `without ${missing.join(', ')}`
    },
  },
  {
    id: 'usage',
    ability: 'what it used is counted right',
    isQuick: true,
    async play(stage, runId) {
      const usage = { input: 1_000, cached: 400, output: 50 }
      stage.model.follow(
        scenes(
          [REPAIR, { ...rewrite(stage), usage }, { ...DONE, usage }],
          [ANY, { ...write(stage, '{}\n'), usage }, { ...DONE, usage }],
        ),
      )
      await stage.work()
      await completed(stage, runId)
      const entries = (await entriesOf(stage, runId)).filter((entry) => entry.kind === 'USAGE')
      check(entries.length > 0, 'it tells nothing')
      const told = {
        input: sumOf(entries.map(({ inputTokens }) => inputTokens)),
        cached: sumOf(entries.map(({ cachedTokens }) => cachedTokens)),
        output: sumOf(entries.map(({ outputTokens }) => outputTokens)),
      }
      // what is asked beside the work, as for a title, may count or not: it offers no tools, or is no part of the script
      const isForWork = ({ question }: Asked) => question.tools.length > 0
      const isScripted = (each: Asked) => each.usage?.input === usage.input
      const counted = [
        stage.heard.filter((each) => isForWork(each) && isScripted(each)),
        stage.heard.filter(isForWork),
        stage.heard.filter(isScripted),
        stage.heard,
      ].map((asked) => ({
        input: sumOf(asked.map((each) => each.usage?.input)),
        cached: sumOf(asked.map((each) => each.usage?.cached)),
        output: sumOf(asked.map((each) => each.usage?.output)),
      }))
      const figures = Object.keys(told) as (keyof typeof told)[]
      const missing = figures.filter((figure) => told[figure] === null)
      const isRight = counted.some((each) =>
        figures.every((figure) => told[figure] === null || told[figure] === each[figure]),
      )
      check(isRight, `it tells ${JSON.stringify(told)} and not ${JSON.stringify(counted[0])}`)
      return missing.length === 0 ? undefined : `without ${missing.join(', ')}`
    },
  },
  {
    id: 'steer',
    ability: 'a message reaches it in its turn, with a receipt',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([HURRY, write(stage), DONE], [ANY, longCommand(10), DONE]))
      const { news } = await stage.work()
      await stage.made(runId, 'started')
      await stage.server.pawl.messages.send(runId, 'HURRY up.')
      await completed(stage, runId)
      const receipts = news.flatMap((item) => (item.kind === 'message-taken' ? item.receipt : []))
      check(receipts.includes('CONSUMED'), `its receipts are ${receipts.join(', ') || 'none'}`)
      return receipts.includes('DELIVERED') ? undefined : 'with the next prompt'
    },
  },
  {
    id: 'silent',
    ability: 'a long command without a word is not taken for silence',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([ANY, longCommand(28), write(stage), DONE]))
      await stage.work({ idleSeconds: 20 })
      await completed(stage, runId)
      check(stage.has('finished'), 'the command was ended')
      const { phases } = await stage.run(runId)
      check(phases[0]?.attempts === 1, `${phases[0]?.attempts} attempts`)
    },
  },
]

/** The sum of what was told; null where nothing was. */
function sumOf(figures: readonly (number | null | undefined)[]): number | null {
  const told = figures.filter((figure) => typeof figure === 'number')
  return told.length === 0 ? null : told.reduce((sum, figure) => sum + figure, 0)
}
