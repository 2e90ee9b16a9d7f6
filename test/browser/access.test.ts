import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type TranscriptEntryInput, unwrap } from '@pawl/sdk'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Dashboard, openDashboard } from './dashboard.ts'
import {
  answerDiffs,
  askInWorktree,
  awaitApproval,
  deliverWhole,
  endIncomplete,
  startHeld,
  startQueued,
} from './driving.ts'
import { toOutput } from '../support/entries.ts'

/** Where pictures of all pages are kept, if `PAWL_TEST_SHOTS` is set: for people to look at; not part of the repository. */
const SHOTS = process.env['PAWL_TEST_SHOTS'] === undefined ? undefined : join(import.meta.dirname, 'shots')

let server: TestServer
let dashboard: Dashboard
let page: Page
/** Ends what the test does beside the page. */
const over = new AbortController()
/** The pages, each with what has to be there before it is looked at. */
const pages: { name: string; path: string; ready: string }[] = []
beforeAll(async () => {
  server = await startTestServer()
  dashboard = await openDashboard({ url: server.url, token: server.adminToken })
  page = dashboard.page
  if (SHOTS !== undefined) await mkdir(SHOTS, { recursive: true })
  await furnish()
})
afterAll(async () => {
  over.abort()
  await dashboard.close()
  await server.stop()
})

/** Output with the colours of a terminal. */
const PUT_OUT = [
  '\u001B[1m> context\u001B[0m\n',
  '\u001B[32m✓\u001B[0m reading src/retry.ts \u001B[2m(61 lines)\u001B[0m\n',
  '\u001B[33mwarn\u001B[0m \u001B[36msrc/clock.ts\u001B[0m is not covered by any test, and this line is long enough to be wrapped on every screen there is, however wide the person at it has made the window of the browser that shows it\n',
  ...['31', '32', '33', '34', '35', '36', '37', '90'].map(
    (code) => `\u001B[${code}mcolour ${code}\u001B[0m `,
  ),
  '\n',
  ...['41', '42', '43', '44', '45', '46', '47'].map((code) => `\u001B[${code}mground ${code}\u001B[0m `),
  '\n',
]

/** What an agent says and does in a turn. */
function toTurn(key: string): TranscriptEntryInput[] {
  const steps = [
    { text: 'Read the retries', status: 'COMPLETED' },
    { text: 'Bound them', status: 'IN_PROGRESS' },
    { text: 'Test them', status: 'PENDING' },
  ] as const
  const call = { key: `${key}-1`, title: 'npm test -- retry', toolKind: 'EXECUTE' } as const
  return [
    { thought: { text: 'The deadline is swallowed somewhere below `withDeadline`.' } },
    { plan: { steps: [...steps] } },
    {
      message: {
        text: `The retry **never** stops in \`${key}\`:\n\n- \`withDeadline\` swallows the reason\n- nothing counts`,
      },
    },
    {
      toolCall: {
        ...call,
        toolStatus: 'COMPLETED',
        locations: [{ path: 'src/retry.ts', line: 61 }],
        output: '12 passed\n1 failed',
      },
    },
    { toolCall: { title: 'Read src/clock.ts', toolKind: 'READ', toolStatus: 'IN_PROGRESS' } },
    {
      diff: {
        path: 'src/retry.ts',
        hunks:
          '@@ -10,3 +10,4 @@\n export function retry() {\n-  return once()\n+  // three times\n+  return times(3)\n }\n',
      },
    },
    { permission: { title: 'rm -rf dist', toolKind: 'EXECUTE', state: 'DENIED', note: 'not there' } },
    { error: { code: 'OVERLOADED', message: 'The model is overloaded; it is asked again' } },
    {
      usage: {
        model: 'sonnet',
        inputTokens: 12_000,
        outputTokens: 640,
        costMicros: 41_000,
        currency: 'USD',
        durationMs: 8_200,
      },
    },
  ]
}

