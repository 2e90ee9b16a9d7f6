import { unwrap } from '@pawl/sdk'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Dashboard, expectStatus, expectTexts, meetRequests, openDashboard } from './dashboard.ts'
import {
  awaitApproval,
  claimAgain,
  deliver,
  deliverWhole,
  endIncomplete,
  startHeld,
  startQueued,
} from './driving.ts'
import { toOutput } from '../support/entries.ts'

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

const button = (name: string | RegExp) => page.getByRole('button', { name })
const tab = async (name: string) => page.getByRole('tab', { name }).click()
/** Status of a phase as its node in the graph says it. */
const phase = (key: string, status: string) =>
  page.locator(`[data-phase="${key}"][data-phase-status="${status}"]`).waitFor({ timeout: 15_000 })

describe('a delivery, from its start to its end', () => {
  it('is shown, decided and followed without reloading anything', async () => {
    const { pawl } = dashboard
    const held = await startHeld(pawl, { workflow: 'delivery', title: 'Deliver it', input: { pr: 7 } })
    await dashboard.open(`/runs/${held.id}`)
    await expectStatus(page, held.id, 'RUNNING')
    await phase('plan', 'PENDING')
    await page.evaluate(() => Object.assign(window, { wasLoadedOnce: true }))

    unwrap(await pawl.phases.start(held.id, 'plan', { fence: held.fence }))
    await phase('plan', 'RUNNING')
    await pawl.artifacts.submit(held.id, 'plan', { fence: held.fence, path: 'plan.md', content: ' ' })
    await tab('Files')
    await page.getByText('Not what the workflow asks for').waitFor()
    unwrap(
      await pawl.artifacts.submit(held.id, 'plan', {
        fence: held.fence,
        path: 'plan.md',
        content:
          '# The plan\n\n1. Do **it** <img src=x onerror="window.wasFooled = true"><script>window.wasFooled = true</script>',
      }),
    )
    await expectStatus(page, held.id, 'AWAITING_APPROVAL')

    const question = page.locator('[data-approval-status="PENDING"]')
    await question.getByRole('heading', { name: 'Shall this plan be built?' }).waitFor()
    await question.locator('.markdown h1').getByText('The plan').waitFor()
    await question.getByText('<script>window.wasFooled = true</script>').waitFor()
    const { nodes } = await pawl.approvals.list({ runId: held.id })
    await question.getByText(nodes[0]?.digest ?? 'no digest').waitFor()
    await question.getByLabel(/Feedback/).fill('Too short. Say what is not done.')
    await button('Reject, with feedback').click()
    await phase('plan', 'FAILED')
    await expectStatus(page, held.id, 'RUNNING')
    await tab('Approvals')
    await page
      .locator('[data-approval-status="REJECTED"]')
      .getByText('Too short. Say what is not done.')
      .waitFor()

    await awaitApproval(pawl, held, '# A longer plan')
    await question.getByRole('button', { name: 'Approve' }).click()
    await phase('plan', 'COMPLETED')
    await expectStatus(page, held.id, 'RUNNING')

    await deliver(pawl, held)
    await expectStatus(page, held.id, 'COMPLETED')
    for (const key of ['plan', 'build', 'verify', 'done']) await phase(key, 'COMPLETED')
    await tab('Events')
    await expect
      .poll(() => page.locator('[data-event]').first().getAttribute('data-event'))
      .toBe('RUN_COMPLETED')
    await tab('Raw')
    await button('Compare it with its log').click()
    await page.getByText(/It is exactly what its \d+ events say/).waitFor()
    expect(await page.evaluate(() => Object.keys(window).includes('wasLoadedOnce'))).toBe(true)
    expect(await page.evaluate(() => Object.keys(window).includes('wasFooled'))).toBe(false)
    await expectTexts(page, '.actions-row button', ['Delete …'])
  })
})

