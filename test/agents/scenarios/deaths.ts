import { signalProcess } from '../../../src/processes/processTable.ts'
import { AGAIN, ANY, check, completed, DONE, longCommand, memory, scenes, write } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** Agents that are ended, or die, and what goes on after that. */
export const DEATHS: readonly Scenario[] = [
  {
    id: 'cancel',
    ability: 'cancelled in a command: nothing is left, by execution id',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([ANY, longCommand(300)]))
      await stage.work()
      await stage.made(runId, 'started')
      check((await stage.leftovers(runId)).length > 0, 'its processes do not carry the execution id')
      await stage.server.pawl.runs.cancel(runId, {})
      const { status } = await stage.until(runId, (run) => run.isSettled)
      check(status === 'CANCELLED', `the run ended ${status}`)
      const left = await stage.leftovers(runId)
      check(left.length === 0, `processes ${left.join(', ')} are left`)
    },
  },
  {
    id: 'takeover',
    ability: 'worker and agent are killed; the next owner goes on with memory',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([AGAIN, write(stage), DONE], [ANY, longCommand(300)]))
      const first = await stage.work()
      await stage.made(runId, 'started')
      await first.kill()
      await stage.work()
      await completed(stage, runId)
      check(!stage.has('finished'), 'the command of before was not ended')
      return memory(stage)
    },
  },
  {
    id: 'crash',
    ability: 'the agent alone is killed, and goes on with memory',
    isQuick: true,
    async play(stage, runId) {
      stage.model.follow(scenes([AGAIN, write(stage), DONE], [ANY, longCommand(300)]))
      await stage.work()
      await stage.made(runId, 'started')
      for (const pid of await stage.leftovers(runId)) signalProcess(pid, 'SIGKILL')
      await completed(stage, runId)
      return memory(stage)
    },
  },
  {
    id: 'forgotten',
    ability: 'a session that is not there any more is begun anew',
    isQuick: false,
    async play(stage, runId) {
      stage.model.follow(scenes([AGAIN, write(stage), DONE], [ANY, longCommand(300)]))
      const first = await stage.work()
      await stage.made(runId, 'started')
      await first.kill()
      // what the agent kept of its session is gone, as where it never came to keep it
      await stage.forget()
      await stage.work()
      await completed(stage, runId)
    },
  },
]
