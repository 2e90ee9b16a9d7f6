import { type Pawl, unwrap } from '@pawl/sdk'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Dashboard, openDashboard } from './dashboard.ts'
import { answerDiffs, askInWorktree, awaitApproval, type HeldRun, startHeld } from './driving.ts'

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
const approval = (id: string) => page.locator(`.inbox-detail [data-approval="${id}"]`)

/** Starts a delivery whose plan waits for a person; returns the id of the question. */
async function askForPlan(pawl: Pawl, title: string, plan?: string): Promise<HeldRun & { asked: string }> {
  const held = await startHeld(pawl, { workflow: 'delivery', title })
  await awaitApproval(pawl, held, plan)
  const { nodes } = await pawl.approvals.list({ runId: held.id })
  return { ...held, asked: nodes[0]?.id ?? '' }
}

/** Starts a run that asks the same as every other of its kind: whether to go on. */
async function askToGoOn(pawl: Pawl, title: string): Promise<string> {
  const claim = { owner: 'builder-1', leaseSeconds: 600, kinds: ['PERMISSION'] as const }
  const { id, fence } = await startHeld(pawl, { title, claim: { ...claim, kinds: ['PERMISSION'] } })
  const permission = { kind: 'EXECUTE', program: 'npm', path: null } as const
  const asked = {
    fence,
    kind: 'PERMISSION',
    gate: 'permission',
    question: 'Run the tests?',
    permission,
  } as const
  return unwrap(await pawl.approvals.request(id, asked)).approval.id
}

/** Holds requests that contain the text until the returned function is called. */
async function holdRequests(text: string): Promise<() => void> {
  let letThrough = () => {}
  const isHeld = new Promise<void>((resolve) => (letThrough = resolve))
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes(text)) await isHeld
    await route.fallback()
  })
  return letThrough
}

/** Answers the first question for changes as the worker of the machine does. */
async function answerDiff(pawl: Pawl, host: string): Promise<void> {
  const stop = new AbortController()
  await answerDiffs(pawl, host, stop.signal, () => stop.abort())
}

/** Takes a run away that waits for a person. */
async function giveUp(pawl: Pawl, { id, fence }: HeldRun): Promise<void> {
  unwrap(await pawl.runs.cancel(id))
  unwrap(await pawl.runs.confirmCancel(id, { fence }))
}

describe('nobody approves what was not shown', () => {
  it('waits for the file, and says so', async () => {
    const { asked } = await askForPlan(dashboard.pawl, 'Shown late')
    const letThrough = await holdRequests('query Artifact(')
    await dashboard.open(`/approvals?id=${asked}`)
    const card = approval(asked)
    await card.getByText('Approve waits until the file and the changes are loaded.').waitFor()
    expect(await button('Approve').isDisabled()).toBe(true)
    expect(await button('Reject, with feedback').isEnabled()).toBe(true)
    letThrough()
    await card.locator('.markdown h1').waitFor()
    await expect.poll(() => button('Approve').isEnabled()).toBe(true)
    await button('Approve').click()
    await expect.poll(() => dashboard.pawl.approvals.get(asked)).toMatchObject({ status: 'APPROVED' })
  })

  it('waits for the changes of its worktree, and shows them', async () => {
    const { pawl } = dashboard
    const run = await askInWorktree(pawl, 'In a worktree')
    await dashboard.open(`/approvals?id=${run.asked}`)
    const card = approval(run.asked)
    await card.locator('.markdown h1').waitFor()
    await card.locator('[data-unready]').getByText('Approve waits').waitFor()
    expect(await button('Approve').isDisabled()).toBe(true)
    await answerDiff(pawl, run.host)
    await card.locator('td.diff-added').getByText('return times(3)').waitFor()
    await expect.poll(() => button('Approve').isEnabled()).toBe(true)
    await giveUp(pawl, run)
  })

  it('says that the worktree has changed since it was asked', async () => {
    const { pawl } = dashboard
    const run = await askInWorktree(pawl, 'Changed since', 'bad5eed')
    await dashboard.open(`/approvals?id=${run.asked}`)
    await answerDiff(pawl, run.host)
    const card = approval(run.asked)
    await card.locator('[data-lacking]').getByText('The worktree has changed since this was asked').waitFor()
    await card.getByText('bad5eed').waitFor()
    expect(await button('Approve').isDisabled()).toBe(true)
    expect(await button('Reject, with feedback').isEnabled()).toBe(true)
    await giveUp(pawl, run)
  })

  it('says what can’t be shown, and takes the word of who looked at it elsewhere', async () => {
    const { pawl } = dashboard
    const run = await askInWorktree(pawl, 'Away')
    let isCut = true
    await page.route('**/graphql', (route) =>
      isCut && route.request().postData()?.includes('mutation RequestWorkspaceOperation')
        ? route.fulfill({
            status: 403,
            json: { errors: [{ message: 'no', extensions: { code: 'FORBIDDEN' } }] },
          })
        : route.fallback(),
    )
    await dashboard.open(`/approvals?id=${run.asked}`)
    const card = approval(run.asked)
    await card.locator('[data-lacking]').getByText('What has changed could not be loaded.').waitFor()
    await card.getByText('Approve is off: not everything that it is about is shown.').waitFor()
    expect(await button('Approve').isDisabled()).toBe(true)
    await card.getByLabel('I have looked at it elsewhere').check()
    expect(await button('Approve').isEnabled()).toBe(true)
    isCut = false
    await button('Load again').click()
    await card.locator('[data-unready]').getByText('Approve waits').waitFor()
    await answerDiff(pawl, run.host)
    await expect.poll(() => card.locator('[data-lacking]').count()).toBe(0)
    await giveUp(pawl, run)
    expect(dashboard.problems.splice(0).filter((problem) => !problem.includes('403'))).toEqual([])
  })
})

