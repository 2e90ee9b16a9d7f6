import type { Page } from 'playwright-core'

/** What a page drew that it must not draw. */
export interface Flickers {
  /** Each as it was drawn after what it was drawn as before. */
  readonly found: readonly string[]
  /** How many frames were looked at, and how many drawings of settled runs. */
  readonly frames: number
  readonly settled: number
}

/**
 * Looks at every frame that the page draws from now on, and after every change of its elements, whether a run that was drawn as
 * settled is drawn as anything else. Runs of the tests here settle once and are final.
 */
export async function watchFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const settledAs = new Map<string, string>()
    const record = { found: [] as string[], frames: 0, settled: 0 }
    const SETTLED = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED'])
    const look = () => {
      for (const element of document.querySelectorAll<HTMLElement>('[data-run-id][data-status]')) {
        const { runId = '', status = '' } = element.dataset
        const before = settledAs.get(runId)
        if (before !== undefined && before !== status)
          record.found.push(`${runId}: ${status} after ${before}`)
        if (!SETTLED.has(status)) continue
        record.settled += 1
        settledAs.set(runId, status)
        // On its own page nothing below a settled run may be drawn as under way.
        for (const phase of element.querySelectorAll<HTMLElement>('[data-phase-status]')) {
          const { phaseStatus = '' } = phase.dataset
          if (/^(?:RUNNING|AWAITING)/.test(phaseStatus))
            record.found.push(`${runId}: phase ${phaseStatus} after ${status}`)
        }
      }
    }
    const onFrame = () => {
      record.frames += 1
      look()
      requestAnimationFrame(onFrame)
    }
    requestAnimationFrame(onFrame)
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true })
    Object.assign(window, { flickers: record })
  })
}

/** What was found since `watchFrames`. */
export function readFlickers(page: Page): Promise<Flickers> {
  return page.evaluate(() => (window as unknown as { flickers: Flickers }).flickers)
}
