import { expect, it } from 'vitest'
import type { AgentOutput } from '../../../src/adapters/kit/adapter.ts'
import type { Entry } from '../../../src/adapters/kit/entry.ts'
import { UsageOrigin } from '../../../src/worker/agent/usageOrigin.ts'

/** An output that keeps what it is told. */
class KeptOutput implements AgentOutput {
  readonly startsAt = 7
  hasRoom = true
  readonly told: (Entry | string)[] = []

  write(bytes: Uint8Array): void {
    this.told.push(Buffer.from(bytes).toString())
  }

  report(entry: Entry): void {
    this.told.push(entry)
  }

  flush(): void {
    this.told.push('flushed')
  }
}

it('puts the phase of the last prompt and the last process on each usage, and on nothing else', () => {
  const kept = new KeptOutput()
  const origin = new UsageOrigin()
  const output = origin.mark(kept)
  output.report({ kind: 'USAGE', inputTokens: 1 })
  origin.executionId = 'exe_1'
  origin.phaseId = 'phs_1'
  output.report({ kind: 'USAGE', inputTokens: 2 })
  output.report({ kind: 'MESSAGE', text: 'done' })
  // the next prompt of the same process is for another phase
  origin.phaseId = 'phs_2'
  output.report({ kind: 'USAGE', inputTokens: 3 })
  expect(kept.told).toEqual([
    { kind: 'USAGE', inputTokens: 1, phaseId: undefined, executionId: undefined },
    { kind: 'USAGE', inputTokens: 2, phaseId: 'phs_1', executionId: 'exe_1' },
    { kind: 'MESSAGE', text: 'done' },
    { kind: 'USAGE', inputTokens: 3, phaseId: 'phs_2', executionId: 'exe_1' },
  ])
})

it('passes on everything else as it is, also what the output says of itself by then', () => {
  const kept = new KeptOutput()
  const output = new UsageOrigin().mark(kept)
  kept.hasRoom = false
  output.write(Buffer.from('bytes'))
  output.flush()
  expect([output.startsAt, output.hasRoom, kept.told]).toEqual([7, false, ['bytes', 'flushed']])
})
