import type { Pool } from 'pg'
import type { Command } from '../../src/lifecycle/run/commandInputs.ts'
import type { BenchDatabase } from '../benchCluster.ts'
import { LEASE_SECONDS } from '../benchWorkflow.ts'
import { RunRecording, send, type Statement } from './recordStatements.ts'
import { type Load, RUNS_EACH } from './load.ts'

const OWNER = { owner: 'bench', leaseSeconds: LEASE_SECONDS }
const FENCE = 1

/** The first phase's first attempt, or another one. */
export function startPlan(repair: boolean): Command {
  return {
    type: 'startPhase',
    phase: 'plan',
    isRepair: repair,
    because: repair ? 'again' : null,
    fence: FENCE,
  }
}

/** Single guarded mutations: only the statements of their load and apply. */
export function driveMutations({ store, workflow }: BenchDatabase): Load {
  const recordings: RunRecording[][] = []
  return prepareLoad(store.pool, async (client, turn) => {
    const own = (recordings[client] ??= [])
    const recording = own[turn % RUNS_EACH] ?? (await openRun(store.pool, new RunRecording(store, workflow)))
    own[turn % RUNS_EACH] = recording
    return recording.command('startPhase', startPlan(true))
  })
}

/** Whole runs from start to completion: only the statements of each load and apply. */
export function driveLifecycles({ store, workflow }: BenchDatabase): Load {
  return prepareLoad(store.pool, async () => {
    const recording = new RunRecording(store, workflow)
    return [
      ...(await recording.start()),
      ...(await recording.command('claimRun', { type: 'claimRun', ...OWNER })),
      ...(await recording.command('startPhase', startPlan(false))),
      ...(await recording.command('advancePhase', advance('build'))),
      ...(await recording.command('advancePhase', advance('done'))),
      ...(await recording.command('completeRun', {
        type: 'completeRun',
        output: null,
        fence: FENCE,
        ifRevision: null,
      })),
    ]
  })
}

const advance = (to: string): Command => ({ type: 'advancePhase', to, fence: FENCE, ifRevision: null })

/** A claimed run whose first phase is running. */
async function openRun(pool: Pool, recording: RunRecording): Promise<RunRecording> {
  await send(pool, await recording.start())
  await send(pool, await recording.command('claimRun', { type: 'claimRun', ...OWNER }))
  await send(pool, await recording.command('startPhase', startPlan(false)))
  return recording
}

/** Statements are recorded beforehand: the measurement only sends them. */
function prepareLoad(pool: Pool, recordNext: (client: number, turn: number) => Promise<Statement[]>): Load {
  const prepared: Statement[][][] = []
  return {
    prepare: async ({ clients, each }) => {
      for (let client = 0; client < clients; client++) {
        const own: Statement[][] = []
        for (let turn = 0; turn < each; turn++) own.push(await recordNext(client, turn))
        prepared[client] = own
      }
    },
    act: async (client, turn) => {
      const statements = prepared[client]?.[turn]
      if (!statements) throw new Error('nothing was prepared for this turn')
      await send(pool, statements)
    },
  }
}