describe('actions', () => {
  it('are those that are legal now, and the others are not there', async () => {
    const { pawl } = dashboard
    const id = await startQueued(pawl, { title: 'Acted on' })
    await dashboard.open(`/runs/${id}`)
    await expectTexts(page, '.actions-row button', ['Pause', 'Cancel …'])
    await button('Pause').click()
    await expectStatus(page, id, 'PAUSED')
    await expectTexts(page, '.actions-row button', ['Resume', 'Cancel …'])
    await button('Resume').click()
    await expectStatus(page, id, 'QUEUED')
  })

  it('that can’t be undone are asked about first', async () => {
    const { pawl } = dashboard
    const id = await startQueued(pawl, { title: 'Given up' })
    await dashboard.open(`/runs/${id}`)
    await button('Cancel …').click()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    await expectStatus(page, id, 'QUEUED')
    await button('Cancel …').click()
    await page.getByLabel('What to say about it').fill('no longer wanted')
    await button('Cancel the run').click()
    await expectStatus(page, id, 'CANCELLED')
    await page.getByText('nobody confirmed that its processes are gone').waitFor()
    await button('Delete …').click()
    await button('Delete it for good').click()
    await page.getByRole('heading', { name: 'There is no such run' }).waitFor()
    expect(await pawl.runs.get(id)).toBeNull()
  })

  it('wait for the server, and say so', async () => {
    const id = await startQueued(dashboard.pawl, { title: 'Waited for' })
    await dashboard.open(`/runs/${id}`)
    let letThrough = () => {}
    const isHeld = new Promise<void>((resolve) => (letThrough = resolve))
    const pass = await meetRequests(page, 'PauseRun', async (route) => {
      await isHeld
      await route.continue()
    })
    await button('Pause').click()
    await button('Asking the server …').waitFor()
    expect(await button('Asking the server …').isDisabled()).toBe(true)
    expect(await page.locator('main').getAttribute('data-status')).toBe('QUEUED')
    letThrough()
    await expectStatus(page, id, 'PAUSED')
    pass()
  })

  it('that no answer came to are said to be in doubt, and may be tried again', async () => {
    const id = await startQueued(dashboard.pawl, { title: 'In doubt' })
    await dashboard.open(`/runs/${id}`)
    const pass = await meetRequests(page, 'PauseRun', (route) => route.abort())
    await button('Pause').click()
    await page.getByRole('alert').getByText('No answer came').waitFor()
    expect(await page.locator('main').getAttribute('data-status')).toBe('QUEUED')
    pass()
    await button('Pause').click()
    await expectStatus(page, id, 'PAUSED')
    await expect.poll(() => page.getByRole('alert').count()).toBe(0)
    // The browser tells of each request that was cut.
    expect(dashboard.problems.splice(0).filter((problem) => !problem.includes('ERR_FAILED'))).toEqual([])
  })

  it('that lost a race tell so, and how it stands now', async () => {
    const { pawl } = dashboard
    const held = await startHeld(pawl, { title: 'Raced for' })
    await endIncomplete(pawl, held)
    await dashboard.open(`/runs/${held.id}`)
    await page
      .locator('[data-verdict="incomplete"]')
      .getByText('Probably the agent ended its turn early')
      .waitFor()
    // Somebody else resumes and completes nothing, but owns it by the time that the click arrives.
    const pass = await meetRequests(page, 'ResumeRun', async (route) => {
      unwrap(await pawl.runs.resume(held.id, { claim: { owner: 'quicker', leaseSeconds: 600 } }))
      await route.continue()
    })
    await button(/^Resume$/).click()
    await page.getByRole('alert').getByText('Not done.').waitFor()
    await page.getByRole('alert').getByText('Running').waitFor()
    await expectStatus(page, held.id, 'RUNNING')
    await page.locator('.run-facts').getByText('quicker').waitFor()
    pass()
  })

  it('of a decision that came too late tell who decided', async () => {
    const { pawl } = dashboard
    const held = await startHeld(pawl, { workflow: 'delivery', title: 'Decided twice' })
    await awaitApproval(pawl, held)
    await dashboard.open('/approvals')
    const pass = await meetRequests(page, 'DecideApproval', async (route) => {
      const { nodes } = await pawl.approvals.list({ runId: held.id })
      const { id, digest } = nodes[0] ?? { id: '', digest: '' }
      await pawl.approvals.decide(id, { decision: 'REJECT', digest })
      await route.continue()
    })
    await button('Approve').click()
    await page
      .getByRole('alert')
      .getByText('It is rejected by local')
      .or(page.getByText('Nothing waits for a person.'))
      .first()
      .waitFor()
    await expect.poll(async () => (await pawl.runs.get(held.id))?.currentPhase?.status).toBe('FAILED')
    pass()
  })
})

