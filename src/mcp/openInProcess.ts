import { createPawl } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'

/** The SDK as a caller's whose operations stay in this process: `fetch` sends them, and knows who the caller is. */
export function openInProcess(fetch: typeof globalThis.fetch): Pawl {
  return createPawl({ url: 'http://in-process', token: 'in-process', fetch, WebSocket: false })
}
