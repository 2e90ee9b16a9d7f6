import { describe, expect, test } from 'vitest'
import type { RunEvent } from '@pawl/sdk'
import { applyEvent, RESUME_MODE, NO_PROGRESS } from '../../../src/worker/run/phaseProgress.ts'
import type { PhaseProgress } from '../../../src/worker/run/phaseProgress.ts'

const PHASE = 'phs_1'
const ref = { id: PHASE, phase: 'build', round: 1 }

/** What stands after these events; each as type, payload and, where it matters, who did it. */
function after(
  ...events: readonly (readonly [type: string, payload: object, actor?: string])[]
): PhaseProgress {
  return events
    .map(
      ([type, payload, actor = 'worker'], index) =>
        ({ type, payload, actor: { name: actor }, seq: index + 1 }) as unknown as RunEvent,
    )
    .reduce((progress, event) => applyEvent(progress, event, PHASE), NO_PROGRESS)
}

const claimed = ['RUN_CLAIMED', { owner: 'w', fence: 1 }] as const
const started = (attempt: number, more: object = {}, actor = 'worker') =>
  ['PHASE_STARTED', { ...ref, attempt, from: null, repair: false, because: null, ...more }, actor] as const
const repaired = (attempt: number, because: string) => started(attempt, { repair: true, because })
const sending = (dedupKey: string) => ['PROMPT_SENDING', { ...ref, dedupKey }] as const
const sent = (dedupKey: string) => ['PROMPT_SENT', { ...ref, dedupKey }] as const
const invalid = (sha256: string) =>
  ['ARTIFACT_INVALID', { phaseId: PHASE, path: 'b', sha256, problems: [] }] as const
const resuming = (how: string) =>
  ['SESSION_CHANGED', { id: 's', from: 'CRASHED', to: 'RESUMING', detail: { how } }] as const
const wrote = (id: string) => ['MESSAGE_SENT', { id, text: id, mode: 'STEER' }, 'ann'] as const
const failed = { class: 'HUMAN_REQUIRED', code: 'NO_ARTIFACT', message: 'none', hint: null }

describe('where a phase stands', () => {
  test('is told by its attempt and the prompts of that, each once', () => {
    const progress = after(claimed, started(1), sending('a'), sending('a'), sent('a'), sending('b'))
    expect(progress.attempt).toBe(1)
    expect(progress.prompts).toEqual([
      { key: 'a', isSent: true },
      { key: 'b', isSent: false },
    ])
    expect(after(claimed, started(1), sending('a'), started(2)).prompts).toEqual([])
  })

  test('remembers what the last prompt was composed from, however the log continues', () => {
    const progress = after(
      claimed,
      started(1),
      wrote('m1'),
      sending('a'),
      wrote('m2'),
      invalid('1'),
      sending('a'),
      sent('a'),
    )
    expect(progress.promptedFrom?.messages.map(({ id }) => id)).toEqual(['m1'])
    expect(progress.promptedFrom?.rejected).toBe(null)
    expect(progress.promptedFrom?.prompts).toEqual([])
    expect(progress.messages).toHaveLength(2)
  })

  test('counts repairs, resumes and restarts since it was started again', () => {
    const worn = [
      claimed,
      started(1),
      resuming(RESUME_MODE.resumed),
      resuming(RESUME_MODE.uncounted),
      resuming(RESUME_MODE.restarted),
      invalid('1'),
    ] as const
    const progress = after(...worn, repaired(2, 'wrong'))
    expect(progress).toMatchObject({ repairs: 'wrong', repairCount: 1, resumeCount: 1, restartCount: 1 })
    expect(progress.rejected?.sha256).toBe('1')
    expect(after(...worn, repaired(2, 'wrong'), started(3))).toMatchObject({
      repairs: null,
      repairCount: 0,
      resumeCount: 0,
      restartCount: 0,
      rejected: null,
    })
  })

  test('keeps why it failed and what a person said, until it is done', () => {
    const rejected = [
      'APPROVAL_DECIDED',
      { phaseId: PHASE, decision: 'REJECT', comment: 'shorter' },
      'ann',
    ] as const
    const retried = ['APPROVAL_DECIDED', { phaseId: PHASE, decision: 'RETRY', comment: null }, 'ann'] as const
    const fails = ['PHASE_FAILED', { ...ref, error: failed }] as const
    expect(after(claimed, started(1), rejected, started(2))).toMatchObject({
      feedback: 'shorter',
      failure: null,
    })
    expect(after(claimed, started(1), rejected, started(2), fails, retried, started(3))).toMatchObject({
      feedback: 'shorter',
      failure: { code: 'NO_ARTIFACT' },
    })
    const done = ['PHASE_COMPLETED', { ...ref }] as const
    expect(after(claimed, started(1), rejected, started(2), done)).toMatchObject({
      feedback: null,
      failure: null,
    })
  })

  test('knows an agent that came by its own word, and where it was sent back from', () => {
    expect(after(claimed, started(1)).isByAgent).toBe(false)
    expect(after(claimed, started(1, { from: 'plan' }, 'agent#1'))).toMatchObject({
      isByAgent: true,
      sentBackFrom: null,
    })
    expect(after(claimed, started(1), started(2, { from: 'verify' })).sentBackFrom).toBe('verify')
  })

  test('knows work that broke off since the last prompt', () => {
    const recovered = ['SESSION_RECOVERED', { id: 's', recoveryAttempts: 1 }] as const
    expect(after(claimed, started(1), sending('a'), recovered).isRecovered).toBe(true)
    expect(after(claimed, started(1), sending('a'), recovered, sending('b')).isRecovered).toBe(false)
  })

  test('keeps messages until they were consumed', () => {
    const receipt = (receipt: string) => ['MESSAGE_ACKNOWLEDGED', { id: 'm1', receipt }] as const
    expect(after(wrote('m1'), receipt('DELIVERED')).messages).toHaveLength(1)
    expect(after(wrote('m1'), receipt('DELIVERED'), receipt('CONSUMED')).messages).toEqual([])
  })

  test('is not touched by other phases', () => {
    const other = { ...ref, id: 'phs_2' }
    const progress = after(
      claimed,
      started(1),
      ['PHASE_STARTED', { ...other, attempt: 5, repair: false, from: null, because: null }],
      ['PROMPT_SENT', { ...other, dedupKey: 'x' }],
    )
    expect(progress).toMatchObject({ attempt: 1, prompts: [], seq: 4 })
  })
})
