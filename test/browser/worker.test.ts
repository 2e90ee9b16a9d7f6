import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { Bench, isAlive, shellAgent } from '../integration/worker/startTestWorker.ts'
import { createRepository, git } from '../integration/workspaces/repository.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { BUSY_MS, type Dashboard, expectStatus, expectTexts, openDashboard } from './dashboard.ts'

const FEEDBACK = 'Say what is not done.'

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
const dialog = () => page.getByRole('dialog')
const tab = (name: string) => page.getByRole('tab', { name }).click()
/** What stands in a column of the board, by the titles of its cards. */
const titles = (column: string) => `[data-column="${column}"] .card-title`
/** Status of a phase as its node in the graph says it. */
const phase = (key: string, status: string) =>
  page.locator(`[data-phase="${key}"][data-phase-status="${status}"]`).waitFor({ timeout: BUSY_MS })

/** Pipes that an agent reads from (`read go < …`) and so waits at, until the test lets it through. */
function makeGates<Name extends string>(folder: string, ...names: readonly Name[]) {
  const paths = names.map((name) => [name, join(folder, `gate-${name}`)] as const)
  for (const [, path] of paths) execFileSync('mkfifo', [path])
  return Object.fromEntries(paths) as Readonly<Record<Name, string>>
}
const letThrough = (gate: string) => writeFile(gate, 'go\n')

it('a delivery by a worker is followed, sent back, approved and merged on a page that is loaded once', async () => {
  const { repository, root } = createRepository()
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  const gates = makeGates(bench.folder, 'plan', 'build', 'repair')
  const agent = shellAgent(`[ -f README.md ] || exit 9
  case "$phase" in
    plan) case "$prompt" in
      *'${FEEDBACK}'*) echo '# A longer plan' > plan.md;;
      *) read go < '${gates.plan}'; echo '# A plan' > plan.md;;
    esac;;
    build) case "$prompt" in
      *'To be corrected'*) echo 'mending it'; read go < '${gates.repair}'; echo '{"commit":"abc"}' > build.json;;
      *) echo 'building it'; read go < '${gates.build}'; echo ' ' > build.json;;
    esac;;
    verify) echo '{"passed":true}' > verify.json;;
  esac`)

  await dashboard.open('/')
  await page.evaluate(() => Object.assign(window, { wasLoadedOnce: true }))
  const id = await bench.begin('delivery', { title: 'Deliver it' })
  await expectTexts(page, titles('queued'), ['Deliver it'])
  bench.start({ default: agent }, { workflows: ['delivery'], workspace: { repository, root } })
  await expectTexts(page, titles('running'), ['Deliver it'])
  await letThrough(gates.plan)
  await expectTexts(page, titles('awaiting_approval'), ['Deliver it'])

  await page.getByRole('link', { name: 'Deliver it' }).click()
  const question = page.locator('[data-approval-status="PENDING"]')
  await question.locator('.markdown h1').getByText('A plan', { exact: true }).waitFor()
  const { approval: first } = await bench.asked(id)
  await question.getByText(first.digest).waitFor()
  await question.getByLabel(/Feedback/).fill(FEEDBACK)
  await button('Reject, with feedback').click()
  await question.locator('.markdown h1').getByText('A longer plan', { exact: true }).waitFor()
  const { approval: second } = await bench.asked(id)
  expect(second.digest).not.toBe(first.digest)
  await question.getByText(second.digest).waitFor()
  await tab('Approvals')
  await page.locator(`[data-approval="${first.id}"][data-approval-status="REJECTED"]`).waitFor()
  await page.getByText(`“${FEEDBACK}”`).waitFor()
  await button('Approve').click()
  await phase('plan', 'COMPLETED')

  await tab('Conversation')
  await page.locator('.transcript').getByText('building it').waitFor()
  await letThrough(gates.build)
  await page.locator('.transcript').getByText('mending it').waitFor()
  await tab('Files')
  const files = page.getByRole('list', { name: 'Artifacts, the newest first' }).locator('.choice')
  const invalid = files.filter({ hasText: 'build.json' }).filter({ hasText: 'Invalid' })
  await invalid.waitFor()
  await page.getByText('Not what the workflow asks for').waitFor()
  const { nodes } = await bench.person.artifacts.list(id)
  const problems = nodes.find(({ isValid: valid }) => !valid)?.problems.map(({ message }) => message) ?? []
  expect(problems).toHaveLength(1)
  await page
    .locator('.artifact .missing')
    .getByText(problems[0] ?? '')
    .waitFor()
  await letThrough(gates.repair)
  await expectStatus(page, id, 'COMPLETED')
  for (const key of ['plan', 'build', 'verify', 'done']) await phase(key, 'COMPLETED')
  await expect
    .poll(async () => (await files.allInnerTexts()).map((text) => text.split('\n').slice(0, 2).join(' ')))
    .toEqual([
      'verify.json Valid',
      'build.json Valid',
      'build.json Invalid',
      'plan.md Valid',
      'plan.md Valid',
    ])

  await tab('Workspace')
  const workspace = page.getByRole('region', { name: 'Workspace' })
  await workspace.getByRole('button', { name: 'Show what changed' }).click()
  await workspace.getByText('3 files changed').waitFor()
  await workspace.locator('td.diff-added').getByText('# A longer plan').waitFor()
  // The worker lets go of the directory only after it has said that the run is complete.
  await expect.poll(() => bench.news.some(({ kind }) => kind === 'run-left')).toBe(true)
  const before = git(repository, 'rev-parse', 'main')
  await button('Merge …').click()
  await dialog().getByText('Merge this work?').waitFor()
  expect(git(repository, 'rev-parse', 'main')).toBe(before)
  await button('Merge it').click()
  await workspace.getByText('Merged into main as').waitFor()
  const merged = git(repository, 'rev-parse', 'main')
  expect(merged).not.toBe(before)
  await workspace.getByText(merged.slice(0, 12)).waitFor()
  expect(git(repository, 'show', 'main:plan.md')).toBe('# A longer plan')

  await page.getByRole('link', { name: 'Board', exact: true }).click()
  await page.locator('[data-column="completed"]').getByRole('button').click()
  await expectTexts(page, titles('completed'), ['Deliver it'])
  expect(await page.evaluate(() => Object.keys(window).includes('wasLoadedOnce'))).toBe(true)
})

