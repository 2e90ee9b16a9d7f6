import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { unwrap } from '@pawl/sdk'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Dashboard, expectStatus, expectTexts, openDashboard } from './dashboard.ts'
import { awaitApproval, endIncomplete, startHeld, startQueued } from './driving.ts'

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

/** What stands in a column, by the titles of its cards. */
const titles = (column: string) => `[data-column="${column}"] .card-title`
const countOf = (column: string) => page.locator(`[data-column="${column}"] .column-count`).innerText()

describe('the board', () => {
  it('leads who has no run to the way to start one, and shows the first as it comes', async () => {
    await page.getByRole('link', { name: 'Start the first one' }).click()
    await page.getByText('Waiting for your first run').waitFor()
    const id = await startQueued(dashboard.pawl, { title: 'The first' })
    await expectStatus(page, id, 'QUEUED')
    await page.getByRole('link', { name: 'The first' }).click()
    await page.getByRole('heading', { name: 'The first' }).waitFor()
    await page.getByRole('link', { name: 'Board', exact: true }).click()
    await expectTexts(page, titles('queued'), ['The first'])
  })

  it('shows each run where it stands, and follows it', async () => {
    const { pawl } = dashboard
    const held = await startHeld(pawl, { title: 'Moving' })
    await expectTexts(page, titles('running'), ['Moving'])
    unwrap(await pawl.runs.pause(held.id))
    await expectTexts(page, titles('paused'), ['Moving'])
    await expectTexts(page, titles('running'), [])
    unwrap(await pawl.runs.cancel(held.id))
    await page
      .locator(`[data-column="running"] [data-run-id="${held.id}"][data-status="CANCELLING"]`)
      .waitFor()
    unwrap(await pawl.runs.confirmCancel(held.id, { fence: held.fence }))
    // What is over is counted, and shown on request.
    await expect.poll(() => countOf('cancelled')).toBe('1')
    await page.locator('[data-column="cancelled"]').getByRole('button').click()
    await page.waitForURL(`${server.url}/?open=cancelled`)
    await expectTexts(page, titles('cancelled'), ['Moving'])
    unwrap(await pawl.runs.delete(held.id))
    await expectTexts(page, titles('cancelled'), [])
    await page.getByRole('button', { name: 'Fold Cancelled' }).click()
    await page.waitForURL(`${server.url}/`)
  })

  it('shows marks that reorder or hide a part of a text, on the board and on the page of the run', async () => {
    const { pawl } = dashboard
    const title = 'invoice\u202egpj.exe\u200b'
    const shown = 'invoice\\u{202e}gpj.exe\\u{200b}'
    const { id } = unwrap(await pawl.runs.start({ workflow: 'review', title, input: { note: title } })).run
    await page.getByRole('link', { name: shown }).click()
    await page.getByRole('heading', { name: shown }).waitFor()
    await expect.poll(() => page.title()).toBe(`${shown} · Pawl`)
    expect(await page.locator('body').innerText()).not.toMatch(/[\u202e\u200b]/)
    // what it is stays what it is
    expect((await pawl.runs.get(id))?.title).toBe(title)
    unwrap(await pawl.runs.cancel(id))
    unwrap(await pawl.runs.delete(id))
    await page.getByRole('link', { name: 'Board', exact: true }).click()
  })

  it('shows how far a run has come in its workflow', async () => {
    const { pawl } = dashboard
    const held = await startHeld(pawl, { workflow: 'delivery', title: 'On its way' })
    const card = page.locator(`.card[data-run-id="${held.id}"]`)
    await card.getByTitle('Phase 1 of 4').waitFor()
    await awaitApproval(pawl, held)
    const [question] = (await pawl.approvals.list({ runId: held.id })).nodes
    const { id = '', digest = '' } = question ?? {}
    unwrap(await pawl.approvals.decide(id, { decision: 'APPROVE', digest }))
    unwrap(await pawl.phases.advance(held.id, 'build', { fence: held.fence }))
    await card.getByTitle('Phase 2 of 4').waitFor()
    unwrap(await pawl.runs.fail(held.id, { fence: held.fence, error: 'enough' }))
    unwrap(await pawl.runs.delete(held.id))
  })

  it('keeps what ended undone apart from what failed and from what is done', async () => {
    const { pawl } = dashboard
    await endIncomplete(pawl, await startHeld(pawl, { title: 'Stopped half-way' }))
    const failed = await startHeld(pawl, { title: 'Broken' })
    unwrap(await pawl.runs.fail(failed.id, { fence: failed.fence, error: 'no disk' }))
    await expectTexts(page, titles('incomplete'), ['Stopped half-way'])
    await expectTexts(page, titles('failed'), ['Broken'])
    await expect.poll(() => countOf('incomplete')).toBe('1')
    await expect.poll(() => countOf('failed')).toBe('1')
    await expect.poll(() => countOf('completed')).toBe('0')
  })
})

