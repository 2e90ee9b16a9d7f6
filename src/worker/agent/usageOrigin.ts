import type { AgentOutput } from '../../adapters/kit/adapter.ts'
import type { Entry } from '../../adapters/kit/entry.ts'

/** What an agent works for, and by which process: adapters tell what it used, and this tells where that belongs. */
export class UsageOrigin {
  /** The phase of the last prompt: what is told afterwards, until the next prompt, was used for it. */
  phaseId: string | undefined
  /** The last process that was started for its session, which has one at a time. */
  executionId: string | undefined

  /** The same output, with the origin on each usage that passes. */
  mark(output: AgentOutput): AgentOutput {
    const mark = (entry: Entry): Entry =>
      entry.kind === 'USAGE' ? { ...entry, phaseId: this.phaseId, executionId: this.executionId } : entry
    return {
      get startsAt() {
        return output.startsAt
      },
      get hasRoom() {
        return output.hasRoom
      },
      write: (bytes) => output.write(bytes),
      report: (entry) => output.report(mark(entry)),
      flush: () => output.flush(),
    }
  }
}