/** Runs of every kind, so that the pages show everything they can. */
async function furnish(): Promise<void> {
  const { pawl } = dashboard
  await startQueued(pawl, { workflow: 'map', title: 'Map the billing service', labels: ['weekly'] })
  await startQueued(pawl, { title: 'PR 44: drop the second cache', labels: ['pr', 'web'] })
  const { id, fence } = await startHeld(pawl, {
    title: 'PR 31: retries that end',
    labels: ['pr', 'web'],
    input: { pr: 31, branch: 'fix/retry' },
  })
  await startQueued(pawl, { workflow: 'map', title: 'Map what the retry touches', parentRunId: id })
  const { session } = unwrap(await pawl.sessions.open(id, { fence, role: 'reviewer', adapter: 'process' }))
  for (const status of ['BOOTSTRAPPING', 'READY'] as const)
    unwrap(await pawl.sessions.update(session.id, status, { fence }))
  unwrap(await pawl.executions.start({ runId: id, fence, command: 'agent --review', pid: 4242 }))
  let fromSeq = 1
  for (const [index, key] of ['context', 'change-context', 'analysis', 'reviews'].entries()) {
    unwrap(
      index === 0
        ? await pawl.phases.start(id, key, { fence })
        : await pawl.phases.advance(id, key, { fence }),
    )
    const prompt = { fence, phase: key, dedupKey: key }
    unwrap(await pawl.sessions.recordPrompt(session.id, { ...prompt, stage: 'SENDING' }))
    unwrap(await pawl.sessions.recordPrompt(session.id, { ...prompt, stage: 'SENT' }))
    const task = `You are the reviewer of this run, at ${key}.\n\n## Task\n\nSay what ends the retries.`
    const entries = [{ prompt: { text: task } }, ...(index === 0 ? toOutput(...PUT_OUT) : toTurn(key))]
    unwrap(await pawl.sessions.append(session.id, { fence, fromSeq, entries }))
    fromSeq += entries.length
    if (key !== 'reviews') unwrap(await pawl.sessions.update(session.id, 'READY', { fence }))
    const content = `# ${key}\n\nThe retry **never** stops.\n\n- \`withDeadline\` swallows the reason\n\n| file | lines |\n| --- | --- |\n| retry.ts | 61 |\n\n\`\`\`ts\nawait retry(3)\n\`\`\`\n`
    if (key !== 'reviews') unwrap(await pawl.artifacts.submit(id, key, { fence, path: `${key}.md`, content }))
  }
  unwrap(await pawl.messages.send(id, 'Leave the tests alone, please.'))
  const delivery = await startHeld(pawl, { workflow: 'delivery', title: 'Give every request a deadline' })
  await awaitApproval(pawl, delivery, '# Plan\n\n1. One place for retries\n2. A deadline for each')
  const asked = (await pawl.approvals.list({ runId: delivery.id })).nodes[0]?.id ?? ''
  const changed = await askInWorktree(pawl, 'Retry three times')
  void answerDiffs(pawl, changed.host, over.signal)
  const stuck = await startHeld(pawl, {
    workflow: 'delivery',
    title: 'Replace the compiler',
    labels: ['linux'],
  })
  unwrap(await pawl.phases.start(stuck.id, 'plan', { fence: stuck.fence }))
  const error = { class: 'HUMAN_REQUIRED', code: 'LICENCE', message: 'The compiler has no licence' } as const
  const recovery = {
    gate: 'licence',
    question: 'Is there a licence now?',
    payload: { host: 'ci-3', tried: 2 },
  }
  unwrap(await pawl.phases.fail(stuck.id, 'plan', { fence: stuck.fence, error, recovery }))
  const incomplete = await startHeld(pawl, {
    title: 'PR 30: migrate the feed to snapshots',
    labels: ['pr', 'db'],
  })
  await endIncomplete(pawl, incomplete)
  const failed = await startHeld(pawl, { title: 'PR 25: a flaky clock in tests', labels: ['pr'] })
  unwrap(await pawl.runs.fail(failed.id, { fence: failed.fence, error: 'The agent exited with 1' }))
  const done = await deliverWhole(pawl, 'One table of runs')
  await deliverWhole(pawl, 'Ship the changelog')
  const old = await deliverWhole(pawl, 'Shipped long ago', { project: 'old', input: { pr: 12 } })
  unwrap(await pawl.removeContent({ project: 'old', olderThanSeconds: 0, isDryRun: false }))
  unwrap(await pawl.runs.cancel(await startQueued(pawl, { title: 'Nightly review of main' })))
  unwrap(await pawl.runs.cancel((await startHeld(pawl, { title: 'Review of the old parser' })).id))
  const agents = [
    { role: 'planner', adapter: 'acp', program: 'claude-agent-acp', version: '0.101.0' },
    { role: 'default', adapter: 'process', program: 'codex', version: '0.171.0' },
  ]
  const said = { host: 'anvil', concurrency: 4, program: 'pawl 0.1.0', agents }
  unwrap(await pawl.workers.announce({ ...said, instance: '1', name: 'builder-1', workflows: ['delivery'] }))
  const problem = 'the disk of /srv/worktrees has 12 KiB left'
  unwrap(
    await pawl.workers.announce({ ...said, instance: '2', name: 'builder-2', state: 'NOT_READY', problem }),
  )
  const run = `/runs/${id}`
  pages.push(
    { name: 'board', path: '/', ready: '[data-current] .card' },
    { name: 'board-open', path: '/?open=completed,cancelled', ready: '[data-current] .card' },
    { name: 'board-table', path: '/?view=table', ready: '.runs-title a' },
    { name: 'no-match', path: '/?text=nothing', ready: '.nothing' },
    { name: 'approvals', path: '/approvals', ready: '[data-question]' },
    { name: 'approval', path: `/approvals?id=${asked}`, ready: '.approval .markdown h1' },
    { name: 'changes', path: `/approvals?id=${changed.asked}`, ready: '.hljs-keyword' },
    { name: 'start', path: '/start', ready: '.start-form select' },
    { name: 'workflows', path: '/workflows', ready: '.graph svg' },
    { name: 'projects', path: '/projects', ready: '[data-project]' },
    { name: 'workers', path: '/workers', ready: '[data-owner]' },
    { name: 'tokens', path: '/tokens', ready: '[data-token]' },
    { name: 'run', path: run, ready: '.transcript .markdown strong' },
    { name: 'run-place', path: `${run}?at=3`, ready: '.transcript-chosen' },
    { name: 'run-timeline', path: `${run}?tab=timeline`, ready: '.bar' },
    { name: 'run-events', path: `${run}?tab=events`, ready: '.event' },
    { name: 'run-files', path: `${run}?tab=files`, ready: '.markdown table' },
    { name: 'run-processes', path: `${run}?tab=processes`, ready: '[data-execution]' },
    { name: 'run-messages', path: `${run}?tab=messages`, ready: '[data-message]' },
    { name: 'run-related', path: `${run}?tab=related`, ready: '.family li' },
    { name: 'run-raw', path: `${run}?tab=raw`, ready: '.json details' },
    { name: 'run-asked', path: `/runs/${delivery.id}?tab=approvals`, ready: '.inbox .approval' },
    { name: 'run-done', path: `/runs/${done.id}`, ready: '.result .json' },
    { name: 'run-removed', path: `/runs/${old.id}`, ready: '.result [data-removed]' },
    { name: 'run-incomplete', path: `/runs/${incomplete.id}`, ready: '.verdict' },
    { name: 'no-run', path: '/runs/run_01h455vb4pex5vsknk084sn02q', ready: 'h1' },
  )
}

