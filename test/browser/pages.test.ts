import { unwrap } from '@pawl/sdk'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Dashboard, expectStatus, openDashboard } from './dashboard.ts'
import { claimAgain, endIncomplete, startHeld, startQueued } from './driving.ts'

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
/** The id of the run whose page is shown. */
const shownRun = async (): Promise<string> => {
  await page.waitForURL(/\/runs\/run_/)
  return new URL(page.url()).pathname.split('/').at(-1) ?? ''
}

describe('a run', () => {
  it('is started by a form that asks for the fields of its input', async () => {
    const { pawl } = dashboard
    const prompt = 'Translate {{input.text}} to {{ input.language }}.'
    unwrap(
      await pawl.workflows.register({
        name: 'translate',
        version: 1,
        initialPhase: 'do',
        phases: [{ key: 'do', prompt, role: 'translator', final: true }],
      }),
    )
    await dashboard.open('/start?workflow=translate')
    await page.getByLabel('Title').fill('Translate it')
    await page.getByLabel('text', { exact: true }).fill('good morning')
    await page.getByLabel('language', { exact: true }).fill('Dutch')
    await page.getByLabel('More of the input, as JSON').fill('{"tone": ')
    await button('Start the run').click()
    await page.getByRole('alert').getByText('The input is not JSON.').waitFor()
    await page.getByLabel('More of the input, as JSON').fill('{"tone": "polite"}')
    await page.getByLabel('Labels').fill('words nl')
    await button('Start the run').click()
    const id = await shownRun()
    expect(await pawl.runs.get(id)).toMatchObject({
      title: 'Translate it',
      input: { text: 'good morning', language: 'Dutch', tone: 'polite' },
      labels: ['words', 'nl'],
      workflow: { name: 'translate' },
    })

    unwrap(await pawl.runs.cancel(id))
    await page.getByRole('link', { name: 'Start again …' }).click()
    const language = page.locator('[data-input-field="language"] textarea')
    await expect.poll(() => language.inputValue()).toBe('Dutch')
    await language.fill('German')
    await button('Start the run').click()
    await expect.poll(shownRun).not.toBe(id)
    expect(await pawl.runs.get(await shownRun())).toMatchObject({
      title: 'Translate it',
      input: { text: 'good morning', language: 'German', tone: 'polite' },
    })
  })

  it('is started by the fields of its workflow’s schema, and refused with what is wrong with them', async () => {
    const { pawl } = dashboard
    const inputSchema = {
      type: 'object',
      required: ['pr', 'mode'],
      properties: {
        pr: { type: 'integer', title: 'Pull request', minimum: 1 },
        mode: { enum: ['quick', 'deep'] },
        draft: { type: 'boolean' },
      },
    }
    const phases = [{ key: 'do', final: true }]
    unwrap(
      await pawl.workflows.register({ name: 'checked', version: 1, initialPhase: 'do', inputSchema, phases }),
    )
    await dashboard.open('/start?workflow=checked')
    await page.getByLabel('Pull request').fill('0')
    await page.getByLabel('mode').selectOption('deep')
    await page.getByLabel('draft').selectOption('yes')
    await button('Start the run').click()
    await page.getByText('input.pr').waitFor()
    await page.getByLabel('Pull request').fill('31')
    await button('Start the run').click()
    expect((await pawl.runs.get(await shownRun()))?.input).toEqual({ pr: 31, mode: 'deep', draft: true })
  })

  it('that a viewer looks at is not started again', async () => {
    const { secret } = await server.createToken({ role: 'VIEWER', name: 'Vera' })
    const viewer = await openDashboard({ url: server.url, token: secret })
    try {
      await viewer.open('/start')
      await viewer.page.getByRole('heading', { name: 'From elsewhere' }).waitFor()
      expect(await viewer.page.getByRole('button', { name: 'Start the run' }).count()).toBe(0)
      await viewer.open('/tokens')
      await viewer.page.getByText('you are signed in as VIEWER').waitFor()
    } finally {
      await viewer.close()
    }
  })

  it('that ended undone is resumed with words to its agent, and one that is over is continued', async () => {
    const { pawl } = dashboard
    const held = await startHeld(pawl, { title: 'Stopped' })
    await endIncomplete(pawl, held)
    await dashboard.open(`/runs/${held.id}`)
    const words = page.getByLabel('A word to the agent, with its next prompt')
    await expect.poll(() => words.inputValue()).toContain('You stopped at context before the work was done.')
    await words.fill('Finish the context, please.')
    await button('Resume with these words').click()
    await expectStatus(page, held.id, 'QUEUED')
    await expect
      .poll(async () => (await pawl.messages.list(held.id)).nodes)
      .toMatchObject([{ text: 'Finish the context, please.', mode: 'FOLLOW_UP', status: 'PENDING' }])
    const again = await claimAgain(pawl, held.id)
    unwrap(await pawl.runs.fail(held.id, { fence: again.fence, error: 'no' }))
    await page.getByRole('link', { name: 'Continue …' }).click()
    await page.getByText('its rounds are counted on').waitFor()
    await button('Continue it').click()
    await expect.poll(shownRun).not.toBe(held.id)
    expect((await pawl.runs.get(await shownRun()))?.continues?.id).toBe(held.id)
  })
})

