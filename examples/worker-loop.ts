/**
 * Claims runs of the workflow `review`, two at a time, and goes through their phases. The worker keeps the lease; the work
 * only has to stop when its signal says so.
 *
 *     npx tsx examples/worker-loop.ts
 *
 * Ctrl-C lets runs under way finish for five seconds, then gives them back.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createPawl, unwrap } from '@pawl/sdk'
import type { OwnedRun } from '@pawl/sdk'

const pawl = createPawl()

const worker = pawl.worker({ owner: 'worker-loop', workflows: ['review'], concurrency: 2 }, drive)
console.log('waiting for runs')
process.once('SIGINT', () => void worker.stop({ timeoutMs: 5_000 }))
process.once('SIGTERM', () => void worker.stop({ timeoutMs: 5_000 }))
await worker.finished

/** Drives one run: what it does in each phase is its own affair, that it reports each phase is everybody's. */
async function drive(owned: OwnedRun): Promise<void> {
  console.log(`claimed ${owned.run.id}`)
  let phase = owned.run.currentPhase
  if (phase?.status === 'PENDING') phase = unwrap(await owned.phases.start(phase.key)).phase
  while (phase && !phase.isFinalPhase) {
    await work(phase.key, owned.signal)
    if (phase.key === 'synthesis') unwrap(await owned.rounds.complete({ summary: { findings: 0 } }))
    const [next] = phase.nextPhases
    if (next === undefined) break
    phase = unwrap(await owned.phases.advance(next)).phase
  }
  unwrap(await owned.complete({ output: { findings: 0 } }))
  console.log(`completed ${owned.run.id}`)
}

/** Stands for work that can be stopped: it rejects as soon as the signal aborts. */
async function work(phase: string, signal: AbortSignal): Promise<void> {
  console.log(`  working on ${phase}`)
  await sleep(200, undefined, { signal })
}