/** The rules of WCAG 2.2 AA, and what axe holds for best practice. */
const EVERY_RULE = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe, which the page has loaded from outside since its policy lets no foreign script in, finds against tags or rules. */
async function findBarriers(runOnly: readonly string[]): Promise<string[]> {
  return page.evaluate(
    async (rules) => {
      const { axe } = window as unknown as {
        axe: { run: (...args: unknown[]) => Promise<{ violations: Violation[] }> }
      }
      interface Violation {
        id: string
        help: string
        nodes: { html: string; failureSummary: string }[]
      }
      const { violations } = await axe.run(document, { runOnly: rules })
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${help} ${html.slice(0, 200)} ${failureSummary}`),
      )
    },
    [...runOnly],
  )
}

it.each([
  ['1920', 1920, 1080],
  ['1280', 1280, 800],
  ['768', 768, 1024],
  ['390', 390, 844],
])('every page is for everybody, in light and dark, at %s pixels', async (size, width, height) => {
  await page.setViewportSize({ width, height })
  const found: string[] = []
  for (const { name, path, ready } of pages) {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.goto(server.url + path)
    await page.locator(ready).first().waitFor()
    await page.evaluate(axe.source)
    const shoot = async (scheme: string) => {
      if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}-${size}-${scheme}.png`) })
    }
    found.push(...(await findBarriers(EVERY_RULE)).map((barrier) => `${name}: ${barrier}`))
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (overflow > 0) found.push(`${name}: is ${overflow} pixels wider than the screen`)
    await shoot('light')
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    // of all that is looked at, colours alone are others in the dark, and they are the same on every screen
    if (size === '1280')
      found.push(...(await findBarriers(['color-contrast'])).map((barrier) => `${name}, dark: ${barrier}`))
    await shoot('dark')
  }
  expect(found).toEqual([])
})

