import type { PreviewDefinition } from '../kit/workspaceSettings.ts'
import { answers, findAnswering } from './port.ts'

/** Where a preview is to answer. */
export interface Target {
  /** Whether it listens where its definition says, and not at a port that it was given. */
  readonly isFixed: boolean
  /** Where it is seen, once it answers; null while nobody does. */
  ask(): Promise<string | null>
}

/** Where a preview is to answer that was given a port. */
export function toTarget({ url }: PreviewDefinition, port: number, fill: (text: string) => string): Target {
  if (url !== undefined && !url.includes('{port}')) return toFixed(fill(url))
  return {
    isFixed: false,
    async ask() {
      const host = await findAnswering(port)
      if (host === null) return null
      return url === undefined ? `http://${host.includes(':') ? `[${host}]` : host}:${port}/` : fill(url)
    },
  }
}

function toFixed(url: string): Target {
  const { hostname, port, protocol } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const number = Number(port) || (protocol === 'https:' ? 443 : 80)
  return { isFixed: true, ask: async () => ((await answers(host, number)) ? url : null) }
}
