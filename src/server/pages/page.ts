import { createHash } from 'node:crypto'

/** An HTML page with a policy that allows only its own scripts. */
export interface Page {
  readonly html: string
  /** Value of `Content-Security-Policy`. */
  readonly policy: string
}

const LOOK = `
:root { color-scheme: light dark; --ink: #1d2430; --paper: #f6f4ef; --card: #fffdf8; --line: #d9d3c6; --accent: #b4541a }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ece7dc; --paper: #16181c; --card: #1f2228; --line: #3a3e46; --accent: #f0a064 }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 30rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; letter-spacing: -.01em }
h1::before { content: '◢ '; color: var(--accent) }
p { margin: .5rem 0 } code { font-size: .9em }
a { color: var(--accent) }
label { display: block; margin-top: 1.25rem; font-weight: 600 }
input { width: 100%; margin: .35rem 0 .75rem; padding: .55rem .7rem; font: inherit; color: inherit; background: var(--paper);
  border: 1px solid var(--line); border-radius: 8px }
button { padding: .5rem 1rem; font: inherit; font-weight: 600; color: var(--card); background: var(--accent); border: 0;
  border-radius: 8px; cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
[role=alert] { min-height: 1.5em; color: var(--accent) }`

const SIGN_IN = `
const form = document.querySelector('form'), problem = document.querySelector('[role=alert]')
form.addEventListener('submit', async (event) => {
  event.preventDefault()
  problem.textContent = ''
  const token = form.elements.token.value.trim()
  const headers = { 'content-type': 'application/json', 'x-pawl-csrf': '1' }
  try {
    const answer = await fetch('/sign-in', { method: 'POST', headers, body: JSON.stringify({ token }) })
    if (answer.ok && location.pathname === '/sign-in') location.replace('/')
    else if (answer.ok) location.reload()
    else problem.textContent = answer.status === 401 ? 'This token is not valid.' : 'The server answered ' + answer.status + '.'
  } catch { problem.textContent = 'The server can’t be reached.' }
})`

const SIGN_OUT = `
document.querySelector('button').addEventListener('click', async () => {
  await fetch('/sign-out', { method: 'POST', headers: { 'x-pawl-csrf': '1' } })
  location.replace('/')
})`

/** The sign-in page. */
export function signInPage(notice = ''): Page {
  const body = `
<p>The server runs. Sign in with the link it printed when it started, with a new one (<code>pawl open</code> on its machine prints it), or with a token.</p>
${notice && `<p><strong>${escapeHtml(notice)}</strong></p>`}
<form>
  <label for="token">Token</label>
  <input id="token" name="token" type="password" autocomplete="off" spellcheck="false" required autofocus placeholder="pawl_…">
  <button>Sign in</button>
  <p role="alert"></p>
</form>
<p>On the machine of the server, its data directory holds a token in the file <code>token</code>.</p>
<noscript><p>Signing in by token needs JavaScript; the link works without.</p></noscript>
<p><a href="/docs/">Documentation</a></p>`
  return makePage(body, SIGN_IN)
}

/** The home page if the dashboard was not built. */
export function homePage(viewer: { readonly name: string; readonly role: string }): Page {
  const body = `
<p>The server runs, its dashboard was not built: <code>npm run build</code>. You are signed in as <strong>${escapeHtml(viewer.name)}</strong> (${escapeHtml(viewer.role)}).</p>
<p><a href="/graphql">Open GraphiQL</a> to ask it anything.</p>
<p><button type="button">Sign out</button></p>`
  return makePage(body, SIGN_OUT)
}

/**
 * The page after a sign-in link. It forwards by script: a redirect would still count as cross-site, and the browser would not send the
 * new SameSite cookie.
 */
export function signedInPage(): Page {
  return makePage(`<p>Signed in. <a href="/">Go on</a></p>`, `location.replace('/')`)
}

/** In the place of GraphiQL, where trusted documents only are executed. */
export function graphiqlOffPage(): Page {
  const body = `
<p>This server executes trusted documents only (the setting <code>documents</code>). It would refuse whatever is written in GraphiQL, and
the reading of its schema, so that GraphiQL is off.</p>
<p>What clients may ask is in <a href="/docs/reference/graphql">the documentation</a>; documents of your own are added to a file of the setting
<code>documentFiles</code>. Or try them on a server of your own that executes any: <code>pawl serve --documents any</code>.</p>`
  return makePage(body, '')
}

/** The answer to a browser that asks for what is not there. */
export function notFoundPage(): Page {
  const body = `
<p><strong>There is no such page.</strong> The address may be mistyped, or be of another version of Pawl.</p>
<p><a href="/">To the board</a> · <a href="/docs/">Documentation</a></p>`
  return makePage(body, '')
}

function makePage(body: string, script: string): Page {
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Pawl</title><style>${LOOK}</style></head>
<body><main><h1>Pawl</h1>${body}</main><script>${script}</script></body>
</html>
`
  const policy = `default-src 'none'; connect-src 'self'; style-src ${hashOf(LOOK)}; script-src ${hashOf(script)}; ${NO_FRAMES}`
  return { html, policy }
}

/** Pages of Pawl can't be framed, change their base URL, or submit forms. */
export const NO_FRAMES = `base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** The CSP source expression of an inline script or style. */
export function hashOf(inline: string): string {
  return `'sha256-${createHash('sha256').update(inline).digest('base64')}'`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
