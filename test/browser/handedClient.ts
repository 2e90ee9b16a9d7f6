import { createPawl } from '@pawl/sdk'
import { createElement as h } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { type Handed, HandedPage } from './handedPage.ts'

interface Given {
  readonly token: string
  readonly runId: string
  readonly sessionId: string
  readonly handed: Handed
}

/** What React found to be different from what the server had drawn. */
const mismatches: string[] = []
const { token, ...props } = (window as unknown as { given: Given }).given
const root = document.getElementById('root')
if (!root) throw new Error('The page has no place for the hooks')
const pawl = createPawl({ token, WebSocket: false })
Object.assign(window, { mismatches, first: root.innerHTML })
hydrateRoot(root, h(HandedPage, { pawl, ...props }), {
  onRecoverableError: (error) => mismatches.push(String(error)),
})
