import { ANEW, ANY, check, completed, DONE, entriesOf, memory, scenes, write } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** Errors of the agent's model. */
export const MODEL_ERRORS: readonly Scenario[] = [
  {
    id: '401',
    ability: '401 asks a person, and names the credential',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([ANY, { fail: { kind: 'UNAUTHORIZED' } }]))
      await stage.work()
      const { question, payload } = await stage.asked(runId)
      const { code } = payload as { code?: string }
      check(code === 'AUTH', `the code is ${code}: ${question}`)
      const { credential } = stage.agent
      check(
        JSON.stringify([question, payload]).includes(credential),
        `it does not name ${credential}: ${question}`,
      )
      // a transcript is whole when its run is over
      await stage.server.pawl.runs.cancel(runId, {})
      const entries = await entriesOf(stage, runId)
      return entries.some(({ kind }) => kind === 'ERROR') ? undefined : 'without ERROR in its transcript'
    },
  },
  {
    id: '429',
    ability: '429 is waited for until its reset, and spends no budget',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([ANY, { fail: { kind: 'RATE_LIMITED', resetSeconds: 3_600 } }]))
      const { news } = await stage.work({ idleSeconds: 40, startSeconds: 40 })
      // the end of a silent agent is recorded before the worker says what it makes of it
      const isOver = () =>
        news.some(({ kind }) => kind === 'model-waited-for' || kind === 'phase-failed') ||
        news.filter(({ kind }) => kind === 'prompt-sent').length > 1
      await stage.when(isOver)
      const run = await stage.run(runId)
      const waited = news.find((item) => item.kind === 'model-waited-for')
      check(waited !== undefined, 'it is ended as silent')
      check(waited.code === 'RATE_LIMITED', `the code is ${waited.code}`)
      check(run.phases[0]?.attempts === 1, `${run.phases[0]?.attempts} attempts`)
      if (Date.parse(waited.until) - Date.parse(run.asOf) < 3_000_000) return 'without the time of the reset'
      await stage.until(runId, ({ status, waitsFor }) => status === 'QUEUED' && waitsFor !== null)
    },
  },
  {
    id: 'context',
    ability: 'a full context is begun anew, without memory',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([ANEW, write(stage), DONE], [ANY, { fail: { kind: 'CONTEXT_FULL' } }]))
      await stage.work()
      await completed(stage, runId)
      check(memory(stage) !== undefined, 'it still had its memory')
    },
  },
]