describe('the changes of a run', () => {
  it('are shown by file, unified or split, folded, highlighted and marked as viewed', async () => {
    const { pawl } = dashboard
    const run = await askInWorktree(pawl, 'Looked at')
    const open = async () => {
      await dashboard.open(`/approvals?id=${run.asked}`)
      await answerDiff(pawl, run.host)
      await file('src/retry.ts').waitFor()
    }
    const file = (path: string) => approval(run.asked).locator(`[data-diff-file="${path}"]`)
    await page.setViewportSize({ width: 1920, height: 1080 })
    onTestFinished(() => page.setViewportSize({ width: 1440, height: 900 }))
    await open()
    const cells = (selector: string) => file('src/retry.ts').locator(selector).allInnerTexts()
    await expect
      .poll(() => cells('td.diff-number'))
      .toEqual(['10', '10', '11', '', '', '11', '', '12', '12', '13'])
    await file('src/retry.ts').locator('.hljs-keyword').getByText('return').first().waitFor()
    await file('src/new.ts').getByText('src/old.ts → src/new.ts').waitFor()
    await file('src/new.ts').getByText('Its content is the same.').waitFor()
    await file('logo.png').getByText('A binary file: its content is not shown.').waitFor()

    await button('Split').click()
    await expect.poll(() => cells('td.diff-number')).toEqual(['10', '10', '11', '11', '', '12', '12', '13'])
    await file('src/retry.ts').getByLabel('Viewed').check()
    await approval(run.asked).getByText('1 of 3 files viewed').waitFor()
    expect(await file('src/retry.ts').locator('table').count()).toBe(0)
    await page
      .getByRole('navigation', { name: 'Changed files' })
      .getByRole('button', { name: 'retry.ts' })
      .click()
    await file('src/retry.ts').locator('table').waitFor()
    await open()
    await approval(run.asked).getByText('1 of 3 files viewed').waitFor()
    expect(await button('Split').getAttribute('aria-pressed')).toBe('true')
    await button('Unified').click()
    await giveUp(pawl, run)
  })

  it('are commented on by the keyboard, and a rejection carries file and line', async () => {
    const { pawl } = dashboard
    const run = await askInWorktree(pawl, 'Commented on')
    await dashboard.open(`/approvals?id=${run.asked}`)
    await answerDiff(pawl, run.host)
    const changes = page.getByRole('region', { name: 'Changes of src/retry.ts' })
    await changes.focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByLabel('Comment on src/retry.ts:11').fill('why not twice?')
    await page.keyboard.press('Control+Enter')
    await changes.getByText('why not twice?').waitFor()
    await changes.getByRole('button', { name: 'Comment on line 12' }).click()
    await page.getByLabel('Comment on src/retry.ts:12').fill('say why three')
    await button('Keep the comment').click()
    await page.getByText('The 2 comments on lines go with the decision, with file and line.').waitFor()
    await page.getByLabel(/Feedback/).fill('Not yet.')
    await button('Reject, with feedback').click()
    await expect
      .poll(() => pawl.approvals.get(run.asked))
      .toMatchObject({
        status: 'REJECTED',
        comment: 'Not yet.\n\nsrc/retry.ts:11 (removed line): why not twice?\nsrc/retry.ts:12: say why three',
      })
    await giveUp(pawl, run)
  })
})