it(
  'a run is cancelled under its working agent, and ends when that is gone',
  { tags: 'thorough' },
  async () => {
    const bench = await Bench.prepare(server)
    onTestFinished(() => bench.remove())
    const { never } = makeGates(bench.folder, 'never')
    await dashboard.open('/')
    bench.start({ default: shellAgent(`echo "process $$ works"; read go < '${never}'`) })
    const id = await bench.begin('delivery', { title: 'Given up' })
    await page.getByRole('link', { name: 'Given up' }).click()
    await tab('Conversation')
    const line = page.locator('.transcript').getByText(/process \d+ works/)
    await line.waitFor()
    const pid = Number(/\d+/.exec(await line.innerText())?.[0])
    expect(await isAlive(pid)).toBe(true)

    await button('Cancel …').click()
    await dialog().getByText('worker-1 is told to stop').waitFor()
    await page.getByLabel('What to say about it').fill('no longer wanted')
    expect((await bench.look(id)).status).toBe('RUNNING')
    await button('Cancel the run').click()
    await expectStatus(page, id, 'CANCELLED')
    await page.getByText('its owner confirmed that its processes are gone').waitFor()
    expect(await isAlive(pid)).toBe(false)
    await tab('Events')
    await page
      .getByText(/no longer wanted/)
      .first()
      .waitFor()
    await expectTexts(page, '.actions-row button', ['Delete …'])
  },
)

it('asked nobody else for anything, and met no error', () => {
  expect(dashboard.browser.blocked).toEqual([])
  expect(dashboard.problems).toEqual([])
})
