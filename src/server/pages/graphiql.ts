import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { GRAPHQL_PATH } from '../engine/engine.ts'
import { CSRF_HEADER } from '../auth/identify.ts'
import { graphiqlOffPage, hashOf, NO_FRAMES } from './page.ts'

/** GraphiQL, ready to be sent. */
export interface GraphiqlPage {
  readonly gzipped: Buffer
  /** Uncompressed, for a browser without gzip. */
  expand(): Promise<Buffer>
  readonly etag: string
  /** Value of `Content-Security-Policy`. */
  readonly policy: string
}

const WELCOME = `# Ask this server anything: what it knows is on the left, under the book.
query Runs {
  runs(first: 10) {
    edges { node { id title status outcome nextAction } }
  }
}
`

/** A link to the dashboard, over the corner that GraphiQL leaves free. */
const WAY_BACK = `<a href="/" style="position:fixed;right:16px;bottom:12px;z-index:9;padding:6px 12px;border:1px solid #918a7b;
border-radius:8px;background:#fffdf9;color:#a4480f;font:600 14px system-ui,sans-serif;text-decoration:none">◢ Back to Pawl</a>`

/**
 * GraphiQL with everything inlined: nothing is loaded from another host. It uses the session of the browser. It has nine megabytes, so
 * it is rendered at the first call and kept compressed.
 *
 * @param isOff whether a page that says why takes its place, since trusted documents only are executed
 */
export function createGraphiql({ isOff }: { readonly isOff: boolean }): () => Promise<GraphiqlPage> {
  let page: Promise<GraphiqlPage> | undefined
  return () => (page ??= isOff ? renderOff() : render())
}

/** What is shown where the server would refuse whatever is written in GraphiQL. */
async function renderOff(): Promise<GraphiqlPage> {
  const { html, policy } = graphiqlOffPage()
  return compress(html, policy)
}

async function render(): Promise<GraphiqlPage> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const html = renderGraphiQL({
    title: 'Pawl · GraphiQL',
    endpoint: GRAPHQL_PATH,
    credentials: 'same-origin',
    additionalHeaders: { [CSRF_HEADER]: '1' },
    defaultQuery: WELCOME,
  }).trimStart()
  const script = html.slice(html.indexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'))
  const policy = [
    `default-src 'self'`,
    `script-src ${hashOf(script)} blob:`,
    `worker-src blob:`,
    // the editor adds styles at run time
    `style-src 'unsafe-inline'`,
    `img-src 'self' data:`,
    `font-src 'self' data:`,
    NO_FRAMES,
  ]
  const end = html.lastIndexOf('</body>')
  return compress(html.slice(0, end) + WAY_BACK + html.slice(end), policy.join('; '))
}

async function compress(html: string, policy: string): Promise<GraphiqlPage> {
  const gzipped = await promisify(gzip)(html)
  return {
    gzipped,
    expand: () => promisify(gunzip)(gzipped),
    etag: `"${createHash('sha256').update(gzipped).digest('base64url')}"`,
    policy,
  }
}