describe('the pages', () => {
  it('of workflows have each with its versions, its graph and its definition', async () => {
    await dashboard.open('/workflows')
    await page.locator('[data-workflow="delivery"]').click()
    await page.getByRole('heading', { name: 'delivery version' }).waitFor()
    await page.locator('[data-phase="verify"]').waitFor()
    await page.getByRole('cell', { name: 'plan.md' }).waitFor()
    await page.getByText('The definition, as it was registered').click()
    await page.locator('.json').getByText('"delivery"').waitFor()
    await page.getByRole('link', { name: 'Its runs' }).click()
    await page.waitForURL(`${server.url}/?workflow=delivery`)
  })

  it('of workers have each owner with what it holds', async () => {
    const { pawl } = dashboard
    const claim = { owner: 'builder-7', leaseSeconds: 600 }
    const held = await startHeld(pawl, { title: 'Held by seven', claim })
    await dashboard.open('/workers')
    const owner = page.locator('[data-owner="builder-7"]')
    await owner.getByText('holds 1 run').waitFor()
    await owner.getByText(/lease for \d+m more/).waitFor()
    unwrap(await pawl.runs.release(held.id, { fence: held.fence }))
    await expect.poll(() => owner.count()).toBe(0)
  })

  it('of workers have who waits for runs: what it claims, who works for it, and that it is gone', async () => {
    const { pawl } = dashboard
    const said = { instance: 'w-1', name: 'waiter', host: 'anvil', concurrency: 3, program: 'pawl 1.0' }
    const agents = [{ role: 'planner', adapter: 'acp', program: 'codex-acp', version: '2.6.0' }]
    unwrap(await pawl.workers.announce({ ...said, workflows: ['delivery'], agents }))
    await dashboard.open('/workers')
    const waiter = page.locator('[data-owner="waiter"]')
    await waiter.getByText('holds 0 of 3').waitFor()
    await waiter.getByText('runs of delivery').waitFor()
    await waiter.getByText('codex-acp 2.6.0').waitFor()
    unwrap(await pawl.workers.announce({ ...said, state: 'NOT_READY', problem: 'The disk is full' }))
    await waiter.getByText('The disk is full').waitFor()
    unwrap(await pawl.workers.announce({ ...said, state: 'STOPPED' }))
    await page.getByText('1 worker stopped within a day').click()
    await page.locator('[data-worker-state="STOPPED"]').waitFor()
  })

  it('of projects have each with what its runs ask for, and lead to these runs and to its tokens', async () => {
    const { pawl } = dashboard
    await dashboard.open('/projects')
    const atlas = page.locator('[data-project="atlas & co"]')
    const run = await startQueued(pawl, { title: 'Map the sea', project: 'atlas & co' })
    await startQueued(pawl, { title: 'Map the land', project: 'atlas & co' })
    await startQueued(pawl, { title: 'Of another one', project: 'borea' })
    const group = (key: string) => atlas.locator(`[data-group="${key}"]`)
    const numberOf = (key: string) => group(key).locator('b').innerText()
    await expect.poll(() => numberOf('queued')).toBe('2')
    unwrap(await pawl.runs.pause(run))
    await expect.poll(() => numberOf('person')).toBe('1')
    expect(await numberOf('queued')).toBe('1')
    expect(await numberOf('failed')).toBe('0')
    expect(await group('failed').getByRole('link').count()).toBe(0)
    await group('person').getByRole('link').click()
    await expectStatus(page, run, 'PAUSED')
    await expect.poll(() => page.locator('.card-title').allInnerTexts()).toEqual(['Map the sea'])
    await page.goBack()
    await atlas.getByRole('link', { name: '0 tokens' }).click()
    await page.getByText('There is none.').waitFor()
    await server.createToken({ role: 'VIEWER', name: 'Atlas', projects: ['atlas & co', 'borea'] })
    await dashboard.open('/projects')
    await atlas.getByRole('link', { name: '1 token' }).click()
    await expect.poll(() => page.locator('[data-token]').count()).toBe(1)
    await page.getByRole('link', { name: 'Show all' }).click()
    await expect.poll(() => page.locator('[data-token]').count()).toBeGreaterThan(1)
  })

  it('of projects show whose token is limited only these, and nothing of tokens', async () => {
    const { secret } = await server.createToken({ role: 'OPERATOR', name: 'Bo', projects: ['borea', 'new'] })
    const limited = await openDashboard({ url: server.url, token: secret })
    try {
      await limited.open('/projects')
      await limited.page.locator('[data-project="new"]').getByText('no run yet').waitFor()
      expect(await limited.page.locator('[data-project] h2').allInnerTexts()).toEqual(['borea', 'new'])
      expect(await limited.page.locator('a[href^="/tokens"]').count()).toBe(0)
    } finally {
      await limited.close()
    }
  })

  it('of tokens make them, show the secret once, and revoke them', async () => {
    await dashboard.open('/tokens')
    await page.getByLabel('Name of a person or program').fill('ci')
    await page.getByLabel('Role').selectOption('WORKER')
    await page.getByLabel('Projects').fill('web api')
    await page.getByLabel('Expires in days').fill('30')
    await button('Make a token').click()
    const secret = await page.locator('[data-secret] code').innerText()
    expect(secret).toMatch(/^pawl_/)
    const row = page.locator('[data-token="ci"]')
    await row.getByText('web, api').waitFor()
    await row.getByRole('button', { name: 'Revoke ci …' }).click()
    await button('Revoke it for good').click()
    await expect.poll(() => row.count()).toBe(0)
    await page.reload()
    await page.getByRole('button', { name: 'Make a token' }).waitFor()
    expect(await page.locator('[data-secret]').count()).toBe(0)
  })

  it('that are none look like Pawl and lead back', async () => {
    const other = await dashboard.browser.context.newPage()
    const answer = await other.goto(`${server.url}/no/such/page`)
    expect(answer?.status()).toBe(404)
    await other.getByText('There is no such page.').waitFor()
    await other.getByRole('link', { name: 'To the board' }).click()
    await other.locator('.connection[data-phase="CONNECTED"]').waitFor()
    await other.close()
  })

  it('of GraphiQL lead back, and open after signing in', { tags: 'thorough' }, async () => {
    await page.goto(`${server.url}/graphql`)
    await page.getByRole('link', { name: 'Back to Pawl' }).click()
    await page.locator('.connection[data-phase="CONNECTED"]').waitFor()
    const { secret } = await server.createToken({ role: 'VIEWER', name: 'Gil' })
    const other = await openDashboard({ url: server.url, token: secret })
    try {
      await other.page.context().clearCookies()
      await other.page.goto(`${server.url}/graphql`)
      await other.page.getByLabel('Token').fill(secret)
      await other.page.getByRole('button', { name: 'Sign in' }).click()
      await other.page.locator('.graphiql-execute-button').waitFor()
    } finally {
      await other.close()
    }
  })
})

describe('the palette', () => {
  it('goes to pages and runs by a few letters, with the keyboard alone', async () => {
    const id = await startQueued(dashboard.pawl, { title: 'Found by letters' })
    await dashboard.open('/')
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('combobox').waitFor()
    await page.keyboard.type('workf')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${server.url}/workflows`)
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('combobox').waitFor()
    await page.keyboard.type('by lett')
    await page.getByRole('option', { name: 'Found by letters' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${server.url}/runs/${id}`)
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('combobox').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByRole('dialog').getByRole('combobox').count()).toBe(0)
  })
})

it('asked nobody else for anything, and met no error', () => {
  expect(dashboard.browser.blocked).toEqual([])
  expect(dashboard.problems).toEqual([])
})