describe('the inbox', () => {
  it('is worked through by the keyboard, the oldest question first', async () => {
    const { pawl } = dashboard
    const asked = []
    for (const title of ['First', 'Second', 'Third'])
      asked.push(
        (
          await askForPlan(
            pawl,
            title,
            `# ${title} plan\n\n- [x] written\n- [ ] read\n\n![a chart](https://example.org/c.png)`,
          )
        ).asked,
      )
    const [first = '', second = '', third = ''] = asked
    await dashboard.open('/approvals')
    await expect
      .poll(() =>
        page
          .locator('[data-question]')
          .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-question'))),
      )
      .toEqual(asked)
    const plan = approval(first).locator('.markdown')
    await plan.getByText('First plan').waitFor()
    await expect.poll(() => plan.locator('li').allInnerTexts()).toEqual(['☑ written', '☐ read'])
    expect(await plan.getByRole('link', { name: 'a chart (image)' }).getAttribute('href')).toBe(
      'https://example.org/c.png',
    )
    await expect.poll(() => page.title()).toBe('(3) Approvals · Pawl')

    await page.keyboard.press('j')
    await approval(second).getByText('Second plan').waitFor()
    await page.keyboard.press('j')
    await approval(third).getByText('Third plan').waitFor()
    await page.keyboard.press('k')
    await approval(second).getByText('Second plan').waitFor()
    await page.keyboard.press('r')
    await page.keyboard.type('jkar: say more')
    await page.keyboard.press('Control+Enter')
    await expect
      .poll(() => pawl.approvals.get(second))
      .toMatchObject({ status: 'REJECTED', comment: 'jkar: say more' })
    // The next question is shown.
    await approval(third).getByText('Third plan').waitFor()
    await expect.poll(() => button('Approve').isEnabled()).toBe(true)
    await page.keyboard.press('a')
    await page.keyboard.press('Enter')
    await expect.poll(() => pawl.approvals.get(third)).toMatchObject({ status: 'APPROVED' })
    await approval(first).waitFor()

    const { nodes } = await pawl.approvals.list({ filter: { statuses: ['PENDING'] } })
    unwrap(await pawl.approvals.decide(first, { decision: 'REJECT', digest: nodes[0]?.digest ?? '' }))
    await approval(first).getByText('Rejected by local').waitFor()
    await page.getByText('Nothing waits for a person.').waitFor()
    await expect.poll(() => page.title()).toBe('Approvals · Pawl')
  })

  it('decides equal questions at once', async () => {
    const { pawl } = dashboard
    const asked = []
    for (const title of ['One', 'Two', 'Three']) asked.push(await askToGoOn(pawl, title))
    await dashboard.open('/approvals')
    await page.getByText('3 questions wait for a person.').waitFor()
    await page.getByLabel('Decide the 2 other questions that are equal, too').check()
    await button('Allow, this time').click()
    await page.getByText('Equal questions: 3 done.').waitFor()
    for (const id of asked) expect(await pawl.approvals.get(id)).toMatchObject({ status: 'ALLOWED' })
  })

  it('shows one thing at a time on a phone', async () => {
    const { asked, id, fence } = await askForPlan(dashboard.pawl, 'On a phone')
    await page.setViewportSize({ width: 390, height: 844 })
    onTestFinished(() => page.setViewportSize({ width: 1440, height: 900 }))
    await dashboard.open('/approvals')
    const row = page.locator(`[data-question="${asked}"]`)
    await row.waitFor()
    expect(await approval(asked).isVisible()).toBe(false)
    await row.click()
    await approval(asked).getByRole('heading', { name: 'Shall this plan be built?' }).waitFor()
    expect(await row.isVisible()).toBe(false)
    await page.getByRole('link', { name: 'All questions' }).click()
    await row.waitFor()
    unwrap(await dashboard.pawl.runs.cancel(id))
    unwrap(await dashboard.pawl.runs.confirmCancel(id, { fence }))
  })
})

describe('notifications of the browser', () => {
  it('are shown where they were chosen, of new questions and failed runs', async () => {
    const { pawl, browser } = dashboard
    await browser.context.grantPermissions(['notifications'])
    // What the system shows can’t be seen from here: what the page asks it to show is recorded.
    await page.addInitScript(() => {
      const told: string[] = []
      class Recorded extends EventTarget {
        static permission = 'granted'
        static requestPermission = () => Promise.resolve('granted')
        constructor(title: string, { body }: NotificationOptions) {
          super()
          told.push(`${title} | ${body}`)
        }
      }
      Object.assign(window, { told, Notification: Recorded })
      document.hasFocus = () => false
    })
    const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told)
    await dashboard.open('/approvals')
    const unheard = await askForPlan(pawl, 'Not told')
    await page.locator(`[data-question="${unheard.asked}"]`).waitFor()
    expect(await told()).toEqual([])
    await page.getByLabel('Notify me of questions and failed runs').check()
    const heard = await askForPlan(pawl, 'Told')
    await expect.poll(told).toEqual(['Shall this plan be built? | Told'])
    const failing = await startHeld(pawl, { title: 'Breaks' })
    unwrap(await pawl.runs.fail(failing.id, { fence: failing.fence, error: 'exit 1' }))
    await expect.poll(told).toContain('Failed: Its owner reported a failure | Breaks')
    await dashboard.open('/')
    await askForPlan(pawl, 'Told after a reload')
    await expect.poll(told).toEqual(['Shall this plan be built? | Told after a reload'])
    expect([heard.asked, unheard.asked]).not.toContain('')
  })
})

it('asked nobody else for anything, and met no error', () => {
  expect(dashboard.browser.blocked).toEqual([])
  expect(dashboard.problems).toEqual([])
})