describe('what hangs below a run', () => {
  it('is shown as it comes: agents, their words, processes, messages, children', async () => {
    const { pawl } = dashboard
    const { id, fence } = await startHeld(pawl, { title: 'With a family' })
    await dashboard.open(`/runs/${id}`)
    await page.getByText('No agent was attached to it yet.').waitFor()
    const { session } = unwrap(await pawl.sessions.open(id, { fence, role: 'reviewer', adapter: 'process' }))
    await page.locator(`[data-session="${session.id}"]`).waitFor()
    unwrap(
      await pawl.sessions.append(session.id, {
        fence,
        fromSeq: 1,
        entries: toOutput('reading a.ts\nrea', 'ding \u001B[31mb.ts\u001B[0m\n'),
      }),
    )
    await page.locator('.transcript').getByText('reading b.ts').waitFor()
    const many = Array.from({ length: 400 }, (_, index) => `line ${index}\n`)
    unwrap(await pawl.sessions.append(session.id, { fence, fromSeq: 3, entries: toOutput(...many) }))
    await page.locator('.transcript').getByText('line 399').waitFor()
    expect(await page.locator('.transcript li').count()).toBeLessThan(120)
    await page.getByPlaceholder('Search the conversation').fill('line 7')
    await page.getByPlaceholder('Search the conversation').press('Enter')
    await page.locator('.transcript-found').getByText('line 7', { exact: true }).waitFor()
    await button('Follow the end').click()
    await page.locator('.transcript').getByText('line 399').waitFor()

    unwrap(
      await pawl.sessions.append(session.id, {
        fence,
        fromSeq: 403,
        entries: [
          { message: { text: 'The retry **never** stops. <img src=x onerror=alert(1)>' } },
          { toolCall: { key: 'a', title: 'npm test', toolKind: 'EXECUTE', toolStatus: 'IN_PROGRESS' } },
          { diff: { path: 'src/retry.ts', hunks: '@@ -1,1 +1,1 @@\n-retry()\n+retry(3)\n' } },
          { error: { code: 'OVERLOADED', message: 'try again later' } },
        ],
      }),
    )
    const said = page.locator('.transcript')
    await said.locator('strong').getByText('never', { exact: true }).waitFor()
    await said.getByText('<img src=x onerror=alert(1)>').waitFor()
    expect(await said.locator('img').count()).toBe(0)
    await said.locator('[data-tool-status="IN_PROGRESS"]').getByText('npm test').waitFor()
    await said.locator('.diff-added').getByText('+retry(3)').waitFor()
    await said.getByText('OVERLOADED').waitFor()
    const done = { updates: 'a', toolStatus: 'COMPLETED', output: '3 passed' } as const
    unwrap(await pawl.sessions.append(session.id, { fence, fromSeq: 407, entries: [{ toolCall: done }] }))
    await said.locator('[data-tool-status="COMPLETED"]').getByText('npm test').waitFor()
    expect(await said.locator('[data-tool-status]').count()).toBe(1)
    await said.locator('[data-tool-status]').getByText('npm test').click()
    await said.getByText('3 passed').waitFor()

    await tab('Processes')
    const { execution } = unwrap(
      await pawl.executions.start({ runId: id, fence, command: 'agent --go', pid: 1 }),
    )
    await page.locator(`[data-execution="${execution.id}"]`).getByText('Running').waitFor()
    unwrap(await pawl.executions.finish(execution.id, { exitCode: 0 }))
    await page.locator(`[data-outcome="INCOMPLETE"]`).waitFor()

    await tab('Messages')
    await page.getByLabel('Message to the agent').fill('leave the tests alone')
    await button('Send').click()
    await page.locator('[data-message="PENDING"]').getByText('leave the tests alone').waitFor()
    const { nodes } = await pawl.messages.list(id)
    unwrap(await pawl.messages.acknowledge(nodes[0]?.id ?? '', 'CONSUMED', { fence }))
    await page.locator('[data-message="CONSUMED"]').waitFor()

    await tab('Related')
    const child = await startQueued(pawl, { title: 'Its child', parentRunId: id })
    await expectStatus(page, child, 'QUEUED')
    unwrap(await pawl.runs.pause(child))
    await expectStatus(page, child, 'PAUSED')
    await page.getByRole('link', { name: 'Its child' }).click()
    await page.getByRole('heading', { name: 'Its child' }).waitFor()
    expect(page.url()).toBe(`${server.url}/runs/${child}`)
  })

  it('can be asked for in GraphiQL by a link', { tags: 'thorough' }, async () => {
    const id = await startQueued(dashboard.pawl, { title: 'Asked for' })
    await dashboard.open(`/runs/${id}?tab=raw`)
    await page.getByRole('link', { name: 'Open in GraphiQL' }).click()
    await page.locator('.graphiql-execute-button').click()
    await expect
      .poll(async () => (await page.locator('.result-window').innerText()).replace(/\s/g, ''), {
        timeout: 20_000,
      })
      .toContain(`"id":"${id}"`)
  })
})