describe('filters', () => {
  it('are part of the address, and are there when it is opened', async () => {
    const { pawl } = dashboard
    await startQueued(pawl, { title: 'Red one', labels: ['red'], project: 'paint' })
    await startQueued(pawl, {
      title: 'Blue one',
      labels: ['blue', 'deep'],
      project: 'paint',
      workflow: 'map',
    })
    await page.goto(`${server.url}/?project=paint`)
    await expectTexts(page, titles('queued'), ['Red one', 'Blue one'])
    await page.goto(`${server.url}/?label=blue&label=deep`)
    await expectTexts(page, titles('queued'), ['Blue one'])
    await page.goto(`${server.url}/?workflow=map`)
    await expectTexts(page, titles('queued'), ['Blue one'])
    await page.goto(`${server.url}/?outcome=INCOMPLETE`)
    await expectTexts(page, titles('incomplete'), ['Stopped half-way'])
    expect(await page.locator('.column-name').allInnerTexts()).toEqual(['Incomplete'])
    await page.goto(`${server.url}/?status=FAILED`)
    await expectTexts(page, titles('incomplete'), ['Stopped half-way'])
    await expectTexts(page, titles('failed'), ['Broken'])
    expect(await page.locator('.column').count()).toBe(2)
  })

  it('are written to the address as they are chosen, and taken back by the browser', async () => {
    await page.goto(server.url)
    await page.getByPlaceholder('Search title or id').fill('blue')
    await page.waitForURL(`${server.url}/?text=blue`)
    await expectTexts(page, titles('queued'), ['Blue one'])
    await page.getByLabel('Workflow').selectOption('review')
    await page.waitForURL(`${server.url}/?workflow=review&text=blue`)
    await page.getByText('No run matches.').waitFor()
    await page.goBack()
    await expectTexts(page, titles('queued'), ['Blue one'])
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.waitForURL(`${server.url}/`)
    await page.getByRole('group', { name: 'Outcome' }).getByRole('button', { name: 'Failed' }).click()
    await page.waitForURL(`${server.url}/?outcome=FAILED`)
    await expectTexts(page, titles('failed'), ['Broken'])
  })

  it('hold for what comes later, too', async () => {
    const { pawl } = dashboard
    await page.goto(`${server.url}/?project=paint`)
    await expectTexts(page, titles('queued'), ['Red one', 'Blue one'])
    await startQueued(pawl, { title: 'Of no project' })
    await startQueued(pawl, { title: 'Green one', project: 'paint' })
    await expectTexts(page, titles('queued'), ['Red one', 'Blue one', 'Green one'])
  })
})

describe('the keyboard', () => {
  it('goes through the cards and opens one', async () => {
    await page.goto(`${server.url}/?project=paint`)
    await expectTexts(page, titles('queued'), ['Red one', 'Blue one', 'Green one'])
    const focused = () =>
      page.evaluate(() => document.activeElement?.querySelector('.card-title')?.textContent)
    await page.locator('[data-column="queued"] .card').first().focus()
    await page.keyboard.press('ArrowDown')
    await expect.poll(focused).toBe('Blue one')
    await page.keyboard.press('End')
    await expect.poll(focused).toBe('Green one')
    await page.keyboard.press('Home')
    await expect.poll(focused).toBe('Red one')
    await page.keyboard.press('/')
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('search')
    await page.locator('[data-column="queued"] .card').first().focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Red one' }).waitFor()
  })

  it('goes from column to column', async () => {
    const held = await startHeld(dashboard.pawl, { title: 'Held', project: 'paint' })
    await page.goto(`${server.url}/?project=paint`)
    await expectTexts(page, titles('running'), ['Held'])
    await page.locator('[data-column="queued"] .card').first().focus()
    await page.keyboard.press('ArrowLeft')
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-run-id'))
    await expect.poll(focused).toBe(held.id)
    await page.keyboard.press('ArrowRight')
    await expect.poll(focused).not.toBe(held.id)
  })
})

describe('many runs', () => {
  it(
    'are drawn as far as they can be seen, and read as far as was scrolled to',
    { tags: 'thorough' },
    async () => {
      const { pawl } = dashboard
      for (let from = 0; from < 300; from += 25) {
        const starting = Array.from({ length: 25 }, (_, index) =>
          startQueued(pawl, { title: `Many ${from + index}`, project: 'many' }),
        )
        await Promise.all(starting)
      }
      await page.goto(`${server.url}/?project=many`)
      await expect.poll(() => countOf('queued')).toBe('300')
      const cards = page.locator('[data-column="queued"] .card')
      expect(await cards.count()).toBeLessThan(40)
      const body = page.locator('[data-column="queued"] .column-body')
      const seen = new Set<string>()
      await expect
        .poll(
          async () => {
            for (const title of await page.locator(titles('queued')).allInnerTexts()) seen.add(title)
            await body.evaluate((element) => element.scrollBy(0, element.clientHeight))
            return seen.size
          },
          { timeout: 30_000 },
        )
        .toBe(300)
      expect(await cards.count()).toBeLessThan(40)
    },
  )
})

