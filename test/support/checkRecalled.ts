import { expect } from 'vitest'
import type { Writer } from '../../src/commands/kit/context.ts'
import { attachedChildren } from '../../src/lifecycle/run/family.ts'
import type { LoadedForDecision } from '../../src/store/run/loadForDecision.ts'

/** Compares every run that a writer recalls with what a load returns of it; an outdated one is only refused by its revision. */
export function checkRecalled(writer: Writer, count: { checked: number }): Writer {
  return {
    ...writer,
    async recall(lookup) {
      const recalled = await writer.recall(lookup)
      const loaded = recalled && (await writer.load(lookup))
      if (loaded && isSame(recalled, loaded)) {
        count.checked++
        expect(shape(recalled)).toStrictEqual(shape(loaded))
      }
      return recalled
    },
  }
}

/** True if a decision on the recalled run would be written. */
function isSame({ run }: LoadedForDecision, { run: loaded }: LoadedForDecision): boolean {
  return run.revision === loaded.revision && run.claim?.expiresAt === loaded.claim?.expiresAt
}

/** What an accepted change depends on; a transcript moves the time of the last activity without a revision. */
function shape({ run, workflow, family, continuedBy }: LoadedForDecision): unknown {
  const relatives = { ancestors: family.ancestors, children: attachedChildren(family) }
  return { run: { ...run, lastActivityAt: null }, workflow, relatives, continuedBy }
}
