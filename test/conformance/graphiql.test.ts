import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { ask, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let browser: TestBrowser
let page: Page
const problems: string[] = []
beforeAll(async () => {
  server = await startTestServer()
  browser = await openBrowser(server)
  page = await browser.context.newPage()
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
})
afterAll(async () => {
  await browser.close()
  await server.stop()
})

/** Opens GraphiQL with an operation and executes it. */
async function execute(query: string): Promise<void> {
  await page.goto(`${server.url}/graphql?query=${encodeURIComponent(query)}`)
  const editor = page.locator('.graphiql-query-editor .view-lines')
  await expect.poll(async () => (await editor.innerText()).replace(/\s/g, '')).toBe(query.replace(/\s/g, ''))
  await page.locator('.graphiql-execute-button').click()
}

/** What GraphiQL shows as the response; its editor draws spaces that don't break. */
const response = async () => (await page.locator('.result-window').innerText()).replace(/\s/g, '')

it('lets a browser that is not signed in do so where it is', async () => {
  await page.goto(`${server.url}/graphql`)
  expect(new URL(page.url()).pathname).toBe('/graphql')
  await page.getByLabel('Token').fill('pawl_wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect.poll(() => page.getByRole('alert').innerText()).toBe('This token is not valid.')
  expect(problems.splice(0)).toEqual([expect.stringContaining('401')])
})

it('signs in by the link, which leads on to the page of the server', async () => {
  await page.goto(server.signInUrl)
  await page.waitForURL(`${server.url}/`)
  await expect.poll(() => page.locator('header').innerText()).toMatch(/local\s+ADMIN/)
  await page.getByRole('link', { name: 'GraphiQL' }).click()
  await page.locator('.graphiql-query-editor .view-lines').waitFor()
})

it('executes a query', async () => {
  await execute('{ viewer { name role } }')
  await expect.poll(response).toContain('"viewer":{"name":"local","role":"ADMIN"}')
})

it('shows a subscription as it continues', { tags: 'thorough' }, async () => {
  const { data } = await ask(
    server,
    'mutation { startRun(input: { workflow: "review" }) { ... on StartRunSuccess { run { id } } } }',
    { token: server.adminToken },
  )
  const { id } = (data as unknown as { startRun: { run: { id: string } } }).startRun.run
  await execute(`subscription { runChanged(runId: "${id}") { status } }`)
  await expect.poll(response).toContain('"status":"QUEUED"')
  await ask(server, `mutation { cancelRun(input: { runId: "${id}" }) { __typename } }`, {
    token: server.adminToken,
  })
  await expect.poll(response).toContain('"status":"CANCELLED"')
})

it('knows the schema, so that it can complete what is typed', async () => {
  await page.getByRole('button', { name: /documentation explorer/i }).click()
  await expect.poll(() => page.locator('.graphiql-doc-explorer').innerText()).toContain('Mutation')
})

it('signs out', async () => {
  await page.goto(server.url)
  await page.locator('.viewer').click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect.poll(() => page.getByLabel('Token').count()).toBe(1)
})

it('asked nobody else for anything, and kept to the policy of its pages', () => {
  expect(browser.blocked).toEqual([])
  expect(problems).toEqual([])
})