describe('the table', () => {
  const cells = (field: string) => page.locator(`.runs-${field}`).allInnerTexts()

  it('is sorted by any field and has those that are chosen, all of it in the address', async () => {
    await page.goto(`${server.url}/?project=paint`)
    await page.getByRole('button', { name: 'Table' }).click()
    await expect.poll(() => cells('title')).toEqual(['Held', 'Green one', 'Blue one', 'Red one'])
    await page.getByRole('button', { name: 'Title' }).click()
    await expect.poll(() => cells('title')).toEqual(['Blue one', 'Green one', 'Held', 'Red one'])
    await page.getByRole('button', { name: /^Title/ }).click()
    await expect.poll(() => cells('title')).toEqual(['Red one', 'Held', 'Green one', 'Blue one'])
    await page.getByText('Fields', { exact: true }).click()
    await page.getByLabel('Labels').check()
    await page.getByLabel('Owner', { exact: true }).uncheck()
    await expect.poll(() => cells('labels')).toEqual(['red', '', '', 'blue deep'])
    const fields = 'status%2Ctitle%2Cworkflow%2Cphase%2Clabels%2Ccost%2Ccreated%2Cactivity'
    expect(page.url()).toBe(`${server.url}/?project=paint&view=table&fields=${fields}&sort=-title`)
    await page.reload()
    await expect.poll(() => cells('labels')).toEqual(['red', '', '', 'blue deep'])
    await expect.poll(() => cells('title')).toEqual(['Red one', 'Held', 'Green one', 'Blue one'])
  })

  it('acts on many runs at once, on each that allows it, and asks before what can’t be undone', async () => {
    const { pawl } = dashboard
    const ids = [await startQueued(pawl, { title: 'Bulk 1', project: 'bulk' })]
    ids.push(await startQueued(pawl, { title: 'Bulk 2', project: 'bulk' }))
    unwrap(await pawl.runs.pause(await startQueued(pawl, { title: 'Bulk 3', project: 'bulk' })))
    await page.goto(`${server.url}/?project=bulk&view=table`)
    await page.getByLabel('Choose Bulk 2').check()
    await page.getByText('1 chosen').waitFor()
    await page.getByLabel('All runs that are shown').check()
    await page.getByText('3 chosen').waitFor()
    await page.getByRole('button', { name: 'Resume 1' }).waitFor()
    await page.getByRole('button', { name: 'Pause 2' }).click()
    await page.getByText('Pause: 2 done.').waitFor()
    for (const id of ids) await expectStatus(page, id, 'PAUSED')
    await page.getByLabel('All runs that are shown').check()
    await page.getByRole('button', { name: 'Cancel 3 …' }).click()
    await page.getByRole('button', { name: 'Cancel 3 runs' }).click()
    await page.getByText('Cancel: 3 done.').waitFor()
    for (const id of ids) await expectStatus(page, id, 'CANCELLED')
  })

  it('and every other view can be kept by a name', async () => {
    await page.goto(`${server.url}/?project=paint&view=table&sort=-title`)
    await page.getByText('Views', { exact: true }).click()
    await page.getByLabel('Name of this view').fill('Painted')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.goto(server.url)
    await page.getByText('Views 1').click()
    await page.getByRole('link', { name: 'Painted' }).click()
    await page.waitForURL(`${server.url}/?project=paint&view=table&sort=-title`)
    await page.getByRole('button', { name: 'Forget Painted' }).click()
    await page.getByText('Views', { exact: true }).waitFor()
  })
})