describe('a run whose content was removed', () => {
  it('says what is gone, since when, and that the hashes are kept, on each tab', async () => {
    const { pawl } = dashboard
    const old = await deliverWhole(pawl, 'Long ago', { project: 'old', input: { secret: 'shallow' } })
    unwrap(await pawl.removeContent({ project: 'old', olderThanSeconds: 0, isDryRun: false }))
    const detail = await pawl.runs.get(old.id)
    const at = new Date(detail?.contentRemoval?.removedAt ?? 0)
    const { nodes: files } = await pawl.artifacts.list(old.id)
    await dashboard.open(`/runs/${old.id}`)
    const notice = page.locator('[data-removed="run"]')
    await notice.getByText(/The content of this run was removed on .* by local/).waitFor()
    await notice.getByText('the hash of each file').waitFor()
    await expect
      .poll(() => notice.locator('h2').innerText())
      .toContain(at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' }))
    await page.getByText(/What went in and what came out was removed/).waitFor()
    await page
      .getByRole('tabpanel')
      .getByText(/What was said to its agents and by them was removed/)
      .waitFor()
    await tab('Files')
    await page
      .getByRole('tabpanel')
      .getByText(/The content of this file was removed/)
      .waitFor()
    await page
      .getByRole('tabpanel')
      .getByText(files[0]?.sha256 ?? 'none')
      .waitFor()
    expect(await page.getByText('shallow').count()).toBe(0)
  })
})

describe('epochs and rounds', () => {
  it('are told apart', async () => {
    const { pawl } = dashboard
    const held = await startHeld(pawl, { title: 'Taken up again' })
    await endIncomplete(pawl, held)
    unwrap(await pawl.runs.resume(held.id))
    const again = await claimAgain(pawl, held.id)
    const { fence } = again
    for (const [index, key] of [
      'context',
      'change-context',
      'analysis',
      'reviews',
      'aggregation',
      'discourse',
      'synthesis',
    ].entries())
      unwrap(
        index === 0
          ? await pawl.phases.start(held.id, key, { fence })
          : await pawl.phases.advance(held.id, key, { fence }),
      )
    unwrap(await pawl.rounds.complete(held.id, { fence }))
    unwrap(await pawl.phases.advance(held.id, 'context', { fence }))
    await dashboard.open(`/runs/${held.id}?tab=events`)
    await page.locator('.log-epoch').getByText('After it had settled once').waitFor()
    await phase('context', 'PENDING')
    await button('Round 1').click()
    await phase('synthesis', 'COMPLETED')
    await button('Round 2').click()
    await phase('synthesis', 'PENDING')
  })
})

describe('a role', () => {
  it('is offered what it may do, and nothing else', async () => {
    const { secret } = await server.createToken({ role: 'VIEWER', name: 'Ann' })
    const viewer = await openDashboard({ url: server.url, token: secret })
    try {
      const held = await startHeld(dashboard.pawl, { workflow: 'delivery', title: 'Looked at' })
      await awaitApproval(dashboard.pawl, held)
      await viewer.open(`/runs/${held.id}`)
      await viewer.page.locator('.viewer', { hasText: 'AnnVIEWER' }).waitFor()
      await viewer.page.getByRole('heading', { name: 'Shall this plan be built?' }).waitFor()
      expect(await viewer.page.locator('.actions-row button').count()).toBe(0)
      expect(await viewer.page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
      await viewer.page.getByRole('tab', { name: 'Messages' }).click()
      await viewer.page.getByText('Nothing was said yet.').waitFor()
      expect(await viewer.page.getByLabel('Message to the agent').count()).toBe(0)
      expect(viewer.problems).toEqual([])
    } finally {
      await viewer.close()
    }
  })

  it(
    'is left, and nothing is asked without it; where the server is away, that is said',
    { tags: 'thorough' },
    async () => {
      const { secret } = await server.createToken({ role: 'VIEWER', name: 'Eve' })
      const viewer = await openDashboard({ url: server.url, token: secret })
      try {
        let isAway = true
        await viewer.page.route('**/sign-out', (route) => (isAway ? route.abort() : route.fallback()))
        await viewer.page.locator('.viewer').click()
        await viewer.page.getByRole('button', { name: 'Sign out' }).click()
        await viewer.page.getByText('you are still signed in').waitFor()
        expect(viewer.problems.splice(0)).toEqual([expect.stringContaining('ERR_FAILED')])
        isAway = false
        await viewer.page.getByRole('button', { name: 'Try again' }).click()
        await viewer.page.getByLabel('Token').waitFor()
        expect(viewer.problems).toEqual([])
      } finally {
        await viewer.close()
      }
    },
  )

  it('that ends under an open page leaves the page with a way back in', { tags: 'thorough' }, async () => {
    const { id, secret } = await server.createToken({ role: 'OPERATOR', name: 'Bob' })
    const other = await openDashboard({ url: server.url, token: secret })
    try {
      const runId = await startQueued(dashboard.pawl, { title: 'Seen again' })
      await other.open(`/runs/${runId}`)
      unwrap(await dashboard.pawl.tokens.revoke(id))
      await other.page.getByText('You are signed out.').waitFor({ timeout: 30_000 })
      const { secret: next } = await server.createToken({ role: 'VIEWER', name: 'Bob again' })
      await other.page.getByLabel('Token').fill('pawl_wrong')
      await other.page.getByRole('button', { name: 'Sign in' }).click()
      await other.page.getByText('This token is not valid.').waitFor()
      await other.page.getByLabel('Token').fill(next)
      await other.page.getByRole('button', { name: 'Sign in' }).click()
      await other.page.locator('.viewer', { hasText: 'Bob againVIEWER' }).waitFor()
      await other.page.getByRole('heading', { name: 'Seen again' }).waitFor()
      unwrap(await dashboard.pawl.runs.pause(runId))
      await expectStatus(other.page, runId, 'PAUSED')
    } finally {
      await other.close()
    }
  })
})

it('asked nobody else for anything, and met no error', () => {
  expect(dashboard.browser.blocked).toEqual([])
  expect(dashboard.problems).toEqual([])
})
