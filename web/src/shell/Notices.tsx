import { useConnection } from '@pawl/sdk/react'
import { formatTime } from '../elements/time.ts'

/** What a proxy needs to let WebSockets through. */
const PROXY = `proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection "upgrade";`

/** What the viewer has to know of the connection: since when what is shown is old, or why changes come late. */
export function Notices() {
  const { phase, since } = useConnection()
  const at = formatTime(new Date(since).toISOString())
  if (phase === 'RECONNECTING')
    return (
      <p className="notice tone-bad" role="status" data-notice="offline">
        The server can’t be reached since {at}. What you see is from then; what needs the server is off until
        it is back.
      </p>
    )
  if (phase !== 'POLLING') return null
  return (
    <details className="notice tone-half" data-notice="polling">
      <summary>
        Changes come late: the server is asked every few seconds, since no stream gets through.
      </summary>
      <p>
        A proxy in front of the server may not let WebSockets through. In nginx, these lines beside{' '}
        <code>proxy_pass</code> do; <a href="/docs/deployment.html">Deployment</a> has the whole file.
      </p>
      <pre className="source" tabIndex={0}>
        {PROXY}
      </pre>
    </details>
  )
}