describe('a phone', () => {
  it('shows one list, with a switch, and its filters in a sheet', async () => {
    const { pawl } = dashboard
    const id = await startQueued(pawl, { title: 'On a phone', project: 'phone' })
    const held = await startHeld(pawl, { title: 'Held on a phone', project: 'phone' })
    await page.setViewportSize({ width: 390, height: 844 })
    onTestFinished(() => page.setViewportSize({ width: 1440, height: 900 }))
    await page.goto(`${server.url}/?project=phone`)
    const card = (runId: string) => page.locator(`.card[data-run-id="${runId}"]`)
    await card(held.id).waitFor()
    expect(await card(id).isVisible()).toBe(false)
    await page
      .getByRole('group', { name: 'Which runs are shown' })
      .getByRole('button', { name: /^Queued/ })
      .click()
    await card(id).waitFor()
    expect(await card(held.id).isVisible()).toBe(false)
    expect(await page.getByLabel('Workflow').isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Filters 1' }).click()
    await page.getByLabel('Workflow').selectOption('map')
    await page.getByRole('button', { name: 'Show 0 runs' }).click()
    expect(await page.getByLabel('Workflow').isVisible()).toBe(false)
    await page.getByText('No run matches.').waitFor()
  })
})

describe('the inbox', () => {
  it('tells of what waits, on every page, and of what waits no more', async () => {
    const { pawl } = dashboard
    await page.goto(server.url)
    const held = await startHeld(pawl, { workflow: 'delivery', title: 'Needs a word' })
    await awaitApproval(pawl, held)
    await page.getByRole('link', { name: 'Approvals 1 waiting' }).click()
    await page.getByText('1 question waits for a person.').waitFor()
    await page.getByRole('link', { name: 'Needs a word', exact: true }).waitFor()
    unwrap(await pawl.runs.cancel(held.id))
    await expect.poll(() => page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
    unwrap(await pawl.runs.confirmCancel(held.id, { fence: held.fence }))
    await page.getByText('Nothing waits for a person.').waitFor()
  })
})

describe('a question in the middle of a turn', () => {
  it('is answered by its form, by kind', async () => {
    const { pawl } = dashboard
    const kinds = ['PERMISSION', 'QUESTION'] as const
    const claim = { owner: 'builder-1', leaseSeconds: 600, kinds: [...kinds] }
    const { id, fence } = await startHeld(pawl, { title: 'Asks', claim })
    const wanted = { kind: 'EXECUTE', program: 'rm', path: '/srv' } as const
    const permission = unwrap(
      await pawl.approvals.request(id, {
        ...{ fence, kind: 'PERMISSION', gate: 'permission', question: 'May it clean up?' },
        permission: wanted,
      }),
    ).approval
    await page.goto(`${server.url}/approvals`)
    const form = (approvalId: string) => page.locator(`[data-approval="${approvalId}"]`)
    await form(permission.id).getByText('rm', { exact: false }).first().waitFor()
    await form(permission.id).getByLabel('A word to the agent').fill('not there')
    await form(permission.id).getByRole('button', { name: 'Deny' }).click()
    await expect
      .poll(() => pawl.approvals.get(permission.id))
      .toMatchObject({ status: 'DENIED', comment: 'not there' })

    const properties = { colour: { type: 'string', enum: ['red', 'blue'] }, count: { type: 'integer' } }
    const asked = unwrap(
      await pawl.approvals.request(id, {
        ...{ fence, kind: 'QUESTION', gate: 'question', question: 'Which, and how many?' },
        answerSchema: { type: 'object', properties, required: ['colour'] },
      }),
    ).approval
    await form(asked.id).locator('[data-answer-field="colour"] select').selectOption('blue')
    await form(asked.id).locator('[data-answer-field="count"] input').fill('3')
    await form(asked.id).getByRole('button', { name: 'Answer', exact: true }).click()
    await expect
      .poll(() => pawl.approvals.get(asked.id))
      .toMatchObject({ status: 'ANSWERED', answer: { colour: 'blue', count: 3 } })
  })
})

describe('what a run used, and waits for', () => {
  it('stands on its card and its page', async () => {
    const { pawl } = dashboard
    const { id, fence } = await startHeld(pawl, { title: 'Costs something', labels: ['costs'] })
    const { session } = unwrap(await pawl.sessions.open(id, { fence, role: 'reviewer', adapter: 'process' }))
    const usage = { inputTokens: 12_000, costMicros: 1_230_000, currency: 'USD' }
    unwrap(await pawl.sessions.append(session.id, { fence, fromSeq: 1, entries: [{ usage }] }))
    await dashboard.open('/')
    await page.locator(`[data-run-id="${id}"] .card-cost`).getByText('1.23 USD').waitFor()
    unwrap(
      await pawl.runs.release(id, {
        fence,
        claimableAt: new Date(Date.now() + 3_600_000).toISOString(),
        waitsFor: 'the model of the reviewer',
      }),
    )
    await dashboard.open('/?label=costs')
    await page
      .locator(`[data-run-id="${id}"] .card-wait`)
      .getByText(/^waits (59m|1h)$/)
      .waitFor()
    await dashboard.open(`/runs/${id}`)
    await page.locator(`[data-usage="${id}"]`).getByText('12,000 tokens in, 1.23 USD').first().waitFor()
    await page.locator('[data-waiting]').getByText('the model of the reviewer').waitFor()
  })
})

it('asked nobody else for anything, and met no error', () => {
  expect(dashboard.browser.blocked).toEqual([])
  expect(dashboard.problems).toEqual([])
})