it('looks as was chosen, whatever the system says, and after reloading it', async () => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1440, height: 900 })
  await dashboard.open('/')
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await paper()
  const account = page.locator('.viewer')
  const choose = (theme: string) => page.getByRole('button', { name: theme, exact: true }).click()
  await account.click()
  await choose('Dark')
  const dark = await paper()
  expect(dark).not.toBe(light)
  await page.keyboard.press('Escape')
  await expect.poll(() => page.getByRole('button', { name: 'Sign out' }).isVisible()).toBe(false)
  await dashboard.open('/')
  expect(await paper()).toBe(dark)
  await account.click()
  await choose('As the system')
  await expect.poll(paper).toBe(light)
  await page.getByRole('heading', { name: 'Runs' }).dispatchEvent('pointerdown')
  await expect.poll(() => page.getByRole('button', { name: 'Sign out' }).isVisible()).toBe(false)
})

it('is worked with by the keyboard alone', async () => {
  await dashboard.open('/')
  const focus = () =>
    page.evaluate(() => {
      const { activeElement } = document
      return activeElement?.matches('a, button') ? (activeElement.textContent ?? '') : ''
    })
  await page.keyboard.press('Tab')
  await expect.poll(focus).toBe('Skip to the content')
  await page.keyboard.press('Enter')
  for (let presses = 0; !(await focus()).includes('Map the billing'); presses += 1) {
    expect(presses).toBeLessThan(40)
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('ArrowLeft')
  await expect.poll(focus).toContain('PR 31')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'PR 31: retries that end' }).waitFor()
  for (let presses = 0; (await focus()) !== 'Conversation'; presses += 1) {
    expect(presses).toBeLessThan(40)
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('ArrowRight')
  await page.locator('.lane').first().waitFor()
  await expect.poll(focus).toBe('Timeline')
  await page.keyboard.press('End')
  await page.getByRole('button', { name: 'Hold it against its log' }).waitFor()
})

it('asked nobody else for anything, and kept to the policy of the pages', () => {
  expect(dashboard.browser.blocked).toEqual([])
  expect(dashboard.problems).toEqual([])
})
