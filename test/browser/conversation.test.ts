import { readFile } from 'node:fs/promises'
import { unwrap } from '@pawl/sdk'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { toOutput } from '../support/entries.ts'
import { type Dashboard, openDashboard } from './dashboard.ts'
import { answerDiffs, askInWorktree, deliver, deliverWhole, type HeldRun, startHeld } from './driving.ts'

let server: TestServer
let dashboard: Dashboard
let page: Page
beforeAll(async () => {
  server = await startTestServer()
  dashboard = await openDashboard({ url: server.url, token: server.adminToken })
  page = dashboard.page
})
afterAll(async () => {
  await dashboard.close()
  await server.stop()
})

const button = (name: string) => page.getByRole('button', { name, exact: true })
const transcript = () => page.locator('.transcript')
const place = (name: string) => transcript().locator(`[data-place="${name}"]`)
interface Talk extends HeldRun {
  readonly session: string
}

/** A run at its first phase, whose agent was prompted. */
async function startTalk(title: string): Promise<Talk> {
  const { pawl } = dashboard
  const { id, fence } = await startHeld(pawl, { title })
  unwrap(await pawl.phases.start(id, 'context', { fence }))
  const { session } = unwrap(await pawl.sessions.open(id, { fence, role: 'reviewer', adapter: 'process' }))
  for (const status of ['BOOTSTRAPPING', 'READY'] as const)
    unwrap(await pawl.sessions.update(session.id, status, { fence }))
  for (const stage of ['SENDING', 'SENT'] as const)
    unwrap(await pawl.sessions.recordPrompt(session.id, { fence, phase: 'context', dedupKey: 'a', stage }))
  return { id, fence, session: session.id }
}

