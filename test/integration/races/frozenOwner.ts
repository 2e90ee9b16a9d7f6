/**
 * An owner in a process of its own, to be frozen and thawed: claims a run, tells so on stdout, and on each line of
 * stdin makes every write an owner can make, under the fence it was given, telling what was answered to each.
 */
import { createInterface } from 'node:readline'
import type { PoolConfig } from 'pg'
import { claimRun } from '../../../src/commands/run/claimRun.ts'
import { startExecution } from '../../../src/commands/activity/executions.ts'
import { renewLease } from '../../../src/commands/run/renewLease.ts'
import { failPhase, runCommands as runs } from '../../../src/commands/run/runCommands.ts'
import { openStore } from '../../../src/store/sql/openStore.ts'
import { CALLERS, toCommands } from '../../support/callers.ts'

const { poolConfig, runId, leaseSeconds } = JSON.parse(process.argv[2] ?? '{}') as {
  poolConfig: PoolConfig
  runId: string
  leaseSeconds: number
}
const store = openStore({ ...poolConfig, max: 2 })
const commands = toCommands(store)
const { worker } = CALLERS
const tell = (message: object) => console.log(JSON.stringify(message))

const claimed = await claimRun(commands, worker, { runId, owner: 'frozen', leaseSeconds })
if (!claimed.ok) throw new Error(claimed.problem.message)
const { fence } = claimed.run.run
tell({ fence })

const held = { runId, fence }
const error = { class: 'RECOVERABLE', code: 'E', message: 'm', hint: null } as const
const WRITES = {
  renewLease: () => renewLease(commands, worker, held),
  startPhase: () => runs.startPhase(commands, worker, { ...held, phase: 'work' }),
  repairPhase: () => runs.startPhase(commands, worker, { ...held, phase: 'work', isRepair: true }),
  failPhase: () => failPhase(commands, worker, { ...held, phase: 'work', error }),
  advancePhase: () => runs.advancePhase(commands, worker, { ...held, to: 'work' }),
  completeRound: () => runs.completeRound(commands, worker, held),
  startExecution: () => startExecution(commands, worker, { ...held, command: 'late agent' }),
  completeRun: () => runs.completeRun(commands, worker, { ...held, output: 'late' }),
  failRun: () => runs.failRun(commands, worker, { ...held, error: 'late' }),
  confirmCancel: () => runs.confirmCancel(commands, worker, held),
  releaseRun: () => runs.releaseRun(commands, worker, held),
}

for await (const _line of createInterface({ input: process.stdin })) {
  const answers: Record<string, string> = {}
  for (const [name, write] of Object.entries(WRITES)) {
    const answer = await write()
    answers[name] = answer.ok ? 'accepted' : answer.problem.type
  }
  tell({ answers })
}
await store.close()