describe('the conversation', () => {
  it('has prompts, what persons said, and what the agent said and did', async () => {
    const { pawl } = dashboard
    const { id, fence, session } = await startTalk('Talked to')
    const task = `Read the code.\n${'And think. '.repeat(50)}\nThen say what you saw.`
    const first = [{ prompt: { text: task } }, ...toOutput('\u001B[31mred\u001B[0m words\n')]
    unwrap(await pawl.sessions.append(session, { fence, fromSeq: 1, entries: first }))
    unwrap(await pawl.messages.send(id, 'Leave **the tests** alone.'))
    const entries = [{ message: { text: 'I will.' } }, { thought: { text: 'Which tests?' } }]
    unwrap(await pawl.sessions.append(session, { fence, fromSeq: 3, entries }))
    await dashboard.open(`/runs/${id}`)
    await place('1').locator('summary').getByText('Read the code. And think.').click()
    await place('1').locator('pre').getByText('Then say what you saw.').waitFor()
    await place('3').locator('.markdown').getByText('I will.').waitFor()
    await transcript().locator('.mark-prompt').getByText('Prompted for context').waitFor()
    await transcript().locator('.mark-person strong').getByText('the tests').waitFor()
    await transcript().locator('.ansi-red').getByText('red', { exact: true }).waitFor()
  })

  it('is linked to from any point, and opens there', async () => {
    const { pawl } = dashboard
    const { id, fence, session } = await startTalk('Linked to')
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index}\n`).join('')
    unwrap(await pawl.sessions.append(session, { fence, fromSeq: 1, entries: toOutput(lines, 'the end\n') }))
    await dashboard.open(`/runs/${id}`)
    await transcript().getByText('the end').waitFor()
    expect(await transcript().getByText('line 7', { exact: true }).count()).toBe(0)
    await page.goto(`${server.url}/runs/${id}?session=${session}&at=1.7`)
    await page.locator('.transcript-chosen').getByText('line 7', { exact: true }).waitFor()
    await place('1.9').locator('a').click()
    await page.waitForURL(`${server.url}/runs/${id}?session=${session}&at=1.9`)
    await page.locator('.transcript-chosen').getByText('line 9', { exact: true }).waitFor()
    // What comes now does not move who reads elsewhere.
    unwrap(await pawl.sessions.append(session, { fence, fromSeq: 3, entries: toOutput('later\n') }))
    unwrap(await pawl.runs.pause(id))
    await page.locator('main[data-status="PAUSED"]').waitFor()
    await page.locator('.transcript-chosen').getByText('line 9', { exact: true }).waitFor()
    expect(await transcript().getByText('later').count()).toBe(0)
  })

  it('follows its end until the reader scrolls, and again from there', async () => {
    const { pawl } = dashboard
    const { id, fence, session } = await startTalk('Followed')
    let fromSeq = 1
    const say = async (...texts: readonly string[]) => {
      unwrap(await pawl.sessions.append(session, { fence, fromSeq, entries: toOutput(...texts) }))
      fromSeq += texts.length
    }
    await say(
      ...Array.from({ length: 200 }, (_, index) => `line ${index} ${'and more of it '.repeat(index % 40)}\n`),
    )
    await dashboard.open(`/runs/${id}`)
    const follow = () => button('Follow the end').getAttribute('aria-pressed')
    await transcript().getByText('line 199', { exact: false }).waitFor()
    await say('the next\n')
    await transcript().getByText('the next').waitFor()
    expect(await follow()).toBe('true')
    await transcript().hover()
    await page.mouse.wheel(0, -2_000)
    await expect.poll(follow).toBe('false')
    await say('unseen\n')
    await transcript().focus()
    await page.keyboard.press('End')
    await transcript().getByText('unseen').waitFor()
    await expect.poll(follow).toBe('true')
    await say('the last\n')
    await transcript().getByText('the last').waitFor()
  })

  it('is searched, and kept as a file', async () => {
    const { pawl } = dashboard
    const { id, fence, session } = await startTalk('Searched')
    const entries = [
      ...toOutput('one \u001B[32mneed\u001B[0mle in the hay\n'),
      { toolCall: { key: 'a', title: 'npm test', toolKind: 'EXECUTE' as const, output: 'Needle found' } },
      ...toOutput(...Array.from({ length: 200 }, (_, index) => `straw ${index}\n`)),
    ]
    unwrap(await pawl.sessions.append(session, { fence, fromSeq: 1, entries }))
    await dashboard.open(`/runs/${id}`)
    await transcript().getByText('straw 199').waitFor()
    await page.getByPlaceholder('Search the conversation').fill('needle')
    await page.getByText('2 found').waitFor()
    await button('Next').click()
    await page.getByText('1 of 2').waitFor()
    await expect.poll(() => transcript().locator('mark').allInnerTexts()).toEqual(['need', 'le'])
    await button('Next').click()
    await page.locator('.transcript-found').getByText('npm test').waitFor()
    const downloading = page.waitForEvent('download')
    await button('Download').click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe(`${session}.txt`)
    const text = await readFile(await download.path(), 'utf8')
    expect(text).toContain('\none needle in the hay\n')
    expect(text).toContain('npm test\nNeedle found')
    expect(text).toContain('straw 199')
  })
})

describe('the timeline', () => {
  it('has a bar for each attempt, session and wait, which leads to the words of its time', async () => {
    const { pawl } = dashboard
    const { id, fence, session } = await startTalk('Timed')
    unwrap(await pawl.sessions.append(session, { fence, fromSeq: 1, entries: toOutput('first words\n') }))
    const error = { class: 'RECOVERABLE', code: 'TOO_SHORT', message: 'too short' } as const
    unwrap(await pawl.phases.fail(id, 'context', { fence, error }))
    await dashboard.open(`/runs/${id}?tab=timeline`)
    const bars = (lane: string) => page.locator(`[data-lane="${lane}"] .bar`)
    await bars('Phases context')
      .getByText(/^context: \d+s, failed: too short$/)
      .waitFor({ state: 'attached' })
    unwrap(await pawl.phases.start(id, 'context', { fence }))
    await bars('Phases context')
      .nth(1)
      .getByText(/^context, attempt 2: \d+s, lasts$/)
      .waitFor({ state: 'attached' })
    expect(await bars('Agents reviewer').count()).toBeGreaterThan(0)
    unwrap(await pawl.runs.pause(id))
    await bars('Waits For a person')
      .getByText(/^paused: \d+s, lasts$/)
      .waitFor({ state: 'attached' })
    await bars('Phases context').first().focus()
    await page.keyboard.press('Enter')
    await page.locator('.transcript-chosen').waitFor()
    expect(new URL(page.url()).searchParams.get('session')).toBe(session)
    await page.getByRole('tab', { name: 'Timeline' }).click()
    await bars('Waits For a person').click()
    await page.locator('.event-chosen[data-event="RUN_PAUSED"]').waitFor()
  })
})

describe('the events', () => {
  it('are told by day and phase, and folded', async () => {
    const done = await deliverWhole(dashboard.pawl, 'Told of')
    await dashboard.open(`/runs/${done.id}?tab=events`)
    await page.locator('[data-event="RUN_COMPLETED"]').waitFor()
    expect(await page.locator('.log-day').count()).toBe(1)
    await expect
      .poll(() => page.locator('.log-phase-title').allInnerTexts())
      .toEqual(['done', 'verify', 'build', 'plan', 'Before the first phase'])
    await button('Fold all phases').click()
    await expect.poll(() => page.locator('[data-event]').count()).toBe(0)
    await page.locator('.log-phase').getByText('plan').click()
    await page.locator('[data-event="APPROVAL_DECIDED"]').waitFor()
  })
})

describe('the page of a settled run', () => {
  it('begins with what came of it: its output, its last file, and its changes', async () => {
    const { pawl } = dashboard
    const run = await askInWorktree(pawl, 'Settled')
    const { digest } = (await pawl.approvals.get(run.asked)) ?? { digest: '' }
    unwrap(await pawl.approvals.decide(run.asked, { decision: 'APPROVE', digest }))
    await deliver(pawl, run)
    await dashboard.open(`/runs/${run.id}`)
    const result = page.getByRole('region', { name: 'Result' })
    await result.getByText('merged').waitFor()
    await result.getByRole('heading', { name: 'verify.json' }).waitFor()
    await result.getByRole('link', { name: 'plan.md' }).click()
    await page.locator('#tab-panel .markdown h1').getByText('Plan').waitFor()
    const changes = page.getByRole('region', { name: 'Changes', exact: true })
    const over = new AbortController()
    void answerDiffs(pawl, run.host, over.signal)
    await changes.getByRole('button', { name: 'Show what changed' }).click()
    await changes.locator('td.diff-added').getByText('return times(3)').waitFor()
    over.abort()
    // They are kept: nobody is asked again.
    await dashboard.open(`/runs/${run.id}`)
    await changes.locator('td.diff-added').getByText('return times(3)').waitFor()
  })
})

it('asked nobody else for anything, and met no error', () => {
  expect(dashboard.browser.blocked).toEqual([])
  expect(dashboard.problems).toEqual([])
})
